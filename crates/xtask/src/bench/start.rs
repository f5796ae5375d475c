//! How long `import kunacore` takes, beside the imports of its peers.

use super::contest::Ratio;
use super::lab::Lab;
use super::median;
use super::report::{Figure, Goal};

const ROUNDS: usize = 21;
const MODULES: [&str; 4] = ["kunacore", "requests", "httpx", "aiohttp"];

/// Measures it.
///
/// # Errors
///
/// Python cannot be started, or does not tell.
pub(super) fn measure(lab: &Lab) -> Result<(Vec<Figure>, Vec<Goal>), String> {
    let mut times = MODULES.map(|_| Vec::new());
    for _ in 0..ROUNDS {
        for (times, module) in times.iter_mut().zip(MODULES) {
            let mut python = lab.python();
            python.args(["-X", "importtime", "-c", &format!("import {module}")]);
            let output = python.output().map_err(|error| error.to_string())?;
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            // `import time: self [us] | cumulative | imported package`, the package itself last.
            let line = said.lines().rev().find(|line| line.split('|').nth(2).is_some_and(|name| name.trim() == module));
            let cumulative = line.and_then(|line| line.split('|').nth(1)?.trim().parse::<f64>().ok());
            times.push(cumulative.ok_or_else(|| format!("python tells no time:\n{said}"))? / 1000.0);
        }
    }
    let (ours, others) = (times[0].clone(), &times[1..]);
    let beside = |others: &[f64]| Ratio::of(&ours.iter().zip(others).map(|(a, b)| a / b).collect::<Vec<_>>());
    let mut figures = vec![Figure::new("import kunacore", median(ours.clone()), "ms")];
    for (module, others) in MODULES[1..].iter().zip(others) {
        let figure = Figure::new(format!("import {module}"), median(others.clone()), "ms");
        figures.push(figure.told("import kunacore is", beside(others), "of it"));
    }
    let goal = Goal::at_most("import kunacore, ms", Ratio { value: median(ours.clone()), is_noisy: false }, 20.0);
    Ok((figures, vec![goal]))
}

//! What is told of all that was measured: one text, as Markdown whose tables line up in a terminal, and the same as JSON.

use std::fmt;
use std::path::Path;

use serde_json::{Value, json};

use super::contest::{Contest, Entry, Of, Ratio, Side};
use super::{HYPER, growth, lab, latency, picture};

/// Something that is asked of the client, and what came of it.
pub(super) struct Goal {
    what: String,
    ratio: Ratio,
    wanted: f64,
    at_most: bool,
}

/// A figure by itself.
pub(super) struct Figure {
    name: String,
    value: f64,
    unit: &'static str,
    told: String,
}

/// All of a run.
#[derive(Default)]
pub(super) struct Report {
    /// Date, machine and versions.
    pub(super) about: Value,
    pub(super) contests: Vec<Contest>,
    pub(super) latency: Vec<Contest>,
    pub(super) growth: Vec<Contest>,
    pub(super) figures: Vec<Figure>,
    pub(super) goals: Vec<Goal>,
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2}{}", self.value, if self.is_noisy { " ?" } else { "" })
    }
}

impl Goal {
    pub(super) fn at_least(what: impl Into<String>, ratio: Ratio, wanted: f64) -> Self {
        Self { what: what.into(), ratio, wanted, at_most: false }
    }

    pub(super) fn at_most(what: impl Into<String>, ratio: Ratio, wanted: f64) -> Self {
        Self { what: what.into(), ratio, wanted, at_most: true }
    }

    fn is_met(&self) -> bool {
        if self.at_most { self.ratio.value <= self.wanted } else { self.ratio.value >= self.wanted }
    }

    fn wanted(&self) -> String {
        format!("{} {:.2}", if self.at_most { "at most" } else { "at least" }, self.wanted)
    }
}

impl Figure {
    pub(super) fn new(name: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self { name: name.into(), value, unit, told: String::new() }
    }

    pub(super) fn not_run(name: &str, why: &str) -> Self {
        Self { told: format!("not run: {why}"), ..Self::new(name, f64::NAN, "") }
    }

    /// As a part of another one.
    pub(super) fn beside(self, other: &str, ratio: Ratio) -> Self {
        self.told("", ratio, &format!("of {other}"))
    }

    pub(super) fn told(self, before: &str, ratio: Ratio, after: &str) -> Self {
        let places = if ratio.value < 0.05 { 4 } else { 2 };
        let noisy = if ratio.is_noisy { " ?" } else { "" };
        Self { told: format!("{before} {:.places$}{noisy} {after}", ratio.value).trim().to_owned(), ..self }
    }
}

impl Report {
    /// The text.
    pub(super) fn text(&self, before: Option<&Value>) -> String {
        let mut text = String::from("# kunacore beside its peers\n\n");
        text += &self.about();
        if !self.goals.is_empty() {
            text += "\n## What is wanted, and what there is\n\n";
            let mut lines = vec![["", "there is", "wanted", ""].map(str::to_owned).to_vec()];
            for goal in &self.goals {
                let met = if goal.is_met() { "met" } else { "NOT MET" };
                lines.push(vec![goal.what.clone(), goal.ratio.to_string(), goal.wanted(), met.to_owned()]);
            }
            text += &table(&lines);
        }
        text += &self.noise(before);
        for contest in &self.contests {
            text += &format!("\n## {}\n\n{}", contest.title, contest_text(contest));
        }
        if !self.latency.is_empty() {
            text += "\n## Servers that take their time: customers a second, as a part of bare reqwest's\n\n";
            text += &table(&latency::table(&self.latency));
        }
        if !self.growth.is_empty() {
            text += "\n## What more rows cost\n\n";
            text += &table(&growth::table(&self.growth));
        }
        if !self.figures.is_empty() {
            text += "\n## Besides\n\n";
            let mut lines = vec![["", "", "", ""].map(str::to_owned).to_vec()];
            for Figure { name, value, unit, told } in &self.figures {
                let places = usize::from(*value < 100.0);
                let value = if value.is_nan() { String::new() } else { format!("{value:.places$}") };
                lines.push(vec![name.clone(), value, (*unit).to_owned(), told.clone()]);
            }
            text += &table(&lines);
        }
        text
    }

    /// Date, machine and versions.
    fn about(&self) -> String {
        let of = |name: &str| self.about[name].as_str().unwrap_or("unknown").to_owned();
        let versions: Vec<String> = self.about["versions"].as_object().map_or_else(Vec::new, |versions| {
            versions.iter().map(|(name, version)| format!("{name} {}", version.as_str().unwrap_or("?"))).collect()
        });
        let pinned = if self.about["pinned"] == true {
            "The fixed-answer server has a processor of its own."
        } else {
            "Clients and server share the processors."
        };
        format!(
            "{}, {}, {}. {pinned} {}.\n\nEvery ratio, but that of instructions, is the median of those of single rounds, in which all ran in turn; \
             a ? stands at one on which two halves of the rounds differ by more than 15 %. The most memory is that of the whole \
             process, with the bodies that it has ready: those of all customers in the Rust clients and baseten's, of a fifth of them \
             in aiohttp and AsyncClient, of a fiftieth in the other clients of Python that send many at once.\n",
            of("date"),
            of("machine"),
            of("system"),
            versions.join(", "),
        )
    }

    /// How far the measurement is to be trusted.
    fn noise(&self, before: Option<&Value>) -> String {
        let noisy = self.goals.iter().filter(|goal| goal.ratio.is_noisy).count();
        let mut text = String::from("\n");
        if noisy > 0 {
            text += &format!("**The machine was noisy**: {noisy} of these ratios are uncertain.\n");
        } else if !self.goals.is_empty() {
            text += "Both halves of the rounds agree on all of these within 15 %.\n";
        }
        let Some(before) = before else { return text };
        let value = |goal: &Goal| {
            let goals = before["goals"].as_array()?;
            goals.iter().find(|old| old["what"] == goal.what.as_str())?["value"].as_f64()
        };
        let known: Vec<_> = self.goals.iter().filter_map(|goal| Some((goal, value(goal)?))).collect();
        let differ: Vec<_> = known.iter().filter(|(goal, old)| Ratio::differs(goal.ratio.value, *old)).collect();
        let date = before["about"]["date"].as_str().unwrap_or("before");
        if !known.is_empty() && differ.is_empty() {
            text += &format!("The run before ({date}) agrees on all of them within 15 %.\n");
        }
        for (goal, old) in differ {
            text += &format!(
                "The run before ({date}) had another figure, {old:.2} in place of {:.2}: {}.\n",
                goal.ratio.value, goal.what
            );
        }
        text
    }

    pub(super) fn json(&self) -> Value {
        let goal = |goal: &Goal| {
            json!({
                "what": goal.what, "value": goal.ratio.value, "noisy": goal.ratio.is_noisy, "wanted": goal.wanted,
                "at_most": goal.at_most, "met": goal.is_met(),
            })
        };
        let figure = |figure: &Figure| json!({ "name": figure.name, "value": figure.value, "unit": figure.unit, "told": figure.told });
        let contests = self.contests.iter().chain(&self.latency).chain(&self.growth);
        json!({
            "about": self.about,
            "goals": self.goals.iter().map(goal).collect::<Vec<_>>(),
            "contests": contests.map(Contest::json).collect::<Vec<_>>(),
            "figures": self.figures.iter().map(figure).collect::<Vec<_>>(),
        })
    }

    /// Prints the report of a part, beside what the last whole run had.
    pub(super) fn print(&self, root: &Path) {
        print!("{}", self.text(last(root).as_ref()));
    }

    /// Prints the report, and writes it with its picture below the target directory.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub(super) fn publish(&self, root: &Path) -> Result<(), String> {
        let folder = lab::folder(root);
        let path = |name: &str| folder.join(name);
        let text = self.text(last(root).as_ref());
        print!("{text}");
        for (name, content) in
            [("report.md", text), ("report.json", format!("{:#}\n", self.json())), ("report.svg", picture::draw(self))]
        {
            let path = path(name);
            std::fs::write(&path, content).map_err(|error| format!("{} cannot be written: {error}", path.display()))?;
        }
        println!("\nwritten to {}: report.md, report.json, report.svg", folder.display());
        Ok(())
    }
}

/// The report of the last whole run, if there was one.
fn last(root: &Path) -> Option<Value> {
    serde_json::from_slice(&std::fs::read(lab::folder(root).join("report.json")).ok()?).ok()
}

/// What each took, and what that is of the ceiling's and of the best peer's.
fn contest_text(contest: &Contest) -> String {
    let heads = [
        "",
        "a second",
        "processor µs",
        "p50 ms",
        "p99 ms",
        "peak MB",
        "rate: of hyper's",
        "of the best peer's",
        "processor: of hyper's",
        "of the best peer's",
    ];
    let (hyper, fastest, cheapest) =
        (contest.entry(HYPER), contest.best_peer(Of::Rate), contest.best_peer(Of::Processor));
    let mut lines = vec![heads.map(str::to_owned).to_vec()];
    for entry in &contest.entries {
        let ratio = |other: Option<&Entry>, what| {
            other.map_or_else(String::new, |other| Contest::ratio(entry, other, what).to_string())
        };
        let number = |value: f64, places: usize| {
            if value.is_nan() { String::new() } else { format!("{value:.places$}") }
        };
        let [p50, p99] = entry.latency();
        let ours = if entry.side == Side::Ours { "**" } else { "" };
        lines.push(vec![
            format!("{ours}{}{ours}", entry.name),
            number(entry.median(Of::Rate), 0),
            number(entry.median(Of::Processor) * 1e6, 1),
            number(p50 * 1e3, 2),
            number(p99 * 1e3, 2),
            number(entry.peak_bytes() / 1e6, 0),
            ratio(hyper, Of::Rate),
            ratio(fastest, Of::Rate),
            ratio(hyper, Of::Processor),
            ratio(cheapest, Of::Processor),
        ]);
    }
    let name = |entry: Option<&Entry>| entry.map_or("none", |entry| entry.name);
    format!("{}\nThe best peers: {} (rate), {} (processor).\n", table(&lines), name(fastest), name(cheapest))
}

/// A table of Markdown, padded; the first line is its head.
fn table(lines: &[Vec<String>]) -> String {
    let columns = lines.first().map_or(0, Vec::len);
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for (number, line) in lines.iter().enumerate() {
        for ((cell, width), column) in line.iter().zip(&widths).zip(0..) {
            // Names to the left, numbers to the right.
            text += &if column == 0 { format!("| {cell:<width$} ") } else { format!("| {cell:>width$} ") };
        }
        text += "|\n";
        if number == 0 {
            for (width, column) in widths.iter().zip(0..) {
                text +=
                    &if column == 0 { format!("|{:-<1$}", "", width + 2) } else { format!("|{:->1$}:", "", width + 1) };
            }
            text += "|\n";
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(value: f64, is_noisy: bool) -> Report {
        let goal = Goal::at_least("calls, of pycurl's", Ratio { value, is_noisy }, 1.0);
        Report { goals: vec![goal], about: json!({ "date": "2026-01-02" }), ..Report::default() }
    }

    #[test]
    fn a_goal_says_whether_it_is_met_and_whether_that_is_certain() {
        let text = report(0.9, true).text(None);
        assert!(text.contains("| calls, of pycurl's |   0.90 ? | at least 1.00 | NOT MET |"), "{text}");
        assert!(text.contains("**The machine was noisy**: 1 of these"), "{text}");
        let text = report(1.0, false).text(None);
        assert!(text.contains("|     1.00 | at least 1.00 | met |"), "{text}");
        assert!(text.contains("agree on all of these within 15 %"), "{text}");
    }

    #[test]
    fn a_run_that_tells_something_else_than_the_one_before_says_so() {
        let before = report(1.2, false).json();
        let text = report(1.0, false).text(Some(&before));
        assert!(text.contains("The run before (2026-01-02) had another figure, 1.20 in place of 1.00"), "{text}");
        let text = report(1.1, false).text(Some(&before));
        assert!(text.contains("The run before (2026-01-02) agrees on all of them"), "{text}");
    }
}

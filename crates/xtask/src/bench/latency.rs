//! Servers that take their time, and more or fewer requests in flight: what counts is that a request leaves as soon as an
//! answer comes, and that nothing but the answer is waited for. wrk stops by the clock and does not count what is on its way
//! then, so that a slow server lets it look a little slower than it is.

use super::contest::{Contender, Contest, Side, hold};
use super::lab::{Lab, Scratch, is_there};
use super::{REQWEST, WRK, contest::Of};
use crate::process::Server;

const ROUNDS: usize = 4;
/// What a server takes for an answer, in milliseconds.
const LATENCIES: [u64; 3] = [0, 10, 50];
const IN_FLIGHT: [usize; 4] = [1, 16, 64, 256];
/// About how long a measurement takes, in seconds.
const SECONDS: u32 = 2;
/// About what one client of this machine does at most in a second.
const MOST: u64 = 30_000;

/// Measures it: a contest of each latency and each number in flight.
///
/// # Errors
///
/// Something cannot be started, or does not create every customer.
pub(super) fn run(lab: &Lab) -> Result<Vec<Contest>, String> {
    let mut contests = Vec::new();
    for latency in LATENCIES {
        let server = lab.server(latency)?;
        for in_flight in IN_FLIGHT {
            let by_latency = 1_000 * in_flight as u64 / latency.max(1);
            // One at a time waits for the loopback, too.
            let most = if in_flight == 1 { MOST / 4 } else { MOST };
            let rows = (if latency == 0 { most } else { by_latency.min(most) } * u64::from(SECONDS)).max(40);
            contests.push(one(lab, &server, latency, in_flight, rows)?);
        }
    }
    Ok(contests)
}

fn one(lab: &Lab, server: &Server, latency: u64, in_flight: usize, rows: u64) -> Result<Contest, String> {
    let (table, bodies): (Scratch, Scratch) = (lab.table(rows)?, lab.bodies(rows)?);
    let rust = |name, client, side| {
        let bodies = &bodies;
        Contender::new(name, side, move || lab.rust(client, server, bodies, rows, in_flight))
    };
    let mut contenders = Vec::new();
    if is_there("wrk") {
        contenders.push(Contender::new(WRK, Side::Ceiling, || lab.wrk(server, SECONDS, in_flight)));
    }
    contenders.extend([
        rust(REQWEST, "reqwest", Side::Ceiling),
        rust("kunacore, Rust", "core", Side::Ours),
        Contender::new("kunacore, AsyncClient", Side::Ours, || lab.many("kunacore", server, &bodies, rows, in_flight)),
        Contender::new("import, CSV", Side::Ours, || lab.import(server, &table, lab.folder(), rows, in_flight)),
    ]);
    hold(format!("{latency} ms, {in_flight} in flight"), ROUNDS, &contenders)
}

/// A line for each contest: what each client makes of what bare reqwest makes.
pub(super) fn table(contests: &[Contest]) -> Vec<Vec<String>> {
    let mut heads = vec!["server's latency, in flight".to_owned()];
    for entry in contests.iter().take(1).flat_map(|contest| &contest.entries) {
        heads.push(if entry.name == REQWEST { format!("{REQWEST}, a second") } else { entry.name.to_owned() });
    }
    let mut lines = vec![heads];
    for contest in contests {
        let mut line = vec![contest.title.clone()];
        let bare = contest.entry(REQWEST);
        for entry in &contest.entries {
            line.push(match bare.filter(|_| entry.name != REQWEST) {
                Some(bare) => Contest::ratio(entry, bare, Of::Rate).to_string(),
                None => format!("{:.0}", entry.median(Of::Rate)),
            });
        }
        lines.push(line);
    }
    lines
}

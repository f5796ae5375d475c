//! Creations one after the other, on one connection: what a caller has who waits for each.

use super::contest::{Contender, Contest, Of, Side, hold};
use super::lab::{Lab, is_there};
use super::report::Goal;
use super::{HYPER, REQWEST, WRK};

const ROUNDS: usize = 12;
/// Of a measurement, of clients that are fast, slow and slowest.
const CALLS: [u64; 3] = [4_000, 1_200, 300];
const PYTHON: &str = "kunacore, Python";

/// Measures it.
///
/// # Errors
///
/// Something cannot be started, or does not create every customer.
pub(super) fn run(lab: &Lab) -> Result<(Contest, Vec<Goal>), String> {
    let [calls, fewer, few] = CALLS;
    let server = lab.server(0)?;
    let bodies = lab.bodies(calls)?;
    // Those of Python make some more first.
    let more = lab.bodies(2 * calls)?;
    let rust = |name, client, side| {
        let (server, bodies) = (&server, &bodies);
        Contender::new(name, side, move || lab.rust(client, server, bodies, calls, 1))
    };
    let python = |name, side, calls| {
        let (server, bodies) = (&server, &more);
        Contender::new(name, side, move || lab.one(name, server, bodies, calls))
    };
    let mut contenders = Vec::new();
    if is_there("wrk") {
        contenders.push(Contender::new(WRK, Side::Ceiling, || lab.wrk(&server, 1, 1)));
    }
    contenders.extend([
        rust(HYPER, "hyper", Side::Ceiling),
        rust(REQWEST, "reqwest", Side::Ceiling),
        python("requests.post", Side::Peer, few),
        python("requests.Session", Side::Peer, fewer),
        python("httpx.Client", Side::Peer, fewer),
        python("niquests.Session", Side::Peer, fewer),
        python("urllib3", Side::Peer, calls),
        python("primp", Side::Peer, calls),
        python("pycurl", Side::Peer, calls),
        rust("kunacore, Rust", "core", Side::Ours),
        Contender::new(PYTHON, Side::Ours, || lab.one("kunacore", &server, &more, calls)),
    ]);
    let contest = hold("one creation after the other, on one connection", ROUNDS, &contenders)?;
    let mut goals = Vec::new();
    if let (Some(ours), Some(pycurl), Some(post)) =
        (contest.entry(PYTHON), contest.entry("pycurl"), contest.entry("requests.post"))
    {
        let ratio = |other, of| Contest::ratio(ours, other, of);
        goals.push(Goal::at_least("a call of Python: calls a second, of pycurl's", ratio(pycurl, Of::Rate), 1.0));
        goals.push(Goal::at_most("a call of Python: processor time, of pycurl's", ratio(pycurl, Of::Processor), 1.05));
        goals.push(Goal::at_least("a call of Python: calls a second, of requests.post's", ratio(post, Of::Rate), 10.0));
    }
    Ok((contest, goals))
}

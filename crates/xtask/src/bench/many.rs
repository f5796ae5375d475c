//! Many creations at once: what a client can do that does not wait for each, and the import of whole tables beside it.
//!
//! Of an import that is a command everything counts: the start of its process, the check, journal and reports; of one in
//! Python the call, of a frame that is in memory. Of the others only the sending counts, of bodies that they have ready. An
//! import has several threads, and the bare clients one: what its rate costs is in the processor time. How long single rows
//! take is not told of imports, as nobody waits for one.

use super::contest::{Contender, Contest, Of, Side, hold};
use super::lab::{IN_FLIGHT, Lab, is_there};
use super::report::Goal;
use super::{HYPER, REQWEST, WRK};

const ROUNDS: usize = 6;
const CORE: &str = "kunacore, Rust";
const IMPORTS: [&str; 4] = ["import, CSV", "import, Parquet", "create_customers, pandas", "create_customers, polars"];
const IN_MEMORY: &str = "import, CSV, its run in memory";

/// Measures it, with a table of so many rows. Slow clients are given fewer.
///
/// # Errors
///
/// Something cannot be started, or does not create every customer.
pub(super) fn run(lab: &Lab, rows: u64) -> Result<(Contest, Vec<Goal>), String> {
    let (table, bodies) = (lab.table(rows)?, lab.bodies(rows)?);
    let parquet = lab.parquet(&table)?;
    let server = lab.server(0)?;
    let (some, few) = ((rows / 5).max(1), (rows / 50).max(1));
    let rust = |name, client, side| {
        let (server, bodies) = (&server, &bodies);
        Contender::new(name, side, move || lab.rust(client, server, bodies, rows, IN_FLIGHT))
    };
    let python = |name, client, side, rows, in_flight| {
        let (server, bodies) = (&server, &bodies);
        Contender::new(name, side, move || lab.many(client, server, bodies, rows, in_flight))
    };
    let [csv, from_parquet, pandas, polars] = IMPORTS;
    let mut contenders = Vec::new();
    if is_there("wrk") {
        contenders.push(Contender::new(WRK, Side::Ceiling, || lab.wrk(&server, 4, IN_FLIGHT)));
    }
    contenders.extend([
        rust(HYPER, "hyper", Side::Ceiling),
        rust(REQWEST, "reqwest", Side::Ceiling),
        python("requests, 64 threads", "requests", Side::Peer, few, IN_FLIGHT),
        python("httpx.AsyncClient", "httpx", Side::Peer, few, IN_FLIGHT),
        python("openapi-python-client's", "generated", Side::Peer, few, IN_FLIGHT),
        python("aiohttp, 16 in flight", "aiohttp", Side::Peer, some, 16),
        python("aiohttp", "aiohttp", Side::Peer, some, IN_FLIGHT),
        python("baseten-performance-client", "baseten", Side::Peer, rows, IN_FLIGHT),
        rust(CORE, "core", Side::Ours),
        python("kunacore, AsyncClient", "kunacore", Side::Ours, some, IN_FLIGHT),
        Contender::new(csv, Side::Ours, || lab.import(&server, &table, lab.folder(), rows, IN_FLIGHT)),
        Contender::new(from_parquet, Side::Ours, || lab.import(&server, &parquet, lab.folder(), rows, IN_FLIGHT)),
        Contender::new(pandas, Side::Ours, || lab.create_customers("pandas", &server, &parquet, rows)),
        Contender::new(polars, Side::Ours, || lab.create_customers("polars", &server, &parquet, rows)),
    ]);
    if let Some(memory) = lab.memory() {
        // Where files are in memory a sync costs nothing; the writing of the journal costs the same.
        let import = || lab.import(&server, &table, memory, rows, IN_FLIGHT);
        contenders.push(Contender::new(IN_MEMORY, Side::Ours, import));
    }
    let title = format!("{rows} customers, {IN_FLIGHT} in flight, at a server that does next to nothing");
    let contest = hold(title, ROUNDS, &contenders)?;
    let goals = goals(&contest);
    Ok((contest, goals))
}

fn goals(contest: &Contest) -> Vec<Goal> {
    let mut goals = Vec::new();
    let mut of = |ours: &str, other: Option<&super::contest::Entry>, name: &str, wanted: f64| {
        if let (Some(ours), Some(other)) = (contest.entry(ours), other) {
            let what = format!("{}: customers a second, of {name}", ours.name);
            goals.push(Goal::at_least(what, Contest::ratio(ours, other, Of::Rate), wanted));
        }
    };
    let (reqwest, aiohttp) = (contest.entry(REQWEST), contest.best_of(Of::Rate, "aiohttp"));
    let baseten = contest.entry("baseten-performance-client");
    of(CORE, reqwest, "bare reqwest's", 0.95);
    for import in IMPORTS {
        of(import, reqwest, "bare reqwest's", 0.90);
        of(import, contest.entry(HYPER), "bare hyper's", 0.90);
        of(import, aiohttp, "aiohttp's best", 5.0);
        of(import, baseten, "baseten's", 2.0);
    }
    of(IMPORTS[0], contest.entry(IN_MEMORY), "its run's in memory", 0.90);
    goals
}

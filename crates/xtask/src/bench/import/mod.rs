//! What an import takes, beside programs that send the same customers without one: at a server that does next to nothing,
//! and at one that takes its time.
//!
//! Of an import everything counts: the start of its process, the check, journal and reports. Of the Python clients only the
//! sending counts, of bodies that they have ready in memory; and of a slow one only so many rows as tell how slow it is.

mod contender;
mod lab;
mod measured;
mod memory;

pub(crate) use memory::run as run_memory;

use std::path::Path;

use super::ROUNDS;
use contender::{Contender, rounds, show};
use lab::{IN_FLIGHT, Lab};

/// Rows of the table, unless another number is asked for.
pub(crate) const ROWS: u64 = 300_000;
/// How long the slow server takes for an answer, in milliseconds.
const SLOW: u64 = 50;
/// Rows of its table: some 20 s.
const SLOW_ROWS: u64 = 25_600;
/// How often it is tried: its answers come evenly.
const SLOW_ROUNDS: usize = 3;

const NO_WRK: &str = "not run: the server by wrk (wrk is not installed; Debian has it as the package wrk)";

/// Measures and prints what an import of so many rows takes.
///
/// # Errors
///
/// Something cannot be built, installed or started, or does not create every customer.
pub(crate) fn run(root: &Path, rows: u64) -> Result<(), String> {
    let lab = Lab::new(root)?;
    if !lab.has_wrk() {
        println!("{NO_WRK}");
    }
    fast(&lab, rows)?;
    slow(&lab)
}

/// At a server that is faster than every client.
fn fast(lab: &Lab, rows: u64) -> Result<(), String> {
    let (table, bodies) = (lab.table(rows)?, lab.bodies(rows)?);
    let parquet = lab.parquet(&table)?;
    let server = lab.server(0)?;
    let client = |script, rows, in_flight| lab.client(script, &server, &bodies, rows, in_flight);
    let (some, few) = ((rows / 5).max(1), (rows / 100).max(1));
    let mut wrk = Vec::new();
    if lab.has_wrk() {
        wrk.push(Contender::new("wrk, always the same request", || lab.wrk(&server, "4")));
    }
    let mut others = [
        Contender::new("bare reqwest", || lab.bare(&server, &bodies, rows)),
        Contender::new("aiohttp, 16 in flight", || client("with_aiohttp.py", some, "16")),
        Contender::new("aiohttp", || client("with_aiohttp.py", some, IN_FLIGHT)),
        Contender::new("baseten-performance-client", || client("with_baseten.py", rows, IN_FLIGHT)),
        Contender::new("requests.post, one after the other", || client("with_requests.py", few, "1")),
    ];
    let mut imports = [
        Contender::new("import, CSV", || lab.import(&server, &table, lab.folder(), rows)),
        Contender::new("import, Parquet", || lab.import(&server, &parquet, lab.folder(), rows)),
        Contender::new("create_customers, polars", || lab.create_customers(&server, &parquet, rows)),
    ];
    let mut in_memory = Vec::new();
    if let Some(memory) = lab.memory() {
        in_memory.push(Contender::new("import, CSV, its run in memory", || lab.import(&server, &table, memory, rows)));
    }
    rounds(ROUNDS, wrk.iter_mut().chain(&mut others).chain(&mut imports).chain(&mut in_memory))?;
    println!(
        "customers a second, {IN_FLIGHT} in flight, at a server that does next to nothing; median of {ROUNDS} rounds in turn:"
    );
    show(wrk.iter().chain(&others).chain(&imports).chain(&in_memory));
    let [bare, aiohttp_16, aiohttp_64, baseten, requests] = others.each_ref().map(Contender::rate);
    let others = [bare, aiohttp_16.max(aiohttp_64), baseten, requests];
    println!("times as fast as:                     bare reqwest   aiohttp   baseten  requests");
    println!("  wanted, at least                            0.80      4.50      1.80     40.00");
    for import in &imports {
        let [bare, aiohttp, baseten, requests] = others.map(|other| import.rate() / other);
        println!("  {:36}{bare:12.2}{aiohttp:10.2}{baseten:10.2}{requests:10.2}", import.name());
    }
    for memory in &in_memory {
        // Where files are in memory a sync costs nothing; the writing of the journal costs the same.
        let times = imports[0].rate() / memory.rate();
        println!("  import, CSV, its run on disk        {times:12.2} of its run in memory (wanted, at least 0.90)");
    }
    Ok(())
}

/// At a server that takes its time: what counts is that a request leaves as soon as an answer comes.
fn slow(lab: &Lab) -> Result<(), String> {
    let (table, bodies) = (lab.table(SLOW_ROWS)?, lab.bodies(SLOW_ROWS)?);
    let server = lab.server(SLOW)?;
    let mut contenders = Vec::new();
    if lab.has_wrk() {
        contenders.push(Contender::new("wrk", || lab.wrk(&server, "20")));
    }
    contenders.push(Contender::new("bare reqwest", || lab.bare(&server, &bodies, SLOW_ROWS)));
    contenders.push(Contender::new("import, CSV", || lab.import(&server, &table, lab.folder(), SLOW_ROWS)));
    rounds(SLOW_ROUNDS, contenders.iter_mut())?;
    println!("the same at a server that takes {SLOW} ms for an answer; median of {SLOW_ROUNDS} rounds in turn:");
    show(contenders.iter());
    if let [wrk, bare, import] = &contenders[..] {
        let (bare, import) = (bare.rate() / wrk.rate(), import.rate() / wrk.rate());
        println!(
            "  import, CSV                         {import:12.3} of wrk (wanted, at least 0.97); bare reqwest {bare:.3}"
        );
    }
    Ok(())
}

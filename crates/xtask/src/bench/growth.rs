//! What more rows cost: the time of the processor for a row, and memory, in tables that grow by ten.

use super::contest::{Contender, Contest, Of, Side, hold};
use super::lab::{IN_FLIGHT, Lab};

const ROUNDS: usize = 4;
const ROWS: [u64; 3] = [10_000, 100_000, 1_000_000];
/// Rows of the two tables of which the memory is measured.
const MANY_ROWS: [u64; 2] = [1_000_000, 10_000_000];

/// Measures it: a contest of each size.
///
/// # Errors
///
/// Something cannot be started, or does not create every customer.
pub(super) fn run(lab: &Lab) -> Result<Vec<Contest>, String> {
    let server = lab.server(0)?;
    let mut contests = Vec::new();
    for rows in ROWS {
        let table = lab.table(rows)?;
        let parquet = lab.parquet(&table)?;
        let contenders = [
            Contender::new("import, CSV", Side::Ours, || lab.import(&server, &table, lab.folder(), rows, IN_FLIGHT)),
            Contender::new("create_customers, polars", Side::Ours, || {
                lab.create_customers("polars", &server, &parquet, rows)
            }),
        ];
        // The largest is long enough to be even by itself.
        let rounds = if rows == ROWS[2] { 1 } else { ROUNDS };
        contests.push(hold(format!("{rows} rows"), rounds, &contenders)?);
    }
    Ok(contests)
}

/// A line for each size.
pub(super) fn table(contests: &[Contest]) -> Vec<Vec<String>> {
    let heads = ["table", "CSV: µs of processor a row", "MB at most", "polars: µs of processor a row", "MB at most"];
    let mut lines = vec![heads.map(str::to_owned).to_vec()];
    for contest in contests {
        let mut line = vec![contest.title.clone()];
        for entry in &contest.entries {
            line.push(format!("{:.1}", entry.median(Of::Processor) * 1e6));
            line.push(format!("{:.0}", entry.peak_bytes() / 1e6));
        }
        lines.push(line);
    }
    lines
}

/// Measures and prints how much memory an import takes, and how much more for ten times the rows.
///
/// # Errors
///
/// As [`run`].
pub(super) fn memory(lab: &Lab) -> Result<(), String> {
    let server = lab.server(0)?;
    let (mut command, mut python) = (Vec::new(), Vec::new());
    for rows in MANY_ROWS {
        let table = lab.table(rows)?;
        command.push(lab.import(&server, &table, lab.folder(), rows, IN_FLIGHT)?.peak_bytes.unwrap_or(f64::NAN));
        let parquet = lab.parquet(&table)?;
        // It is large.
        drop(table);
        let grown = lab.create_customers("polars", &server, &parquet, rows)?.grown_bytes;
        python.push(grown.unwrap_or(f64::NAN));
    }
    let [few, most] = MANY_ROWS;
    println!("memory of an import, one run each:      {few:>8} rows {most:>9} rows   more for each row");
    println!("  wanted, at most                             150 MB                         32 bytes");
    for (name, peaks) in [("import, CSV", command), ("create_customers, beyond the frame", python)] {
        let [small, large] = peaks[..] else { continue };
        let more = (large - small) / (most - few) as f64;
        println!("  {name:36}{:12.1} MB {:11.1} MB {more:18.1} bytes", small / 1e6, large / 1e6);
    }
    Ok(())
}

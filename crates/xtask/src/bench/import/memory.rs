//! How much memory an import takes, and how much more for ten times the rows.

use std::path::Path;

use super::lab::Lab;

/// Rows of the two tables.
const ROWS: [u64; 2] = [1_000_000, 10_000_000];

/// Measures and prints it, once for each table.
///
/// # Errors
///
/// Something cannot be built, installed or started, or does not create every customer.
pub(crate) fn run(root: &Path) -> Result<(), String> {
    let lab = Lab::new(root)?;
    let server = lab.server(0)?;
    let (mut command, mut python) = (Vec::new(), Vec::new());
    for rows in ROWS {
        let table = lab.table(rows)?;
        command.push(lab.import(&server, &table, lab.folder(), rows)?.peak_bytes);
        let parquet = lab.parquet(&table)?;
        // It is large.
        drop(table);
        python.push(lab.create_customers(&server, &parquet, rows)?.grown_bytes.unwrap_or(f64::NAN));
    }
    println!("memory of an import, one run each:      {:>8} rows {:>9} rows   more for each row", ROWS[0], ROWS[1]);
    println!("  wanted, at most                             150 MB                         32 bytes");
    for (name, peaks) in [("import, CSV", command), ("create_customers, beyond the frame", python)] {
        let [few, many] = peaks[..] else { continue };
        let more = (many - few) / (ROWS[1] - ROWS[0]) as f64;
        println!("  {name:36}{:12.1} MB {:11.1} MB {more:18.1} bytes", few / 1e6, many / 1e6);
    }
    Ok(())
}

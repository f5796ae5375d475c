//! How much memory the check of a table takes: `cargo run --release -p kunacore-import --example peak_memory [ROWS]`.
//!
//! The peak is Linux's `VmHWM`; the table is a file of made-up customers, so that only the check is measured.

use std::error::Error;
use std::fs::{File, read_to_string};
use std::io::{BufWriter, Write};
use std::time::Instant;

use kunacore_import::{Files, MappingOptions, ReadOptions, check};

fn main() -> Result<(), Box<dyn Error>> {
    let rows: u64 = std::env::args().nth(1).map_or(Ok(200_000), |rows| rows.parse())?;
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("customers.csv");
    let mut file = BufWriter::new(File::create(&path)?);
    writeln!(file, "email,first_name,last_name,country,verification_document_id,residence_address")?;
    for row in 0..rows {
        writeln!(file, "customer-{row}@mail.com,Alex,Smith,FR,FV{row},\"Champ de Mars {row}, Paris\"")?;
    }
    file.into_inner()?.sync_all()?;

    let before = peak_kib()?;
    let started = Instant::now();
    let files = Files::open(std::slice::from_ref(&path), &ReadOptions::default())?;
    let mapping = files.map(&MappingOptions::default())?;
    let checked = check(files.batches(&mapping), |_| Ok(()))?;
    let (seconds, more) = (started.elapsed().as_secs_f64(), peak_kib()? - before);

    let size = path.metadata()?.len() / (1 << 20);
    println!(
        "{} rows, {size} MiB, {} problems, fingerprint {}",
        checked.rows, checked.problems.count, checked.fingerprint
    );
    println!("{seconds:.1} s; peak {} MiB more, {} bytes a row", more / 1024, more * 1024 / checked.rows.max(1));
    Ok(())
}

fn peak_kib() -> Result<u64, Box<dyn Error>> {
    let status = read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("Linux shows no VmHWM")?;
    Ok(peak.trim().trim_end_matches(" kB").parse()?)
}

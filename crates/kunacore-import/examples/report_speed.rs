//! How long the reports of a run take, and how much memory:
//! `cargo run --release -p kunacore-import --example report_speed [ROWS]`.
//!
//! The table is made up; its rows were answered a little out of their order, as in an import, and one in fifty was rejected.
//! The reports are written by a process of their own, as the peak is that of a process (Linux's `VmHWM`); it holds what the
//! open run needs, too. Time is that of the processor, so that a busy machine does not matter.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::{File, read_to_string};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use kunacore_import::pacing::Requests;
use kunacore_import::run::{Asked, End, How, Manifest, RowResult, Run};
use kunacore_import::{Input, MappingOptions, ReadOptions, Rules, check, report};

fn main() -> Result<(), Box<dyn Error>> {
    let argument = std::env::args().nth(1);
    if let Some(run) = argument.as_deref().filter(|argument| argument.starts_with('/')) {
        return write(Path::new(run));
    }
    let rows: u32 = argument.map_or(Ok(300_000), |rows| rows.parse())?;
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("customers.csv");
    let mut file = BufWriter::new(File::create(&path)?);
    writeln!(file, "email,first_name,last_name,country,verification_document_id,residence_address,external_id")?;
    for row in 1..=rows {
        writeln!(file, "customer-{row}@mail.com,Alex,Smith,FR,FV{row},\"Champ de Mars {row}, Paris\",e-{row}")?;
    }
    file.into_inner()?.sync_all()?;

    let run = directory.path().join("run");
    let options = MappingOptions { keys: vec!["external_id".to_owned()], ..MappingOptions::default() };
    let input = Input::files(&[path], &ReadOptions::default(), &options)?;
    let (files, mapping) = input.open(&run)?;
    let fingerprint = check(files.batches(&mapping), |_| Ok(()))?.fingerprint.to_string();
    let manifest = Manifest::new("report_speed", "2026-01-01T00:00:00Z", asked(fingerprint), Rules::default(), input);
    record(&mut Run::create(&run, manifest)?, rows)?;
    let status = Command::new(std::env::current_exe()?).arg(&run).status()?;
    if status.success() { Ok(()) } else { Err("the reports were not written".into()) }
}

fn asked(fingerprint: String) -> Asked {
    Asked { fingerprint, mapping: BTreeMap::new(), base_url: "https://kunacore.example".to_owned(), sandbox: false }
}

/// Writes the reports, and measures that.
fn write(path: &Path) -> Result<(), Box<dyn Error>> {
    let manifest = std::fs::read(path.join("manifest.json"))?;
    let manifest: serde_json::Value = serde_json::from_slice(&manifest)?;
    let fingerprint = manifest["asked"]["fingerprint"].as_str().ok_or("no fingerprint")?.to_owned();
    let begin = (processor_seconds()?, peak_kib()?);
    let mut run = Run::open(path, &asked(fingerprint))?.run;
    let opened = (processor_seconds()?, peak_kib()?);
    let summary = report::write(&mut run, path, Requests::default(), Duration::ZERO, false)?;
    let end = (processor_seconds()?, peak_kib()?);
    println!("{}", summary.to_json());
    for (what, before, after) in [("opening the run", begin, opened), ("the reports", opened, end)] {
        let bytes = (after.1 - before.1) * 1024;
        println!(
            "{what}: {:.2} s; {} MiB more, {} bytes a row",
            after.0 - before.0,
            bytes >> 20,
            bytes / summary.rows.max(1)
        );
    }
    Ok(())
}

/// Records a result for each row, in an order that strays by some dozens.
fn record(run: &mut Run, rows: u32) -> Result<(), Box<dyn Error>> {
    let mut random = fastrand::Rng::with_seed(1);
    let mut order: Vec<u32> = (1..=rows).collect();
    order.chunks_mut(64).for_each(|part| random.shuffle(part));
    run.announce(rows)?;
    for (at, row) in order.into_iter().enumerate() {
        let end = match row % 50 {
            0 => End::Rejected,
            _ => End::Created {
                how: How::Created,
                id: format!("{:032x}", random.u128(..)),
                wallet_id: format!("{:032x}", random.u128(..)),
            },
        };
        let (code, message) = (row % 50 == 0).then(|| ("INVALID".to_owned(), "it is not served".to_owned())).unzip();
        run.record(RowResult {
            row,
            tag: run.tag(&format!("customer-{row}@mail.com")),
            end,
            status: Some(201),
            code,
            field: None,
            message,
            attempts: 1,
            found: None,
            sent_at: None,
        })?;
        if at % 20_000 == 0 {
            run.commit()?;
        }
    }
    run.stop()?;
    Ok(())
}

fn peak_kib() -> Result<u64, Box<dyn Error>> {
    let status = read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("Linux shows no VmHWM")?;
    Ok(peak.trim().trim_end_matches(" kB").parse()?)
}

/// What this process has taken of the processor, in hundredths of a second.
fn processor_seconds() -> Result<f64, Box<dyn Error>> {
    let stat = read_to_string("/proc/self/stat")?;
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let mut ticks = after_name.split_whitespace().skip(11).map(str::parse::<u32>);
    let (Some(user), Some(system)) = (ticks.next(), ticks.next()) else { return Err("no times".into()) };
    Ok(f64::from(user? + system?) / 100.0)
}

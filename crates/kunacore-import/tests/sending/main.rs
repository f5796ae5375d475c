//! What an import promises of the rows it sends, against a sandbox whose ledger knows the truth.

mod support;

use std::collections::HashMap;
use std::time::Duration;

use kunacore_import::{Control, Existing, ImportOptions, StopKind};
use kunacore_sandbox::SandboxOptions;
use support::World;

#[test]
fn every_row_of_a_table_becomes_a_customer_and_a_finished_run_sends_nothing() {
    let world = World::new(SandboxOptions::default(), 700);
    let ended = world.import(ImportOptions::default());
    assert_eq!(ended.stop, None, "{ended:?}");
    let summary = ended.summary.expect("reports");
    assert_eq!(
        (summary.rows, summary.created, summary.rejected, summary.unresolved, summary.unsent),
        (700, 700, 0, 0, 0)
    );
    let created = world.ledger().created;
    assert_eq!(created.len(), 700);
    let report = world.report("created.csv");
    assert_eq!((report.len(), &*report[0]), (701, "row,external_id,id,wallet_id,how"));
    for entry in created {
        let row = entry.email.trim_start_matches("alex").trim_end_matches("@example.com").to_owned();
        let line = format!("{row},ext-{row},{},{},created", entry.id, entry.wallet_id);
        assert_eq!(report[row.parse::<usize>().expect("a row")], line);
    }
    let again = world.import(ImportOptions::default());
    assert_eq!((again.stop, again.summary.expect("reports").created), (None, 700));
    assert_eq!(world.ledger().requests.create, 700);
}

#[test]
fn a_canary_sends_so_many_rows_and_the_run_goes_on() {
    let world = World::new(SandboxOptions::default(), 600);
    let ended = world.import(ImportOptions { canary: Some(7), ..ImportOptions::default() });
    assert_eq!(ended.stop.map(|stop| stop.kind()), Some(StopKind::Canary));
    assert_eq!(world.ledger().created.len(), 7);
    let ended = world.import(ImportOptions::default());
    assert_eq!((ended.stop, ended.summary.expect("reports").created), (None, 600));
    assert_eq!(world.ledger().created.len(), 600);
}

#[test]
fn what_is_refused_as_a_duplicate_is_rejected_or_adopted() {
    for (existing, created, rejected) in [(Existing::Reject, 0, 50), (Existing::Adopt, 50, 0)] {
        let world = World::new(SandboxOptions::default(), 50);
        world.import(ImportOptions::default());
        let second = world.beside();
        let ended = second.import(ImportOptions { existing: Some(existing), ..ImportOptions::default() });
        let summary = ended.summary.expect("reports");
        assert_eq!((summary.created, summary.adopted, summary.rejected), (created, created, rejected));
        assert_eq!(world.ledger().created.len(), 50);
    }
}

#[test]
fn lost_answers_are_reconciled_and_nothing_is_created_twice() {
    for unique in [true, false] {
        let world = World::new(SandboxOptions { unique, ..SandboxOptions::default() }, 300);
        world.faults(
            r#"[{"operation":"create","phase":"after","effect":{"reset":{}},"count":40},
                         {"operation":"create","phase":"before","effect":{"close":{}},"count":40}]"#,
        );
        let ended = world.import(ImportOptions::default());
        let summary = ended.summary.expect("reports");
        // A row that is lost a second time stays in doubt until the run is continued.
        assert_eq!((ended.stop, summary.created + summary.unresolved), (None, 300));
        assert!(summary.reconciled >= 20, "{summary:?}");
        world.clear_faults();
        assert_eq!(world.import(ImportOptions::default()).summary.expect("reports").created, 300);
        let mut times = HashMap::new();
        for entry in &world.ledger().created {
            *times.entry(entry.email.clone()).or_insert(0) += 1;
        }
        assert_eq!((times.len(), times.values().max()), (300, Some(&1)));
    }
}

#[test]
fn refused_credentials_stop_the_run_and_leave_its_rows_unsent() {
    let world = World::new(SandboxOptions::default(), 30);
    world.faults(r#"[{"operation":"create","phase":"before","effect":{"status":{"code":401}},"count":1000}]"#);
    let ended = world.import(ImportOptions::default());
    assert_eq!(ended.stop.map(|stop| stop.kind()), Some(StopKind::Refused));
    assert_eq!(ended.summary.expect("reports").unsent, 30);
    world.clear_faults();
    assert_eq!(world.import(ImportOptions::default()).summary.expect("reports").created, 30);
    assert_eq!(world.ledger().created.len(), 30);
}

#[test]
fn an_interrupted_run_goes_on_where_it_was() {
    let options = SandboxOptions { latency: Duration::from_millis(20), ..SandboxOptions::default() };
    let world = World::new(options, 400);
    let control = Control::new();
    let stopper = control.clone();
    let ended = world.import_watched(ImportOptions::default(), &control, &mut |progress| {
        if progress.done() > 20 {
            stopper.stop();
        }
    });
    assert_eq!(ended.stop.map(|stop| stop.kind()), Some(StopKind::Interrupted));
    let summary = ended.summary.expect("reports");
    assert_eq!((summary.created + summary.unsent, summary.unresolved), (400, 0));
    assert_eq!(world.ledger().created.len() as u64, summary.created);
    assert_eq!(world.import(ImportOptions::default()).summary.expect("reports").created, 400);
    assert_eq!(world.ledger().requests.create, 400);
}

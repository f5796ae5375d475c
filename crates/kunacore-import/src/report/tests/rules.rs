//! When reports are written, when they are left as they are, and when they are refused.

use super::*;
use crate::report::{ReportError, Rewritten, rewrite};
use crate::run::RunError;
use crate::{Spool, Stream};

const REPORTS: [&str; 7] =
    ["created.csv", "problems.csv", "rejected.csv", "results.arrow", "summary.json", "unresolved.csv", "unsent.csv"];

/// A run of a table that could be read only once, with this last result.
fn spooled(place: &Place, end: impl FnOnce(&Run) -> RowResult) -> Run {
    let bytes = fs::read(&place.files[0]).expect("read");
    let aside = place.directory.path();
    let stream = Stream::from_reader(std::io::Cursor::new(bytes), &place.read, aside).expect("opened");
    let mapping = stream.map(&place.options).expect("mapped");
    let (spool, batches) = Spool::begin(stream, &mapping, aside).expect("begun");
    let fingerprint = check(batches, |_| Ok(())).expect("checked").fingerprint.to_string();
    let mut run = Run::create(&place.run(), manifest(spool.input(&place.options), &fingerprint)).expect("created");
    spool.keep(&place.run()).expect("kept");
    run.announce(1).expect("announced");
    run.record(end(&run)).expect("recorded");
    run.stop().expect("stopped");
    run
}

#[test]
fn the_copy_of_the_table_goes_when_all_rows_are_settled_and_the_reports_then_stay_as_they_are() {
    let place = Place::of(1);
    let mut run = spooled(&place, |run| created(run, 1, How::Created));
    let summary = write(&mut run, &place.run(), requests(), TOOK, false).expect("written");
    drop(run);
    assert_eq!(names(&place.run()), REPORTS);
    let before = place.read("created.csv");
    let Rewritten::Kept(kept) = rewrite(&place.run()).expect("kept") else { panic!("written") };
    assert_eq!(kept.to_json(), summary.to_json());
    assert_eq!(place.read("created.csv"), before);
}

#[test]
fn the_copy_of_the_table_stays_while_it_is_needed_or_when_it_shall() {
    for (keep, state) in [(true, 0), (false, 1)] {
        let place = Place::of(1);
        let mut run =
            spooled(&place, |run| if state == 0 { created(run, 1, How::Created) } else { unresolved(run, 1) });
        let summary = write(&mut run, &place.run(), requests(), TOOK, keep).expect("written");
        drop(run);
        assert!(place.run().join("input.arrow").exists());
        let Rewritten::Written(again) = rewrite(&place.run()).expect("written") else { panic!("kept") };
        assert_eq!(again.to_json(), summary.to_json());
        assert!(place.run().join("input.arrow").exists(), "who asks for reports does not ask for its removal");
        fs::remove_file(place.run().join("input.arrow")).expect("removed");
        if state == 1 {
            let error = rewrite(&place.run()).expect_err("refused");
            assert!(matches!(error, ReportError::NoInput) && error.to_string().contains("input.arrow"), "{error}");
        }
    }
}

#[test]
fn the_same_journal_and_table_give_the_same_bytes() {
    let place = Place::of(3);
    let mut run = place.begin(2);
    run.record(rejected(&run, 2)).expect("recorded");
    place.report(run);
    let bytes = || REPORTS.map(|name| fs::read(place.run().join(name)).expect("read"));
    let before = bytes();
    for name in REPORTS.iter().filter(|name| **name != "summary.json") {
        fs::remove_file(place.run().join(name)).expect("removed");
    }
    assert!(matches!(rewrite(&place.run()), Ok(Rewritten::Written(_))));
    assert_eq!(bytes(), before, "what was sent, and how long it took, is taken over");
}

#[test]
fn another_table_is_refused_and_the_reports_stay_as_they_were() {
    let place = Place::of(3);
    place.report(place.begin(2));
    let before = place.read("unsent.csv");
    let table = fs::read_to_string(&place.files[0]).expect("read");
    for other in [table.replace("a2@", "b2@"), table.lines().take(3).map(|line| format!("{line}\n")).collect()] {
        fs::write(&place.files[0], other).expect("written");
        assert!(matches!(rewrite(&place.run()), Err(ReportError::Changed)));
        assert_eq!(place.read("unsent.csv"), before);
        assert_eq!(names(&place.run()), REPORTS, "nothing unfinished is left");
    }
    fs::remove_file(&place.files[0]).expect("removed");
    let error = rewrite(&place.run()).expect_err("refused");
    assert!(matches!(error, ReportError::Input(_)), "{error}");
    assert!(error.to_string().contains("customers.csv"), "{error}");
}

#[test]
fn a_table_that_was_moved_is_found_once_the_run_was_told() {
    let mut place = Place::of(3);
    place.report(place.begin(2));
    let moved = place.directory.path().join("moved.csv");
    fs::rename(&place.files[0], &moved).expect("moved");
    assert!(matches!(rewrite(&place.run()), Err(ReportError::Input(_))));
    place.files = vec![moved];
    let mut run = place.reopen(2);
    run.note_input(&place.input()).expect("noted");
    place.report(run);
    assert!(matches!(rewrite(&place.run()), Ok(Rewritten::Written(_))));
}

#[test]
fn a_run_in_use_and_what_is_no_run_are_refused() {
    let place = Place::of(1);
    let run = place.begin(1);
    assert!(matches!(rewrite(&place.run()), Err(ReportError::Run(RunError::InUse))));
    drop(run);
    assert!(matches!(rewrite(place.directory.path()), Err(ReportError::Run(RunError::NoRun))));
    assert!(matches!(rewrite(&place.directory.path().join("none")), Err(ReportError::Run(RunError::Absent))));
    assert!(!place.directory.path().join("lock").exists());
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_the_reports() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::of(1);
    place.report(place.begin(1));
    for name in names(&place.run()) {
        let mode = fs::metadata(place.run().join(&name)).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

//! The run's directory: what it is bound to, and what is refused.

use std::process::Stdio;

use crate::desk::{self, Desk};
use crate::table;

#[test]
fn a_table_that_changed_is_refused_and_goes_on_when_it_is_as_before() {
    let desk = Desk::of(6);
    desk.expect(4, &["customers.csv", "--run", "run", "--canary", "2"]);
    let before = desk.requests();
    desk.write("customers.csv", table::csv(1..=7));
    let named = desk.expect(1, &["customers.csv", "--run", "run"]);
    let words =
        ["run: the table is not the one that this run was begun with", "--known run --run NEW", "Nothing was sent"];
    named.says(&words);
    desk.expect(1, &["--run", "run"]).says(&words);
    let told = desk.report(&["run"]);
    assert_eq!(told.status, Some(1));
    told.says(&["the table is not what it was when the run began"]);
    assert_eq!(desk.requests(), before);
    // The same content is the same table, whatever its line ends and time.
    desk.write("customers.csv", table::csv(1..=6).replace('\n', "\r\n"));
    desk.expect(0, &["--run", "run"]);
    desk.everyone_has_one_wallet("run", 6);
}

#[test]
fn a_table_that_is_gone_is_missed_by_its_name() {
    let desk = Desk::of(3);
    desk.expect(4, &["customers.csv", "--run", "run", "--canary", "1"]);
    std::fs::rename(desk.path("customers.csv"), desk.path("moved.csv")).unwrap();
    desk.expect(1, &["--run", "run"]).says(&["customers.csv: it cannot be read"]);
    // Where it is now does not matter.
    desk.expect(0, &["moved.csv", "--run", "run"]);
    desk.everyone_has_one_wallet("run", 3);
}

#[test]
fn a_run_of_another_mapping_is_refused() {
    let desk = Desk::new();
    desk.write("customers.csv", table::csv(1..=3).replace("country,", "phone,"));
    let asked = ["customers.csv", "--run", "run", "--map", "phone=comment", "--set"];
    desk.expect(4, &[&asked[..], &["country=UA", "--canary", "1"]].concat());
    let other = desk.expect(1, &[&asked[..], &["country=FR"]].concat());
    other.says(&["mapping.country was another value", "ask for the same as then", "Nothing was sent"]);
    assert_eq!(desk.creates(), 1);
}

#[test]
fn what_is_said_of_columns_needs_the_table_beside_it() {
    let desk = Desk::of(3);
    desk.expect(4, &["customers.csv", "--run", "run", "--canary", "1"]);
    let flags =
        [["--map", "a=email"], ["--set", "country=UA"], ["--key", "email"], ["--encoding", "koi8-u"]].map(Vec::from);
    for flag in flags.into_iter().chain([vec!["--ignore-extra"]]) {
        // Otherwise they would be passed over in silence: the run is read as it was begun.
        desk.expect(1, &[&["--run", "run"], &flag[..]].concat()).says(&[flag[0], "TABLE"]);
    }
    assert_eq!(desk.creates(), 1);
}

#[test]
fn a_run_at_another_server_is_refused() {
    let desk = Desk::of(3);
    desk.expect(4, &["customers.csv", "--run", "run", "--canary", "1"]);
    let other = desk::ended(desk.command_at("http://127.0.0.1:9", &["--run", "run"]).output().unwrap());
    other.expect(1).says(&["base_url was", "http://127.0.0.1:9", "Nothing was sent"]);
}

#[test]
fn a_directory_that_is_something_else_is_left_as_it_is() {
    let desk = Desk::of(2);
    std::fs::create_dir(desk.path("photos")).unwrap();
    desk.write("photos/alex.jpg", "x");
    desk.write("photos/problems.csv", "mine");
    desk.expect(1, &["customers.csv", "--run", "photos"]).says(&[
        "alex.jpg",
        "name another directory",
        "Nothing was sent",
    ]);
    // Nor does a table with problems leave any there.
    desk.write("bad.csv", table::csv(1..=1).replace('@', " at "));
    for check in [&["bad.csv", "--run", "photos"][..], &["bad.csv", "--run", "photos", "--check"]] {
        desk.import(check);
        assert_eq!((desk.names("photos"), desk.read("photos/problems.csv")), names(&["alex.jpg", "problems.csv"]));
    }
    desk.expect(1, &["customers.csv", "--run", "customers.csv"]).says(&["customers.csv", "Nothing was sent"]);
    desk.expect(1, &["--run", "photos"]).says(&["holds no run that could be continued"]);
    desk.expect(1, &["--run", "nowhere"]).says(&["nowhere: there is no such directory"]);
    assert!(!desk.path("nowhere").exists());
    for report in ["photos", "nowhere", "customers.csv"] {
        assert_eq!(desk.report(&[report]).status, Some(1), "{report}");
    }
    assert_eq!(desk.names("photos"), ["alex.jpg", "problems.csv"]);
    assert_eq!(desk.creates(), 0);
}

fn names(names: &[&str]) -> (Vec<String>, String) {
    (names.iter().map(|name| (*name).to_owned()).collect(), "mine".to_owned())
}

#[test]
fn a_run_belongs_to_one_process_at_a_time() {
    let desk = Desk::of(100);
    let mut first = desk.command(&["customers.csv", "--run", "run", "--rate", "50"]).spawn().unwrap();
    desk.wait_for_customers(1);
    desk.write("others.csv", table::csv(1..=1));
    for second in [&["customers.csv", "--run", "run"][..], &["--run", "run"], &["others.csv", "--known", "run"]] {
        desk.expect(1, second).says(&["another process, or another import of this one", "Nothing was sent"]);
    }
    assert_eq!(desk.report(&["run"]).status, Some(1));
    desk::signal(&first, "INT");
    assert_eq!(first.wait().unwrap().code(), Some(4));
    desk.expect(0, &["--run", "run"]);
    desk.everyone_has_one_wallet("run", 100);
}

#[test]
fn the_reports_are_written_anew_from_the_journal() {
    let desk = Desk::of(5);
    let told = desk.expect(0, &["customers.csv", "--run", "run", "--key", "email", "--json"]).json();
    let before = ["created.csv", "rejected.csv", "unresolved.csv", "unsent.csv", "problems.csv", "summary.json"]
        .map(|name| (name, desk.read(&format!("run/{name}"))));
    for (name, _) in &before {
        std::fs::remove_file(desk.path(&format!("run/{name}"))).unwrap();
    }
    let again = desk.report(&["run", "--json"]).expect(0);
    for (name, text) in before.iter().filter(|(name, _)| *name != "summary.json") {
        assert_eq!(desk.read(&format!("run/{name}")), *text, "{name}");
    }
    assert_eq!((&again.json()["created"], &told["created"]), (&5.into(), &5.into()));
    assert_eq!(desk.requests().create, 5);
}

#[test]
fn nothing_personal_is_in_the_journal_or_the_manifest() {
    let desk = Desk::of(20);
    desk.expect(4, &["customers.csv", "--run", "run", "--canary", "10"]);
    desk.expect(0, &["--run", "run"]);
    for name in ["manifest.json", "journal.jsonl", "created.csv", "summary.json", "unsent.csv"] {
        let text = desk.read(&format!("run/{name}"));
        for value in table::PERSONAL {
            assert!(!text.contains(value), "{name}: {value}");
        }
    }
}

#[cfg(unix)]
#[test]
fn the_files_of_a_run_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let desk = Desk::of(3);
    let done = desk.feed(table::csv(1..=3).as_bytes(), &["-", "--run", "run", "--keep-input"]).expect(0);
    assert!(done.err.contains("run: run"), "{}", done.err);
    for name in desk.names("run") {
        let mode = desk.path("run").join(&name).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name}: {mode:o}");
    }
    // A sandbox's store holds the customers, too.
    desk.write("customers.csv", table::csv(1..=3));
    desk.expect(0, &["customers.csv", "--run", "other", "--sandbox"]);
    for directory in ["run", "other"] {
        let mode = desk.path(directory).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{directory}: {mode:o}");
    }
}

#[test]
fn a_run_is_no_table_and_what_is_no_table_in_a_directory_is_named() {
    let desk = Desk::of(3);
    desk.expect(4, &["customers.csv", "--run", "run", "--canary", "1"]);
    desk.expect(1, &["run"]).says(&["run: it is the directory of a run", "--run run alone"]);
    let told = desk.report(&["run"]).expect(4);
    desk.shell(&told.printed_command("Continue with: ")).expect(0);
    desk.everyone_has_one_wallet("run", 3);
    std::fs::create_dir(desk.path("tables")).unwrap();
    desk.write("tables/a.csv", table::csv(4..=5));
    for other in ["b.txt", "c.csv.bak", ".hidden", "_SUCCESS"] {
        desk.write(&format!("tables/{other}"), "");
    }
    for check in [&["tables", "--check"][..], &["tables", "--run", "other"]] {
        desk.expect(0, check).says(&["note: 1 table is read; b.txt and 1 more in the same place are not"]);
    }
}

#[test]
fn no_table_and_no_run_is_a_question_of_usage() {
    let desk = Desk::new();
    desk.expect(1, &[]).says(&["No table is named", "--run DIR"]);
    let mut child = desk.command(&["-", "--run", "run"]).stdin(Stdio::piped()).spawn().unwrap();
    drop(child.stdin.take());
    desk::ended(child.wait_with_output().unwrap()).expect(1).says(&["standard input: it is empty"]);
}

//! What a run remembers: whoever goes on with it, or imports its file once more, opens nobody a second wallet by leaving
//! something out.

use kunacore_sandbox::SandboxOptions;

use crate::desk::{Desk, ended};
use crate::table;

/// A server that would create everybody again.
fn desk() -> Desk {
    Desk::with(SandboxOptions { unique: false, ..SandboxOptions::default() })
}

/// One with five customers of a run `before`, and a table with these and a new one, which comes first.
fn with_known() -> Desk {
    let desk = desk();
    desk.write("before.csv", table::csv(1..=5));
    desk.expect(0, &["before.csv", "--run", "before"]);
    desk.write("customers.csv", table::of([6, 1, 2, 3, 4, 5].map(table::row)));
    desk
}

#[test]
fn the_rules_of_a_run_need_not_be_named_again() {
    for rule in [["--known", "before"], ["--existing", "adopt"]] {
        let desk = with_known();
        desk.expect(4, &[&["customers.csv", "--run", "run", "--canary", "1"], &rule[..]].concat());
        desk.expect(0, &["--run", "run"]);
        desk.everyone_has_one_wallet("run", 6);
        // Nor from another directory.
        std::fs::create_dir(desk.path("elsewhere")).unwrap();
        let run = desk.path("run");
        let mut command = desk.command(&["--run", run.to_str().unwrap()]);
        ended(command.current_dir(desk.path("elsewhere")).output().unwrap()).expect(0);
    }
    let desk = desk();
    desk.write("customers.csv", table::of([table::row(1), table::row(2), table::row(3).replace('@', " at ")]));
    desk.expect(4, &["customers.csv", "--run", "run", "--canary", "1", "--invalid", "reject"]);
    desk.expect(2, &["--run", "run"]);
    assert_eq!(desk.summary("run")["created"], 2);
}

#[test]
fn a_rule_can_be_changed_and_known_runs_are_only_added() {
    let desk = with_known();
    desk.write("customers.csv", table::of([6, 7, 1, 2, 3, 4, 5].map(table::row)));
    desk.expect(4, &["customers.csv", "--run", "run", "--canary", "1", "--known", "before"]);
    desk.write("more.csv", table::csv(7..=7));
    desk.expect(0, &["more.csv", "--run", "more"]);
    desk.expect(0, &["--run", "run", "--known", "more", "--existing", "adopt"]);
    desk.everyone_has_one_wallet("run", 7);
    assert_eq!(desk.summary("run")["known"], 6);
}

#[test]
fn how_much_a_known_run_knew_at_first_is_remembered() {
    let desk = desk();
    desk.write("before.csv", table::csv(1..=5));
    desk.expect(4, &["before.csv", "--run", "before", "--canary", "2"]);
    let length = std::fs::metadata(desk.path("before/journal.jsonl")).unwrap().len();
    desk.write("customers.csv", table::of([6, 1, 2, 3, 4, 5].map(table::row)));
    desk.expect(4, &["customers.csv", "--run", "run", "--canary", "1", "--known", "before"]);
    desk.expect(0, &["--run", "before"]);
    desk.expect(0, &["--run", "run"]);
    desk.everyone_has_one_wallet("run", 6);
    let rules = crate::desk::json(&desk.read("run/manifest.json"))["rules"].clone();
    assert_eq!(rules["known"][0]["seen"], length);
    assert!(length < std::fs::metadata(desk.path("before/journal.jsonl")).unwrap().len());
}

#[test]
fn a_run_at_another_server_cannot_be_known() {
    let desk = with_known();
    let other = Desk::new();
    let asked = ["customers.csv", "--run", "run", "--known", "before"];
    let refused = ended(desk.command_at(other.sandbox.url(), &asked).output().unwrap()).expect(1);
    refused.says(&["before: this run cannot be known here", "another server", "Nothing was sent"]);
    assert!(!desk.path("run").exists());
    let sandbox = ended(desk.command(&[&asked[..], &["--sandbox"]].concat()).output().unwrap()).expect(1);
    sandbox.says(&["before: this run cannot be known here", "a sandbox"]);
    assert_eq!(other.creates(), 0);
}

#[test]
fn the_server_is_given_as_much_time_as_before_unless_other_is_asked_for() {
    let desk = Desk::of(3);
    let settle = || crate::desk::json(&desk.read("run/manifest.json"))["rules"]["settle"].clone();
    let import = |asked: &[&str]| {
        let mut command = desk.bare(&[&["import"], asked].concat());
        command.env("KUNACORE_BASE_URL", desk.sandbox.url()).env("KUNACORE_API_KEY", desk.sandbox.api_key());
        ended(command.output().unwrap())
    };
    import(&["customers.csv", "--run", "run", "--canary", "1", "--settle", "2m"]).expect(4);
    import(&["--run", "run", "--canary", "1"]).expect(4);
    assert_eq!(settle(), 120_000);
    import(&["--run", "run", "--canary", "1", "--settle", "80ms"]).expect(0);
    import(&["--run", "run"]).expect(0);
    assert_eq!(settle(), 80);
}

#[test]
fn a_file_that_has_changed_since_its_run_is_not_sent_as_if_it_were_new() {
    let desk = desk();
    desk.write("customers.csv", table::csv(1..=5));
    desk.expect(4, &["customers.csv", "--canary", "3"]);
    desk.write("customers.csv", table::csv(1..=6));
    let refused = desk.expect(1, &["customers.csv"]);
    let refused =
        refused.says(&["Rows of this file, as it was then, were sent", "Nothing was sent", "--known kunacore-run-"]);
    assert_eq!(desk.creates(), 3);
    let run = refused.err.split("--known ").nth(1).unwrap().split(',').next().unwrap().to_owned();
    desk.expect(0, &["customers.csv", "--run", "run", "--known", &run]);
    desk.everyone_has_one_wallet("run", 6);
    // The next one knows a run, or looks everybody up, or is named: whoever says so knows what it is.
    desk.write("customers.csv", table::csv(1..=7));
    desk.expect(0, &["customers.csv", "--existing", "adopt"]);
    assert_eq!(desk.created().len(), 7);
}

#[test]
fn a_run_that_was_begun_in_another_directory_is_found_beside_its_file() {
    let desk = desk();
    desk.write("customers.csv", table::csv(1..=4));
    desk.expect(0, &["customers.csv"]);
    std::fs::create_dir(desk.path("elsewhere")).unwrap();
    let mut command = desk.command(&["../customers.csv"]);
    let refused = ended(command.current_dir(desk.path("elsewhere")).output().unwrap()).expect(1);
    refused.says(&["Rows of this file, as it is now, were sent", "Continue that run with --run "]);
    assert_eq!(desk.creates(), 4);
}

#[test]
fn a_run_from_which_nothing_was_sent_may_go_to_another_server() {
    let desk = Desk::of(3);
    let nobody = ended(desk.command_at("http://127.0.0.1:9", &["customers.csv", "--run", "run"]).output().unwrap());
    nobody.expect(4);
    desk.expect(0, &["--run", "run"]);
    desk.everyone_has_one_wallet("run", 3);
}

#[test]
fn a_run_that_has_lost_its_manifest_is_no_new_one_with_or_without_the_table() {
    let desk = Desk::of(3);
    desk.expect(0, &["customers.csv", "--run", "run"]);
    std::fs::remove_file(desk.path("run/manifest.json")).unwrap();
    for asked in [&["--run", "run"][..], &["customers.csv", "--run", "run"]] {
        desk.expect(1, asked).says(&["it is missing, though rows may have been sent", "do not begin a new one"]);
    }
    assert_eq!(desk.creates(), 3);
}

#[test]
fn the_problems_of_another_table_do_not_replace_those_of_a_run() {
    let desk = Desk::of(3);
    desk.expect(0, &["customers.csv", "--run", "run"]);
    let before = desk.read("run/problems.csv");
    desk.write("bad.csv", table::csv(1..=1).replace('@', " at "));
    for more in [&[][..], &["--check"]] {
        let refused = desk.expect(1, &[&["bad.csv", "--run", "run"], more].concat());
        refused.says(&["the table is not the one that this run was begun with"]);
        assert_eq!(desk.read("run/problems.csv"), before);
    }
}

#[test]
fn a_directory_is_made_with_those_above_it() {
    let desk = Desk::of(3);
    desk.expect(0, &["customers.csv", "--run", "a/b/run"]);
    desk.feed(table::csv(4..=5).as_bytes(), &["-", "--run", "c/d/run"]).expect(0);
    assert_eq!(desk.created().len(), 5);
    assert_eq!((desk.rows("a/b/run/created.csv").len(), desk.rows("c/d/run/created.csv").len()), (3, 2));
}

//! A run from its start to its end, and what it tells on the way.

use kunacore_sandbox::SandboxOptions;
use serde_json::json;

use crate::desk::{self, Desk, refused_with, times};
use crate::table;

#[test]
fn a_table_is_imported_and_every_row_gets_its_wallet() {
    let desk = Desk::of(300);
    let done = desk.expect(0, &["customers.csv", "--run", "run"]);
    assert!(done.out.contains("300 rows") && done.out.contains("run/created.csv"), "{}", done.out);
    let done = done.says(&["300 rows read and checked", "run: run", "no rate limit is set"]);
    assert!(!done.err.contains("next:"), "{}", done.err);
    desk.everyone_has_one_wallet("run", 300);
    assert_eq!(desk.creates(), 300);
    let header = desk.read("run/created.csv").lines().next().unwrap().to_owned();
    assert_eq!(header, "row,external_id,id,wallet_id,how");
    let numbers: Vec<String> = desk.rows("run/created.csv").iter().map(|row| row["row"].clone()).collect();
    assert_eq!(numbers, (1..=300).map(|row| row.to_string()).collect::<Vec<_>>());
}

#[test]
fn the_summary_has_the_same_shape_on_stdout_and_in_its_file() {
    let desk = Desk::of(5);
    desk.sandbox.set_faults(&[times(1, refused_with(422))]).unwrap();
    let done = desk.expect(2, &["customers.csv", "--run", "run", "--json"]);
    let summary = done.json();
    assert_eq!(done.out.lines().count(), 1);
    assert_eq!(summary, desk.summary("run"));
    let names: Vec<&str> = summary.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = [
        "run",
        "rows",
        "created",
        "reconciled",
        "adopted",
        "known",
        "rejected",
        "unresolved",
        "unsent",
        "requests",
        "seconds",
    ];
    assert_eq!(names, expected);
    assert_eq!((&summary["rows"], &summary["created"], &summary["rejected"]), (&json!(5), &json!(4), &json!(1)));
    let sent = desk.requests();
    assert_eq!(summary["requests"], json!({"create": sent.create, "find": sent.find}), "every request is counted");
    assert_eq!(summary["run"], desk.path("run").canonicalize().unwrap().display().to_string());
    // The summary is the whole of the result, and nothing was amiss that is not in it.
    assert_eq!(done.err, "");
}

#[test]
fn the_directory_has_a_name_of_its_own_where_none_is_given_and_the_same_command_finds_it_again() {
    let desk = Desk::of(3);
    let done = desk.expect(0, &["customers.csv"]);
    let run = desk.names(".").into_iter().find(|name| name.starts_with("kunacore-run-")).unwrap();
    assert_eq!(run.len(), "kunacore-run-".len() + 12);
    done.says(&[&run]);
    desk.expect(0, &["customers.csv"]).says(&["3 of 3 rows are done"]);
    assert_eq!(desk.creates(), 3);
}

#[test]
fn a_finished_run_sends_nothing_however_it_is_asked_for() {
    let desk = Desk::of(20);
    desk.expect(0, &["customers.csv", "--run", "run"]);
    let before = desk.requests();
    for again in [&["customers.csv", "--run", "run"][..], &["--run", "run"], &["--run", "run", "--existing", "adopt"]] {
        let done = desk.expect(0, again);
        assert!(done.out.contains("created"), "{}", done.out);
    }
    // Nor is a server needed.
    let mut bare = desk.bare(&["import", "--run", "run"]);
    bare.env("KUNACORE_BASE_URL", desk.sandbox.url());
    desk::ended(bare.env("KUNACORE_API_KEY", "wrong").output().unwrap()).expect(0);
    assert_eq!(desk.requests(), before);
    desk.everyone_has_one_wallet("run", 20);
}

#[test]
fn a_canary_sends_so_many_rows_and_the_rest_follows_with_and_without_the_table() {
    let desk = Desk::of(30);
    let done = desk.expect(4, &["customers.csv", "--run", "run", "--canary", "4"]);
    let done = done.says(&["stopped: 4 new rows were sent", "next: Continue with: kunacore import --run run"]);
    assert_eq!((desk.created().len(), desk.rows("run/unsent.csv").len()), (4, 26));
    assert!(desk.names("run").contains(&"created.csv".to_owned()));

    desk.expect(4, &["customers.csv", "--run", "run", "--canary", "5"]);
    assert_eq!(desk.created().len(), 9, "five more");
    // The line that was printed, as it stands.
    desk.shell(&done.printed_command("Continue with: ")).expect(0);
    desk.everyone_has_one_wallet("run", 30);
    assert_eq!(desk.creates(), 30);
}

#[test]
fn a_canary_of_all_rows_is_no_stop() {
    let desk = Desk::of(4);
    let done = desk.expect(0, &["customers.csv", "--run", "run", "--canary", "4"]);
    assert!(!done.err.contains("stopped"), "{}", done.err);
}

#[test]
fn a_check_sends_nothing_needs_no_server_and_leaves_nothing_but_the_problems() {
    let desk = Desk::of(10);
    let check = |table: &str, more: &[&str]| {
        desk::ended(desk.bare(&[&["import", table, "--check"], more].concat()).output().unwrap())
    };
    let done = check("customers.csv", &[]).expect(0);
    assert_eq!(done.out, "10 rows: no problem was found. Nothing was sent.\n");
    check("customers.csv", &["--run", "run"]).expect(0);
    assert_eq!(desk.names("."), ["customers.csv"]);

    let bad = ["alexsmith,Alex,Smith,FR,FV633452,Champ de Mars".to_owned(), table::row(1), table::row(2)];
    desk.write("bad.csv", table::of(bad));
    let done = check("bad.csv", &["--run", "run"]).expect(2).says(&["row 1 (line 2): email", "run/problems.csv"]);
    assert_eq!(done.out, "3 rows: 1 problem was found. Nothing was sent.\n");
    assert_eq!(desk.names("run"), ["problems.csv"]);
    let problem = &desk.rows("run/problems.csv")[0];
    assert_eq!((&*problem["row"], &*problem["field"], &*problem["code"]), ("1", "email", "invalid_field"));
    let done = check("bad.csv", &["--run", "run", "--json"]).expect(2);
    assert_eq!(done.json(), json!({"rows": 3, "problems": 1, "problems_file": "run/problems.csv"}));
    assert_eq!(done.err, "");

    // A directory with nothing but problems is as good as none.
    desk.expect(0, &["customers.csv", "--run", "run"]);
}

#[test]
fn a_rejected_row_does_not_stop_the_others_and_its_mended_file_is_imported_by_the_printed_command() {
    let desk = Desk::of(8);
    desk.sandbox.set_faults(&[times(1, refused_with(422))]).unwrap();
    let done = desk.expect(2, &["customers.csv", "--run", "run", "--concurrency", "1"]);
    let done = done.says(&["Mend the 1 row in a copy", "(cp run/rejected.csv mended.csv)"]);
    let header = desk.read("run/rejected.csv").lines().next().unwrap().to_owned();
    let reasons = "reject_code,reject_field,reject_message,existing_id,existing_wallet_id";
    assert_eq!(header, format!("{},{reasons}", table::HEADER));
    let rejected = desk.rows("run/rejected.csv");
    assert_eq!((rejected.len(), &*rejected[0]["email"]), (1, &*table::email(1)));

    std::fs::copy(desk.path("run/rejected.csv"), desk.path("mended.csv")).unwrap();
    desk.shell(&done.printed_command("and import it: ")).expect(0);
    assert_eq!(desk.created().len(), 8);
    let emails: std::collections::HashSet<_> = desk.created().into_iter().map(|customer| customer.email).collect();
    assert_eq!(emails.len(), 8);
}

#[test]
fn rows_that_cannot_be_sent_are_rejected_when_that_is_asked_for_and_the_run_goes_on_by_the_printed_command() {
    let desk = Desk::new();
    let bad = table::row(2).replace(",FR,", ",UK,");
    desk.write("customers.csv", table::of([table::row(1), bad, table::row(3), table::row(3), table::row(4)]));
    let done = desk.expect(2, &["customers.csv", "--run", "run"]);
    done.says(&[
        "row 2 (line 3): country",
        "did you mean GB?",
        "email is also in row 3",
        "--invalid reject",
        "Nothing was sent",
    ]);
    assert_eq!((desk.requests().create, desk.names("run")), (0, vec!["problems.csv".to_owned()]));

    let stopped = desk.expect(4, &["customers.csv", "--run", "run", "--invalid", "reject", "--canary", "1"]);
    desk.shell(&stopped.printed_command("Continue with: ")).expect(2);
    let rejected = desk.rows("run/rejected.csv");
    let codes: Vec<&str> = rejected.iter().map(|row| &*row["reject_code"]).collect();
    assert_eq!(codes, ["invalid_field", "duplicate_in_input"]);
    assert_eq!(desk.rows("run/created.csv").len(), 3);
    assert_eq!(desk.creates(), 3);
}

#[test]
fn ten_thousand_rows_that_are_refused_alike_stop_early_and_the_run_goes_on_afterwards() {
    let desk = Desk::of(10_000);
    desk.sandbox.set_faults(&[refused_with(422)]).unwrap();
    let done = desk.expect(4, &["customers.csv", "--run", "run"]);
    done.says(&["100 rows in a row were rejected with status 422", "the mapping looks wrong", "rejected.csv"]);
    let sent = desk.creates();
    assert!((100..=164).contains(&sent), "{sent} were sent");
    let summary = desk.summary("run");
    assert_eq!((summary["rejected"].as_i64(), summary["unsent"].as_i64()), (Some(sent), Some(10_000 - sent)));
    assert_eq!(summary["unresolved"], 0);

    desk.sandbox.clear_faults();
    desk.expect(4, &["--run", "run", "--canary", "50"]);
    assert_eq!(desk.created().len(), 50);
    let summary = desk.summary("run");
    let told = ["created", "rejected", "unsent"].map(|state| summary[state].as_i64().unwrap());
    assert_eq!(told, [50, sent, 10_000 - sent - 50]);
}

#[test]
fn the_same_reason_never_stops_where_that_is_asked_for() {
    let desk = Desk::of(150);
    desk.sandbox.set_faults(&[refused_with(422)]).unwrap();
    desk.expect(2, &["customers.csv", "--run", "run", "--max-identical-rejections", "0"]);
    assert_eq!(desk.summary("run")["rejected"], 150);
}

#[test]
fn a_rate_and_a_number_in_flight_are_kept_and_named_in_the_command_that_goes_on() {
    let desk = Desk::of(40);
    let began = std::time::Instant::now();
    let done =
        desk.expect(4, &["customers.csv", "--run", "run", "--rate", "40", "--concurrency", "3", "--canary", "20"]);
    // Twenty requests at most forty times a second, of which the first leaves at once.
    assert!(began.elapsed().as_millis() >= 450, "{:?}", began.elapsed());
    done.says(&["at most 40 requests a second", "kunacore import --run run --rate 40 --concurrency 3"]);
}

#[test]
fn columns_are_mapped_set_carried_and_left_out_as_asked() {
    let desk = Desk::new();
    let row = |number: usize| format!("{number};{};Alex;Smith;FV633452;Champ de Mars;12.5", table::email(number));
    let rows: String = (1..=3).map(|number| row(number) + "\n").collect();
    desk.write(
        "customers.csv",
        format!("№;E-mail;first_name;lastName;verification_document_id;residence_address;Balance\n{rows}"),
    );
    let refused = desk.expect(1, &["customers.csv", "--run", "run"]);
    refused.says(&["email", "--map 'E-mail=email'", "--set 'country=VALUE'", "Nothing was sent"]);
    let extra = desk.expect(1, &["customers.csv", "--map", "E-mail=email", "--set", "country=UA", "--key", "№"]);
    extra.says(&["“Balance”", "--ignore-extra"]);
    let asked = ["customers.csv", "--run", "run", "--map", "E-mail=email", "--set", "country=UA", "--key", "№"];
    desk.expect(0, &[&asked[..], &["--ignore-extra"]].concat());
    let created = desk.rows("run/created.csv");
    assert_eq!(created.iter().map(|row| &*row["№"]).collect::<Vec<_>>(), ["1", "2", "3"]);
    assert_eq!(desk.created()[0].email, table::email(1));
}

#[test]
fn a_sandbox_of_the_run_keeps_its_customers_and_the_run_goes_on_with_it() {
    let desk = Desk::with(SandboxOptions::default());
    desk.write("customers.csv", table::csv(1..=6));
    let import = |arguments: &[&str]| {
        desk::ended(desk.bare(&[&["import", "--sandbox", "--run", "run"], arguments].concat()).output().unwrap())
    };
    import(&["customers.csv", "--canary", "2"]).expect(4);
    import(&[]).expect(0);
    assert_eq!(desk.rows("run/created.csv").len(), 6);
    let found = desk.bare(&["find", "-q", "--sandbox=run/sandbox.db", "--json"]).output().unwrap();
    assert_eq!(String::from_utf8(found.stdout).unwrap().lines().count(), 6);
}

#[test]
fn a_finished_run_that_is_asked_for_again_tells_what_its_work_took() {
    let desk = Desk::of(5);
    desk.expect(0, &["customers.csv", "--run", "run"]);
    let summary = desk.summary("run");
    assert!(summary["requests"]["create"].as_i64() >= Some(5), "{summary}");
    desk.expect(0, &["customers.csv", "--run", "run"]);
    assert_eq!(desk.summary("run"), summary);
}

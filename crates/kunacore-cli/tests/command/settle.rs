//! What no answer tells, at the command line: `ensure`, a `create` whose answer was lost, and the flags that both take.

use kunacore_sandbox::{Effect, Fault, Operation, Phase, Sandbox, SandboxOptions};

use crate::{ALEX, err, json, kunacore, out};

fn start(options: SandboxOptions) -> Sandbox {
    Sandbox::start_blocking(options).unwrap()
}

/// Runs a command with the example customer against a sandbox.
fn run(sandbox: &Sandbox, command: &str, flags: &[&str]) -> std::process::Output {
    run_with(sandbox, command, flags, &ALEX)
}

fn run_with(sandbox: &Sandbox, command: &str, flags: &[&str], customer: &[&str]) -> std::process::Output {
    let mut process = kunacore(&[&[command, "--base-url", sandbox.url()], flags, customer].concat());
    process.env("KUNACORE_API_KEY", sandbox.api_key()).output().unwrap()
}

/// The example's e-mail with another name.
fn bob() -> [&'static str; 12] {
    let mut bob = ALEX;
    bob[3] = "Bob";
    bob
}

/// The next creation gets no answer.
fn lose(sandbox: &Sandbox, phase: Phase) {
    let fault = Fault { count: Some(1), ..Fault::new(Operation::Create, phase, Effect::Close {}) };
    sandbox.set_faults(&[fault]).unwrap();
}

fn created(sandbox: &Sandbox) -> usize {
    sandbox.ledger().unwrap().created.len()
}

#[test]
fn a_customer_is_created_once_however_often_it_is_ensured() {
    let sandbox = start(SandboxOptions::default());
    let first = json(&out(&run(&sandbox, "ensure", &["--json", "--never-sent"])));
    assert_eq!(first["how"], "created");
    let second = json(&out(&run(&sandbox, "ensure", &["--json"])));
    assert_eq!((&second["how"], &second["walletId"]), (&"adopted".into(), &first["walletId"]));

    let shown = run(&sandbox, "ensure", &[]);
    assert!(out(&shown).contains("how          adopted"), "{}", out(&shown));
    assert!(err(&shown).contains("the customer existed before"), "{}", err(&shown));
    assert_eq!(created(&sandbox), 1);
}

#[test]
fn ensure_reads_the_customer_from_a_file_too() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), r#"{"email": "alexsmith"}"#).unwrap();
    let output = run_with(&start(SandboxOptions::default()), "ensure", &["--from", file.path().to_str().unwrap()], &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).contains("email is not an e-mail address"), "{}", err(&output));
}

#[test]
fn nothing_is_created_that_somebody_may_have_sent_while_absence_cannot_be_proved() {
    let sandbox = start(SandboxOptions::default());
    let output = run(&sandbox, "ensure", &["--json", "--settle", "0"]);
    let error = json(&err(&output));
    assert_eq!((output.status.code(), &error["code"]), (Some(3), &"lookup_inconclusive".into()));
    assert!(error["next"].as_str().unwrap().contains("--never-sent"), "{error}");
    assert!(error.get("existing").is_none() && error.get("candidates").is_none(), "{error}");
    assert_eq!(created(&sandbox), 0);
}

#[test]
fn another_person_with_the_e_mail_is_named_by_ids_alone() {
    let sandbox = start(SandboxOptions::default());
    let other = json(&out(&run_with(&sandbox, "create", &["--json"], &bob())));
    let output = run(&sandbox, "ensure", &["--json", "--never-sent"]);
    let error = json(&err(&output));
    assert_eq!((output.status.code(), &error["code"]), (Some(2), &"conflict".into()));
    let ids = serde_json::json!({"id": other["id"], "walletId": other["walletId"]});
    assert_eq!((&error["existing"], &error["candidates"]), (&ids, &serde_json::json!([ids])));
}

#[test]
fn a_duplicate_tells_whose_the_e_mail_is() {
    let sandbox = start(SandboxOptions::default());
    let first = json(&out(&run(&sandbox, "create", &["--json"])));
    let error = json(&err(&run(&sandbox, "create", &["--json"])));
    assert_eq!((&error["code"], &error["existing"]["walletId"]), (&"duplicate_email".into(), &first["walletId"]));
    let said = run(&sandbox, "create", &[]);
    assert!(err(&said).contains(first["walletId"].as_str().unwrap()), "{}", err(&said));
}

#[test]
fn a_customer_whose_answer_was_lost_is_found_and_that_is_said() {
    let sandbox = start(SandboxOptions::default());
    lose(&sandbox, Phase::After);
    let output = run(&sandbox, "create", &[]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert!(out(&output).contains("how          reconciled"), "{}", out(&output));
    assert!(err(&output).contains("the answer was lost; a look-up found the customer"), "{}", err(&output));
    assert_eq!(created(&sandbox), 1);
}

#[test]
fn customers_that_cannot_be_told_apart_are_candidates() {
    let sandbox = start(SandboxOptions { unique: false, ..SandboxOptions::default() });
    let other = json(&out(&run_with(&sandbox, "create", &["--json"], &bob())));
    lose(&sandbox, Phase::After);
    let output = run(&sandbox, "create", &["--json", "--settle", "0"]);
    let error = json(&err(&output));
    assert_eq!((output.status.code(), &error["code"]), (Some(3), &"conflict".into()));
    let candidates = error["candidates"].as_array().unwrap();
    assert!(candidates.len() == 2 && candidates.iter().any(|found| found["id"] == other["id"]), "{error}");
}

#[test]
fn where_uniqueness_is_trusted_nothing_is_waited_for() {
    let sandbox = start(SandboxOptions::default());
    lose(&sandbox, Phase::Before);
    let output = run(&sandbox, "create", &["--json", "--trust-uniqueness", "--settle", "1h", "--deadline", "2h"]);
    assert_eq!(json(&out(&output))["how"], "created", "{}", err(&output));
    assert_eq!(created(&sandbox), 1);
}

#[test]
fn own_rules_tell_what_a_duplicate_is() {
    let sandbox = start(SandboxOptions { duplicate_status: 418, ..SandboxOptions::default() });
    run(&sandbox, "create", &[]);
    let rules = tempfile::NamedTempFile::new().unwrap();
    let path = rules.path().to_str().unwrap();
    std::fs::write(path, r#"[{"status": 418}]"#).unwrap();
    let known = json(&err(&run(&sandbox, "create", &["--json", "--duplicate-rules", path])));
    assert!(known["existing"].is_object(), "{known}");
    assert!(json(&err(&run(&sandbox, "create", &["--json"]))).get("existing").is_none());
}

#[test]
fn rules_that_cannot_be_read_are_a_matter_of_configuration() {
    let sandbox = start(SandboxOptions::default());
    let rules = tempfile::NamedTempFile::new().unwrap();
    let path = rules.path().to_str().unwrap();
    std::fs::write(path, r#"[{"status": 400, "code": "("}]"#).unwrap();
    for (path, reason) in
        [(path, "is not a regular expression"), ("no-such-file.json", "no-such-file.json cannot be read")]
    {
        let output = run(&sandbox, "create", &["--duplicate-rules", path]);
        assert_eq!(output.status.code(), Some(1));
        assert!(err(&output).contains(reason), "{}", err(&output));
    }
    assert_eq!(created(&sandbox), 0);
}

//! The `kunacore` program as it is used: flags, environment, streams, exit statuses.

#![allow(clippy::unwrap_used, reason = "these are tests")]

#[path = "command/defaults.rs"]
mod defaults;
#[path = "command/sandbox.rs"]
mod sandbox;
#[path = "command/settle.rs"]
mod settle;

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};

const ALEX: [&str; 12] = [
    "--email",
    "alexsmith@mail.com",
    "--first-name",
    "Alex",
    "--last-name",
    "Smith",
    "--country",
    "FR",
    "--verification-document-id",
    "FV633452",
    "--residence-address",
    "Champ de Mars, Paris",
];

/// The program in an empty environment.
fn kunacore(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kunacore"));
    command.args(arguments).env_clear().stdin(Stdio::null());
    command
}

fn run(arguments: &[&str]) -> Output {
    kunacore(arguments).output().unwrap()
}

fn create(arguments: &[&str]) -> Output {
    run(&[&["create"], arguments, &ALEX].concat())
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|_| panic!("not JSON: {text}"))
}

#[test]
fn the_demo_creates_the_example_and_shows_a_duplicate_refused() {
    let output = run(&["demo"]);
    let text = out(&output);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert!(text.contains("\"verificationDocumentId\": \"FV633452\""), "{text}");
    assert!(text.contains("wallet id") && text.contains("outcome      rejected"), "{text}");
    assert!(text.contains("holds 1 customer"), "{text}");
}

#[test]
fn the_demo_works_behind_a_dead_proxy_and_without_any_certificates() {
    let mut command = kunacore(&["demo", "--json"]);
    for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        command.env(name, "http://127.0.0.1:9");
    }
    command.env("SSL_CERT_FILE", "/nonexistent").env("SSL_CERT_DIR", "/nonexistent");
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert_eq!(json(&out(&output))["created"], 1);
}

#[test]
fn a_created_customer_is_shown_with_its_wallet() {
    let output = create(&["--sandbox"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert!(out(&output).contains("walletId "), "{}", out(&output));
    assert!(err(&output).contains("using a sandbox in memory"));

    let output = create(&["--sandbox", "--json"]);
    let customer = json(&out(&output));
    assert_eq!((customer["how"].as_str(), customer["firstName"].as_str()), (Some("created"), Some("Alex")));
    assert_eq!(err(&output), "");
}

#[test]
fn a_sandbox_file_keeps_its_customers_between_commands() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = format!("--sandbox={}", folder.path().join("demo.db").display());
    let created = json(&out(&create(&[&sandbox, "--json"])));

    let found = run(&["find", &sandbox, "--json", "--email", "alexsmith@mail.com"]);
    assert_eq!(json(&out(&found))["walletId"], created["walletId"]);
    let shown = run(&["show", &sandbox, "--json", created["id"].as_str().unwrap()]);
    assert_eq!(json(&out(&shown))["walletId"], created["walletId"]);

    let duplicate = create(&[&sandbox, "--json"]);
    let error = json(&err(&duplicate));
    assert_eq!(duplicate.status.code(), Some(2));
    assert_eq!((error["outcome"].as_str(), error["code"].as_str()), (Some("rejected"), Some("duplicate_email")));
    assert_eq!(error["status"], 409);
    assert!(!err(&duplicate).contains("alexsmith"), "{error}");

    let unknown = run(&["show", &sandbox, "nobody"]);
    assert_eq!(unknown.status.code(), Some(2));
    let none = run(&["find", &sandbox, "--email", "nobody@example.com"]);
    assert_eq!((none.status.code(), out(&none)), (Some(0), String::new()));
}

#[test]
fn a_customer_is_read_from_a_file_or_stdin_in_either_spelling() {
    let body = r#"{"email":"alexsmith@mail.com","first_name":"Alex","lastName":"Smith","country":"FR",
        "verificationDocumentId":"FV633452","residence_address":"Champ de Mars, Paris"}"#;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), body).unwrap();
    let from_file = run(&["create", "--sandbox", "--json", "--from", file.path().to_str().unwrap()]);
    assert_eq!(json(&out(&from_file))["lastName"], "Smith");

    let mut child = kunacore(&["create", "--sandbox", "--json", "--from", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(body.as_bytes()).unwrap();
    assert_eq!(json(&out(&child.wait_with_output().unwrap()))["lastName"], "Smith");
}

#[test]
fn a_bad_customer_is_refused_with_every_field_and_reason_and_nothing_is_sent() {
    // There is no server at this address: had anything been sent, the error would be another.
    let output = kunacore(&["create", "--base-url", "http://127.0.0.1:9", "--email", "alexsmith", "--country", "UK"])
        .env("KUNACORE_API_KEY", "k")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let text = err(&output);
    for reason in [
        "email is not an e-mail address",
        "country is not an ISO 3166-1 alpha-2 country code; did you mean GB?",
        "first_name is required",
        "residence_address is required",
        "Nothing was sent",
    ] {
        assert!(text.contains(reason), "{text}");
    }

    for (body, reason) in [
        ("[]", "must be a JSON object"),
        (r#"{"e-mail":"a@example.com"}"#, "e-mail is not a field of a customer"),
        ("{", "is not JSON"),
    ] {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), body).unwrap();
        let output = run(&["create", "--sandbox", "--json", "--from", file.path().to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(2));
        let error = json(&err(&output));
        assert!(error["message"].as_str().unwrap().contains(reason), "{error}");
        assert_eq!((error["code"].as_str(), error["outcome"].as_str()), (Some("invalid_field"), Some("rejected")));
        assert!(error["field"].is_string());
    }
}

#[test]
fn configuration_problems_end_with_status_1_and_name_the_cure() {
    /// Flags, environment, and what the error must contain.
    type Case<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)], &'a str);
    let cases: [Case<'_>; 7] = [
        (&[], &[("KUNACORE_API_KEY", "k")], "KUNACORE_BASE_URL"),
        (&["--base-url", "http://127.0.0.1:9"], &[], "KUNACORE_API_KEY"),
        (
            &["--base-url", "http://127.0.0.1:9"],
            &[("KUNACORE_API_KEY", "k"), ("KUNACORE_ACCESS_TOKEN", "t")],
            "2 kinds of credentials",
        ),
        (&["--base-url", "http://127.0.0.1:9/v2/customer"], &[("KUNACORE_API_KEY", "k")], "contains /v2"),
        (&["--base-url", "http://kunacore.example"], &[("KUNACORE_API_KEY", "k")], "not this machine"),
        (&["--timeout", "soon"], &[], "plain seconds"),
        (&["--frobnicate"], &[], "--frobnicate"),
    ];
    for (flags, environment, reason) in cases {
        let output =
            kunacore(&[&["create"], flags, &ALEX].concat()).envs(environment.iter().copied()).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", err(&output));
        assert!(err(&output).contains(reason), "{}", err(&output));

        let output = kunacore(&[&["--json", "create"], flags, &ALEX].concat())
            .envs(environment.iter().copied())
            .output()
            .unwrap();
        assert_eq!(json(&err(&output))["outcome"], "not_applied");
    }
}

#[test]
fn a_server_that_cannot_be_reached_ends_with_status_4() {
    let output = kunacore(&[&["create", "--base-url", "http://127.0.0.1:9"][..], &ALEX].concat())
        .env("KUNACORE_API_KEY", "k")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(4));
    assert!(err(&output).contains("next: "), "{}", err(&output));
}

#[test]
fn a_server_that_never_answers_ends_with_status_3() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let output = kunacore(
        &[&["create", "--base-url", &url, "--timeout", "200ms", "--settle", "0", "--json"][..], &ALEX].concat(),
    )
    .env("KUNACORE_API_KEY", "k")
    .output()
    .unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(json(&err(&output))["outcome"], "unknown");
}

#[test]
fn output_into_a_closed_pipe_ends_quietly() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = format!("--sandbox={}", folder.path().join("demo.db").display());
    assert_eq!(create(&[&sandbox]).status.code(), Some(0));
    let program = env!("CARGO_BIN_EXE_kunacore");
    // `head -0` is gone before anything is written.
    let script =
        format!("{program} find -q {sandbox} | head -0; {program} schema | head -1; {program} --help | head -1");
    let output = Command::new("sh").args(["-c", &script]).output().unwrap();
    assert_eq!(err(&output), "");
    assert_eq!(out(&output).lines().count(), 2, "{}", out(&output));
}

#[test]
fn a_created_customer_is_told_on_stderr_when_stdout_cannot_be_written() {
    let full = || std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = kunacore(&[&["create", "--sandbox", "--json"][..], &ALEX].concat()).stdout(full()).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(json(&err(&output))["message"].as_str().unwrap().contains("was created (id "), "{}", err(&output));

    // And nothing panics when stderr is the one that is full.
    let output = kunacore(&[&["create", "--sandbox"][..], &ALEX].concat()).stderr(full()).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(out(&output).contains("walletId"));
}

#[test]
fn ctrl_c_while_a_customer_is_created_says_that_the_outcome_is_unknown() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let process = kunacore(&[&["create", "--base-url", &url, "--json"][..], &ALEX].concat())
        .env("KUNACORE_API_KEY", "k")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The request is under way once the connection is made.
    let _connection = listener.accept().unwrap();
    // The shell's own `kill`: not every machine has the program.
    assert!(Command::new("sh").args(["-c", &format!("kill -INT {}", process.id())]).status().unwrap().success());
    let output = process.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(json(&err(&output))["outcome"], "unknown");
}

/// Help texts are found by walking the commands that the root help lists.
#[test]
fn every_help_ends_with_an_example_that_works() {
    let root = out(&run(&["--help"]));
    let commands: Vec<&str> = root
        .split("Commands:\n")
        .nth(1)
        .unwrap()
        .lines()
        .take_while(|line| line.starts_with("  "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .collect();
    assert_eq!(
        commands,
        ["demo", "create", "ensure", "find", "show", "import", "report", "sandbox", "schema", "completions", "man"]
    );

    let folder = tempfile::tempdir().unwrap();
    let bin = Path::new(env!("CARGO_BIN_EXE_kunacore")).parent().unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let helps = commands.iter().map(|name| out(&run(&[name, "--help"]))).chain([root.clone()]);
    for help in helps {
        let example = help.split("Example:\n").nth(1).unwrap_or_else(|| panic!("no example: {help}"));
        let shell = |script: &str| {
            let mut shell = Command::new("sh");
            shell.args(["-c", script]).env("PATH", &path).current_dir(folder.path()).stdout(Stdio::piped());
            shell
        };
        if !example.contains("kunacore sandbox") {
            let output = shell(example).stderr(Stdio::piped()).output().unwrap();
            assert_eq!(output.status.code(), Some(0), "{example}\n{}", err(&output));
            continue;
        }
        // Each line is a server that runs until it is ended.
        for line in example.lines() {
            // With exec, what is killed below is the program and not a shell around it.
            let mut process = shell(&format!("exec {}", line.trim())).stderr(Stdio::null()).spawn().unwrap();
            let mut said = String::new();
            BufReader::new(process.stdout.take().unwrap()).read_line(&mut said).unwrap();
            let scheme = if line.contains("--tls") { "https" } else { "http" };
            assert!(said.starts_with(&format!("listening on {scheme}://127.0.0.1:")), "{line}: {said}");
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }
}

#[test]
fn colour_is_never_forced_into_a_pipe_and_can_be_asked_for() {
    assert!(!err(&run(&["create"])).contains('\u{1b}'));
    assert!(err(&run(&["create", "--color=always"])).contains("\u{1b}[1;31merror:"));
    assert!(!out(&run(&["--help"])).contains('\u{1b}'));
    assert!(out(&run(&["--color", "always", "--help"])).contains('\u{1b}'));
}

#[test]
fn version_completions_man_and_schema_are_printed() {
    assert_eq!(out(&run(&["--version"])), format!("kunacore {}\n", env!("CARGO_PKG_VERSION")));
    assert!(out(&run(&["completions", "zsh"])).contains("#compdef kunacore"));
    assert!(out(&run(&["man"])).contains(".TH"));
    assert!(out(&run(&["man", "create"])).contains("verification"));
    assert_eq!(run(&["man", "frobnicate"]).status.code(), Some(1));
    assert_eq!(json(&out(&run(&["schema"])))["required"].as_array().unwrap().len(), 6);
}

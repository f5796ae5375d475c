//! `kunacore sandbox` as a server of its own: where it listens, what it keeps, its options, its certificates.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use crate::{ALEX, err, json, kunacore, out, run};

#[test]
fn a_sandbox_says_where_it_listens_and_keeps_customers_over_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("kept.db");
    let mut acknowledged = Vec::new();
    for round in 0..3 {
        let mut server = serve(&["--db", db.to_str().unwrap()]);
        for customer in 0..5 {
            let email = format!("customer-{round}-{customer}@example.com");
            let mut alex = ALEX;
            alex[1] = &email;
            let output = kunacore(&[&["create", "--json", "--base-url", &server.url][..], &alex].concat())
                .env("KUNACORE_API_KEY", "sandbox-api-key")
                .output()
                .unwrap();
            acknowledged.push(json(&out(&output))["walletId"].as_str().unwrap().to_owned());
        }
        // This is SIGKILL: the server has no chance to tidy up.
        server.process.kill().unwrap();
        server.process.wait().unwrap();
    }
    let found = run(&["find", "-q", &format!("--sandbox={}", db.display()), "--json", "--take", "100"]);
    let kept: Vec<String> =
        out(&found).lines().map(|line| json(line)["walletId"].as_str().unwrap().to_owned()).collect();
    assert_eq!(kept, acknowledged);
}

struct Served {
    process: std::process::Child,
    url: String,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn serve(options: &[&str]) -> Served {
    let mut process = kunacore(&[&["sandbox", "-q"], options].concat()).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let url = line.trim().strip_prefix("listening on ").unwrap_or_else(|| panic!("{line}")).to_owned();
    Served { process, url }
}

#[test]
fn every_option_of_the_sandbox_is_taken() {
    let server = serve(&[
        "--listen",
        "127.0.0.1:0",
        "--latency",
        "1ms",
        "--seed",
        "7",
        "--dialect",
        "nest",
        "--duplicate-status",
        "422",
        "--no-unique",
        "--find",
        "partial",
        "--page-size",
        "2",
        "--find-delay",
        "2s",
        "--limit",
        "1000",
    ]);
    let output = kunacore(&[&["create", "--json", "--base-url", &server.url][..], &ALEX].concat())
        .env("KUNACORE_EMAIL", "partner@example.com")
        .env("KUNACORE_PASSWORD", "sandbox-password")
        .env("KUNACORE_MERCHANT_ID", "sandbox-merchant")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    for refused in [["--duplicate-status", "500"], ["--limit", "0"], ["--limit", "many"]] {
        let refused = run(&[&["sandbox"], &refused[..]].concat());
        assert_eq!(refused.status.code(), Some(1), "{}", err(&refused));
    }
}

#[test]
fn a_sandbox_that_speaks_tls_is_for_those_who_trust_its_file() {
    let ca = tempfile::NamedTempFile::new().unwrap();
    let ca = ca.path().to_str().unwrap();
    let first = serve(&["--tls", ca]);
    let replaced = std::fs::read_to_string(ca).unwrap();
    drop(first);

    let server = serve(&["--tls", ca]);
    assert!(server.url.starts_with("https://127.0.0.1:"), "{}", server.url);
    assert_ne!(std::fs::read_to_string(ca).unwrap(), replaced);
    let request = |command: &str, trusting: &[&str]| {
        let values: &[&str] = if command == "create" { &ALEX } else { &[] };
        let mut request = kunacore(&[&[command, "--base-url", &server.url], trusting, values].concat());
        request.env("KUNACORE_API_KEY", "sandbox-api-key");
        request
    };
    let created = request("create", &["--ca-bundle", ca]).output().unwrap();
    assert_eq!(created.status.code(), Some(0), "{}", err(&created));
    let found = request("find", &[]).env("SSL_CERT_FILE", ca).output().unwrap();
    assert!(out(&found).contains("alexsmith@mail.com"), "{}", err(&found));

    let other = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/support/example-ca.pem");
    let distrusted = request("create", &[]).env("SSL_CERT_FILE", other).output().unwrap();
    assert_eq!(distrusted.status.code(), Some(4));
    assert!(err(&distrusted).contains("invalid peer certificate"), "{}", err(&distrusted));
}

#[test]
fn a_file_that_no_sandbox_wrote_is_not_overwritten_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("server.pem");
    std::fs::write(&own, "-----BEGIN PRIVATE KEY-----").unwrap();
    for (path, reason) in
        [(own.clone(), "no sandbox wrote it"), (folder.path().join("missing/ca.pem"), "cannot be written")]
    {
        let output = run(&["sandbox", "--tls", path.to_str().unwrap()]);
        assert_eq!((output.status.code(), out(&output)), (Some(1), String::new()));
        assert!(err(&output).contains(reason), "{}", err(&output));
    }
    assert_eq!(std::fs::read_to_string(&own).unwrap(), "-----BEGIN PRIVATE KEY-----");
}

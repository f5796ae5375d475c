//! Every default that a help text, a Python signature or a page quotes is the core's.

use std::time::Duration;

use kunacore::defaults::{CONNECT_TIMEOUT, DEADLINE, MAX_ATTEMPTS, RETRY_AFTER_CAP, SETTLE, TIMEOUT};

use crate::{out, run};

/// A file of this repository.
fn file(path: &str) -> String {
    std::fs::read_to_string(format!("{}/../../{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn quotes(text: &str, page: &str, quoted: &[String]) {
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in quoted {
        assert!(flat.contains(words), "{page} does not say: {words}");
    }
}

fn seconds(time: Duration) -> u64 {
    assert_eq!(time.subsec_nanos(), 0, "quoted in whole seconds");
    time.as_secs()
}

#[test]
fn the_help_quotes_the_defaults() {
    let [timeout, deadline, settle] = [TIMEOUT, DEADLINE, SETTLE].map(seconds);
    let help = out(&run(&["create", "--help"]));
    for (flag, default) in [
        ("--timeout", format!("[default: {timeout}s]")),
        ("--deadline", format!("[default: {deadline}s]")),
        ("--settle", format!("[default: the longer of --timeout and {settle}s]")),
    ] {
        let line = help.lines().find(|line| line.trim_start().starts_with(flag)).unwrap_or_default();
        quotes(line, flag, &[default]);
    }
}

#[test]
fn the_python_clients_have_and_quote_the_defaults() {
    let [timeout, connect_timeout, deadline, settle] = [TIMEOUT, CONNECT_TIMEOUT, DEADLINE, SETTLE].map(seconds);
    let pages = [
        (
            "python/kunacore/_keywords.py",
            vec![
                format!(" timeout={timeout}.0,"),
                format!(" connect_timeout={connect_timeout}.0,"),
                format!(" deadline={deadline}.0,"),
                format!(" max_attempts={MAX_ATTEMPTS},"),
            ],
        ),
        (
            "python/kunacore/_fields.py",
            vec![
                format!("one attempt may take; {timeout} by default."),
                format!("connecting may take; {connect_timeout} by default."),
                format!("one call may take as a whole; {deadline} by default."),
                format!("the request of one call is sent at most; {MAX_ATTEMPTS} by default."),
                format!("None is ``timeout``, {settle} at least."),
            ],
        ),
        ("python/kunacore/_client.py", vec![format!("None is the longer of ``timeout`` and {settle} seconds.")]),
    ];
    for (path, quoted) in pages {
        quotes(&file(path), path, &quoted);
    }
}

#[test]
fn the_readme_quotes_the_defaults() {
    let [timeout, connect_timeout, deadline, settle] = [TIMEOUT, CONNECT_TIMEOUT, DEADLINE, SETTLE].map(seconds);
    let quoted = [
        format!("| `timeout` | {timeout} s |"),
        format!("| `connect_timeout` | {connect_timeout} s |"),
        format!("| `deadline` | {deadline} s |"),
        format!("| `max_attempts` | {MAX_ATTEMPTS} |"),
        format!("| `settle` | the longer of `timeout` and {settle} s |"),
        format!("the time that it asks for is waited, up to {} s,", seconds(RETRY_AFTER_CAP)),
    ];
    quotes(&file("README.md"), "README.md", &quoted);
}

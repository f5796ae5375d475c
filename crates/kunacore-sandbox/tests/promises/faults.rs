//! What each fault looks like on the wire, and what the ledger then holds.

use std::error::Error;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::support::{ALEX, Tried, alex, http_2, shake_hands, start, started};
use kunacore_sandbox::{Dialect, Effect, Fault, Operation, Phase, SandboxOptions};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

/// Each phase, and how many customers a creation that it strikes leaves behind.
const PHASES: [(Phase, usize); 2] = [(Phase::Before, 0), (Phase::After, 1)];
/// The same without TLS and with it, for what happens to the connection.
const CONNECTIONS: [(bool, Phase, usize); 4] =
    [(false, Phase::Before, 0), (false, Phase::After, 1), (true, Phase::Before, 0), (true, Phase::After, 1)];
/// Longer than any test takes.
const FOREVER: u64 = 600_000;

/// A sandbox that strikes every creation.
async fn struck(phase: Phase, effect: Effect) -> Tried {
    struck_over(false, phase, effect).await
}

/// The same, with or without TLS.
async fn struck_over(tls: bool, phase: Phase, effect: Effect) -> Tried {
    let tried = start(SandboxOptions { tls, ..SandboxOptions::default() }).await;
    tried.sandbox.set_faults(&[Fault::new(Operation::Create, phase, effect)]).expect("a rule that makes sense");
    tried
}

/// Sends the example over a bare HTTP/1.1 connection; returns what came, and how it ended. On TLS, an end that was not
/// announced is an error.
fn exchange(tried: &Tried) -> (String, io::Result<()>) {
    let socket = TcpStream::connect(tried.sandbox.address()).expect("the sandbox listens");
    if tried.sandbox.ca_pem().is_some() {
        exchange_over(shake_hands(socket, "localhost", &tried.sandbox).expect("the sandbox is trusted"), tried)
    } else {
        exchange_over(socket, tried)
    }
}

fn exchange_over(mut stream: impl Read + Write, tried: &Tried) -> (String, io::Result<()>) {
    let body = alex().to_string();
    write!(
        stream,
        "POST /v2/customer/create HTTP/1.1\r\nhost: sandbox\r\napi-key: {}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        tried.sandbox.api_key(),
        body.len(),
    )
    .expect("the sandbox reads");
    stream.flush().expect("the sandbox reads");
    let mut came = Vec::new();
    let end = stream.read_to_end(&mut came).map(drop);
    (String::from_utf8(came).expect("text"), end)
}

async fn create_over(http: &Client, tried: &Tried) -> reqwest::Result<reqwest::Response> {
    let request = http.post(tried.url("/v2/customer/create")).header("api-key", tried.sandbox.api_key());
    request.json(&alex()).send().await
}

/// Whether a connection was reset, by what the operating system told the client.
fn is_reset(error: &reqwest::Error) -> bool {
    let mut causes = std::iter::successors(error.source(), |error| (*error).source());
    causes.any(|error| error.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::ConnectionReset))
}

async fn wait_until(what: impl Fn() -> bool) {
    while !what() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_reset_is_a_real_one_on_both_protocols() {
    for (tls, phase, created) in CONNECTIONS {
        let tried = struck_over(tls, phase, Effect::Reset {}).await;
        let (came, end) = exchange(&tried);
        assert_eq!((came.as_str(), end.expect_err("a reset").kind()), ("", io::ErrorKind::ConnectionReset));
        assert_eq!(tried.created(), created);

        let tried = struck_over(tls, phase, Effect::Reset {}).await;
        let error = create_over(&http_2(&tried.sandbox), &tried).await.expect_err("a reset");
        assert!(is_reset(&error), "{error:?}");
        assert_eq!(tried.created(), created);
    }
}

#[tokio::test]
async fn a_close_is_a_clean_end_without_an_answer_on_both_protocols() {
    for (tls, phase, created) in CONNECTIONS {
        let tried = struck_over(tls, phase, Effect::Close {}).await;
        let (came, end) = exchange(&tried);
        assert_eq!((came.as_str(), end.is_ok(), tried.created()), ("", true, created));

        let tried = struck_over(tls, phase, Effect::Close {}).await;
        let error = create_over(&http_2(&tried.sandbox), &tried).await.expect_err("a close");
        assert!(!is_reset(&error), "{error:?}");
        assert_eq!(tried.created(), created);
    }
}

#[tokio::test]
async fn on_http_2_a_reset_takes_every_request_of_the_connection_along() {
    for tls in [false, true] {
        let tried = start(SandboxOptions { tls, ..SandboxOptions::default() }).await;
        let hang = Fault::new(Operation::Find, Phase::Before, Effect::Hang { ms: FOREVER });
        let reset = Fault::new(Operation::Create, Phase::Before, Effect::Reset {});
        tried.sandbox.set_faults(&[hang, reset]).expect("rules that make sense");
        let http = http_2(&tried.sandbox);
        let find = http.post(tried.url("/v2/customer/find")).header("api-key", tried.sandbox.api_key());
        let waiting = tokio::spawn(find.json(&json!({})).send());
        wait_until(|| tried.sandbox.faults()[0].fired == 1).await;
        assert!(create_over(&http, &tried).await.is_err());
        assert!(waiting.await.expect("the call ends").is_err());
    }
}

#[tokio::test]
async fn a_hang_ends_without_an_answer_after_its_time() {
    let time = Duration::from_millis(60);
    for (tls, phase, created) in CONNECTIONS {
        let tried = struck_over(tls, phase, Effect::Hang { ms: 60 }).await;
        let begun = Instant::now();
        let (came, end) = exchange(&tried);
        assert_eq!((came.as_str(), end.is_ok(), tried.created()), ("", true, created));
        assert!(begun.elapsed() >= time);

        let tried = struck_over(tls, phase, Effect::Hang { ms: 60 }).await;
        assert!(create_over(&http_2(&tried.sandbox), &tried).await.is_err());
        assert!(begun.elapsed() >= 2 * time);
    }
}

#[tokio::test]
async fn a_status_takes_the_answers_place_in_the_dialect() {
    for (phase, created) in PHASES {
        for retry_after in [Some("2".to_owned()), None] {
            let tried = start(SandboxOptions { dialect: Dialect::Nest, ..SandboxOptions::default() }).await;
            let effect = Effect::Status { code: 503, retry_after: retry_after.clone() };
            tried.sandbox.set_faults(&[Fault::new(Operation::Create, phase, effect)]).expect("a rule");
            let answer = tried.create(&alex()).await;
            assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
            let header = answer.headers.get("retry-after").map(|value| value.to_str().expect("text").to_owned());
            assert_eq!(header, retry_after);
            assert_eq!((&answer.json()["statusCode"], tried.created()), (&json!(503), created));
        }
    }
}

#[tokio::test]
async fn a_truncated_answer_promises_all_and_sends_its_beginning() {
    for (tls, bytes) in [false, true].into_iter().flat_map(|tls| [0, 20, 100_000].map(|bytes| (tls, bytes))) {
        let tried = struck_over(tls, Phase::After, Effect::Truncate { bytes }).await;
        let (came, end) = exchange(&tried);
        let (head, body) = came.split_once("\r\n\r\n").expect("a whole head");
        let promised = head.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("a promise");
        let promised: usize = promised.parse().expect("a number");
        assert!(end.is_ok() && head.starts_with("HTTP/1.1 201 ") && promised > 300);
        assert_eq!(body.len(), bytes.min(promised));
        assert!(r#"{"data":{"#.starts_with(&body[..bytes.min(9)]), "{body}");
        assert_eq!(tried.created(), 1);
    }
}

#[tokio::test]
async fn a_truncated_answer_breaks_off_on_http_2_too() {
    for tls in [false, true] {
        let tried = struck_over(tls, Phase::After, Effect::Truncate { bytes: 20 }).await;
        let mut response = create_over(&http_2(&tried.sandbox), &tried).await.expect("a head");
        assert_eq!(response.status(), StatusCode::CREATED);
        assert!(response.content_length().is_some_and(|promised| promised > 300));
        assert_eq!(response.chunk().await.expect("the beginning").map(|chunk| chunk.len()), Some(20));
        assert!(response.chunk().await.is_err());
        assert_eq!(tried.created(), 1);
    }
}

#[tokio::test]
async fn garbage_is_a_success_whose_body_is_no_json() {
    for (phase, created) in PHASES {
        let tried = struck(phase, Effect::Garbage {}).await;
        let answer = tried.create(&alex()).await;
        assert_eq!((answer.status, tried.created()), (StatusCode::CREATED, created));
        assert_eq!(answer.headers["content-type"], "application/json");
        assert!(serde_json::from_str::<Value>(&answer.text).is_err());
    }
}

#[tokio::test]
async fn a_dropped_field_is_missing_from_data_or_from_every_hit() {
    let tried = started().await;
    let drop_field = |operation, field: &str| {
        let fault = Fault::new(operation, Phase::After, Effect::DropField(field.to_owned()));
        tried.sandbox.set_faults(&[fault]).expect("a rule that makes sense");
    };
    drop_field(Operation::Create, "walletId");
    let created = tried.create(&alex()).await.json()["data"].clone();
    assert_eq!((created.get("walletId"), &created["email"]), (None, &json!(ALEX)));
    drop_field(Operation::Find, "id");
    let found = tried.post("/v2/customer/find", &json!({})).await.json()["data"].clone();
    assert_eq!((found[0].get("id"), &found[0]["email"]), (None, &json!(ALEX)));
    for field in found[0].as_object().expect("a customer").keys() {
        drop_field(Operation::Details, field);
        let shown = tried.post("/v2/customer/details", &json!({ "id": created["id"] })).await.json()["data"].clone();
        assert_eq!((shown.get(field), shown.as_object().map(|shown| shown.len())), (None, Some(9)));
    }
    drop_field(Operation::Login, "expiresIn");
    let sandbox = &tried.sandbox;
    let login = tried.login(sandbox.email(), sandbox.password(), sandbox.merchant_id()).await.json()["data"].clone();
    assert!(login.get("expiresIn").is_none() && login["accessToken"].is_string());
}

#[tokio::test]
async fn a_delay_holds_back_the_deed_or_the_answer() {
    for (phase, created) in PHASES {
        let tried = struck(phase, Effect::Delay { ms: 50 }).await;
        let begun = Instant::now();
        assert_eq!(tried.create(&alex()).await.status, StatusCode::CREATED);
        assert!(begun.elapsed() >= Duration::from_millis(50));
        assert_eq!(tried.created(), 1);

        let tried = struck(phase, Effect::Delay { ms: FOREVER }).await;
        let request = tried.http.post(tried.url("/v2/customer/create")).header("api-key", tried.sandbox.api_key());
        let waiting = tokio::spawn(request.json(&alex()).send());
        wait_until(|| tried.sandbox.faults()[0].fired == 1).await;
        // Strike and deed are one step of the server's only thread, so a second request is answered after both.
        assert!(tried.found(json!({})).await.len() == created && !waiting.is_finished());
        waiting.abort();
    }
}

#[tokio::test]
async fn a_late_commit_closes_at_once_and_creates_later() {
    for tls in [false, true] {
        let tried = struck_over(tls, Phase::Before, Effect::LateCommit { ms: 100 }).await;
        let begun = Instant::now();
        let (came, end) = exchange(&tried);
        assert_eq!((came.as_str(), end.is_ok()), ("", true));
        wait_until(|| tried.created() == 1).await;
        assert!(begun.elapsed() >= Duration::from_millis(100));
        let ledger = tried.sandbox.ledger().expect("the ledger is readable");
        assert_eq!((ledger.created[0].request, ledger.created[0].copy, ledger.requests.create), (1, 0, 1));

        let tried = struck_over(tls, Phase::Before, Effect::LateCommit { ms: FOREVER }).await;
        assert!(exchange(&tried).1.is_ok() && create_over(&http_2(&tried.sandbox), &tried).await.is_err());
        assert_eq!(tried.created(), 0);
    }
}

#[tokio::test]
async fn a_reset_of_the_ledger_forgets_what_would_be_committed_late() {
    let tried = struck(Phase::Before, Effect::LateCommit { ms: 50 }).await;
    assert!(exchange(&tried).1.is_ok());
    tried.sandbox.reset().expect("the store is writable");
    tokio::time::sleep(Duration::from_millis(150)).await;
    assert_eq!(tried.created(), 0);
}

#[tokio::test]
async fn a_request_that_a_gateway_sends_twice_is_one_request_in_two_copies() {
    let tried = start(SandboxOptions { unique: false, ..SandboxOptions::default() }).await;
    let twice = [Fault::new(Operation::Create, Phase::Before, Effect::Twice {})];
    tried.sandbox.set_faults(&twice).expect("a rule that makes sense");
    let answer = tried.create(&alex()).await;
    let ledger = tried.sandbox.ledger().expect("the ledger is readable");
    let copies: Vec<_> = ledger.created.iter().map(|row| (row.request, row.copy)).collect();
    assert_eq!((copies, ledger.requests.create), (vec![(1, 0), (1, 1)], 1));
    assert_eq!(answer.json()["data"]["id"], ledger.created[1].id.as_str());

    let tried = struck(Phase::Before, Effect::Twice {}).await;
    assert_eq!(tried.create(&alex()).await.status, StatusCode::CONFLICT);
    let ledger = tried.sandbox.ledger().expect("the ledger is readable");
    assert_eq!((ledger.created.len(), ledger.created[0].copy), (1, 0));
}

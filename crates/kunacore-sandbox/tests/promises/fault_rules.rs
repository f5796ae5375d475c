//! Which requests a fault strikes, and how rules are given, told and refused.

use crate::support::{Answer, Tried, alex, customer, send, start, started};
use kunacore_sandbox::{Dialect, Effect, Fault, Operation, Phase, SandboxError, SandboxOptions};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

async fn faults(tried: &Tried, method: Method, rules: Option<Value>) -> Answer {
    let request = tried.http.request(method, tried.url("/_sandbox/faults"));
    send(match rules {
        Some(rules) => request.json(&rules),
        None => request,
    })
    .await
}

async fn put(tried: &Tried, rules: Value) {
    let answer = faults(tried, Method::PUT, Some(rules)).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.text);
}

async fn listed(tried: &Tried) -> Value {
    faults(tried, Method::GET, None).await.json()
}

fn status(code: u16) -> Value {
    json!({ "status": { "code": code } })
}

/// The statuses of so many look-ups.
async fn look_ups(tried: &Tried, count: usize) -> Vec<u16> {
    let mut statuses = Vec::new();
    for _ in 0..count {
        statuses.push(tried.post("/v2/customer/find", &json!({})).await.status.as_u16());
    }
    statuses
}

#[tokio::test]
async fn rules_are_replaced_told_with_how_often_they_fired_and_cleared() {
    let tried = started().await;
    assert_eq!(listed(&tried).await, json!([]));
    let rules = json!([
        { "operation": "create", "phase": "after", "effect": { "status": { "code": 503, "retry_after": "2" } }, "count": 2 },
        { "operation": "login", "effect": { "hang": { "ms": 2000 } }, "probability": 0.1 },
        { "operation": "details", "phase": "after", "effect": { "drop_field": "walletId" } },
        { "operation": "find", "phase": "before", "effect": { "garbage": {} } },
    ]);
    put(&tried, rules.clone()).await;
    tried.create(&alex()).await;
    let mut told = rules;
    told[1]["phase"] = json!("before");
    for (index, fired) in [1, 0, 0, 0].into_iter().enumerate() {
        told[index]["fired"] = json!(fired);
    }
    assert_eq!(listed(&tried).await, told);
    assert_eq!(serde_json::to_value(tried.sandbox.faults()).expect("JSON"), told);

    put(&tried, json!([{ "operation": "find", "effect": status(500) }])).await;
    assert_eq!(listed(&tried).await.as_array().map(Vec::len), Some(1));
    assert_eq!(faults(&tried, Method::DELETE, None).await.status, StatusCode::NO_CONTENT);
    assert!(tried.sandbox.faults().is_empty());
    assert_eq!(look_ups(&tried, 1).await, [200]);
    let answer = faults(&tried, Method::POST, Some(json!([]))).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.headers["allow"]),
        (405, &"GET, PUT, DELETE".parse().expect("a value"))
    );
}

#[tokio::test]
async fn the_first_rule_that_matches_wins_until_its_count_is_used_up() {
    let tried = started().await;
    put(
        &tried,
        json!([
            { "operation": "create", "effect": status(500) },
            { "operation": "find", "effect": status(502), "count": 2 },
            { "operation": "find", "effect": status(503), "count": 1 },
        ]),
    )
    .await;
    assert_eq!(look_ups(&tried, 5).await, [502, 502, 503, 200, 200]);
    assert_eq!(tried.create(&alex()).await.status.as_u16(), 500);
    let fired: Vec<_> = tried.sandbox.faults().iter().map(|rule| rule.fired).collect();
    assert_eq!(fired, [1, 2, 1]);
    let requests = tried.sandbox.ledger().expect("the ledger is readable").requests;
    assert_eq!((requests.find, requests.create), (5, 1));
}

#[tokio::test]
async fn a_seed_repeats_the_draws_whatever_other_operations_do() {
    let rules = json!([
        { "operation": "create", "effect": status(500), "probability": 0.5 },
        { "operation": "find", "effect": status(503), "probability": 0.5, "count": 5 },
    ]);
    let mut runs = Vec::new();
    for creations in [0, 3] {
        let tried = start(SandboxOptions { seed: Some(7), ..SandboxOptions::default() }).await;
        put(&tried, rules.clone()).await;
        for n in 0..creations {
            tried.create(&customer(&format!("alex{n}@example.com"))).await;
        }
        runs.push(look_ups(&tried, 30).await);
        // Given anew, the rules draw anew.
        put(&tried, rules.clone()).await;
        runs.push(look_ups(&tried, 30).await);
    }
    assert!(runs.iter().all(|run| *run == runs[0]), "{runs:?}");
    assert_eq!(runs[0].iter().filter(|status| **status == 503).count(), 5);
    assert!(runs[0][..5].contains(&200), "{runs:?}");
}

#[tokio::test]
async fn a_reset_of_the_ledger_leaves_the_rules() {
    let tried = started().await;
    put(&tried, json!([{ "operation": "find", "effect": status(503) }])).await;
    assert_eq!(send(tried.http.post(tried.url("/_sandbox/reset"))).await.status, StatusCode::NO_CONTENT);
    assert_eq!(look_ups(&tried, 1).await, [503]);
}

#[tokio::test]
async fn a_request_that_would_be_refused_is_struck_like_any_other() {
    let tried = started().await;
    put(&tried, json!([{ "operation": "create", "phase": "after", "effect": { "garbage": {} } }])).await;
    assert_eq!(tried.create(&json!({})).await.status, StatusCode::CREATED);
    assert_eq!(tried.created(), 0);
}

#[tokio::test]
async fn a_rule_that_makes_no_sense_is_refused_by_name_and_changes_nothing() {
    // A sandbox whose KunaCore says nothing still says what is wrong with a rule.
    let tried = start(SandboxOptions { dialect: Dialect::Empty, ..SandboxOptions::default() }).await;
    put(&tried, json!([{ "operation": "find", "effect": status(503) }])).await;
    let rule = |operation: &str, phase: &str, effect: Value| json!({ "operation": operation, "phase": phase, "effect": effect });
    let with = |key: &str, value: Value| {
        let mut rule = rule("create", "before", json!({ "close": {} }));
        rule[key] = value;
        rule
    };
    for (bad, problem) in [
        (with("operation", json!("delete")), "unknown variant `delete`"),
        (with("phase", json!("during")), "unknown variant `during`"),
        (with("times", json!(2)), "unknown field `times`"),
        (with("count", json!(0)), "count must be at least 1"),
        (with("count", json!(-1)), "invalid value: integer `-1`"),
        (with("probability", json!(1.5)), "probability must be between 0 and 1"),
        (with("probability", json!("often")), "invalid type: string"),
        (with("effect", json!({ "explode": {} })), "unknown variant `explode`"),
        (with("effect", json!({ "close": { "ms": 2 } })), "unknown field `ms`"),
        (with("effect", json!({ "hang": {} })), "missing field `ms`"),
        (with("effect", json!({ "delay": { "ms": -1 } })), "invalid value"),
        (json!({ "operation": "create" }), "missing field `effect`"),
        (json!({ "effect": { "close": {} } }), "missing field `operation`"),
        (rule("find", "before", status(101)), "the code 101"),
        (
            rule("find", "before", json!({ "status": { "code": 503, "retry_after": "\n" } })),
            "retry_after cannot be sent",
        ),
        (rule("find", "before", json!({ "late_commit": { "ms": 1 } })), "late_commit is for the operation create only"),
        (rule("details", "before", json!({ "twice": {} })), "twice is for the operation create only"),
        (rule("create", "after", json!({ "late_commit": { "ms": 1 } })), "leave the phase out"),
        (rule("create", "after", json!({ "twice": {} })), "leave the phase out"),
        (rule("create", "before", json!({ "truncate": { "bytes": 20 } })), "truncate changes the operation's answer"),
        (rule("create", "before", json!({ "drop_field": "id" })), "drop_field changes the operation's answer"),
        (
            rule("login", "after", json!({ "drop_field": "walletId" })),
            "no `walletId` is answered here, only accessToken",
        ),
    ] {
        let fine = with("count", json!(1));
        let answer = faults(&tried, Method::PUT, Some(json!([fine, bad]))).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{bad}");
        assert!(answer.text.contains("rule 2: ") && answer.text.contains(problem), "{bad}: {}", answer.text);
    }
    for bad in [json!({}), json!("close"), Value::Null] {
        let answer = faults(&tried, Method::PUT, Some(bad)).await;
        assert!(answer.status == StatusCode::BAD_REQUEST && answer.text.contains("no JSON list"), "{}", answer.text);
    }
    assert_eq!(look_ups(&tried, 1).await, [503]);
}

#[tokio::test]
async fn the_library_refuses_the_same_rules() {
    let tried = started().await;
    let error = Fault::list_from_json(br#"[{"operation":"find"}]"#).expect_err("no effect");
    assert_eq!(error.to_string(), "rule 1: missing field `effect`");
    let fault = Fault { probability: Some(f64::NAN), ..Fault::new(Operation::Find, Phase::After, Effect::Close {}) };
    let error = tried.sandbox.set_faults(&[fault]).expect_err("no probability");
    assert!(matches!(&error, SandboxError::Fault(problem) if problem.starts_with("rule 1: probability")), "{error}");
    tried.sandbox.set_faults(&[Fault::new(Operation::Find, Phase::After, Effect::Close {})]).expect("a rule");
    tried.sandbox.clear_faults();
    assert!(tried.sandbox.faults().is_empty());
}

//! The ledger tells what really happened, over HTTP and in the process alike.

use crate::support::{ALEX, Tried, alex, customer, send, started};
use reqwest::StatusCode;
use serde_json::{Value, json};

async fn ledger(tried: &Tried, query: &str) -> Value {
    send(tried.http.get(tried.url(&format!("/_sandbox/ledger{query}")))).await.json()
}

#[tokio::test]
async fn an_untouched_sandbox_has_an_empty_ledger() {
    let tried = started().await;
    let requests = json!({ "login": 0, "create": 0, "find": 0, "details": 0 });
    assert_eq!(ledger(&tried, "").await, json!({ "created": [], "requests": requests }));
}

#[tokio::test]
async fn creations_are_told_with_the_number_of_their_request_and_refusals_are_counted() {
    let tried = started().await;
    tried.login("x", "y", "z").await;
    tried.post("/v2/customer/find", &json!({})).await;
    let first = &tried.create_all(&[alex()]).await[0];
    tried.create(&alex()).await;
    tried.post("/v2/customer/details", &json!({})).await;
    tried.post("/v2/customer/unknown", &json!({})).await;
    let second = &tried.create_all(&[customer("alex@example.com")]).await[0];

    let expected = |seq, customer: &Value, request| {
        json!({
            "seq": seq,
            "id": customer["id"],
            "walletId": customer["walletId"],
            "email": customer["email"],
            "externalId": customer["externalId"],
            "comment": customer["comment"],
            "createdAt": customer["createdAt"],
            "request": request,
            "copy": 0,
        })
    };
    let told = ledger(&tried, "").await;
    assert_eq!(told["created"], json!([expected(1, first, 3), expected(2, second, 7)]));
    assert_eq!(told["requests"], json!({ "login": 1, "create": 3, "find": 1, "details": 1 }));
    let in_process = tried.sandbox.ledger().expect("the ledger is readable");
    assert_eq!(serde_json::to_value(in_process).expect("JSON"), told);
    assert_eq!(ledger(&tried, "?since=1").await["created"], json!([expected(2, second, 7)]));
}

#[tokio::test]
async fn a_ledger_of_many_pages_is_told_completely() {
    let tried = started().await;
    let bodies: Vec<_> = (0..1100).map(|n| customer(&format!("alex{n}@example.com"))).collect();
    tried.create_all(&bodies).await;
    let told = ledger(&tried, "").await;
    let seqs: Vec<_> = told["created"].as_array().expect("a list").iter().map(|row| row["seq"].as_i64()).collect();
    assert_eq!(seqs, (1..=1100).map(Some).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_reset_forgets_customers_and_counts() {
    let tried = started().await;
    tried.create_all(&[alex()]).await;
    assert_eq!(send(tried.http.post(tried.url("/_sandbox/reset"))).await.status, StatusCode::NO_CONTENT);
    assert_eq!(tried.created(), 0);
    assert_eq!(ledger(&tried, "").await["requests"]["create"], 0);
    assert!(tried.found(json!({ "email": ALEX })).await.is_empty());

    tried.create_all(&[alex()]).await;
    tried.sandbox.reset().expect("the store is writable");
    tried.create_all(&[alex()]).await;
    let created = tried.sandbox.ledger().expect("the ledger is readable").created;
    assert_eq!((created[0].seq, created[0].request), (1, 1));
}

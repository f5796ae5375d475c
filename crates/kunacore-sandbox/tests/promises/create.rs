//! What the creation of a customer promises: the documented answer, one customer for an e-mail, and nothing created by a
//! request that is refused.

use crate::support::{ALEX, alex, alex_with, customer, send, start, started};
use kunacore_sandbox::{Dialect, SandboxOptions};
use reqwest::StatusCode;
use serde_json::{Value, json};

#[tokio::test]
async fn the_documented_example_is_created_and_answered_with_exactly_the_documented_keys() {
    let tried = started().await;
    let answer = tried.create(&alex()).await;

    assert_eq!(answer.status, StatusCode::CREATED);
    let data = &answer.json()["data"];
    let mut keys: Vec<_> = data.as_object().expect("an object").keys().map(String::as_str).collect();
    keys.sort_unstable();
    let documented = [
        "comment",
        "createdAt",
        "email",
        "externalId",
        "firstName",
        "id",
        "lastName",
        "phoneNumber",
        "referralId",
        "walletId",
    ];
    assert_eq!(keys, documented);
    for echoed in ["email", "firstName", "lastName", "phoneNumber", "comment", "externalId", "referralId"] {
        assert_eq!(data[echoed], alex()[echoed]);
    }
    assert_ne!(data["id"], data["walletId"]);
    let created_at = data["createdAt"].as_str().expect("a time");
    assert!(created_at.starts_with("2026-01-01T00:0") && created_at.ends_with('Z') && created_at.len() == 24);
    for kept in ["FV633452", "Champ de Mars", "633-123-92-12"] {
        assert!(!answer.text.contains(kept), "{kept} is echoed");
    }
}

#[tokio::test]
async fn optional_fields_that_were_not_sent_come_back_as_null() {
    let tried = started().await;
    let data = &tried.create_all(&[customer(ALEX)]).await[0];
    for optional in ["phoneNumber", "comment", "externalId", "referralId"] {
        assert_eq!(data.get(optional), Some(&Value::Null), "{optional}");
    }
}

#[tokio::test]
async fn every_answer_has_a_request_id_and_the_sandboxs_date() {
    let tried = started().await;
    for answer in [tried.create(&alex()).await, tried.create(&alex()).await, tried.create(&json!({})).await] {
        assert!(answer.headers["date"].to_str().expect("text").starts_with("Thu, 01 Jan 2026 00:0"));
        assert_eq!(answer.headers["x-request-id"].len(), 36);
    }
}

#[tokio::test]
async fn a_duplicate_is_refused_in_every_dialect_and_with_every_status() {
    for dialect in Dialect::VALUES {
        for status in [400, 409, 422] {
            let options = SandboxOptions { dialect, duplicate_status: status, ..SandboxOptions::default() };
            let tried = start(options).await;
            tried.create_all(&[alex()]).await;
            let answer = tried.create(&alex()).await;

            assert_eq!(answer.status.as_u16(), status);
            let message = "a customer with the e-mail alexsmith@mail.com already exists";
            match dialect {
                Dialect::Errors => {
                    let error = json!({ "code": "duplicate_email", "message": message });
                    assert_eq!(answer.json(), json!({ "errors": [error] }));
                }
                Dialect::Nest => {
                    let body = answer.json();
                    assert_eq!((&body["statusCode"], &body["message"]), (&json!(status), &json!(message)));
                }
                Dialect::Plain => assert_eq!(answer.json(), json!({ "error": message })),
                Dialect::Html => {
                    assert_eq!(answer.headers["content-type"], "text/html; charset=utf-8");
                    assert!(answer.text.contains(message));
                }
                Dialect::Empty => assert!(answer.text.is_empty() && !answer.headers.contains_key("content-type")),
            }
            assert_eq!(tried.created(), 1);
        }
    }
}

#[tokio::test]
async fn an_email_that_differs_in_case_or_blanks_is_a_duplicate() {
    let tried = started().await;
    tried.create_all(&[alex()]).await;
    for same in ["AlexSmith@Mail.com", " alexsmith@mail.com "] {
        assert_eq!(tried.create(&customer(same)).await.status, StatusCode::CONFLICT, "{same}");
    }
    assert_eq!(tried.created(), 1);
}

#[tokio::test]
async fn without_uniqueness_an_email_can_be_created_twice() {
    let tried = start(SandboxOptions { unique: false, ..SandboxOptions::default() }).await;
    let created = tried.create_all(&[alex(), alex()]).await;
    assert_ne!(created[0]["id"], created[1]["id"]);
    assert_eq!(tried.found(json!({ "email": ALEX })).await, [ALEX, ALEX]);
}

#[tokio::test]
async fn of_many_creations_of_one_email_at_once_exactly_one_succeeds() {
    let tried = started().await;
    let (url, key) = (tried.url("/v2/customer/create"), tried.sandbox.api_key());
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..200 {
        let request = tried.http.post(&url).header("api-key", key).json(&alex());
        calls.spawn(async move { send(request).await.status });
    }
    let statuses = calls.join_all().await;

    let count = |wanted| statuses.iter().filter(|status| **status == wanted).count();
    assert_eq!((count(StatusCode::CREATED), count(StatusCode::CONFLICT)), (1, 199));
    assert_eq!(tried.created(), 1);
}

#[tokio::test]
async fn what_breaks_the_contract_is_refused_by_field_and_creates_nothing() {
    let tried = started().await;
    let cases = [
        (alex_with("email", None), "email"),
        (alex_with("residenceAddress", None), "residenceAddress"),
        (alex_with("firstName", Some(Value::Null)), "firstName"),
        (alex_with("comment", Some(Value::Null)), "comment"),
        (alex_with("phoneNumber", Some(json!(380_991_234_567_u64))), "phoneNumber"),
        (alex_with("lastName", Some(json!(""))), "lastName"),
        (alex_with("email", Some(json!("alexsmith"))), "email"),
        (alex_with("country", Some(json!("fr"))), "country"),
        (alex_with("country", Some(json!("FRA"))), "country"),
    ];
    for (body, field) in cases {
        let answer = tried.create(&body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{field}");
        let error = &answer.json()["errors"][0];
        assert_eq!(error["code"], "invalid_field");
        assert!(error["message"].as_str().expect("text").contains(field), "{}", answer.text);
        assert!(!answer.text.contains("380991234567"), "a value is repeated");
    }
    assert_eq!(tried.created(), 0);
}

#[tokio::test]
async fn what_is_no_json_is_refused_and_creates_nothing() {
    let tried = started().await;
    let post = || tried.http.post(tried.url("/v2/customer/create")).header("api-key", tried.sandbox.api_key());
    let json = |text: &str| post().header("content-type", "application/json; charset=utf-8").body(text.to_owned());
    let refused = [
        json("{\"email\":"),
        json(""),
        json("[]"),
        post().body(alex().to_string()),
        post().header("content-type", "text/plain").body(alex().to_string()),
    ];
    for request in refused {
        assert_eq!(send(request).await.status, StatusCode::BAD_REQUEST);
    }
    assert_eq!(tried.created(), 0);
    assert_eq!(send(json(&alex().to_string())).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_body_above_one_mebibyte_is_refused() {
    let tried = started().await;
    let answer = tried.create(&alex_with("comment", Some(json!("x".repeat(1 << 20))))).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    let answer = tried.create(&alex_with("comment", Some(json!("x".repeat((1 << 20) - 1000))))).await;
    assert_eq!(answer.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_seed_gives_the_same_ids_in_any_order() {
    let options = SandboxOptions { seed: Some(7), ..SandboxOptions::default() };
    let (one, other) = (start(options.clone()).await, start(options.clone()).await);
    let ids = |data: &Value| (data["id"].clone(), data["walletId"].clone());

    let first = one.create_all(&[customer(ALEX), customer("alex@example.com")]).await;
    let second = other.create_all(&[customer("alex@example.com"), customer("AlexSmith@mail.com")]).await;
    assert_eq!(ids(&first[0]), ids(&second[1]));
    assert_eq!(ids(&first[1]), ids(&second[0]));

    let unseeded = started().await.create_all(&[customer(ALEX)]).await;
    assert_ne!(ids(&first[0]), ids(&unseeded[0]));

    let repeating = start(SandboxOptions { unique: false, ..options }).await;
    let repeated = repeating.create_all(&[customer(ALEX), customer(ALEX)]).await;
    assert_eq!(ids(&first[0]), ids(&repeated[0]));
    assert_ne!(ids(&repeated[0]), ids(&repeated[1]));
}

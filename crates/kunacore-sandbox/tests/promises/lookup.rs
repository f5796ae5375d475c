//! What `find` and `details` show, and when.

use std::time::Duration;

use crate::support::{ALEX, Tried, alex, customer, start, started};
use kunacore_sandbox::{FindMode, SandboxOptions};
use reqwest::StatusCode;
use serde_json::{Value, json};

const OTHERS: [&str; 2] = ["alex.smith@example.com", "smith@example.com"];

/// The example customer, then two others with less in them.
async fn three(options: SandboxOptions) -> (Tried, Vec<Value>) {
    let tried = start(options).await;
    let created = tried.create_all(&[alex(), customer(OTHERS[0]), customer(OTHERS[1])]).await;
    (tried, created)
}

#[tokio::test]
async fn each_filter_finds_its_customer_exactly() {
    let (tried, created) = three(SandboxOptions::default()).await;
    let example = &created[0];
    for filter in [
        json!({ "email": ALEX }),
        json!({ "email": " ALEXSMITH@mail.com" }),
        json!({ "walletId": example["walletId"] }),
        json!({ "phoneNumber": "+380991234567" }),
        json!({ "comment": "Alex is a special client." }),
        json!({ "externalId": example["externalId"] }),
        json!({ "referralId": example["referralId"] }),
        json!({ "fullName": "Alex Smith", "externalId": example["externalId"] }),
    ] {
        assert_eq!(tried.found(filter.clone()).await, [ALEX], "{filter}");
    }
    for filter in [
        json!({ "email": "alexsmith" }),
        json!({ "comment": "alex is a special client." }),
        json!({ "fullName": "Alex" }),
        json!({ "email": OTHERS[0], "phoneNumber": "+380991234567" }),
        json!({ "email": "' OR 1=1 --" }),
    ] {
        assert!(tried.found(filter.clone()).await.is_empty(), "{filter}");
    }
}

#[tokio::test]
async fn partial_filters_find_what_contains_them_in_any_case_and_take_nothing_for_a_wildcard() {
    let (tried, _) = three(SandboxOptions { find: FindMode::Partial, ..SandboxOptions::default() }).await;
    assert_eq!(tried.found(json!({ "email": "EXAMPLE.com" })).await, OTHERS);
    assert_eq!(tried.found(json!({ "fullName": "ex SM" })).await, [ALEX, OTHERS[0], OTHERS[1]]);
    assert_eq!(tried.found(json!({ "comment": "special" })).await, [ALEX]);
    assert!(tried.found(json!({ "email": "%" })).await.is_empty());
    assert!(tried.found(json!({ "email": "smith_mail" })).await.is_empty());

    let mut olena = customer("olena@example.com");
    olena["firstName"] = json!("Олена");
    tried.create_all(&[olena]).await;
    assert_eq!(tried.found(json!({ "fullName": "ОЛЕНА" })).await, ["olena@example.com"]);
}

#[tokio::test]
async fn customers_come_oldest_first_in_pages() {
    let (tried, _) = three(SandboxOptions::default()).await;
    assert_eq!(tried.found(json!({})).await, [ALEX, OTHERS[0], OTHERS[1]]);
    assert_eq!(tried.found(json!({ "take": 1, "skip": 1 })).await, [OTHERS[0]]);
    assert_eq!(tried.found(json!({ "skip": u64::MAX })).await, Vec::<String>::new());
    assert_eq!(tried.found(json!({ "take": 0 })).await, Vec::<String>::new());
    let answer = tried.post("/v2/customer/find", &json!({ "take": -1 })).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_page_size_caps_what_is_asked_for() {
    let (tried, _) = three(SandboxOptions { page_size: Some(2), ..SandboxOptions::default() }).await;
    assert_eq!(tried.found(json!({ "take": 50 })).await, [ALEX, OTHERS[0]]);
    assert_eq!(tried.found(json!({ "take": 1 })).await, [ALEX]);
    assert_eq!(tried.found(json!({ "skip": 2 })).await, [OTHERS[1]]);
}

#[tokio::test]
async fn times_of_creation_are_filters_with_both_ends_included() {
    let tried = started().await;
    let created = tried.create_all(&[alex()]).await;
    let at = created[0]["createdAt"].as_str().expect("a time");
    assert_eq!(tried.found(json!({ "createdFrom": at, "createdTo": at })).await, [ALEX]);
    assert!(tried.found(json!({ "createdFrom": "2026-01-02T00:00:00Z" })).await.is_empty());
    assert!(tried.found(json!({ "createdTo": "2025-12-31T23:59:59Z" })).await.is_empty());
    for field in ["createdFrom", "createdTo"] {
        let answer = tried.post("/v2/customer/find", &json!({ field: "yesterday" })).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert!(answer.text.contains(field));
    }
}

#[tokio::test]
async fn a_new_customer_is_not_found_before_the_delay_but_detailed_at_once() {
    let find_delay = Duration::from_secs(3600);
    let tried = start(SandboxOptions { find_delay, ..SandboxOptions::default() }).await;
    let created = tried.create_all(&[alex()]).await;
    let answer = tried.post("/v2/customer/details", &json!({ "id": created[0]["id"] })).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(tried.found(json!({ "email": ALEX })).await.is_empty());
}

#[tokio::test]
async fn a_customer_is_found_once_the_delay_is_over() {
    let find_delay = Duration::from_millis(50);
    let tried = start(SandboxOptions { find_delay, ..SandboxOptions::default() }).await;
    tried.create_all(&[alex()]).await;
    tokio::time::sleep(find_delay * 2).await;
    assert_eq!(tried.found(json!({ "email": ALEX })).await, [ALEX]);
}

#[tokio::test]
async fn details_show_what_the_creation_showed() {
    let (tried, created) = three(SandboxOptions::default()).await;
    for customer in created {
        let answer = tried.post("/v2/customer/details", &json!({ "id": customer["id"] })).await;
        assert_eq!((answer.status, answer.json()), (StatusCode::OK, json!({ "data": customer })));
    }
}

#[tokio::test]
async fn an_unknown_id_is_not_found() {
    let answer = started().await.post("/v2/customer/details", &json!({ "id": "nobody" })).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(answer.json()["errors"][0]["code"], "not_found");
}

#[tokio::test]
async fn a_broken_find_is_blind_or_turns_no_page() {
    let (blind, _) = three(SandboxOptions { find: FindMode::Blind, ..SandboxOptions::default() }).await;
    assert_eq!(blind.found(json!({})).await, Vec::<String>::new());
    assert_eq!(blind.found(json!({ "email": ALEX })).await, Vec::<String>::new());
    let (stuck, _) = three(SandboxOptions { find: FindMode::Stuck, ..SandboxOptions::default() }).await;
    assert_eq!(stuck.found(json!({ "email": ALEX, "skip": 1 })).await, [ALEX]);
    assert_eq!(stuck.found(json!({ "take": 1, "skip": 2 })).await, [ALEX]);
}

#[tokio::test]
async fn customers_grow_older_when_the_clock_leaps_ahead() {
    let (tried, _) = three(SandboxOptions::default()).await;
    tried.sandbox.advance(std::time::Duration::from_secs(3600));
    tried.create_all(&[customer("late@example.com")]).await;
    let hour = json!({ "createdFrom": "2026-01-01T01:00:00Z" });
    assert_eq!(tried.found(hour).await, ["late@example.com"]);
}

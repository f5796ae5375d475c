//! What a look-up asks, and what it makes of odd answers: absent is said only when it is sure.

use std::time::Duration;

use kunacore::{Client, Credentials, Error, How, Outcome};
use kunacore_sandbox::{Effect, Fault, FindMode, Operation, Phase, Sandbox, SandboxOptions};
use kunacore_tests::{Answer, Server};
use serde_json::{Value, json};

use crate::alex;

fn client(url: &str, key: &str) -> Client {
    Client::builder(url).credentials(Credentials::api_key(key)).settle(Duration::ZERO).max_attempts(2).build().unwrap()
}

fn page(customers: &Value) -> Answer {
    Answer::json(200, &json!({"data": customers})).header("date", "Fri, 02 Jan 2026 10:00:00 GMT")
}

/// What a creation becomes whose answer is lost, and whose look-ups are answered so.
async fn lost_then(pages: &[Value]) -> (Result<How, Error>, Vec<String>) {
    let mut script = vec![Answer::text(500, "")];
    script.extend(pages.iter().map(page));
    let server = Server::start(script).await.unwrap();
    let customer = alex().email("AlexSmith@mail.com").build().unwrap();
    let result = client(server.url(), "k").create_customer(&customer).detailed().await.map(|created| created.how);
    (result, server.seen().into_iter().skip(1).map(|seen| seen.body).collect())
}

fn ours(id: &str) -> Value {
    json!({"id": id, "walletId": "w", "email": "alexsmith@mail.com", "firstName": "Alex",
        "createdAt": "2026-01-02T10:00:00.000Z"})
}

#[tokio::test]
async fn the_e_mail_is_asked_for_as_sent_and_in_lower_case_page_by_page() {
    let other = json!({"id": "7", "walletId": "w", "email": "xalexsmith@mail.com"});
    let (result, asked) = lost_then(&[json!([other]), json!([]), json!([ours("1")]), json!([])]).await;
    assert_eq!(result.unwrap(), How::Reconciled);
    let expected = [
        r#"{"email":"AlexSmith@mail.com"}"#,
        r#"{"email":"AlexSmith@mail.com","skip":1}"#,
        r#"{"email":"alexsmith@mail.com"}"#,
        r#"{"email":"alexsmith@mail.com","skip":1}"#,
    ];
    assert_eq!(asked, expected);
}

#[tokio::test]
async fn a_customer_that_both_spellings_find_is_one() {
    let (result, _) = lost_then(&[json!([ours("1")]), json!([]), json!([ours("1")]), json!([])]).await;
    assert_eq!(result.unwrap(), How::Reconciled);
    let (result, _) = lost_then(&[json!([ours("1")]), json!([]), json!([ours("2")]), json!([])]).await;
    let error = result.expect_err("two in the window");
    assert_eq!((error.code(), error.candidates().len()), (Some("conflict"), 2));
}

#[tokio::test]
async fn what_is_not_understood_is_never_taken_for_absent() {
    let no_id = json!({"walletId": "w", "email": "alexsmith@mail.com"});
    for odd in [json!([no_id]), json!([{}]), json!(["x"]), json!({}), json!("none"), json!(null), json!(0)] {
        // Every look-up is answered so; the calibration, too.
        let (result, _) = lost_then(&vec![odd.clone(); 30]).await;
        let error = result.expect_err("unknown");
        assert_eq!((error.outcome(), error.code()), (Outcome::Unknown, Some("lookup_inconclusive")), "{odd}");
        assert_eq!(error.attempts(), 1, "{odd}");
    }
}

#[tokio::test]
async fn somebody_else_of_an_odd_shape_does_no_harm() {
    let odd = json!({"email": "somebody@example.com"});
    let ours = ours("1");
    let (result, _) = lost_then(&[json!([odd, ours]), json!([]), json!([]), json!([])]).await;
    assert_eq!(result.unwrap(), How::Reconciled);
}

#[tokio::test]
async fn more_pages_than_are_read_say_nothing_of_who_is_absent() {
    for (similar, sure) in [(15, true), (25, false)] {
        let options =
            SandboxOptions { find: FindMode::Partial, page_size: Some(1), unique: false, ..SandboxOptions::default() };
        let sandbox = Sandbox::start(options).await.unwrap();
        let client = client(sandbox.url(), sandbox.api_key());
        for number in 0..similar {
            let similar = alex().email(format!("x{number}alexsmith@mail.com")).build().unwrap();
            client.create_customer(&similar).await.unwrap();
        }
        let fault = Fault::new(Operation::Create, Phase::Before, Effect::Close {});
        sandbox.set_faults(&[Fault { count: Some(1), ..fault }]).unwrap();
        let result = client.create_customer(&alex().build().unwrap()).detailed().await;
        match result {
            Ok(created) => assert!(sure && created.attempts == 2),
            Err(error) => assert!(!sure && error.code() == Some("lookup_inconclusive"), "{error}"),
        }
        let created = sandbox.ledger().unwrap().created.len();
        assert_eq!(created, similar + usize::from(sure));
    }
}

#[tokio::test]
async fn a_customer_of_our_own_shows_that_find_finds() {
    let sandbox = Sandbox::start(SandboxOptions::default()).await.unwrap();
    let lose = || {
        let fault = Fault::new(Operation::Create, Phase::Before, Effect::Close {});
        sandbox.set_faults(&[Fault { count: Some(1), ..fault }]).unwrap();
    };
    let customer = |email: &str| alex().email(email).build().unwrap();
    // Of an empty server it cannot be told whether its find is blind.
    let client = client(sandbox.url(), sandbox.api_key());
    lose();
    let error = client.create_customer(&customer("a@example.com")).await.expect_err("unknown");
    assert_eq!(error.code(), Some("lookup_inconclusive"));
    client.create_customer(&customer("b@example.com")).await.unwrap();
    lose();
    let created = client.create_customer(&customer("c@example.com")).detailed().await.unwrap();
    assert_eq!((created.how, created.attempts), (How::Created, 2));
}

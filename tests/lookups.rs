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
    lost_of("AlexSmith@mail.com", pages).await
}

/// The same of this e-mail.
async fn lost_of(email: &str, pages: &[Value]) -> (Result<How, Error>, Vec<String>) {
    let mut script = vec![Answer::text(500, "")];
    script.extend(pages.iter().map(page));
    let server = Server::start(script).await.unwrap();
    let customer = alex().email(email).build().unwrap();
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

#[tokio::test]
async fn an_e_mail_that_the_server_stores_in_another_form_is_found() {
    for (sent, stored) in [
        (" alexsmith@mail.com ", "alexsmith@mail.com"),
        ("zoe\u{308}@example.com", "zo\u{eb}@example.com"),
        ("stra\u{df}e@example.com", "STRASSE@EXAMPLE.COM"),
    ] {
        let mut customer = ours("1");
        customer["email"] = json!(stored);
        // Every spelling is asked for, and each is answered alike.
        let (result, asked) = lost_of(sent, &vec![[json!([customer]), json!([])]; 5].concat()).await;
        assert_eq!(result.unwrap(), How::Reconciled, "{sent}: {asked:?}");
    }
    let (_, asked) = lost_of(" Alex@b.c", &vec![json!([]); 30]).await;
    assert_eq!(asked[..3], [r#"{"email":" Alex@b.c"}"#, r#"{"email":"alex@b.c"}"#, r#"{"email":"Alex@b.c"}"#]);
}

#[tokio::test]
async fn the_same_customer_told_twice_with_other_details_is_one() {
    let mut richer = ours("1");
    richer["balance"] = json!(2);
    let (result, _) = lost_then(&[json!([ours("1"), richer]), json!([]), json!([]), json!([])]).await;
    assert_eq!(result.unwrap(), How::Reconciled);
}

#[tokio::test]
async fn an_answer_with_another_e_mail_keeps_its_ids_as_a_candidate() {
    let answer = json!({"data": {"id": "7", "walletId": "w7", "email": "a***@mail.com"}});
    let server = Server::start(vec![Answer::json(201, &answer)]).await.unwrap();
    let error = crate::client(server.url()).create_customer(&alex().build().unwrap()).await.expect_err("unread");
    assert_eq!((error.outcome(), error.code()), (Outcome::Unknown, Some("created_unread")));
    assert_eq!(error.candidates()[0].wallet_id().as_str(), "w7");
}

#[tokio::test]
async fn two_calls_at_once_that_ensure_the_same_customer_create_one() {
    let find_delay = Duration::from_millis(50);
    let options = SandboxOptions { unique: false, find_delay, ..SandboxOptions::default() };
    let sandbox = Sandbox::start(options).await.unwrap();
    let client = Client::builder(sandbox.url())
        .credentials(Credentials::api_key(sandbox.api_key()))
        .settle(Duration::from_millis(150))
        .build()
        .unwrap();
    client.create_customer(&alex().email("somebody@example.com").build().unwrap()).await.unwrap();
    let calls: Vec<_> = ["alexsmith@mail.com", "AlexSmith@mail.com", "alexsmith@mail.com"]
        .into_iter()
        .map(|email| {
            let (client, customer) = (client.clone(), alex().email(email).build().unwrap());
            tokio::spawn(async move { client.ensure_customer(&customer).detailed().await.unwrap() })
        })
        .collect();
    let mut wallets = Vec::new();
    for call in calls {
        wallets.push(call.await.unwrap().customer.wallet_id().clone());
    }
    assert_eq!(sandbox.ledger().unwrap().created.len(), 2, "somebody, and Alex once");
    assert!(wallets.iter().all(|wallet| *wallet == wallets[0]));
}

#[tokio::test]
async fn a_call_does_not_wait_for_another_s_login_beyond_its_deadline() {
    let login = Answer::json(200, &json!({"data": {"accessToken": "t"}}));
    // The second login is never answered.
    let server = Server::start(vec![login, Answer::text(401, ""), Answer::Hang]).await.unwrap();
    let credentials = kunacore::Login { email: "e".into(), password: "p".into(), merchant_id: "m".into() };
    let client = Client::builder(server.url()).credentials(credentials).build().unwrap();
    let start = std::time::Instant::now();
    let deadline = Duration::from_millis(200);
    let slow = client.clone();
    let first = tokio::spawn(async move { slow.customer_details("1").deadline(Duration::from_secs(3)).await });
    tokio::time::sleep(Duration::from_millis(50)).await;
    let error = client.customer_details("2").deadline(deadline).await.expect_err("no token in time");
    assert_eq!((error.outcome(), error.code()), (Outcome::NotApplied, Some("timeout")));
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    first.abort();
}

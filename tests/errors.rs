//! Snapshots of every error's text and `Debug`, so that a change of words is seen and read.

use std::fmt::Write as _;
use std::time::Duration;

use kunacore::{Client, Credentials, CustomerFilter, Error, Login, NewCustomer};
use kunacore_tests::{Answer, Server};
use serde_json::json;

use crate::{alex, client};

/// Text, advice and `Debug` of errors, one after the other.
fn show(errors: &[(&str, Error)]) -> String {
    errors.iter().fold(String::new(), |mut text, (name, error)| {
        let _ = writeln!(text, "== {name}\n{error}\n{error:#?}\n");
        text
    })
}

async fn of_create(answer: Answer) -> Error {
    let server = Server::start(vec![answer]).await.unwrap();
    client(server.url()).create_customer(&alex().build().unwrap()).await.expect_err("an error")
}

async fn of_find(answer: Answer) -> Error {
    let server = Server::start(vec![answer]).await.unwrap();
    let filter = CustomerFilter::new().email("alexsmith@mail.com");
    client(server.url()).find_customers(&filter).await.expect_err("an error")
}

fn says(code: &str) -> serde_json::Value {
    json!({"errors": [{"code": code, "message": "about alexsmith@mail.com of Alex Smith"}]})
}

#[tokio::test]
async fn of_a_creation() {
    let identified = |answer: Answer| answer.header("x-request-id", "r-1");
    let mut errors = Vec::new();
    for (name, answer) in [
        ("duplicate", identified(Answer::json(409, &says("EMAIL_TAKEN")))),
        ("refused", identified(Answer::json(422, &says("BAD_ITN")))),
        ("refused without a word", Answer::text(400, "")),
        ("wrong credentials", Answer::text(401, "")),
        ("missing rights", Answer::text(403, "")),
        ("unknown endpoint", Answer::text(404, "")),
        ("rate limited", Answer::text(429, "").header("retry-after", "3")),
        ("moved", Answer::text(307, "")),
        ("redirected after acting", Answer::text(303, "")),
        ("server error", identified(Answer::json(500, &says("DB")))),
        ("unavailable", Answer::text(503, "")),
        ("status unknown", Answer::text(600, "")),
        ("created, unread", Answer::text(201, "{}")),
        ("encrypted", Answer::json(201, &json!({"token": "a.b.c.d.e"}))),
        ("error inside a success", Answer::json(200, &says("E"))),
        ("connection lost", Answer::Close),
    ] {
        errors.push((name, of_create(answer).await));
    }
    insta::assert_snapshot!(show(&errors));
}

#[tokio::test]
async fn of_a_creation_that_was_not_sent_or_not_answered() {
    let customer = alex().build().unwrap();
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let refused = client(&closed).create_customer(&customer).await.expect_err("an error");

    let server = Server::start(vec![Answer::Hang]).await.unwrap();
    let quick =
        Client::builder(server.url()).credentials(Credentials::api_key("k")).timeout(Duration::from_millis(100));
    let silent = quick.build().unwrap().create_customer(&customer).reconcile(false).await.expect_err("an error");

    let login = Login { email: "partner@example.com".into(), password: "hunter2".into(), merchant_id: "m".into() };
    let server = Server::start(vec![Answer::Hang]).await.unwrap();
    let slow_login = Client::builder(server.url()).credentials(login.clone()).build().unwrap();
    let deadline =
        slow_login.create_customer(&customer).deadline(Duration::from_millis(100)).await.expect_err("an error");

    let server = Server::start(vec![Answer::text(401, "")]).await.unwrap();
    let bad_login = Client::builder(server.url()).credentials(login).build().unwrap();
    let login = bad_login.create_customer(&customer).await.expect_err("an error");

    insta::assert_snapshot!(show(&[
        ("connection refused", refused),
        ("no answer", silent),
        ("deadline during the login", deadline),
        ("login refused", login),
    ]));
}

/// A page of a look-up, with the time of the server.
fn page(customers: &serde_json::Value) -> Answer {
    Answer::json(200, &json!({"data": customers})).header("date", "Fri, 02 Jan 2026 10:00:00 GMT")
}

/// A customer with the e-mail that is sent, created then.
fn found(id: &str, created_at: &str) -> serde_json::Value {
    json!({"id": id, "walletId": format!("w-{id}"), "email": "AlexSmith@mail.com", "firstName": "Bob",
        "createdAt": created_at})
}

#[tokio::test]
async fn of_a_creation_that_was_looked_up() {
    let lost = || Answer::text(504, "").header("x-request-id", "r-1");
    let (now, earlier) = (found("1", "2026-01-02T09:59:59.000Z"), found("2", "2025-01-02T00:00:00.000Z"));
    // What calibrates a look-up that finds nothing.
    let anybody = json!([{"id": "9", "walletId": "w", "email": "anybody@example.com"}]);
    let absent = || vec![page(&json!([]))];
    let calibration = || vec![page(&anybody), page(&anybody), page(&json!([]))];
    let present = |customers: &serde_json::Value| vec![page(customers), page(&json!([]))];
    let mut errors = Vec::new();
    for (name, script) in [
        ("a duplicate that is found", vec![vec![Answer::json(409, &says("EMAIL_TAKEN"))], present(&json!([now]))]),
        ("a refusal without a word", vec![vec![Answer::text(400, "")], present(&json!([earlier, now]))]),
        ("another person in the window", vec![vec![lost()], present(&json!([now]))]),
        ("an older customer", vec![vec![lost()], present(&json!([earlier]))]),
        ("no word from the look-up", vec![vec![lost()], vec![Answer::text(403, "")]]),
        ("nothing was ever found", vec![vec![lost()], absent(), absent()]),
        ("created, unread, and not found", vec![vec![Answer::text(201, "{}")], absent(), calibration(), absent()]),
        (
            "called a duplicate, but not found",
            vec![vec![lost()], absent(), calibration(), absent(), vec![Answer::text(409, "")], absent(), absent()],
        ),
        (
            "refused when it was sent once more",
            vec![
                vec![lost()],
                absent(),
                calibration(),
                absent(),
                vec![Answer::json(422, &says("BAD_ITN"))],
                absent(),
                absent(),
            ],
        ),
    ] {
        let server = Server::start(script.concat()).await.unwrap();
        let client = Client::builder(server.url()).credentials(Credentials::api_key("k")).settle(Duration::ZERO);
        let call = client.build().unwrap();
        errors.push((name, call.create_customer(&alex().build().unwrap()).await.expect_err("an error")));
    }
    insta::assert_snapshot!(show(&errors));
}

#[tokio::test]
async fn of_a_customer_that_cannot_be_ensured() {
    let mut errors = Vec::new();
    let other = found("1", "2026-01-02T09:59:59.000Z");
    for (name, maybe_sent, script) in [
        ("another person", false, vec![page(&json!([other])), page(&json!([]))]),
        ("no word from the look-up", true, vec![Answer::text(403, "")]),
        ("no word, never sent before", false, vec![Answer::text(403, "")]),
        ("nothing was ever found", true, vec![page(&json!([])), page(&json!([]))]),
    ] {
        let server = Server::start(script).await.unwrap();
        let client = Client::builder(server.url()).credentials(Credentials::api_key("k")).settle(Duration::ZERO);
        let (client, customer) = (client.build().unwrap(), alex().build().unwrap());
        let call = client.ensure_customer(&customer).maybe_sent(maybe_sent);
        errors.push((name, call.await.expect_err("an error")));
    }
    insta::assert_snapshot!(show(&errors));
}

#[tokio::test]
async fn of_a_look_up() {
    let mut errors = Vec::new();
    for (name, answer) in [
        ("unexpected shape", Answer::json(200, &json!({"data": {}}))),
        ("not JSON", Answer::text(200, "<html>")),
        ("encrypted", Answer::json(200, &json!({"token": "a.b.c.d.e"}))),
        ("refused", Answer::json(400, &says("BAD_FILTER"))),
        ("wrong credentials", Answer::text(401, "")),
        ("missing rights", Answer::text(403, "")),
        ("rate limited", Answer::text(429, "")),
        ("moved", Answer::text(301, "")),
        ("redirected", Answer::text(302, "")),
        ("server error", Answer::text(500, "")),
        ("connection lost", Answer::Close),
    ] {
        errors.push((name, of_find(answer).await));
    }
    let server = Server::start(vec![Answer::text(404, "")]).await.unwrap();
    errors.push(("not found", client(server.url()).customer_details("7").await.expect_err("an error")));
    insta::assert_snapshot!(show(&errors));
}

#[test]
fn of_a_customer_that_is_surely_wrong() {
    let empty = NewCustomer::builder().build().expect_err("refused");
    let wrong = alex().email("alexsmith").country("UK").last_name(" ").build().expect_err("refused");
    let json = NewCustomer::from_json(br#"{"email": 7, "e-mail": "a@example.com"}"#).expect_err("refused");
    insta::assert_snapshot!(show(&[("empty", empty), ("wrong", wrong), ("from JSON", json)]));
}

#[test]
fn of_a_configuration() {
    let key = || Credentials::api_key("k");
    let build = |url: &str| Client::builder(url).credentials(key()).build().expect_err("refused");
    insta::assert_snapshot!(show(&[
        ("not a URL", build("kunacore.example")),
        ("a path", build("https://kunacore.example/v2/customer/create")),
        ("plain http", build("http://kunacore.example")),
        ("no credentials", Client::builder("http://127.0.0.1:1").build().expect_err("refused")),
        (
            "an unusable key",
            Client::builder("http://127.0.0.1:1")
                .credentials(Credentials::api_key("a\nb"))
                .build()
                .expect_err("refused"),
        ),
        (
            "a missing CA bundle",
            Client::builder("https://kunacore.example")
                .credentials(key())
                .ca_bundle("no-such-file.pem")
                .build()
                .expect_err("refused"),
        ),
        (
            "an unusable proxy",
            Client::builder("https://kunacore.example")
                .credentials(key())
                .proxy("socks5://user:hunter2@proxy.example")
                .build()
                .expect_err("refused"),
        ),
        (
            "a zero timeout",
            Client::builder("http://127.0.0.1:1")
                .credentials(key())
                .timeout(Duration::ZERO)
                .build()
                .expect_err("refused"),
        ),
    ]));
}

#[test]
fn debug_of_clients_and_builders_shows_no_secret() {
    let builder =
        Client::builder("http://127.0.0.1:1").credentials(Credentials::api_key("hunter2")).proxy("http://a:hunter2@b");
    let shown = format!("{builder:?} {:?}", builder.clone().build().unwrap());
    assert!(!shown.contains("hunter2"), "{shown}");
}

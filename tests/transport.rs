//! What the transport does below the calls: nothing is sent twice, nowhere else, and a dropped call is honest.

use std::time::Duration;

use kunacore::{Client, Credentials, ErrorKind, Outcome};
use kunacore_tests::{Answer, Server};
use serde_json::json;

use crate::{alex, client};

#[tokio::test]
async fn a_request_that_failed_is_not_sent_again_below_us() {
    // A connection that the server closes when it is used again is what HTTP clients like to retry on.
    let created = Answer::json(201, &json!({"data": {"id": "1", "walletId": "2"}}));
    let server = Server::start(vec![created.clone(), Answer::Close, created]).await.unwrap();
    let client = client(server.url());
    client.create_customer(&alex().build().unwrap()).await.unwrap();
    let error = client.create_customer(&alex().email("b@example.com").build().unwrap()).await.expect_err("lost");
    assert_eq!(error.outcome(), Outcome::Unknown);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn a_call_that_is_dropped_before_it_is_awaited_sends_nothing() {
    let server = Server::start(vec![]).await.unwrap();
    let client = client(server.url());
    drop(client.create_customer(&alex().build().unwrap()));
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn a_host_that_cannot_be_reached_proves_that_nothing_was_sent() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = client(&url).create_customer(&alex().build().unwrap()).await.expect_err("refused");
    assert_eq!((error.outcome(), error.code()), (Outcome::NotApplied, Some("connect")));
}

#[tokio::test]
async fn a_client_for_http_needs_no_certificates_and_one_for_https_trusts_only_its_bundle() {
    // An https client against a server that speaks no TLS: the handshake fails, so nothing was sent.
    let server = Server::start(vec![]).await.unwrap();
    let bundle = concat!(env!("CARGO_MANIFEST_DIR"), "/support/example-ca.pem");
    let client = Client::builder(server.url().replace("http://", "https://"))
        .credentials(Credentials::api_key("k"))
        .ca_bundle(bundle)
        .build()
        .unwrap();
    let error = client.create_customer(&alex().build().unwrap()).await.expect_err("no TLS");
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Unavailable, Outcome::NotApplied));
}

#[tokio::test]
async fn a_named_proxy_gets_what_goes_to_other_hosts_and_nothing_of_this_machine() {
    let created = || Answer::json(201, &json!({"data": {"id": "1", "walletId": "2"}}));
    let proxy = Server::start(vec![created()]).await.unwrap();
    let through = |url: &str| {
        let builder = Client::builder(url).credentials(Credentials::api_key("k"));
        builder.allow_http(true).proxy(proxy.url()).build().unwrap()
    };
    through("http://kunacore.example").create_customer(&alex().build().unwrap()).await.unwrap();
    assert_eq!(proxy.seen()[0].line, "POST http://kunacore.example/v2/customer/create HTTP/1.1");

    let local = Server::start(vec![created()]).await.unwrap();
    through(local.url()).create_customer(&alex().build().unwrap()).await.unwrap();
    assert_eq!((proxy.seen().len(), local.seen().len()), (1, 1));
}

#[tokio::test]
async fn calls_that_start_together_log_in_once_and_the_token_is_kept() {
    let login = Answer::json(200, &json!({"data": {"accessToken": "a.b.c"}}));
    let found = Answer::json(200, &json!({"data": {"id": "1", "walletId": "2"}}));
    let mut script = vec![login];
    script.extend(std::iter::repeat_n(found, 1000));
    let server = Server::start(script).await.unwrap();
    let credentials = kunacore::Login { email: "e".into(), password: "p".into(), merchant_id: "m".into() };
    let client = Client::builder(server.url()).credentials(credentials).build().unwrap();
    let calls: Vec<_> = (0..1000)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.customer_details("1").await.map(|_| ()) })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    let logins = server.seen().iter().filter(|seen| seen.path() == "/v2/auth/login").count();
    assert_eq!((logins, server.seen().len()), (1, 1001));
}

#[tokio::test]
async fn a_refused_token_is_renewed_once_and_the_request_sent_again() {
    let login = |token: &str| Answer::json(200, &json!({"data": {"accessToken": token}}));
    let created = Answer::json(201, &json!({"data": {"id": "1", "walletId": "2"}}));
    let server = Server::start(vec![login("old"), Answer::text(401, ""), login("new"), created]).await.unwrap();
    let credentials = kunacore::Login { email: "e".into(), password: "p".into(), merchant_id: "m".into() };
    let client = Client::builder(server.url()).credentials(credentials).build().unwrap();
    let created = client.create_customer(&alex().build().unwrap()).detailed().await.unwrap();
    assert_eq!(created.attempts, 2);
    assert_eq!(server.seen()[3].header("authorization"), Some("Bearer new"));
}

#[tokio::test]
async fn a_second_401_is_final() {
    let login = |token: &str| Answer::json(200, &json!({"data": {"accessToken": token}}));
    let no = || Answer::text(401, "");
    let server = Server::start(vec![login("old"), no(), login("new"), no(), no()]).await.unwrap();
    let credentials = kunacore::Login { email: "e".into(), password: "p".into(), merchant_id: "m".into() };
    let client = Client::builder(server.url()).credentials(credentials).build().unwrap();
    let customer = alex().build().unwrap();
    let error = client.create_customer(&customer).await.expect_err("refused");
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Authentication, 2));
    // The next call does not log in again at once either.
    assert_eq!(client.create_customer(&customer).await.expect_err("refused").attempts(), 1);
    assert_eq!(server.seen().iter().filter(|seen| seen.path() == "/v2/auth/login").count(), 2);
}

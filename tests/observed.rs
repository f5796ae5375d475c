//! What the log shows of a call: one span, and in it one event an attempt, with OpenTelemetry's names; and a warning of a
//! call that is dropped too early.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::collections::BTreeMap;
use std::future::IntoFuture as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kunacore::{Client, Credentials, NewCustomer, NewCustomerBuilder};
use kunacore_tests::warnings::{Warnings, may_listen};
use kunacore_tests::{Answer, Server};
use serde_json::json;
use tracing::field::{Field, Visit};
use tracing::{Event, Metadata, Subscriber, span};

fn alex() -> NewCustomerBuilder {
    NewCustomer::builder()
        .email("alexsmith@mail.com")
        .first_name("Alex")
        .last_name("Smith")
        .country("FR")
        .verification_document_id("FV633452")
        .residence_address("Champ de Mars, 5 Av. Anatole France, 75007 Paris, France")
}

/// A client that sends once and looks nothing up.
fn client(url: &str) -> Client {
    let builder = Client::builder(url).credentials(Credentials::api_key("test-api-key"));
    builder.max_attempts(1).reconcile(false).build().unwrap()
}

type Fields = BTreeMap<&'static str, String>;

/// Keeps the spans and events of the client: `span` or `event`, and the fields.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<(&'static str, Fields)>>>);

struct Reader(Fields);

impl Visit for Reader {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}").trim_matches('"').to_owned());
    }
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("kunacore")
    }

    fn new_span(&self, attributes: &span::Attributes<'_>) -> span::Id {
        let mut reader = Reader(Fields::new());
        attributes.record(&mut reader);
        self.0.lock().unwrap().push(("span", reader.0));
        span::Id::from_u64(1)
    }

    fn event(&self, event: &Event<'_>) {
        let mut reader = Reader(Fields::new());
        event.record(&mut reader);
        reader.0.remove("milliseconds").expect("how long it took");
        self.0.lock().unwrap().push(("event", reader.0));
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

fn fields(pairs: &[(&'static str, &str)]) -> Fields {
    pairs.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
}

#[tokio::test]
async fn a_call_is_one_span_with_an_event_for_every_attempt() {
    may_listen();
    let throttled = Answer::text(429, "").header("retry-after", "0");
    let created = Answer::json(201, &json!({"data": {"id": "1", "walletId": "2"}}));
    let server = Server::start(vec![throttled, created]).await.unwrap();
    let client = Client::builder(server.url()).credentials(Credentials::api_key("k")).build().unwrap();
    let log = Log::default();
    let listening = tracing::subscriber::set_default(log.clone());
    client.create_customer(&alex().build().unwrap()).await.unwrap();
    drop(listening);
    let attempt = [("message", "attempt"), ("operation", "create_customer"), ("http.request.method", "POST")];
    let expected = [
        ("span", fields(&[("otel.name", "create_customer"), ("otel.kind", "client"), ("server.address", "127.0.0.1")])),
        ("event", fields(&[&attempt[..], &[("http.response.status_code", "429"), ("error.type", "429")]].concat())),
        (
            "event",
            fields(
                &[&attempt[..], &[("http.request.resend_count", "1"), ("http.response.status_code", "201")]].concat(),
            ),
        ),
    ];
    assert_eq!(*log.0.lock().unwrap(), expected);
}

#[tokio::test]
async fn an_attempt_without_an_answer_names_its_trouble() {
    may_listen();
    let server = Server::start(vec![Answer::Close]).await.unwrap();
    let log = Log::default();
    let listening = tracing::subscriber::set_default(log.clone());
    client(server.url()).create_customer(&alex().build().unwrap()).await.expect_err("lost");
    drop(listening);
    let events = log.0.lock().unwrap();
    assert_eq!(events[1].1.get("error.type").map(String::as_str), Some("connection_lost"));
    assert!(!events[1].1.contains_key("http.response.status_code"));
}

#[tokio::test]
async fn a_call_that_is_dropped_while_its_customer_is_looked_up_warns_too() {
    may_listen();
    let server = Server::start(vec![Answer::text(500, ""), Answer::Hang]).await.unwrap();
    let client = Client::builder(server.url()).credentials(Credentials::api_key("k")).build().unwrap();
    let customer = alex().build().unwrap();
    let warnings = Warnings::default();
    let listening = tracing::subscriber::set_default(warnings.clone());
    let call = client.create_customer(&customer).into_future();
    let dropped = tokio::time::timeout(Duration::from_millis(200), call).await;
    drop(listening);
    assert!(dropped.is_err(), "the look-up is not answered");
    assert_eq!(server.seen().len(), 2);
    let said = warnings.take();
    assert!(said.len() == 1 && said[0].contains("the server may have created the customer"), "{said:?}");
}

#[tokio::test]
async fn a_call_that_is_dropped_after_its_request_left_warns_and_names_nobody() {
    may_listen();
    let server = Server::start(vec![Answer::Hang]).await.unwrap();
    let client = client(server.url());
    let customer = alex().build().unwrap();
    let warnings = Warnings::default();
    let listening = tracing::subscriber::set_default(warnings.clone());
    let call = client.create_customer(&customer).into_future();
    let dropped = tokio::time::timeout(Duration::from_millis(200), call).await;
    drop(listening);
    assert!(dropped.is_err(), "the server does not answer");
    assert_eq!(server.seen().len(), 1);
    let said = warnings.take().join("\n");
    assert!(said.contains("the server may have created the customer"), "{said}");
    assert!(!said.contains("alexsmith") && !said.contains("test-api-key"), "{said}");
}

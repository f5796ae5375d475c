//! What HTTP/2 adds to the promises: a server can say that it did not act, and only what it says so clearly is believed.

use std::future::IntoFuture as _;
use std::time::Duration;

use kunacore::{Client, Credentials, Customer, Error, Outcome};
use kunacore_tests::http2::{self, Reaction, Server, created, go_away, reset};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;

use crate::alex;

const NO_ERROR: u32 = 0;
const INTERNAL_ERROR: u32 = 2;
const REFUSED_STREAM: u32 = 7;
const ENHANCE_YOUR_CALM: u32 = 11;
/// The last of the codes.
const HTTP_1_1_REQUIRED: u32 = 13;

/// The highest of all streams, which a server names when it begins to shut down and does not yet know the last.
const HIGHEST: u32 = (1 << 31) - 1;

fn client(url: &str) -> Client {
    let builder = Client::builder(url).credentials(Credentials::api_key("test-api-key"));
    builder.http2_prior_knowledge(true).max_attempts(1).reconcile(false).build().unwrap()
}

async fn create(client: &Client, email: &str) -> Result<Customer, Error> {
    client.create_customer(&alex().email(email).build().unwrap()).await
}

/// The outcome of a creation to which the server reacts so, after it was seen that the request came exactly once.
async fn outcome(react: impl FnMut(u32) -> Reaction + Send + 'static) -> Outcome {
    let server = Server::start(100, react).await.unwrap();
    let error = create(&client(server.url()), "a@example.com").await.expect_err("no customer");
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(server.bodies().len(), 1, "{error}");
    error.outcome()
}

#[tokio::test]
async fn an_answer_over_http2_is_read() {
    let server = Server::start(100, |stream| Reaction::Write(created(stream, "1", "2"))).await.unwrap();
    let customer = create(&client(server.url()), "a@example.com").await.unwrap();
    assert_eq!((customer.id().as_str(), customer.wallet_id().as_str()), ("1", "2"));
}

#[tokio::test]
async fn a_refused_stream_was_not_applied_and_is_not_sent_again_below_us() {
    let refused = outcome(|stream| Reaction::Write(reset(stream, REFUSED_STREAM))).await;
    assert_eq!(refused, Outcome::NotApplied);
    let and_closed = outcome(|stream| Reaction::Close(reset(stream, REFUSED_STREAM))).await;
    assert_eq!(and_closed, Outcome::NotApplied);
}

#[tokio::test]
async fn a_go_away_below_the_request_proves_that_it_was_not_applied_and_it_is_not_sent_again_below_us() {
    for code in [NO_ERROR, INTERNAL_ERROR, ENHANCE_YOUR_CALM] {
        let below = move |stream: u32| go_away(stream - 1, code);
        assert_eq!(outcome(move |stream| Reaction::Write(below(stream))).await, Outcome::NotApplied, "{code}");
        assert_eq!(outcome(move |stream| Reaction::Close(below(stream))).await, Outcome::NotApplied, "{code}");
        let announced = move |stream| [go_away(HIGHEST, NO_ERROR), below(stream)].concat();
        assert_eq!(outcome(move |stream| Reaction::Write(announced(stream))).await, Outcome::NotApplied, "{code}");
    }
}

#[tokio::test]
async fn a_go_away_that_includes_the_request_proves_nothing() {
    for code in [NO_ERROR, INTERNAL_ERROR, ENHANCE_YOUR_CALM] {
        assert_eq!(outcome(move |stream| Reaction::Close(go_away(stream, code))).await, Outcome::Unknown, "{code}");
        assert_eq!(outcome(move |_| Reaction::Close(go_away(HIGHEST, code))).await, Outcome::Unknown, "{code}");
    }
}

/// Two creations at once, to which the server reacts so when both have come.
async fn two(react: fn(first: u32, second: u32) -> Vec<u8>) -> [Result<Customer, Error>; 2] {
    let mut streams = Vec::new();
    let server = Server::start(100, move |stream| {
        streams.push(stream);
        Reaction::Write(match streams[..] {
            [first, second] => react(first, second),
            _ => Vec::new(),
        })
    });
    let server = server.await.unwrap();
    let client = client(server.url());
    let second = async {
        while server.bodies().is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        create(&client, "b@example.com").await
    };
    let (first, second) = tokio::join!(create(&client, "a@example.com"), second);
    assert_eq!(server.bodies().len(), 2);
    [first, second]
}

#[tokio::test]
async fn a_go_away_between_two_requests_parts_them() {
    let [first, second] = two(|first, _| [go_away(first, NO_ERROR), created(first, "1", "2")].concat()).await;
    assert_eq!(first.unwrap().wallet_id().as_str(), "2");
    assert_eq!(second.expect_err("turned away").outcome(), Outcome::NotApplied);
}

#[tokio::test]
async fn what_comes_for_a_request_that_was_turned_away_proves_nothing_of_the_others() {
    // h2 takes a promise for the second request as a breach of the protocol and ends both; a `GOAWAY` was the cause of
    // the second end only.
    let [first, second] = two(|first, second| [go_away(first, NO_ERROR), http2::push(second)].concat()).await;
    assert_eq!(first.expect_err("lost").outcome(), Outcome::Unknown);
    assert_eq!(second.expect_err("turned away").outcome(), Outcome::NotApplied);
}

#[tokio::test]
async fn any_other_reset_proves_nothing() {
    for code in (NO_ERROR..=HTTP_1_1_REQUIRED).filter(|code| *code != REFUSED_STREAM) {
        assert_eq!(outcome(move |stream| Reaction::Write(reset(stream, code))).await, Outcome::Unknown, "{code}");
    }
}

#[tokio::test]
async fn a_reset_or_a_go_away_of_our_own_proves_nothing() {
    // A body without a head makes h2 give up the connection, a head without a status only the stream.
    let connection = outcome(|stream| Reaction::Write(http2::body(stream, "{}"))).await;
    assert_eq!(connection, Outcome::Unknown);
    let stream = outcome(|stream| Reaction::Write(http2::head_without_status(stream))).await;
    assert_eq!(stream, Outcome::Unknown);
}

#[tokio::test]
async fn an_answer_that_has_begun_outweighs_a_refusal() {
    let refused = outcome(|stream| Reaction::Write([http2::head(stream), reset(stream, REFUSED_STREAM)].concat()));
    assert_eq!(refused.await, Outcome::Unknown);
}

#[tokio::test]
async fn a_connection_that_closes_without_a_word_proves_nothing() {
    assert_eq!(outcome(|_| Reaction::Close(Vec::new())).await, Outcome::Unknown);
}

/// What a client offers to speak behind TLS, as the start of its handshake says in the clear.
async fn offers(known: bool) -> (bool, bool) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = Client::builder(format!("https://{}", listener.local_addr().unwrap()))
        .credentials(Credentials::api_key("k"))
        .ca_bundle(concat!(env!("CARGO_MANIFEST_DIR"), "/support/example-ca.pem"))
        .http2_prior_knowledge(known)
        .max_attempts(1)
        .build()
        .unwrap();
    let customer = alex().build().unwrap();
    let hello = async {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut hello = vec![0; 4096];
        let length = socket.read(&mut hello).await.unwrap();
        hello.truncate(length);
        hello
    };
    let (hello, _) = tokio::join!(hello, client.create_customer(&customer).into_future());
    let holds = |protocol: &[u8]| hello.windows(protocol.len()).any(|window| window == protocol);
    (holds(b"\x02h2"), holds(b"\x08http/1.1"))
}

#[tokio::test]
async fn a_client_that_knows_of_http2_offers_nothing_else_behind_tls() {
    assert_eq!(offers(false).await, (true, true));
    assert_eq!(offers(true).await, (true, false));
}

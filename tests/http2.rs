//! What HTTP/2 adds to the promises.

use std::future::IntoFuture as _;

use kunacore::{Client, Credentials};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;

use crate::alex;

/// What a client offers to speak behind TLS, as the start of its handshake says in the clear.
async fn offers(known: bool) -> (bool, bool) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = Client::builder(format!("https://{}", listener.local_addr().unwrap()))
        .credentials(Credentials::api_key("k"))
        .ca_bundle(concat!(env!("CARGO_MANIFEST_DIR"), "/support/example-ca.pem"))
        .http2_prior_knowledge(known)
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

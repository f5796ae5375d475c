//! TLS: who is spoken to and in what, who is believed, and what those who fail the handshake can do.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};

use crate::support::{Tried, alex, client, http_2, shake_hands, start, started};
use kunacore_sandbox::SandboxOptions;
use reqwest::{Client, StatusCode, Version};

async fn with_tls() -> Tried {
    start(SandboxOptions { tls: true, ..SandboxOptions::default() }).await
}

async fn create_over(http: &Client, tried: &Tried) -> reqwest::Result<reqwest::Response> {
    let request = http.post(tried.url("/v2/customer/create")).header("api-key", tried.sandbox.api_key());
    request.json(&alex()).send().await
}

#[tokio::test]
async fn http_1_and_http_2_are_spoken_as_the_client_likes_best() {
    let built = |builder: reqwest::ClientBuilder| builder.build().expect("a client can be built");
    for choice in [Version::HTTP_11, Version::HTTP_2] {
        let tried = with_tls().await;
        assert!(tried.sandbox.url().starts_with("https://127.0.0.1:"));
        let only = match choice {
            Version::HTTP_2 => http_2(&tried.sandbox),
            _ => built(client(&tried.sandbox).http1_only()),
        };
        let response = create_over(&only, &tried).await.expect("an answer");
        assert_eq!((response.version(), response.status()), (choice, StatusCode::CREATED));
    }
    // A client that offers both gets HTTP/2.
    let tried = with_tls().await;
    let response = create_over(&tried.http, &tried).await.expect("an answer");
    assert_eq!((response.version(), response.status()), (Version::HTTP_2, StatusCode::CREATED));
}

#[tokio::test]
async fn the_certificate_is_for_this_machine_and_the_address_listened_on_and_no_other() {
    let listen = SocketAddr::from((Ipv4Addr::new(127, 0, 0, 2), 0));
    let tried = start(SandboxOptions { listen, tls: true, ..SandboxOptions::default() }).await;
    let connect = || TcpStream::connect(tried.sandbox.address()).expect("the sandbox listens");
    for name in ["localhost", "127.0.0.1", "::1", "127.0.0.2"] {
        assert!(shake_hands(connect(), name, &tried.sandbox).is_ok(), "{name}");
    }
    for name in ["kunacore.example", "127.0.0.3"] {
        assert!(shake_hands(connect(), name, &tried.sandbox).is_err(), "{name}");
    }
}

#[tokio::test]
async fn who_trusts_another_sandbox_does_not_trust_this_one() {
    let (tried, other) = (with_tls().await, with_tls().await);
    let error = create_over(&other.http, &tried).await.expect_err("it is not trusted");
    assert!(error.is_connect(), "{error:?}");
    assert_eq!(tried.sandbox.ledger().expect("the ledger is readable").requests.create, 0);
    assert_eq!(tried.create(&alex()).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn those_who_fail_the_handshake_are_hung_up_on_and_hold_up_nobody() {
    let tried = with_tls().await;
    let connect = || TcpStream::connect(tried.sandbox.address()).expect("the sandbox listens");
    let mut silent = connect();
    let mut half = connect();
    half.write_all(&[22, 3, 1, 2, 0, 1]).expect("the sandbox reads");
    let mut gone = connect();
    gone.write_all(&[22, 3, 1]).expect("the sandbox reads");
    drop(gone);
    let mut plain = connect();
    plain.write_all(b"GET /_sandbox/ledger HTTP/1.1\r\nhost: sandbox\r\n\r\n").expect("the sandbox reads");
    let mut came = Vec::new();
    plain.read_to_end(&mut came).expect("a clean end");
    assert!(!came.starts_with(b"HTTP"), "{came:?}");

    assert_eq!(tried.create(&alex()).await.status, StatusCode::CREATED);
    tried.sandbox.stop();
    for unfinished in [&mut silent, &mut half] {
        assert!(matches!(unfinished.read(&mut [0; 1]), Ok(0) | Err(_)));
    }
}

#[tokio::test]
async fn without_it_there_is_no_authority_and_no_tls() {
    let (plain, tls) = (started().await, with_tls().await);
    assert_eq!((plain.sandbox.ca_pem(), &plain.sandbox.url()[..7]), (None, "http://"));
    let socket = TcpStream::connect(plain.sandbox.address()).expect("the sandbox listens");
    assert!(shake_hands(socket, "localhost", &tls.sandbox).is_err());
    assert_eq!(plain.create(&alex()).await.status, StatusCode::CREATED);
}

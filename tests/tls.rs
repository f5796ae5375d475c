//! Client and sandbox over TLS: who is trusted, and what is proved when nobody is.

use std::io::Write as _;

use kunacore::{Client, Credentials, Error, ErrorKind, Outcome};
use kunacore_sandbox::{Effect, Fault, Operation, Phase, Sandbox, SandboxOptions};

use crate::{alex, alex_in_full};

async fn with_tls() -> Sandbox {
    Sandbox::start(SandboxOptions { tls: true, ..SandboxOptions::default() }).await.unwrap()
}

/// A client of one sandbox that trusts the authority of another, or the same.
fn client(of: &Sandbox, trusting: &Sandbox) -> Client {
    let mut bundle = tempfile::NamedTempFile::new().unwrap();
    bundle.write_all(trusting.ca_pem().unwrap().as_bytes()).unwrap();
    let builder = Client::builder(of.url()).credentials(Credentials::api_key(of.api_key()));
    builder.ca_bundle(bundle.path()).build().unwrap()
}

async fn creation_fails(client: &Client) -> Error {
    client.create_customer(&alex_in_full()).reconcile(false).await.expect_err("an error")
}

#[tokio::test]
async fn a_customer_is_created_by_who_trusts_the_sandboxs_authority() {
    let sandbox = with_tls().await;
    let client = client(&sandbox, &sandbox);
    let created = client.create_customer(&alex_in_full()).await.unwrap();
    assert_eq!(client.customer_details(created.id().clone()).await.unwrap(), created);
    assert_eq!(sandbox.ledger().unwrap().created.len(), 1);
}

#[tokio::test]
async fn a_server_that_is_not_trusted_is_sent_nothing_and_the_error_says_why() {
    let (sandbox, other) = (with_tls().await, with_tls().await);
    let error = creation_fails(&client(&sandbox, &other)).await;
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Unavailable, Outcome::NotApplied));
    assert_eq!(error.code(), Some("connect"));
    assert!(error.message().contains("invalid peer certificate"), "{error}");
    assert!(error.next().contains("ca_bundle (--ca-bundle) or SSL_CERT_FILE"), "{error}");
    assert_eq!(sandbox.ledger().unwrap().requests.create, 0);
}

#[tokio::test]
async fn an_answer_that_is_lost_leaves_the_outcome_unknown_over_tls_too() {
    for effect in [Effect::Reset {}, Effect::Close {}, Effect::Truncate { bytes: 20 }] {
        let sandbox = with_tls().await;
        let client = client(&sandbox, &sandbox);
        let fault = Fault::new(Operation::Create, Phase::After, effect.clone());
        sandbox.set_faults(&[Fault { count: Some(1), ..fault }]).unwrap();
        assert_eq!(creation_fails(&client).await.outcome(), Outcome::Unknown, "{effect:?}");
        assert_eq!(sandbox.ledger().unwrap().created.len(), 1, "{effect:?}");
        // The next call gets a connection of its own.
        client.create_customer(&alex().email("b@example.com").build().unwrap()).await.unwrap();
    }
}

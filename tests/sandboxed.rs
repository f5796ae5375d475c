//! Client and sandbox together: two programs that share nothing but the contract.

use kunacore::{Client, Credentials, CustomerFilter, ErrorKind, Login, Outcome};
use kunacore_sandbox::{Dialect, Sandbox, SandboxOptions};

use crate::{alex, alex_in_full};

fn of(sandbox: &Sandbox) -> Client {
    Client::builder(sandbox.url()).credentials(Credentials::api_key(sandbox.api_key())).build().unwrap()
}

#[tokio::test]
async fn a_customer_is_created_found_and_shown() {
    let sandbox = Sandbox::start(SandboxOptions::default()).await.unwrap();
    let client = of(&sandbox);
    let created = client.create_customer(&alex_in_full()).await.unwrap();
    let found = client.find_customers(&CustomerFilter::new().email("AlexSmith@mail.com")).await.unwrap();
    let shown = client.customer_details(created.id().clone()).await.unwrap();
    assert_eq!((&found[..], &shown), (&[created.clone()][..], &created));
    assert_eq!(sandbox.ledger().unwrap().created.len(), 1);
}

#[tokio::test]
async fn a_customer_is_created_over_http2_without_tls() {
    let sandbox = Sandbox::start(SandboxOptions::default()).await.unwrap();
    let builder = Client::builder(sandbox.url()).credentials(Credentials::api_key(sandbox.api_key()));
    let client = builder.http2_prior_knowledge(true).build().unwrap();
    client.create_customer(&alex_in_full()).await.unwrap();
    assert_eq!(sandbox.ledger().unwrap().created.len(), 1);
}

#[tokio::test]
async fn a_login_works_and_its_token_too() {
    let sandbox = Sandbox::start(SandboxOptions::default()).await.unwrap();
    let login = Login {
        email: sandbox.email().into(),
        password: sandbox.password().into(),
        merchant_id: sandbox.merchant_id().into(),
    };
    let client = Client::builder(sandbox.url()).credentials(login).build().unwrap();
    client.create_customer(&alex_in_full()).await.unwrap();
    client.create_customer(&alex().email("b@example.com").build().unwrap()).await.unwrap();
    assert_eq!(sandbox.ledger().unwrap().requests.login, 1);
}

#[tokio::test]
async fn a_duplicate_is_rejected_in_every_dialect_and_status() {
    for dialect in Dialect::VALUES {
        for duplicate_status in [400, 409, 422] {
            let options = SandboxOptions { dialect, duplicate_status, ..SandboxOptions::default() };
            let sandbox = Sandbox::start(options).await.unwrap();
            let client = of(&sandbox);
            let first = client.create_customer(&alex_in_full()).await.unwrap();
            // Where a page or nothing names no reason, the look-up does.
            let error = client.create_customer(&alex_in_full()).await.expect_err("a duplicate");
            assert_eq!((error.kind(), error.outcome()), (ErrorKind::Duplicate, Outcome::Rejected), "{dialect}");
            assert_eq!(error.existing(), Some(&first), "{dialect} {duplicate_status}");
            assert_eq!(error.status(), Some(duplicate_status));
            assert!(error.request_id().is_some());
            assert!(!error.to_string().contains("alexsmith@mail.com"), "{error}");
            assert_eq!(sandbox.ledger().unwrap().created.len(), 1);
        }
    }
}

#[tokio::test]
async fn a_wrong_key_is_told_as_such_in_every_dialect() {
    for dialect in Dialect::VALUES {
        let sandbox = Sandbox::start(SandboxOptions { dialect, ..SandboxOptions::default() }).await.unwrap();
        let client = Client::builder(sandbox.url()).credentials(Credentials::api_key("wrong")).build().unwrap();
        let error = client.create_customer(&alex_in_full()).await.expect_err("a wrong key");
        assert_eq!((error.kind(), error.status()), (ErrorKind::Authentication, Some(401)), "{dialect}");
    }
}

#[tokio::test]
async fn an_unknown_id_is_not_found() {
    let sandbox = Sandbox::start(SandboxOptions::default()).await.unwrap();
    let error = of(&sandbox).customer_details("nobody").await.expect_err("unknown");
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

//! The fault matrix, overheard: every fault, with both kinds of credentials, over both protocols, in every dialect.

use std::io::Write as _;
use std::time::Duration;

use kunacore::{Client, ClientBuilder, Credentials, CustomerFilter, Error, Field, Login};
use kunacore_sandbox::{Dialect, Fault, Sandbox, SandboxOptions};
use tokio::task::JoinSet;

use crate::canaries::{self, value};
use crate::faults::{self, Case};
use crate::{listen, see, see_created, see_customers, see_error};

/// How many sandboxes run at once.
const AT_ONCE: usize = 12;

fn builder(server: &Sandbox, http2: bool) -> ClientBuilder {
    Client::builder(server.url())
        .timeout(Duration::from_millis(300))
        .settle(Duration::from_millis(50))
        .pause(Duration::from_millis(1))
        .http2_prior_knowledge(http2)
}

fn login(server: &Sandbox) -> Login {
    let merchant_id = server.merchant_id().into();
    Login { email: server.email().into(), password: server.password().into(), merchant_id }
}

/// Every call, with a customer that is created, refused as a duplicate, found and shown; and what each of them gives.
async fn every_call(client: &Client) -> Vec<Error> {
    see("Client", &format!("{client:?}\n{client:#?}"));
    let customer = canaries::customer();
    let mut errors = Vec::new();
    let mut id = None;
    for _ in 0..2 {
        let created = client.create_customer(&customer).detailed().await;
        see_created(&created);
        id = created.as_ref().ok().map(|created| created.customer.id().clone()).or(id);
        errors.extend(created.err());
    }
    let stranger = canaries::builder().first_name("QzCanary the Other").external_id("qzcanary-2").build().unwrap();
    for (customer, maybe_sent) in [(&customer, true), (&stranger, false)] {
        let ensured = client.ensure_customer(customer).maybe_sent(maybe_sent).detailed().await;
        see_created(&ensured);
        errors.extend(ensured.err());
    }
    let filter = CustomerFilter::new().email(value(Field::Email)).comment(value(Field::Comment));
    see_customers(&client.find_customers(&filter).await);
    let known = client.customer_details(id.unwrap_or_else(|| "nobody".into())).await.map(|customer| vec![customer]);
    see_customers(&known);
    if let Err(error) = client.customer_details(value(Field::ExternalId)).await {
        see_error(&error);
    }
    errors
}

/// How many calls failed, and in how many of those errors the server's words have a name where they had an e-mail.
async fn combination(fault: Case, with_login: bool, http2: bool, number: usize) -> (usize, usize) {
    let options = SandboxOptions {
        dialect: Dialect::VALUES[number % Dialect::VALUES.len()],
        duplicate_status: [409, 400, 422][number % 3],
        ..SandboxOptions::default()
    };
    let server = Sandbox::start(options).await.unwrap();
    let rules: Vec<Fault> = fault.rules.into_iter().map(|rule| Fault { count: Some(1), ..rule }).collect();
    server.set_faults(&rules).unwrap();
    let right: Credentials = if with_login { login(&server).into() } else { Credentials::api_key(server.api_key()) };
    let wrong: Credentials = match (with_login, number % 2) {
        (true, 0) => canaries::login().into(),
        (true, _) => Credentials::access_token(canaries::ACCESS_TOKEN),
        (false, _) => Credentials::api_key(canaries::API_KEY),
    };
    let mut errors = every_call(&builder(&server, http2).credentials(right).build().unwrap()).await;
    let stranger = builder(&server, http2).credentials(wrong).build().unwrap();
    errors.extend(stranger.create_customer(&canaries::customer()).await.err());
    errors.iter().for_each(see_error);
    (errors.len(), errors.iter().filter(|error| error.message().contains("‹email›")).count())
}

#[test]
fn no_fault_makes_anybody_tell_what_was_sent() {
    let mut totals = (0, 0);
    let heard = listen(async {
        let mut tasks = JoinSet::new();
        let mut add = |ended: Option<Result<(usize, usize), _>>| {
            let (failed, scrubbed) = ended.unwrap().unwrap();
            totals = (totals.0 + failed, totals.1 + scrubbed);
        };
        let mut number = 0;
        for with_login in [false, true] {
            for http2 in [false, true] {
                for fault in faults::all() {
                    if tasks.len() == AT_ONCE {
                        add(tasks.join_next().await);
                    }
                    tasks.spawn(combination(fault, with_login, http2, number));
                    number += 1;
                }
            }
        }
        while !tasks.is_empty() {
            add(tasks.join_next().await);
        }
    });
    heard.is_clean();
    let (failed, scrubbed) = totals;
    assert!(failed > 300 && scrubbed > 20, "{failed} calls failed, of which {scrubbed} were told an e-mail");
    for (name, least) in [("kunacore", 1000), ("hyper_util", 1000), ("h2", 10_000), ("seen", 1000)] {
        assert!(heard.from(name) > least, "{name} was heard {} times: {:?}", heard.from(name), heard.targets);
    }
    assert!(!cfg!(hyper_unstable_tracing) || heard.from("hyper") > 1000, "{:?}", heard.targets);
}

#[test]
fn tls_does_not_either() {
    let heard = listen(async {
        for (with_login, http2) in [(false, false), (true, false), (true, true)] {
            let options = SandboxOptions { tls: true, ..SandboxOptions::default() };
            let server = Sandbox::start(options).await.unwrap();
            let mut bundle = tempfile::NamedTempFile::new().unwrap();
            bundle.write_all(server.ca_pem().unwrap().as_bytes()).unwrap();
            let right: Credentials =
                if with_login { login(&server).into() } else { Credentials::api_key(server.api_key()) };
            let builder = builder(&server, http2).credentials(right);
            every_call(&builder.clone().ca_bundle(bundle.path()).build().unwrap()).await;
            // A server that is not trusted.
            let authority = concat!(env!("CARGO_MANIFEST_DIR"), "/support/example-ca.pem");
            every_call(&builder.ca_bundle(authority).reconcile(false).max_attempts(1).build().unwrap()).await;
        }
    });
    heard.is_clean();
    for name in ["rustls", "h2", "hyper_util", "kunacore"] {
        assert!(heard.from(name) > 50, "{name} was heard {} times: {:?}", heard.from(name), heard.targets);
    }
}

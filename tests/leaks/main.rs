//! Nothing that anybody prints holds personal data or a secret: no log of any crate at any level, no error, no `Debug`.
//!
//! Every value is a canary; see `canaries` for how they are looked for, and `ears` for what is heard. hyper itself logs
//! only where a program is built for it: `RUSTFLAGS="--cfg hyper_unstable_tracing" cargo test -p kunacore-tests --test
//! leaks` hears it too.
//!
//! There is one exception, in `servers`: the text with which an HTTP/2 server ends a connection (the debug data of a
//! `GOAWAY`) is logged by `h2` and those above it as it came. It is not in our errors and logs.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod canaries;
mod ears;
#[path = "../matrix/faults.rs"]
#[allow(dead_code, reason = "schedules of faults are the matrix's own")]
mod faults;
mod matrix;
mod servers;
mod values;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ears::{listen, see};
use kunacore::{Created, Customer, Error};

/// Takes everything that can be printed of an error.
fn see_error(error: &Error) {
    see("Error", &format!("{error}\n{error:?}\n{error:#?}"));
    let source = std::error::Error::source(error).map(ToString::to_string);
    see("Error", &format!("{}\n{}\n{:?}\n{source:?}", error.message(), error.next(), error.problems()));
    see("Error", &format!("{:?}\n{:?}", error.code(), error.request_id()));
}

fn see_created(result: &Result<Created, Error>) {
    match result {
        Ok(created) => see("Created", &format!("{created:?}\n{created:#?}")),
        Err(error) => see_error(error),
    }
}

fn see_customers(result: &Result<Vec<Customer>, Error>) {
    match result {
        Ok(customers) => see("Customer", &format!("{customers:?}\n{customers:#?}")),
        Err(error) => see_error(error),
    }
}

#[test]
fn what_is_logged_on_purpose_is_heard_in_every_spelling() {
    let told = |text: &str| !listen(async { tracing::trace!("{text}") }).who_told().is_empty();
    let logged = listen(async { log::trace!("{}", canaries::API_KEY) });
    assert_eq!(logged.who_told(), ["leaks"]);
    let in_a_span = listen(async { drop(tracing::trace_span!("a span", key = canaries::API_KEY)) });
    assert_eq!(in_a_span.who_told(), ["leaks"]);
    for field in kunacore::Field::ALL {
        let value = canaries::value(field);
        assert!(told(value) && told(&format!("{:?}", serde_json::to_string(value).unwrap())), "{field}");
    }
    for secret in [canaries::PASSWORD, canaries::ACCESS_TOKEN, canaries::MERCHANT_ID, "sandbox-password"] {
        assert!(told(secret) && told(&secret.to_uppercase()) && told(&secret.to_lowercase()), "{secret}");
        let bytes = secret.as_bytes();
        assert!(told(&format!("{bytes:?}")) && told(&format!("{bytes:#?}")) && told(&format!("{bytes:02x?}")));
        // As h2 and hyper print bytes.
        assert!(told(&format!("b\"{}\"", bytes.escape_ascii())), "{secret}");
        let told_in_base64 = |before: usize| told(&STANDARD.encode(format!("{}{secret}.", &"user:"[before..])));
        assert!((0..3).all(told_in_base64), "{secret}");
    }
    assert!(!told("nothing in particular"));
}

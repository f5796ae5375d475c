//! What no single crate can promise.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod answers;
mod conformance;
mod contract;
mod errors;
mod http2;
mod lookups;
mod sandboxed;
mod tls;
mod transport;
mod wire;

use kunacore::{Client, Credentials, NewCustomer, NewCustomerBuilder};

/// The seed page's customer, with the six required fields.
fn alex() -> NewCustomerBuilder {
    NewCustomer::builder()
        .email("alexsmith@mail.com")
        .first_name("Alex")
        .last_name("Smith")
        .country("FR")
        .verification_document_id("FV633452")
        .residence_address("Champ de Mars, 5 Av. Anatole France, 75007 Paris, France")
}

/// The seed page's customer, with all eleven fields.
fn alex_in_full() -> NewCustomer {
    alex()
        .phone_number("+380991234567")
        .comment("Alex is a special client. Hi is a refferal of Denis.")
        .external_id("12124d80-dd80-4c70-aa9c-c2aa014cc29e")
        .referral_id("1f44b1c7-9fd4-4d20-b9a4-7aca3646d0d5")
        .itn("633-123-92-12")
        .build()
        .expect("valid")
}

/// A client that sends once and looks nothing up: what one request and its answer make of a call.
fn client(url: &str) -> Client {
    Client::builder(url)
        .credentials(Credentials::api_key("test-api-key"))
        .max_attempts(1)
        .reconcile(false)
        .build()
        .expect("a client")
}

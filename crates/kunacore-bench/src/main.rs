//! What the client is measured beside: servers that do next to nothing, the same requests by reqwest alone, and the
//! tables to import.
//!
//! ```text
//! kunacore-bench serve                     a server whose answers are for the customer of these programs; it says where
//! kunacore-bench serve-rows MILLISECONDS   a server whose answers are for anybody, and come after so long
//! kunacore-bench core URL COUNT            so many creations by the client, one after the other on one connection, so that
//!                                          the instructions of a call can be counted
//! kunacore-bench bare URL COUNT            the same requests by reqwest alone
//! kunacore-bench table COUNT               a table of so many customers, as CSV
//! kunacore-bench bodies COUNT              the bodies of the requests that create them, one a line
//! kunacore-bench many CLIENT URL FILE IN_FLIGHT   those bodies by hyper, reqwest or core, so many at once
//! ```

mod bare;
mod many;
mod rows;
mod server;
mod tale;

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use kunacore::{Client, Credentials, NewCustomer};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const API_KEY: &str = "a key of the length that keys have";

const USAGE: &str = "usage: kunacore-bench serve | serve-rows MILLISECONDS | core URL COUNT | bare URL COUNT | \
                     table COUNT | bodies COUNT | many CLIENT URL FILE IN_FLIGHT";

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match words[..] {
        ["serve"] => runtime.block_on(server::serve(Some("alexsmith@mail.com"), Duration::ZERO)),
        ["serve-rows", latency] => runtime.block_on(server::serve(None, Duration::from_millis(latency.parse()?))),
        ["core", url, count] => runtime.block_on(core(url, count.parse()?)),
        ["bare", url, count] => runtime.block_on(bare::run(url, count.parse()?)),
        ["table", count] => rows::write_table(count.parse()?),
        ["bodies", count] => rows::write_bodies(count.parse()?),
        ["many", client, url, file, in_flight] => {
            runtime.block_on(many::run(client, url, Path::new(file), in_flight.parse()?))
        }
        _ => Err(USAGE.into()),
    }
}

async fn core(url: &str, count: usize) -> Result<()> {
    let client = Client::builder(url).credentials(Credentials::api_key(API_KEY)).build()?;
    let customer = NewCustomer::from_json(CUSTOMER.as_bytes())?;
    for _ in 0..count {
        let created = client.create_customer(&customer).await?;
        std::hint::black_box(created.wallet_id());
    }
    Ok(())
}

/// With all eleven fields.
const CUSTOMER: &str = r#"{
    "email": "alexsmith@mail.com",
    "firstName": "Alex",
    "lastName": "Smith",
    "country": "FR",
    "verificationDocumentId": "FV633452",
    "residenceAddress": "Champ de Mars, 5 Av. Anatole France, 75007 Paris, France",
    "phoneNumber": "+380991234567",
    "comment": "Alex is a special client.",
    "externalId": "12124d80-dd80-4c70-aa9c-c2aa014cc29e",
    "referralId": "1f44b1c7-9fd4-4d20-b9a4-7aca3646d0d5",
    "itn": "633-123-92-12"
}"#;

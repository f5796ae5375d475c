//! Creates customers one after the other on one connection, so that the instructions of a call can be counted:
//!
//! ```text
//! kunacore-bench serve             a server that always gives the same answer; it says where it listens
//! kunacore-bench core URL COUNT    so many creations by the client
//! kunacore-bench bare URL COUNT    the same requests by reqwest alone
//! ```

mod bare;
mod server;

use std::error::Error;

use kunacore::{Client, Credentials, NewCustomer};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const API_KEY: &str = "a key of the length that keys have";

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match words[..] {
        ["serve"] => runtime.block_on(server::serve()),
        ["core", url, count] => runtime.block_on(core(url, count.parse()?)),
        ["bare", url, count] => runtime.block_on(bare::run(url, count.parse()?)),
        _ => Err("usage: kunacore-bench serve | core URL COUNT | bare URL COUNT".into()),
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

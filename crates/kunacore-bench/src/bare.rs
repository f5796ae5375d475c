//! The yardstick: what a careful program does with reqwest alone. It sends the same bytes over a client of the same
//! configuration, checks the status and the e-mail, and keeps the answer as JSON and as fields of its own.

use reqwest::header::{ACCEPT, HeaderValue};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{API_KEY, CUSTOMER, Result};

/// A customer to create, in the order in which the client sends the fields.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewCustomer {
    comment: Option<String>,
    country: String,
    email: String,
    external_id: Option<String>,
    first_name: String,
    itn: Option<String>,
    last_name: String,
    phone_number: Option<String>,
    referral_id: Option<String>,
    residence_address: String,
    verification_document_id: String,
}

/// A customer that was created, as the client has it.
struct Customer {
    id: String,
    wallet_id: String,
    email: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    phone_number: Option<String>,
    comment: Option<String>,
    external_id: Option<String>,
    referral_id: Option<String>,
    created_at: Option<String>,
    raw: Value,
}

impl Customer {
    fn read(raw: Value) -> Option<Self> {
        let text = |name: &str| raw.get(name).and_then(Value::as_str).map(str::to_owned);
        Some(Self {
            id: text("id")?,
            wallet_id: text("walletId")?,
            email: text("email"),
            first_name: text("firstName"),
            last_name: text("lastName"),
            phone_number: text("phoneNumber"),
            comment: text("comment"),
            external_id: text("externalId"),
            referral_id: text("referralId"),
            created_at: text("createdAt"),
            raw,
        })
    }
}

/// Creates so many customers.
pub(crate) async fn run(url: &str, count: usize) -> Result<()> {
    let client = client()?;
    let mut key = HeaderValue::from_static(API_KEY);
    key.set_sensitive(true);
    let customer: NewCustomer = serde_json::from_str(CUSTOMER)?;
    for _ in 0..count {
        let created = create(&client, url, &key, &customer).await?;
        let Customer { id, wallet_id, email, first_name, last_name, .. } = &created;
        std::hint::black_box((id, wallet_id, email, first_name, last_name));
        let Customer { phone_number, comment, external_id, referral_id, created_at, raw, .. } = &created;
        std::hint::black_box((phone_number, comment, external_id, referral_id, created_at, raw));
    }
    Ok(())
}

async fn create(client: &reqwest::Client, url: &str, key: &HeaderValue, customer: &NewCustomer) -> Result<Customer> {
    let request = client
        .post(format!("{url}/v2/customer/create"))
        .header(ACCEPT, HeaderValue::from_static("application/json"))
        .header("api-key", key.clone())
        .json(customer);
    let response = request.send().await?.error_for_status()?;
    let request_id = response.headers().get("x-request-id").and_then(|id| id.to_str().ok()).map(str::to_owned);
    std::hint::black_box(request_id);
    let body = response.bytes().await?;
    let mut body: Value = serde_json::from_slice(&body)?;
    let created = body.get_mut("data").map(Value::take).and_then(Customer::read).ok_or("no customer")?;
    match &created.email {
        Some(email) if !email.eq_ignore_ascii_case(&customer.email) => Err("another customer".into()),
        _ => Ok(created),
    }
}

/// Of the same configuration as the client's; nothing of TLS is used on a server of this machine.
pub(crate) fn client() -> Result<reqwest::Client> {
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let client = reqwest::Client::builder()
        .user_agent(concat!("kunacore/", env!("CARGO_PKG_VERSION")))
        .tls_backend_preconfigured(tls)
        .timeout(kunacore::defaults::TIMEOUT)
        .connect_timeout(kunacore::defaults::CONNECT_TIMEOUT)
        .pool_idle_timeout(kunacore::defaults::POOL_IDLE_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy();
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let client = client.tcp_user_timeout(kunacore::defaults::TCP_USER_TIMEOUT);
    Ok(client.build()?)
}

//! What the tests share: the example customer, and a client that is nothing but HTTP.
//!
//! The client is deliberately not ours, so that the sandbox is held to the wire and to nothing else.

use std::io;
use std::net::TcpStream;
use std::sync::Arc;

use kunacore_sandbox::{Sandbox, SandboxOptions};
use reqwest::{Certificate, Client, ClientBuilder, RequestBuilder, StatusCode};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::{Value, json};

pub(crate) const ALEX: &str = "alexsmith@mail.com";

/// The documented example.
pub(crate) fn alex() -> Value {
    json!({
        "email": ALEX,
        "phoneNumber": "+380991234567",
        "firstName": "Alex",
        "lastName": "Smith",
        "comment": "Alex is a special client.",
        "externalId": "12124d80-dd80-4c70-aa9c-c2aa014cc29e",
        "referralId": "1f44b1c7-9fd4-4d20-b9a4-7aca3646d0d5",
        "country": "FR",
        "verificationDocumentId": "FV633452",
        "residenceAddress": "Champ de Mars, 5 Av. Anatole France, 75007 Paris, France",
        "itn": "633-123-92-12",
    })
}

/// The least that a customer can be.
pub(crate) fn customer(email: &str) -> Value {
    json!({
        "email": email,
        "firstName": "Alex",
        "lastName": "Smith",
        "country": "FR",
        "verificationDocumentId": "FV633452",
        "residenceAddress": "Champ de Mars, Paris",
    })
}

/// The example with one field changed, or left out when the value is `None`.
pub(crate) fn alex_with(field: &str, value: Option<Value>) -> Value {
    let mut body = alex();
    match value {
        Some(value) => body[field] = value,
        None => {
            body.as_object_mut().expect("the example is an object").remove(field);
        }
    }
    body
}

/// A client without a proxy and without retries, that trusts the authority of a sandbox and no other.
pub(crate) fn client(trusted: &Sandbox) -> ClientBuilder {
    // Reqwest wants to know who does TLS, even when nobody has to. A second call changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let ca = trusted.ca_pem().map(|pem| Certificate::from_pem(pem.as_bytes()).expect("a certificate"));
    Client::builder().no_proxy().retry(reqwest::retry::never()).tls_certs_only(ca)
}

/// As above, and over HTTP/2.
pub(crate) fn http_2(trusted: &Sandbox) -> Client {
    client(trusted).http2_prior_knowledge().build().expect("a client can be built")
}

/// Shakes hands over a socket with a server that goes by a name, trusting the authority of a sandbox and no other. For what
/// HTTP clients do not tell.
pub(crate) fn shake_hands(
    mut socket: TcpStream,
    name: &str,
    trusted: &Sandbox,
) -> io::Result<StreamOwned<ClientConnection, TcpStream>> {
    let mut roots = RootCertStore::empty();
    let ca = trusted.ca_pem().expect("the sandbox speaks TLS");
    roots.add(CertificateDer::from_pem_slice(ca.as_bytes()).expect("a certificate")).expect("an authority");
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring knows them")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(name.to_owned()).expect("a name or an address");
    let mut connection = ClientConnection::new(Arc::new(config), name).expect("a client can be made");
    while connection.is_handshaking() {
        connection.complete_io(&mut socket)?;
    }
    Ok(StreamOwned::new(connection, socket))
}

/// A running sandbox and a client for it.
pub(crate) struct Tried {
    pub(crate) sandbox: Sandbox,
    pub(crate) http: Client,
}

/// An answer that was read to its end.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).expect("the answer is JSON")
    }
}

pub(crate) async fn start(options: SandboxOptions) -> Tried {
    let sandbox = Sandbox::start(options).await.expect("the sandbox starts");
    let http = client(&sandbox).build().expect("a client can be built");
    Tried { sandbox, http }
}

pub(crate) async fn started() -> Tried {
    start(SandboxOptions::default()).await
}

pub(crate) async fn send(request: RequestBuilder) -> Answer {
    let response = request.send().await.expect("the sandbox answers");
    Answer {
        status: response.status(),
        headers: response.headers().clone(),
        text: response.text().await.expect("the answer is text"),
    }
}

impl Tried {
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.sandbox.url())
    }

    /// A POST with the api-key.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        send(self.http.post(self.url(path)).header("api-key", self.sandbox.api_key()).json(body)).await
    }

    pub(crate) async fn create(&self, body: &Value) -> Answer {
        self.post("/v2/customer/create", body).await
    }

    /// Creates customers that must be accepted.
    pub(crate) async fn create_all(&self, bodies: &[Value]) -> Vec<Value> {
        let mut created = Vec::new();
        for body in bodies {
            let answer = self.create(body).await;
            assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
            created.push(answer.json()["data"].clone());
        }
        created
    }

    /// The e-mails that a look-up finds.
    pub(crate) async fn found(&self, filters: Value) -> Vec<String> {
        let answer = self.post("/v2/customer/find", &filters).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let data = answer.json()["data"].as_array().cloned().expect("a list");
        data.iter().map(|customer| customer["email"].as_str().expect("an e-mail").to_owned()).collect()
    }

    /// How many customers were really created.
    pub(crate) fn created(&self) -> usize {
        self.sandbox.ledger().expect("the ledger is readable").created.len()
    }

    pub(crate) async fn login(&self, token: &str, password: &str, merchant_id: &str) -> Answer {
        let body = json!({ "token": token, "password": password });
        send(self.http.post(self.url("/v2/auth/login")).header("merchant_id", merchant_id).json(&body)).await
    }
}

//! What the detailed calls tell beside the customer: status, request id and headers of the answer that showed it.

use kunacore::{Client, Credentials, CustomerFilter};
use kunacore_tests::{Answer, Server};
use serde_json::json;

use crate::alex;

fn client(url: &str) -> Client {
    Client::builder(url).credentials(Credentials::api_key("test-api-key")).build().unwrap()
}

fn answered(data: &serde_json::Value) -> Answer {
    Answer::json(200, &json!({ "data": data })).header("x-request-id", "r-1").header("set-cookie", "secret=1")
}

fn stored() -> serde_json::Value {
    json!({"id": "c-1", "walletId": "w-1", "email": "alexsmith@mail.com", "firstName": "Alex", "lastName": "Smith"})
}

#[tokio::test]
async fn a_call_can_give_what_its_answer_told_beside() {
    let script = vec![answered(&stored()), answered(&json!([stored()])), answered(&stored())];
    let server = Server::start(script).await.unwrap();
    let client = client(server.url());
    let customer = alex().build().unwrap();
    let created = client.create_customer(&customer).detailed().await.unwrap();
    let found = client.find_customers(&CustomerFilter::new()).detailed().await.unwrap();
    let known = client.customer_details("c-1").detailed().await.unwrap();
    assert_eq!(created.customer, known.value);
    assert_eq!(found.value, [known.value]);
    for (status, request_id, headers) in [
        (created.status, created.request_id, created.headers),
        (found.status, found.request_id, found.headers),
        (known.status, known.request_id, known.headers),
    ] {
        assert_eq!((status, request_id.as_deref()), (200, Some("r-1")));
        assert_eq!(headers.get("Set-Cookie"), Some(b"secret=1".as_slice()));
        assert!(headers.iter().any(|(name, value)| (name, value) == ("x-request-id", b"r-1".as_slice())));
    }
}

#[tokio::test]
async fn what_is_shown_of_headers_is_their_names() {
    let server = Server::start(vec![answered(&json!([]))]).await.unwrap();
    let found = client(server.url()).find_customers(&CustomerFilter::new()).detailed().await.unwrap();
    let shown = format!("{found:?}");
    assert!(shown.contains("set-cookie") && !shown.contains("secret"), "{shown}");
}

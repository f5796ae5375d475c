//! Snapshots of the complete requests: method, path, headers (secrets and host masked), body bytes.

use kunacore::{Client, Credentials, CustomerFilter, Login, NewCustomer};
use kunacore_tests::{Answer, Seen, Server};
use serde_json::json;

use crate::{alex, alex_in_full, client};

fn created() -> Answer {
    Answer::json(201, &json!({"data": {"id": "1", "walletId": "2"}}))
}

/// The request as it came, with the port and the secrets masked.
fn show(seen: &Seen) -> String {
    let headers = seen.headers.iter().map(|(name, value)| match name.as_str() {
        "host" => format!("{name}: 127.0.0.1:PORT"),
        "api-key" | "authorization" => {
            let kind = value.split_once(' ').map(|(scheme, _)| format!("{scheme} ")).unwrap_or_default();
            format!("{name}: {kind}(secret)")
        }
        "merchant_id" => format!("{name}: (secret)"),
        _ => format!("{name}: {value}"),
    });
    format!("{}\n{}\n\n{}", seen.line, headers.collect::<Vec<_>>().join("\n"), seen.body)
}

async fn wire_of_create(customer: &NewCustomer) -> String {
    let server = Server::start(vec![created()]).await.unwrap();
    client(server.url()).create_customer(customer).await.unwrap();
    show(&server.seen()[0])
}

async fn wire_with(credentials: impl Into<Credentials>) -> String {
    let login = Answer::json(200, &json!({"data": {"accessToken": "a.b.c"}}));
    let credentials = credentials.into();
    let script = if format!("{credentials:?}").contains("login") { vec![login, created()] } else { vec![created()] };
    let server = Server::start(script).await.unwrap();
    let client = Client::builder(server.url()).credentials(credentials).build().unwrap();
    client.create_customer(&alex().build().unwrap()).await.unwrap();
    server.seen().iter().map(show).collect::<Vec<_>>().join("\n\n")
}

#[tokio::test]
async fn create_with_all_eleven_fields() {
    insta::assert_snapshot!(wire_of_create(&alex_in_full()).await);
}

#[tokio::test]
async fn create_with_the_required_fields_only() {
    insta::assert_snapshot!(wire_of_create(&alex().build().unwrap()).await);
}

#[tokio::test]
async fn create_with_text_that_needs_escaping() {
    let customer = alex().last_name("O'Neil \\ \"Jr.\"").comment("one\ntwo\t\u{7} </script> \u{2028}").build().unwrap();
    insta::assert_snapshot!(wire_of_create(&customer).await);
}

#[tokio::test]
async fn create_with_names_that_are_not_latin() {
    let customer =
        alex().first_name("Олена").last_name("李明 😀").residence_address("вул. Хрещатик, 1, Київ").build().unwrap();
    insta::assert_snapshot!(wire_of_create(&customer).await);
}

#[tokio::test]
async fn create_with_an_access_token() {
    insta::assert_snapshot!(wire_with(Credentials::access_token("a.b.c")).await);
}

#[tokio::test]
async fn login_and_create() {
    let login = Login { email: "partner@example.com".into(), password: "secret".into(), merchant_id: "m-1".into() };
    insta::assert_snapshot!(wire_with(login).await);
}

#[tokio::test]
async fn find_with_every_filter() {
    let server = Server::start(vec![Answer::json(200, &json!({"data": []}))]).await.unwrap();
    let filter = CustomerFilter::new()
        .email("alexsmith@mail.com")
        .wallet_id("w")
        .phone_number("+380991234567")
        .full_name("Alex Smith")
        .comment("special")
        .external_id("e")
        .referral_id("r")
        .created_from("2026-01-01T00:00:00Z")
        .created_to("2026-02-01T00:00:00Z")
        .take(10)
        .skip(20);
    client(server.url()).find_customers(&filter).await.unwrap();
    insta::assert_snapshot!(show(&server.seen()[0]));
}

#[tokio::test]
async fn find_without_a_filter() {
    let server = Server::start(vec![Answer::json(200, &json!({"data": []}))]).await.unwrap();
    client(server.url()).find_customers(&CustomerFilter::new()).await.unwrap();
    insta::assert_snapshot!(show(&server.seen()[0]));
}

#[tokio::test]
async fn details() {
    let server = Server::start(vec![created()]).await.unwrap();
    client(server.url()).customer_details("6d962783-f0cf-420d-a511-3a48c71c5595").await.unwrap();
    insta::assert_snapshot!(show(&server.seen()[0]));
}

#[tokio::test]
async fn the_example_body_of_the_documentation_has_exactly_its_keys_and_values() {
    let server = Server::start(vec![created()]).await.unwrap();
    client(server.url()).create_customer(&alex_in_full()).await.unwrap();
    let sent: serde_json::Value = serde_json::from_str(&server.seen()[0].body).unwrap();
    let contract = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi/kunacore.yaml")).unwrap();
    let contract = kunacore_codegen::read(&contract).unwrap();
    let content = &contract["paths"]["/v2/customer/create"]["post"]["requestBody"]["content"];
    assert_eq!(sent, content["application/json"]["example"]);
}

#[tokio::test]
async fn a_base_url_with_a_prefix_keeps_it() {
    let server = Server::start(vec![created()]).await.unwrap();
    client(&format!("{}/core/", server.url())).create_customer(&alex().build().unwrap()).await.unwrap();
    assert_eq!(server.seen()[0].path(), "/core/v2/customer/create");
}

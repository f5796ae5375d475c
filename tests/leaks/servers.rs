//! Servers that repeat what they were sent, wherever a server can say anything; and proxies, which get a password.

use kunacore::{Client, ClientBuilder, Credentials, CustomerFilter, Field};
use kunacore_tests::http2::{self, Reaction};
use kunacore_tests::{Answer, Server};
use serde_json::{Value, json};

use crate::canaries::{self, value};
use crate::{listen, see, see_created, see_customers, see_error};

const PROXY_PASSWORD: &str = "qzcanary%20proxy";

fn client(url: &str) -> ClientBuilder {
    Client::builder(url).credentials(canaries::login()).max_attempts(1)
}

fn logged_in() -> Answer {
    Answer::json(200, &json!({"data": {"accessToken": canaries::ACCESS_TOKEN}}))
}

/// Everything that a creation with a login sends, in this spelling.
fn everything(spelled: impl Fn(&str) -> String) -> Vec<String> {
    let secrets = [canaries::LOGIN_EMAIL, canaries::PASSWORD, canaries::MERCHANT_ID, canaries::ACCESS_TOKEN];
    Field::ALL.into_iter().map(value).chain(secrets).map(spelled).collect()
}

fn percent(text: &str) -> String {
    text.bytes().map(|b| if b.is_ascii_alphanumeric() { char::from(b).into() } else { format!("%{b:02X}") }).collect()
}

fn in_json(text: &str) -> String {
    serde_json::to_string(text).unwrap().trim_matches('"').to_owned()
}

fn in_html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;").replace('>', "&gt;")
}

#[test]
fn a_server_that_repeats_what_it_was_sent_is_not_quoted() {
    let spellings: [fn(&str) -> String; 7] = [
        str::to_owned,
        str::to_lowercase,
        str::to_uppercase,
        in_json,
        percent,
        |text| percent(text).replace("%20", "+").to_lowercase(),
        in_html,
    ];
    let mut answers = vec![logged_in()];
    for said in spellings.into_iter().flat_map(everything) {
        let bodies: [Value; 4] = [
            json!({"errors": [{"code": said, "message": format!("no: {said}.")}]}),
            json!({"statusCode": 422, "message": [said, "and more"], "error": said}),
            json!({"error": format!("„{said}“ is taken")}),
            json!({"message": said, "code": said}),
        ];
        for (status, body) in [400, 409, 422, 500].into_iter().zip(bodies) {
            let answer = Answer::json(status, &body);
            let plain = said.chars().all(|c| c.is_ascii_graphic());
            answers.push(if plain { answer.header("x-request-id", &said) } else { answer });
        }
    }
    let (count, mut told) = (answers.len() - 1, 0);
    let heard = listen(async {
        let server = Server::start(answers).await.unwrap();
        let client = client(server.url()).reconcile(false).build().unwrap();
        for _ in 0..count {
            let error = client.create_customer(&canaries::customer()).await.expect_err("refused");
            told += usize::from(error.message().contains('‹'));
            see_error(&error);
        }
    });
    heard.is_clean();
    assert_eq!(told, count, "every error has a name where there was a value");
}

#[test]
fn what_a_server_calls_an_answer_is_not_the_e_mail() {
    let email = value(Field::Email);
    let ours = json!({"id": "1", "walletId": "2", "email": email, "firstName": "QzCanary the Other"});
    let named = |answer: Answer| answer.header("x-request-id", email);
    let heard = listen(async {
        let created = named(Answer::json(201, &json!({"data": ours})));
        let page = || named(Answer::json(200, &json!({"data": [ours]})));
        let empty = named(Answer::json(200, &json!({"data": []})));
        let server = Server::start(vec![logged_in(), created, page(), empty, page()]).await.unwrap();
        let client = client(server.url()).build().unwrap();
        see_created(&client.create_customer(&canaries::customer()).detailed().await);
        // Another person.
        let ensured = client.ensure_customer(&canaries::customer()).maybe_sent(false).detailed().await;
        assert!(ensured.is_err());
        see_created(&ensured);
        see_customers(&client.find_customers(&CustomerFilter::new().email(email)).await);
    });
    heard.is_clean();
}

/// An HTTP/2 server can say why it ends a connection. Not our logs and errors, but those who read its frames print it as
/// it came, at DEBUG and TRACE.
#[test]
fn what_a_server_says_when_it_goes_is_told_by_the_http2_library_alone() {
    let heard = listen(async {
        for last in [0, 1] {
            let gone = move |_| Reaction::Close(http2::go_away_saying(last, 2, value(Field::Email)));
            let server = http2::Server::start(100, gone).await.unwrap();
            let client = Client::builder(server.url()).credentials(Credentials::api_key(canaries::API_KEY));
            let client = client.http2_prior_knowledge(true).max_attempts(1).reconcile(false).build().unwrap();
            see_error(&client.create_customer(&canaries::customer()).await.expect_err("no customer"));
        }
    });
    let libraries = ["h2", "hyper", "hyper_util"];
    for target in heard.who_told() {
        assert!(libraries.contains(&target.split("::").next().unwrap()), "{target} told it");
    }
    assert!(!heard.who_told().is_empty(), "the exception can go");
}

#[test]
fn nobody_tells_the_password_of_a_proxy() {
    let heard = listen(async {
        let authority = concat!(env!("CARGO_MANIFEST_DIR"), "/support/example-ca.pem");
        for (url, status) in
            [("http://kunacore.example", 201), ("http://kunacore.example", 407), ("https://kunacore.example", 407)]
        {
            let created = json!({"data": {"id": "1", "walletId": "2"}});
            let proxy = Server::start(vec![Answer::json(status, &created)]).await.unwrap();
            let with_password = proxy.url().replace("://", &format!("://someone:{PROXY_PASSWORD}@"));
            let builder =
                Client::builder(url).proxy(with_password).credentials(Credentials::api_key(canaries::API_KEY));
            let builder = builder.allow_http(true).ca_bundle(authority).max_attempts(1).reconcile(false);
            see("ClientBuilder", &format!("{builder:?}"));
            let client = builder.build().unwrap();
            see("Client", &format!("{client:?}"));
            see_created(&client.create_customer(&canaries::customer()).detailed().await);
            let seen = proxy.seen();
            assert!(seen[0].header("proxy-authorization").is_some_and(|value| value.starts_with("Basic ")), "{seen:?}");
            assert!(seen[0].header("user-agent").is_some_and(|agent| agent.starts_with("kunacore/")), "{seen:?}");
        }
        // Proxies that cannot be used.
        for url in ["socks5://someone:qzcanary@127.0.0.1:1", "http://someone:qzcanary@:x", "qzcanary"] {
            let builder = Client::builder("https://kunacore.example").ca_bundle(authority).proxy(url);
            see_error(&builder.credentials(canaries::login()).build().expect_err("refused"));
        }
    });
    heard.is_clean();
    assert!(heard.from("reqwest") > 0);
}

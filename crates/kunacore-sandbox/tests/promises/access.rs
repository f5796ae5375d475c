//! Who gets in: the api-key, the login and its tokens; and what is there for nobody.

use crate::support::{alex, send, start, started};
use kunacore_sandbox::{Dialect, SandboxOptions};
use reqwest::{Method, StatusCode};
use serde_json::json;

#[tokio::test]
async fn a_wrong_or_missing_key_is_refused_and_creates_nothing() {
    let tried = started().await;
    let post = || tried.http.post(tried.url("/v2/customer/create")).json(&alex());
    for request in [
        post(),
        post().header("api-key", "another-key"),
        post().header("x-api-key", tried.sandbox.api_key()),
        post().bearer_auth("not-a-token"),
        post().basic_auth(tried.sandbox.email(), Some(tried.sandbox.password())),
    ] {
        let answer = send(request).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert_eq!(answer.json()["errors"][0]["code"], "unauthorized");
    }
    assert_eq!(tried.created(), 0);
}

#[tokio::test]
async fn the_name_of_the_key_has_no_case() {
    let tried = started().await;
    let request = tried.http.post(tried.url("/v2/customer/create")).header("Api-Key", "sandbox-api-key").json(&alex());
    assert_eq!(send(request).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_login_gives_a_token_that_works_here_and_nowhere_else() {
    let (here, elsewhere) = (started().await, started().await);
    let sandbox = &here.sandbox;
    let answer = here.login(sandbox.email(), sandbox.password(), sandbox.merchant_id()).await;
    assert_eq!(answer.status, StatusCode::OK);
    let data = answer.json()["data"].clone();
    assert_eq!(data["expiresIn"], 3600);
    let token = data["accessToken"].as_str().expect("a token");

    let try_at =
        async |url: String, token: &str| send(here.http.post(url).bearer_auth(token).json(&alex())).await.status;
    assert_eq!(try_at(elsewhere.url("/v2/customer/create"), token).await, StatusCode::UNAUTHORIZED);
    let (signed, _) = token.rsplit_once('.').expect("a JWT");
    let tampered = format!("{signed}.{}", "A".repeat(43));
    assert_eq!(try_at(here.url("/v2/customer/create"), &tampered).await, StatusCode::UNAUTHORIZED);
    assert_eq!(try_at(here.url("/v2/customer/create"), token).await, StatusCode::CREATED);
}

#[tokio::test]
async fn a_login_needs_all_three_to_be_right() {
    let tried = started().await;
    let (email, password, merchant) = (tried.sandbox.email(), tried.sandbox.password(), tried.sandbox.merchant_id());
    for (email, password, merchant) in
        [("alexsmith@mail.com", password, merchant), (email, "guess", merchant), (email, password, "other")]
    {
        assert_eq!(tried.login(email, password, merchant).await.status, StatusCode::UNAUTHORIZED);
    }
    let body = json!({ "token": email, "password": password });
    let answer = send(tried.http.post(tried.url("/v2/auth/login")).json(&body)).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(answer.text.contains("merchant_id"));
}

#[tokio::test]
async fn refusals_keep_their_status_in_every_dialect() {
    for dialect in Dialect::VALUES {
        let tried = start(SandboxOptions { dialect, ..SandboxOptions::default() }).await;
        let keyless = send(tried.http.post(tried.url("/v2/customer/find")).json(&json!({}))).await;
        assert_eq!(keyless.status, StatusCode::UNAUTHORIZED);
        assert_eq!(tried.create(&json!({})).await.status, StatusCode::BAD_REQUEST);
    }
}

#[tokio::test]
async fn what_is_not_served_is_404_and_405_with_what_would_be() {
    let tried = started().await;
    for (method, path, status, allow) in [
        (Method::POST, "/v2/customer/delete", 404, None),
        (Method::GET, "/", 404, None),
        (Method::GET, "/_sandbox/other", 404, None),
        (Method::GET, "/v2/customer/create", 405, Some("POST")),
        (Method::DELETE, "/_sandbox/ledger", 405, Some("GET")),
        (Method::GET, "/_sandbox/reset", 405, Some("POST")),
    ] {
        let answer = send(tried.http.request(method, tried.url(path))).await;
        assert_eq!(answer.status.as_u16(), status, "{path}");
        assert_eq!(answer.headers.get("allow").map(|allow| allow.to_str().expect("text")), allow, "{path}");
    }
}

#[tokio::test]
async fn the_contract_is_there_for_everybody() {
    let tried = started().await;
    let answer = send(tried.http.get(tried.url("/_sandbox/openapi.json"))).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.json()["paths"]["/v2/customer/create"]["post"].is_object());
}

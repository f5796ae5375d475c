//! The server itself: protocols, latency, and a prompt end.

use std::io::Read;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::support::{alex, http_2, start, started};
use kunacore_sandbox::{Sandbox, SandboxError, SandboxOptions};
use reqwest::{StatusCode, Version};

#[tokio::test]
async fn http_2_is_spoken_to_those_who_know() {
    let tried = started().await;
    let request =
        http_2(&tried.sandbox).post(tried.url("/v2/customer/create")).header("api-key", tried.sandbox.api_key());
    let response = request.json(&alex()).send().await.expect("an answer");
    assert_eq!((response.version(), response.status()), (Version::HTTP_2, StatusCode::CREATED));
}

#[tokio::test]
async fn an_answer_takes_at_least_the_latency() {
    let latency = Duration::from_millis(50);
    let tried = start(SandboxOptions { latency, ..SandboxOptions::default() }).await;
    let begun = Instant::now();
    assert_eq!(tried.create(&alex()).await.status, StatusCode::CREATED);
    assert!(begun.elapsed() >= latency);
}

#[tokio::test]
async fn a_stop_is_prompt_with_a_request_under_way_and_closes_everything() {
    let latency = Duration::from_secs(60);
    let tried = start(SandboxOptions { latency, ..SandboxOptions::default() }).await;
    let address = tried.sandbox.address();
    let mut idle = TcpStream::connect(address).expect("the sandbox listens");
    let request = tried.http.post(tried.url("/v2/customer/create")).header("api-key", tried.sandbox.api_key());
    let waiting = tokio::spawn(request.json(&alex()).send());
    // The latency holds back the answer, not the deed.
    while tried.created() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }

    let begun = Instant::now();
    tried.sandbox.stop();
    assert!(begun.elapsed() < Duration::from_secs(2));
    assert!(waiting.await.expect("the call ends").is_err());
    assert!(matches!(idle.read(&mut [0; 1]), Ok(0) | Err(_)));
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn a_sandbox_outlives_the_runtime_it_was_started_on() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let tried = runtime().block_on(started());
    assert_eq!(runtime().block_on(tried.create(&alex())).status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_blocking_start_works_inside_a_runtime() {
    let sandbox = Sandbox::start_blocking(SandboxOptions::default()).expect("the sandbox starts");
    assert!(sandbox.url().starts_with("http://127.0.0.1:"));
}

#[test]
fn an_address_that_is_taken_is_told() {
    let sandbox = Sandbox::start_blocking(SandboxOptions::default()).expect("the sandbox starts");
    let again = SandboxOptions { listen: sandbox.address(), ..SandboxOptions::default() };
    let error = Sandbox::start_blocking(again).expect_err("the address is taken");
    assert!(matches!(&error, SandboxError::Listen { address, .. } if *address == sandbox.address()));
    assert!(error.to_string().contains(&sandbox.address().to_string()));
}

#[test]
fn a_status_that_is_no_client_error_is_refused() {
    let options = SandboxOptions { duplicate_status: 200, ..SandboxOptions::default() };
    assert!(matches!(Sandbox::start_blocking(options), Err(SandboxError::Option(_))));
}

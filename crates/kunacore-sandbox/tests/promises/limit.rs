//! The rate limit: what is above it is refused with a time to come again, and nothing is done.

use crate::support::{alex, customer, send, start};
use kunacore_sandbox::{Dialect, Effect, Fault, Operation, Phase, SandboxError, SandboxOptions};
use reqwest::StatusCode;

#[tokio::test]
async fn above_the_limit_nothing_is_done_and_the_time_to_come_again_is_told() {
    // The next token comes in 1000 seconds, so the test cannot be too slow for it.
    let options = SandboxOptions { limit: Some(0.001), dialect: Dialect::Nest, ..SandboxOptions::default() };
    let tried = start(options).await;
    let close = Fault::new(Operation::Create, Phase::Before, Effect::Close {});
    tried.create_all(&[alex()]).await;
    tried.sandbox.set_faults(&[close]).expect("a rule that makes sense");
    for path in ["/v2/customer/create", "/v2/auth/login", "/v2/customer/unknown"] {
        let answer = tried.post(path, &customer("alex@example.com")).await;
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
        let seconds: u64 = answer.headers["retry-after"].to_str().expect("text").parse().expect("whole seconds");
        assert!((900..=1000).contains(&seconds), "{seconds}");
        assert_eq!(answer.json()["statusCode"], 429);
    }
    let ledger = tried.sandbox.ledger().expect("the ledger is readable");
    assert_eq!((ledger.created.len(), ledger.requests.create, ledger.requests.login), (1, 2, 1));
    assert_eq!(tried.sandbox.faults()[0].fired, 0);
    // What the sandbox tells about itself is not limited.
    assert_eq!(send(tried.http.get(tried.url("/_sandbox/ledger"))).await.status, StatusCode::OK);
}

#[test]
fn a_limit_that_lets_nothing_pass_is_refused() {
    let options = SandboxOptions { limit: Some(0.0), ..SandboxOptions::default() };
    let error = kunacore_sandbox::Sandbox::start_blocking(options).expect_err("no limit");
    assert!(matches!(&error, SandboxError::Option(problem) if problem.contains("limit of 0")), "{error}");
}

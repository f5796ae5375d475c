//! The access token of a login: fetched when first needed, kept, renewed shortly before its end, and fetched once however
//! many calls wait for it.

use std::future::Future;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use tokio::sync::Mutex;

use crate::clock::{self, Instant};
use crate::credentials::{Authorization, Login, bearer};
use crate::defaults;
use crate::error::{Error, ErrorKind};
use crate::secret::Secret;

/// A login and the token it gave. The lock is held during a login, so that calls that start together log in once.
pub(crate) struct Tokens {
    login: Login,
    state: Mutex<State>,
    /// How many logins have ended; a call that waited for one sees it change.
    rounds: std::sync::atomic::AtomicU64,
}

#[derive(Default)]
struct State {
    token: Option<Token>,
    /// When a token was last replaced.
    renewed: Option<Instant>,
    /// When a token that is near its end was last tried to be replaced.
    tried: Option<Instant>,
    /// Why the last login failed, for those that waited for it.
    failure: Option<Error>,
}

struct Token {
    header: Authorization,
    /// When it is to be renewed; `None` when it does not tell its life.
    renew_at: Option<Instant>,
}

impl Tokens {
    pub(crate) fn new(login: Login) -> Self {
        Self { login, state: Mutex::default(), rounds: Default::default() }
    }

    /// The header with a token that is good, by `log_in` where there is none.
    pub(crate) async fn current<'a, F>(&'a self, log_in: impl FnOnce(&'a Login) -> F) -> Result<Authorization, Error>
    where
        F: Future<Output = Result<Secret, Error>>,
    {
        use std::sync::atomic::Ordering::Relaxed;
        let before = self.rounds.load(Relaxed);
        let mut state = self.state.lock().await;
        let renewal = match &state.token {
            Some(token) if token.is_good() || !state.may_try() => return Ok(token.header.clone()),
            Some(_) => true,
            None => false,
        };
        if let (true, Some(failure)) = (self.rounds.load(Relaxed) != before, &state.failure) {
            // A login that this call waited for has failed. To try again for each that waited would be a storm.
            return Err(failure.clone());
        }
        if renewal {
            state.tried = Some(clock::now());
        }
        let fetched = log_in(&self.login).await.and_then(|token| Token::new(&token));
        self.rounds.fetch_add(1, Relaxed);
        match fetched {
            Ok(token) => {
                let header = token.header.clone();
                state.token = Some(token);
                state.failure = None;
                if renewal {
                    state.renewed = state.tried;
                }
                Ok(header)
            }
            Err(error) => {
                // What failed for want of this call's time may work for another call.
                state.failure = (error.code() != Some("timeout")).then(|| error.clone());
                match &state.token {
                    // An old token may be good a little longer. If it is not, the server says so.
                    Some(token) if error.kind() != ErrorKind::Authentication => Ok(token.header.clone()),
                    _ => Err(error),
                }
            }
        }
    }

    /// After the server has refused a token: whether a request is worth sending again, with a token that is new, or will
    /// be. At most one renewal in [`defaults::RENEWAL_INTERVAL`].
    pub(crate) async fn renew(&self, refused: &Authorization) -> bool {
        let mut state = self.state.lock().await;
        match &state.token {
            Some(token) if token.header == *refused => {
                let allowed = state.may_renew();
                if allowed {
                    state.renewed = Some(clock::now());
                    state.token = None;
                }
                allowed
            }
            // Another call has renewed it, or is about to.
            _ => true,
        }
    }
}

impl State {
    fn may_renew(&self) -> bool {
        long_ago(self.renewed)
    }

    fn may_try(&self) -> bool {
        self.may_renew() && long_ago(self.tried)
    }
}

fn long_ago(last: Option<Instant>) -> bool {
    last.is_none_or(|last| last.elapsed() >= defaults::RENEWAL_INTERVAL)
}

impl Token {
    fn new(token: &Secret) -> Result<Self, Error> {
        let renew_at = life(token.expose()).and_then(|life| {
            let margin = defaults::RENEWAL_MARGIN.min(life / 10);
            clock::now().checked_add(life - margin)
        });
        Ok(Self { header: bearer(token)?, renew_at })
    }

    fn is_good(&self) -> bool {
        self.renew_at.is_none_or(|end| clock::now() < end)
    }
}

#[derive(Deserialize)]
struct Claims {
    iat: f64,
    exp: f64,
}

/// How long a token is good for, by its own claims: `exp − iat`, so that no local clock has a say. `None` of a token that is
/// no JWT or does not tell.
fn life(token: &str) -> Option<Duration> {
    let claims = token.split('.').nth(1)?;
    let claims = URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?;
    let Claims { iat, exp } = serde_json::from_slice(&claims).ok()?;
    Duration::try_from_secs_f64(exp - iat).ok().filter(|life| !life.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use crate::error::Parts;

    /// A token of this life, different from those with another number.
    fn jwt(number: u32, life: u64) -> Secret {
        let claims = format!(r#"{{"iat":1000,"exp":{},"jti":{number}}}"#, 1000 + life);
        format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims)).into()
    }

    fn tokens() -> Tokens {
        Tokens::new(Login { email: "partner@example.com".into(), password: "p".into(), merchant_id: "m".into() })
    }

    /// A login that takes 10 ms, counts, and issues tokens of this life.
    async fn log_in(count: &AtomicU32, life: u64) -> Result<Secret, Error> {
        tokio::time::sleep(Duration::from_millis(10)).await;
        Ok(jwt(count.fetch_add(1, Ordering::Relaxed) + 1, life))
    }

    #[test]
    fn a_token_tells_its_life() {
        assert_eq!(life(jwt(1, 3600).expose()), Some(Duration::from_secs(3600)));
        let of = |claims: &str| life(&format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims)));
        assert_eq!(of(r#"{"iat":10,"exp":10.5}"#), Some(Duration::from_millis(500)));
        for odd in
            [r#"{"exp":10}"#, r#"{"iat":10,"exp":10}"#, r#"{"iat":11,"exp":10}"#, r#"{"iat":0,"exp":1e300}"#, "[]"]
        {
            assert_eq!(of(odd), None, "{odd}");
        }
        for no_jwt in ["", "opaque", "a.b", "a.ä.c", "..."] {
            assert_eq!(life(no_jwt), None, "{no_jwt}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_thousand_calls_at_once_log_in_once() {
        let (tokens, count) = (Arc::new(tokens()), Arc::new(AtomicU32::new(0)));
        let calls: Vec<_> = (0..1000)
            .map(|_| {
                let (tokens, count) = (tokens.clone(), count.clone());
                tokio::spawn(async move { tokens.current(|_| log_in(&count, 3600)).await })
            })
            .collect();
        let mut headers = Vec::new();
        for call in calls {
            headers.push(call.await.expect("no panic").expect("a token"));
        }
        assert!(headers.iter().all(|header| *header == headers[0]));
        assert_eq!(count.load(Ordering::Relaxed), 1);

        tokio::time::sleep(Duration::from_secs(3539)).await;
        tokens.current(|_| log_in(&count, 3600)).await.expect("a token");
        assert_eq!(count.load(Ordering::Relaxed), 1, "good until a minute before its end");
        tokio::time::sleep(Duration::from_secs(1)).await;
        let renewed = tokens.current(|_| log_in(&count, 3600)).await.expect("a token");
        assert_eq!(count.load(Ordering::Relaxed), 2, "then renewed");
        assert_ne!(renewed, headers[0]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_login_that_fails_fails_once_for_all_that_wait() {
        let (tokens, count) = (Arc::new(tokens()), Arc::new(AtomicU32::new(0)));
        let fail = |count: Arc<AtomicU32>| async move {
            tokio::time::sleep(Duration::from_millis(10)).await;
            count.fetch_add(1, Ordering::Relaxed);
            Err(Parts::new(ErrorKind::Unavailable, "no", "", "").code("connect").into())
        };
        let calls: Vec<_> = (0..1000)
            .map(|_| {
                let (tokens, count) = (tokens.clone(), count.clone());
                tokio::spawn(async move { tokens.current(|_| fail(count)).await })
            })
            .collect();
        for call in calls {
            assert!(call.await.expect("no panic").is_err());
        }
        assert_eq!(count.load(Ordering::Relaxed), 1);
        tokens.current(|_| log_in(&count, 60)).await.expect("the next call tries again");
        assert_eq!(count.load(Ordering::Relaxed), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_refused_token_is_renewed_but_not_again_within_half_a_minute() {
        let (tokens, count) = (tokens(), AtomicU32::new(0));
        let first = tokens.current(|_| log_in(&count, 3600)).await.expect("a token");
        assert!(tokens.renew(&first).await);
        let second = tokens.current(|_| log_in(&count, 3600)).await.expect("a token");
        assert!(tokens.renew(&first).await, "the first is no longer the one in use");
        assert!(!tokens.renew(&second).await, "a refusal of the new one is final");
        assert_eq!(count.load(Ordering::Relaxed), 2);
        tokio::time::sleep(defaults::RENEWAL_INTERVAL).await;
        assert!(tokens.renew(&second).await);
    }

    #[tokio::test(start_paused = true)]
    async fn tokens_that_live_for_a_moment_do_not_make_every_call_log_in() {
        let (tokens, count) = (tokens(), AtomicU32::new(0));
        for _ in 0..60 {
            tokens.current(|_| log_in(&count, 1)).await.expect("a token");
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        assert!((2..=4).contains(&count.load(Ordering::Relaxed)), "{count:?} logins in a minute");
    }

    #[tokio::test(start_paused = true)]
    async fn a_renewal_that_failed_or_was_given_up_does_not_make_a_refusal_final() {
        for given_up in [false, true] {
            let (tokens, count) = (tokens(), AtomicU32::new(0));
            let first = tokens.current(|_| log_in(&count, 100)).await.expect("a token");
            tokio::time::sleep(Duration::from_secs(95)).await;
            let trouble = async {
                tokio::time::sleep(Duration::from_secs(if given_up { 5 } else { 0 })).await;
                Err(Parts::new(ErrorKind::Unavailable, "no", "", "").into())
            };
            let _ = tokio::time::timeout(Duration::from_secs(1), tokens.current(|_| trouble)).await;
            assert!(tokens.renew(&first).await, "given up: {given_up}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_renewal_that_fails_leaves_the_old_token_in_use() {
        let (tokens, count) = (tokens(), AtomicU32::new(0));
        let first = tokens.current(|_| log_in(&count, 100)).await.expect("a token");
        tokio::time::sleep(Duration::from_secs(95)).await;
        let unavailable = async { Err(Parts::new(ErrorKind::Unavailable, "no", "", "").into()) };
        assert_eq!(tokens.current(|_| unavailable).await.expect("the old one"), first);
        let refused = async { Err(Parts::new(ErrorKind::Authentication, "no", "", "").into()) };
        tokio::time::sleep(defaults::RENEWAL_INTERVAL).await;
        assert!(tokens.current(|_| refused).await.is_err());
    }
}

//! The exchanges of one call: with the credentials in them, within the call's deadline, and repeated where that changes
//! nothing at the server.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use serde_json::Value;
use zeroize::Zeroize as _;

use crate::clock::Deadline;
use crate::credentials::{self, Authorization, Authorizer};
use crate::error::{Error, ErrorKind, Parts};
use crate::gate::{Gate, Passage};
use crate::generated::types;
use crate::judge::{self, Facts, Read};
use crate::options::Options;
use crate::pool::Pool;
use crate::retry::{Retry, Trouble};
use crate::secret::Secret;
use crate::text::Scrubber;
use crate::transport::{self, Observation, Request};

/// One call's way to the server.
pub(crate) struct Session<'a> {
    pub(crate) pool: &'a Pool,
    pub(crate) options: Options,
    pub(crate) deadline: Deadline,
    /// Decides when its requests may leave.
    pub(crate) gate: Option<&'a dyn Gate>,
}

/// What became of a request, and how often it was sent: twice when the server first refused a token that had to be renewed.
pub(crate) struct Sent {
    pub(crate) times: u32,
    /// An error when it could not be sent at all: no token, or no time left.
    pub(crate) observation: Result<(Observation, Option<Authorization>), Error>,
}

impl<'a> Session<'a> {
    /// Starts the time of a call.
    pub(crate) fn start(pool: &'a Pool, options: Options) -> Self {
        Self { pool, options, deadline: Deadline::after(options.deadline), gate: None }
    }

    /// The right of this call to send again.
    pub(crate) fn retry(&self) -> Retry<'a> {
        let retry = Retry::new(&self.pool.budget, self.deadline, &self.options);
        if self.gate.is_some() { retry.paced() } else { retry }
    }

    /// What is left for an attempt.
    fn limit(&self) -> Duration {
        self.options.timeout.min(self.deadline.left())
    }

    /// Sends a request once, after a login where one is needed. `before` is how often the call has sent it already.
    ///
    /// A 401 proves that nothing was done. Where a login can mend it, it does, and the request is sent again; a second 401
    /// is final.
    pub(crate) async fn send(&self, request: Request<'_>, before: u32) -> Sent {
        let mut times = 0;
        loop {
            let authorization = match request {
                Request::Login { .. } => None,
                _ => match self.authorization().await {
                    Ok(authorization) => Some(authorization),
                    Err(error) => return Sent { times, observation: Err(error) },
                },
            };
            let passage = match self.gate {
                Some(gate) => match Passage::through(gate, request).await {
                    Some(passage) => Some(passage),
                    None => return Sent { times, observation: Err(Error::stop()) },
                },
                None => None,
            };
            let limit = self.limit();
            if limit.is_zero() {
                return Sent { times, observation: Err(deadline_passed()) };
            }
            let observation = transport::exchange(
                self.pool,
                authorization.clone(),
                limit,
                request,
                before + times,
                passage.is_some(),
            )
            .await;
            if let Some(passage) = passage {
                passage.ended(&observation);
            }
            times += 1;
            let refused = matches!(&observation, Observation::Reply(reply) if reply.status == 401);
            if let (true, 1, Some(used)) = (refused, times, &authorization) {
                // It waits for the login of another call, if one is under way.
                match tokio::time::timeout(self.deadline.left(), self.pool.authorizer.renew(used)).await {
                    Ok(true) => continue,
                    Ok(false) => {}
                    Err(_) => return Sent { times, observation: Err(deadline_passed()) },
                }
            }
            return Sent { times, observation: Ok((observation, authorization)) };
        }
    }

    /// Sends a request that changes nothing, and reads the `data` of its answer by way of `decode`; again after a failure
    /// that may pass, as far as attempts, budget and deadline allow.
    pub(crate) async fn read<T>(
        &self,
        read: Read,
        request: Request<'_>,
        values: &[(&'static str, &str)],
        decode: impl Fn(Value) -> Option<T>,
    ) -> Result<(T, Facts), Error> {
        let mut retry = self.retry();
        let mut attempts = 0;
        loop {
            let Sent { times, observation } = self.send(request, attempts).await;
            attempts += times;
            let (observation, authorization) = observation.map_err(|error| error.with_attempts(attempts))?;
            let hide = || -> Scrubber { self.pool.scrubber(authorization.as_ref(), values.iter().copied()) };
            let error = match judge::reading(read, observation, hide, &decode) {
                Ok((value, facts)) => {
                    retry.succeeded();
                    return Ok((value, facts.hiding(|id| hide().finds(id))));
                }
                Err(error) => error.with_attempts(attempts),
            };
            let trouble = match error.kind() {
                ErrorKind::Unavailable => Trouble::Transient,
                ErrorKind::RateLimited => Trouble::Throttled,
                _ => return Err(error),
            };
            if !retry.again(attempts, trouble, error.retry_after()).await {
                return Err(error);
            }
        }
    }

    /// The header that authenticates a request. A call that needs a token waits for the login that is under way, if any.
    async fn authorization(&self) -> Result<Authorization, Error> {
        let tokens = match &self.pool.authorizer {
            Authorizer::Fixed(authorization) => return Ok(authorization.clone()),
            Authorizer::Login(tokens) => tokens,
        };
        match tokio::time::timeout(self.deadline.left(), tokens.current(|login| self.log_in(login))).await {
            Ok(result) => result,
            Err(_) => Err(deadline_passed()),
        }
    }

    /// Boxed, since a login is a read, and a read may need a login.
    fn log_in<'s>(
        &'s self,
        login: &'s credentials::Login,
    ) -> Pin<Box<dyn Future<Output = Result<Secret, Error>> + Send + 's>> {
        Box::pin(async move {
            let merchant_id = login.merchant_id.expose();
            let body = Wiped(types::LoginRequest {
                token: login.email.expose().to_owned(),
                password: login.password.expose().to_owned(),
            });
            let request = Request::Login { merchant_id, body: &body.0 };
            let answer = self
                .read(Read::Login, request, &[], |data| {
                    let token = Secret::from(data.get("accessToken")?.as_str()?);
                    // A token that cannot be a header is as good as none.
                    credentials::bearer(&token).is_ok().then_some(token)
                })
                .await;
            // The attempts of a login are not those of the call that needed it.
            Ok(answer.map_err(|error| error.with_attempts(0))?.0)
        })
    }
}

/// The body of a login, wiped when it is dropped.
struct Wiped(types::LoginRequest);

impl Drop for Wiped {
    fn drop(&mut self) {
        let types::LoginRequest { token, password } = &mut self.0;
        token.zeroize();
        password.zeroize();
    }
}

fn deadline_passed() -> Error {
    let what = "the deadline of the call passed before its request was sent";
    Parts::new(ErrorKind::Unavailable, what, "Nothing was sent.", "Try again, with a longer deadline.")
        .code("timeout")
        .into()
}

//! One kind of server, and the client that is tried against it.

use std::fmt;
use std::time::Duration;

use kunacore::{Client, Credentials, Login};
use kunacore_sandbox::{Dialect, Effect, Fault, FindMode, Operation, Phase, Sandbox, SandboxOptions};

/// How long the server may act on a request after it was given up. Faults that act late keep well below it.
pub(crate) const SETTLE: Duration = Duration::from_millis(50);
/// The same where the fault, or find, takes its time: on a busy machine 15 ms can become 60.
pub(crate) const LONG_SETTLE: Duration = Duration::from_millis(250);
/// Longer than anything on loopback takes, shorter than a hanging answer.
const TIMEOUT: Duration = Duration::from_millis(300);

/// In which way find works, or does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Find {
    Exact,
    /// Partial matches, two to a page.
    Pages,
    /// A new customer is seen after 15 ms.
    Slow,
    Failing,
    Garbage,
    WrongShape,
    Stuck,
    Blind,
}

pub(crate) const FINDS: [Find; 8] =
    [Find::Exact, Find::Pages, Find::Slow, Find::Failing, Find::Garbage, Find::WrongShape, Find::Stuck, Find::Blind];

impl Find {
    /// Whether a look-up can tell who exists, and who does not.
    pub(crate) fn works(self) -> bool {
        matches!(self, Self::Exact | Self::Pages | Self::Slow)
    }

    /// The fault that breaks it, for those that are broken by one.
    pub(crate) fn fault(self) -> Option<Fault> {
        let (phase, effect) = match self {
            Self::Failing => (Phase::Before, Effect::Status { code: 500, retry_after: None }),
            Self::Garbage => (Phase::Before, Effect::Garbage {}),
            Self::WrongShape => (Phase::After, Effect::DropField("id".to_owned())),
            _ => return None,
        };
        Some(Fault::new(Operation::Find, phase, effect))
    }
}

/// One kind of server, and of client.
#[derive(Clone, Copy, Debug)]
pub(crate) struct World {
    pub(crate) http2: bool,
    pub(crate) login: bool,
    /// Whether the server refuses e-mails that are taken.
    pub(crate) unique: bool,
    /// Whether the client was told so.
    pub(crate) trusted: bool,
    pub(crate) find: Find,
}

impl fmt::Display for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { http2, login, unique, trusted, find } = self;
        let protocol = if *http2 { "h2" } else { "h1" };
        let credentials = if *login { "login" } else { "key" };
        let unique = match (unique, trusted) {
            (true, true) => "trusted",
            (true, false) => "unique",
            (false, _) => "any",
        };
        write!(f, "{protocol} {credentials} {unique} {find:?}")
    }
}

impl World {
    /// A server of this kind, whose refusals sound as the number says.
    pub(crate) async fn server(self, sound: usize) -> Sandbox {
        let (mode, page_size, find_delay) = match self.find {
            Find::Pages => (FindMode::Partial, Some(2), Duration::ZERO),
            Find::Slow => (FindMode::Exact, None, Duration::from_millis(15)),
            Find::Stuck => (FindMode::Stuck, None, Duration::ZERO),
            Find::Blind => (FindMode::Blind, None, Duration::ZERO),
            _ => (FindMode::Exact, None, Duration::ZERO),
        };
        let options = SandboxOptions {
            unique: self.unique,
            find: mode,
            page_size,
            find_delay,
            dialect: Dialect::VALUES[sound % Dialect::VALUES.len()],
            duplicate_status: [409, 400, 422][sound % 3],
            ..SandboxOptions::default()
        };
        Sandbox::start(options).await.unwrap()
    }

    /// A client of it.
    pub(crate) fn client(self, server: &Sandbox, settle: Duration) -> Client {
        let builder = Client::builder(server.url())
            .timeout(TIMEOUT)
            .settle(settle)
            .pause(Duration::from_millis(1))
            .deadline(Duration::from_secs(20))
            .trust_uniqueness(self.trusted)
            .http2_prior_knowledge(self.http2);
        let builder = if self.login {
            builder.credentials(Login {
                email: server.email().into(),
                password: server.password().into(),
                merchant_id: server.merchant_id().into(),
            })
        } else {
            builder.credentials(Credentials::api_key(server.api_key()))
        };
        builder.build().unwrap()
    }
}

//! One row of an import: a creation whose requests pass a gate, and which knows what an earlier process may have done.
//!
//! It differs from [`Client::create_customer`] in who keeps the books: the importer writes down that a row may leave before
//! it calls, decides when a row that was not applied is sent again, and notes what became of it. So there is no deadline, no
//! retry budget, and no warning when a call is dropped. What an attempt means, and when a customer may be sent once more, is
//! the same code.

use std::future::Future;
use std::time::{Duration, SystemTime};

use tracing::Instrument as _;

use crate::call::{Created, Wire};
use crate::client::Client;
use crate::clock::{Deadline, Instant};
use crate::error::Error;
use crate::fold::Standing;
use crate::gate::Gate;
use crate::new_customer::NewCustomer;
use crate::options::Options;
use crate::send::Earlier;
use crate::session::Session;
use crate::transport::Request;

/// How rows are sent.
#[derive(Clone, Copy, Debug)]
pub struct RowRules {
    /// A customer that was there before is the row's if it is the same person; then the row is looked up before it is sent.
    pub adopt: bool,
    /// How long the server is given to be done with a request; `None` for as long as the client says.
    pub settle: Option<Duration>,
}

/// What is known of a row before its call.
#[derive(Clone, Copy, Debug)]
pub enum RowBefore {
    /// Nobody has sent it.
    Unsent,
    /// An earlier process may have sent it.
    MaybeSent {
        /// The server's time when the run began that may have sent it first, where that is known.
        began: Option<SystemTime>,
        /// When the last of its requests had ended, at the latest.
        ended: Instant,
        /// It must not be sent again, only looked up.
        never_post: bool,
    },
}

/// What a call leaves open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowDoubt {
    /// Nothing: the server has not created the customer.
    None,
    /// It may have been created.
    MaybeCreated,
    /// It was most likely created, and must not be sent again.
    NeverPost,
}

/// What became of a row.
#[derive(Debug)]
pub enum RowEnd {
    /// There is a customer.
    Gained(Box<Created>),
    /// There is none that is known.
    Failed {
        /// Why; its outcome says what the row is now.
        error: Error,
        /// What that leaves open.
        doubt: RowDoubt,
        /// Whether it may be settled as soon as look-ups were seen to find somebody.
        unproven: bool,
    },
}

impl Client {
    /// Sends one row of an import, every request of it through the gate.
    #[doc(hidden)]
    pub fn send_row<'a>(
        &'a self,
        customer: &'a NewCustomer,
        gate: &'a dyn Gate,
        before: RowBefore,
        rules: RowRules,
    ) -> impl Future<Output = RowEnd> + Send + 'a {
        let span = tracing::debug_span!("kunacore", otel.name = "import_row", otel.kind = "client");
        run(self, customer, gate, before, rules).instrument(span)
    }

    /// How long one attempt may take.
    #[doc(hidden)]
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.0.options.timeout
    }

    /// How long the server is given to be done with a request, if that was asked for.
    #[doc(hidden)]
    #[must_use]
    pub fn settle(&self) -> Option<Duration> {
        self.0.options.settle
    }

    /// One request that changes nothing, outside every gate: whether the server answers, and its clock.
    ///
    /// # Errors
    ///
    /// As for a look-up. It is not repeated.
    #[doc(hidden)]
    pub async fn probe(&self) -> Result<Option<SystemTime>, Error> {
        let options = Options { max_attempts: 1, ..self.0.options };
        let session = Session::start(&self.0, options);
        let any = crate::generated::types::FindCustomersRequest { take: Some(1), ..Default::default() };
        let found =
            session.read(crate::judge::Read::Find, Request::Find(&any), &[], |data| data.is_array().then_some(()));
        Ok(found.await?.1.date())
    }
}

async fn run(client: &Client, customer: &NewCustomer, gate: &dyn Gate, before: RowBefore, rules: RowRules) -> RowEnd {
    let RowRules { adopt, settle } = rules;
    let session = Session {
        pool: &client.0,
        options: Options { reconcile: true, settle: settle.or(client.0.options.settle), ..client.0.options },
        deadline: Deadline::none(),
        gate: Some(gate),
    };
    let wire = Wire { session, customer, detailed: false };
    let (creation, retry) = (wire.creation(), wire.session.retry());
    let earlier = match before {
        RowBefore::Unsent => None,
        RowBefore::MaybeSent { began, ended, never_post } => Some(Earlier { began, ended, sealed: never_post }),
    };
    let (result, standing) = match earlier {
        Some(Earlier { sealed: true, .. }) if adopt => {
            let (result, standing) = creation.run_after(earlier, retry).await;
            (creation.adopting(result), standing)
        }
        earlier if adopt => creation.ensure_after(earlier.map(|earlier| earlier.ended), retry).await,
        earlier => creation.run_after(earlier, retry).await,
    };
    match result {
        Ok(gained) => RowEnd::Gained(Box::new(wire.remember(gained))),
        Err(error) => RowEnd::Failed {
            unproven: error.is_unproven(),
            doubt: match standing {
                Standing::Clean => RowDoubt::None,
                Standing::Tainted => RowDoubt::MaybeCreated,
                Standing::Sealed => RowDoubt::NeverPost,
            },
            error,
        },
    }
}

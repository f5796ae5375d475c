//! Look first, create only if absent: for work that may be delivered twice, and after an unknown outcome.

use crate::answer::Headers;
use crate::clock::{self, Instant};
use crate::customer::{Customer, How};
use crate::error::{Error, ErrorKind};
use crate::fold::Standing;
use crate::lookup::Sighting;
use crate::matching;
use crate::retry::Retry;
use crate::send::{Creation, Gained, Look, Server};

const INCOMPLETE: &str = "another person with this e-mail was found, but not all that the look-up found could be read";

/// What looking first found.
enum First {
    Adopted(Box<Gained>),
    Absent,
    Failed(Error),
}

impl<S: Server> Creation<'_, S> {
    /// The customer, created before or now.
    ///
    /// `maybe_sent`: somebody may have sent it shortly before this call. Then nothing is created before the server must be
    /// done with that request.
    pub(crate) async fn ensure(&self, maybe_sent: bool, retry: Retry<'_>) -> Result<Gained, Error> {
        self.ensure_after(maybe_sent.then(clock::now), retry).await.0
    }

    /// The same, and how the call stands at its end, should it have failed. `sent`: somebody may have sent the customer up
    /// to then.
    pub(crate) async fn ensure_after(
        &self,
        sent: Option<Instant>,
        retry: Retry<'_>,
    ) -> (Result<Gained, Error>, Standing) {
        let trust = self.options.trust_uniqueness;
        let waits = sent.is_some() && !trust;
        let before = if sent.is_some() { Standing::Tainted } else { Standing::Clean };
        let looked = self.watch(sent.unwrap_or_else(clock::now), |sighting, moment| match sighting {
            Sighting::Present(hits) => match self.earliest(hits.customers.iter()) {
                Some(found) => Look::End(First::Adopted(Box::new(Gained::found(hits, found, How::Adopted, 0)))),
                // One of ours may be among those that could not be read.
                None if !hits.complete && !trust => Look::Go(Error::not_looked_up(INCOMPLETE, Some(hits.status))),
                // One of ours may still appear beside it.
                None if waits && !moment.server_is_done => Look::Go(Error::other_person(hits)),
                None => Look::End(First::Failed(Error::other_person(hits))),
            },
            Sighting::Absent if !waits || moment.absent_twice => Look::End(First::Absent),
            // Nobody has sent it, or the server itself refuses a second one.
            Sighting::Unproven if !waits => Look::End(First::Absent),
            Sighting::Inconclusive(_) if trust => Look::End(First::Absent),
            Sighting::Inconclusive(why) if !waits => Look::End(First::Failed(why.clone().with_attempts(0))),
            Sighting::Inconclusive(why) => Look::Go(Error::not_looked_up(why.what(), why.status())),
            Sighting::Unproven => Look::Go(Error::nothing_ever_found()),
            Sighting::Absent => Look::Go(Error::too_soon()),
        });
        match looked.await {
            Ok(First::Adopted(adopted)) => return (Ok(*adopted), before),
            Ok(First::Failed(error)) | Err(error) => return (Err(error), before),
            Ok(First::Absent) => {}
        }
        let (result, standing) = self.run_after(None, retry).await;
        (self.adopting(result), standing)
    }

    /// Takes the customer that stands in the way, if it is the person that was sent: somebody else was faster, or find does
    /// not show everybody.
    pub(crate) fn adopting(&self, result: Result<Gained, Error>) -> Result<Gained, Error> {
        match result {
            Err(error) if error.kind() == ErrorKind::Duplicate || error.code() == Some("conflict") => {
                match self.earliest(error.known()) {
                    Some(existing) => Ok(Gained {
                        customer: existing.clone(),
                        how: How::Adopted,
                        attempts: error.attempts(),
                        status: error.status().unwrap_or_default(),
                        request_id: error.request_id().map(str::to_owned),
                        // A refusal that was read keeps none.
                        headers: Headers::default(),
                    }),
                    None if error.existing().is_some() => Err(error.with_code("conflict")),
                    None => Err(error),
                }
            }
            result => result,
        }
    }

    /// The first created of those that are the person that was sent: whoever asks, and whenever, gets the same.
    fn earliest<'h>(&self, found: impl Iterator<Item = &'h Customer>) -> Option<&'h Customer> {
        found
            .filter(|found| matching::matches(self.customer, found))
            .min_by_key(|customer| (customer.created_at().is_none(), customer.created_at()))
    }
}

//! One at a time for each e-mail: two calls of this client that look first, for the same customer at the same time, would
//! both find nobody and both create.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::OwnedMutexGuard;

use crate::matching::email_key;

type Locks = HashMap<String, Arc<tokio::sync::Mutex<()>>>;

/// The e-mails that calls are busy with.
#[derive(Default)]
pub(crate) struct Turns(Mutex<Locks>);

/// The turn of a call; it ends when this is dropped.
pub(crate) struct Turn<'a> {
    turns: &'a Turns,
    key: String,
    guard: Option<OwnedMutexGuard<()>>,
}

impl Turns {
    /// Waits until no other call is busy with this e-mail.
    pub(crate) async fn take(&self, email: &str) -> Turn<'_> {
        let key = email_key(email);
        let lock = self.locks().entry(key.clone()).or_default().clone();
        // Made before the wait, so that a call that is dropped while it waits leaves nothing behind.
        let mut turn = Turn { turns: self, key, guard: None };
        turn.guard = Some(lock.lock_owned().await);
        turn
    }

    fn locks(&self) -> MutexGuard<'_, Locks> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        drop(self.guard.take());
        let mut locks = self.turns.locks();
        // Nobody else holds it or waits for it; both would have a reference of their own.
        if locks.get(&self.key).is_some_and(|lock| Arc::strong_count(lock) == 1) {
            locks.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test(start_paused = true)]
    async fn calls_for_one_e_mail_take_turns_and_others_do_not_wait() {
        let turns = Turns::default();
        let first = turns.take("Alex@example.com").await;
        let _other = turns.take("bob@example.com").await;
        let second = tokio::time::timeout(Duration::from_secs(1), turns.take(" alex@EXAMPLE.com"));
        assert!(second.await.is_err(), "the same e-mail in another spelling");
        drop(first);
        turns.take("alex@example.com").await;
        assert_eq!(turns.locks().keys().collect::<Vec<_>>(), ["BOB@EXAMPLE.COM"], "nothing is left behind");
    }
}

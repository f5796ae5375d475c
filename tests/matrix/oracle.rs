//! What was really created, against what the calls said.

use std::collections::{HashMap, HashSet};

use kunacore::{Created, Error, ErrorKind, How, Outcome};
use kunacore_sandbox::Ledger;

/// A call that has ended: its comment is its own.
pub(crate) struct Ended {
    pub(crate) comment: String,
    /// Somebody with this e-mail was there before, and matches: the call may adopt that one.
    pub(crate) earlier_id: Option<String>,
    pub(crate) result: Result<Created, Error>,
}

/// What a server did that no client can see through.
#[derive(Clone, Copy, Default)]
pub(crate) struct Excuse {
    /// A gateway sent requests twice.
    pub(crate) sent_twice: bool,
    /// Find is broken.
    pub(crate) find_broken: bool,
    /// Find shows a customer only after a while.
    pub(crate) find_slow: bool,
}

impl Excuse {
    fn covers(self, error: &Error) -> bool {
        let Self { sent_twice, find_broken, find_slow } = self;
        let without_a_word = error.kind() == ErrorKind::Rejected && error.code().is_none();
        sent_twice
            && (find_broken && (error.kind() == ErrorKind::Duplicate || without_a_word) || find_slow && without_a_word)
    }
}

/// What came out.
#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) calls: usize,
    /// Calls of which the server created two customers from two requests of ours.
    pub(crate) twice: usize,
    /// Calls whose customer was created, but which name another one, or none without saying that they do not know.
    pub(crate) lost: usize,
    /// Calls that said of a created customer that it was not, or were given somebody else's.
    pub(crate) misreported: usize,
    /// Calls that said that they do not know.
    pub(crate) unknown: usize,
    /// Those of them that `ensure_customer` then settled.
    pub(crate) ensured: usize,
    /// Refused, when a gateway had sent them twice, by a server whose find could not name the customer that exists.
    pub(crate) nameless: usize,
    pub(crate) broken: Vec<String>,
}

impl Counts {
    pub(crate) fn add(&mut self, other: Self) {
        self.calls += other.calls;
        self.twice += other.twice;
        self.lost += other.lost;
        self.misreported += other.misreported;
        self.unknown += other.unknown;
        self.ensured += other.ensured;
        self.nameless += other.nameless;
        self.broken.extend(other.broken);
    }

    /// Compares calls that have ended with the ledger.
    ///
    /// `excuse` tells of the one case in which a call may refuse a customer that it created: a gateway sent our request
    /// twice, the answer to the second copy says "duplicate", or nothing at all, and find cannot name the first.
    pub(crate) fn check(&mut self, name: &str, ledger: &Ledger, ended: &[Ended], excuse: Excuse) {
        let mut by_comment: HashMap<&str, Vec<(&str, &str, i64)>> = HashMap::new();
        for row in &ledger.created {
            let row_of = by_comment.entry(row.comment.as_deref().unwrap_or_default()).or_default();
            row_of.push((&row.id, &row.wallet_id, row.request));
        }
        for Ended { comment, earlier_id, result } in ended {
            self.calls += 1;
            let ours = by_comment.get(comment.as_str()).map_or(&[][..], Vec::as_slice);
            let is_ours =
                |id: &str, wallet: &str| ours.iter().any(|(own, own_wallet, _)| (*own, *own_wallet) == (id, wallet));
            let requests: HashSet<i64> = ours.iter().map(|(_, _, request)| *request).collect();
            let mut broken = Vec::new();
            if requests.len() > 1 {
                self.twice += 1;
                broken.push("created twice");
            }
            match result {
                Ok(created) => {
                    let (id, wallet) = (created.customer.id().as_str(), created.customer.wallet_id().as_str());
                    let adopted = created.how == How::Adopted && earlier_id.as_deref() == Some(id);
                    if !is_ours(id, wallet) && !adopted {
                        self.misreported += 1;
                        broken.push("given somebody else's wallet");
                        if !ours.is_empty() {
                            self.lost += 1;
                        }
                    }
                }
                Err(error) if error.outcome() == Outcome::Unknown => self.unknown += 1,
                Err(_) if ours.is_empty() => {}
                Err(error) if error.outcome() == Outcome::NotApplied => {
                    (self.misreported, self.lost) = (self.misreported + 1, self.lost + 1);
                    broken.push("said not to be applied, but created");
                }
                Err(error) => match error.existing() {
                    Some(existing) if is_ours(existing.id().as_str(), existing.wallet_id().as_str()) => {}
                    None if excuse.covers(error) => self.nameless += 1,
                    _ => {
                        (self.misreported, self.lost) = (self.misreported + 1, self.lost + 1);
                        broken.push("said to be refused, but created");
                    }
                },
            }
            for what in broken {
                let shown = result.as_ref().map(|created| created.how);
                self.broken.push(format!("{what}: {comment}, requests {requests:?}: {shown:?}\n    {name}"));
            }
        }
    }

    /// Not knowing is no way out: where find works, and one customer was created, the call must have found it.
    pub(crate) fn check_settled<'a>(&mut self, name: &str, ledger: &Ledger, ended: impl Iterator<Item = &'a Ended>) {
        for Ended { comment, result, .. } in ended {
            let created = ledger.created.iter().filter(|row| row.comment.as_ref() == Some(comment)).count();
            let unknown = result.as_ref().is_err_and(|error| error.outcome() == Outcome::Unknown);
            if created == 1 && unknown {
                self.broken.push(format!("not settled: {comment}: {result:?}\n    {name}"));
            }
        }
    }
}

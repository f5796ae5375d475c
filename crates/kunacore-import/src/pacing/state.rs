//! What the gate decides by, all under one lock: a request leaves when the rate, the pauses and the places all let it.

use kunacore::gate::{Ending, Operation, Seen};
use tokio::time::Instant;

use super::Pacing;
use super::outage::Presence;
use super::pauses::Pauses;
use super::places::Places;
use super::rate::Rate;
use super::status::{Pause, Requests, Status, Why};

/// What a request needs. Those of a kind leave in the order in which they came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Takes no place, since calls that hold one may wait for it; and goes first.
    Login,
    /// Takes a place.
    Read,
    /// Takes a place. None leaves once the import stops.
    Create,
}

impl Kind {
    pub(super) fn of(operation: Operation) -> Self {
        match operation {
            Operation::Login => Self::Login,
            Operation::Find | Operation::Details => Self::Read,
            Operation::Create => Self::Create,
        }
    }

    /// The other one that takes places.
    fn rival(self) -> Option<Self> {
        match self {
            Self::Login => None,
            Self::Read => Some(Self::Create),
            Self::Create => Some(Self::Read),
        }
    }
}

/// Whether a request leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Now. It is counted as in flight.
    Leaves,
    /// Never.
    Never,
    /// Not before then, unless something changes.
    NotBefore(Instant),
    /// Not before something changes.
    Waits,
}

/// What may still leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    Open,
    /// Everything but creations.
    Draining,
    Closed,
}

/// The state of the gate.
pub(super) struct State {
    stage: Stage,
    rate: Rate,
    pauses: Pauses,
    places: Places,
    presence: Presence,
    creates_in_flight: usize,
    /// How many requests of each kind wait.
    waiting: [usize; 3],
    /// The arrival of the one of each kind that is the next to leave.
    heads: [Option<u64>; 3],
    arrivals: u64,
    requests: Requests,
}

impl State {
    pub(super) fn new(pacing: &Pacing, now: Instant) -> Self {
        Self {
            stage: Stage::Open,
            rate: Rate::new(pacing.rate, now),
            pauses: Pauses::default(),
            places: match pacing.concurrency {
                Some(number) => Places::fixed(number),
                None => Places::adaptive(pacing.most, now),
            },
            presence: Presence::new(pacing.start_with_one),
            creates_in_flight: 0,
            waiting: [0; 3],
            heads: [None; 3],
            arrivals: 0,
            requests: Requests::default(),
        }
    }

    /// A request comes to the gate. It never overtakes one that waits.
    pub(super) fn comes(&mut self, kind: Kind, now: Instant) -> Verdict {
        let before_it = match kind {
            Kind::Login => self.waiting[Kind::Login as usize],
            Kind::Read | Kind::Create => self.waiting.iter().sum(),
        };
        if before_it > 0 && !self.is_refused(kind) { Verdict::Waits } else { self.decide(kind, None, now) }
    }

    /// It waits, and gets the number of its arrival.
    pub(super) fn waits(&mut self, kind: Kind) -> u64 {
        self.waiting[kind as usize] += 1;
        self.arrivals += 1;
        self.arrivals
    }

    /// It is the first of its kind.
    pub(super) fn is_next(&mut self, kind: Kind, arrival: u64, now: Instant) -> Verdict {
        self.heads[kind as usize] = Some(arrival);
        self.decide(kind, Some(arrival), now)
    }

    /// It waits no longer, whether it has left or was given up.
    pub(super) fn waited(&mut self, kind: Kind, arrival: u64) {
        self.waiting[kind as usize] -= 1;
        self.heads[kind as usize].take_if(|head| *head == arrival);
    }

    fn decide(&mut self, kind: Kind, arrival: Option<u64>, now: Instant) -> Verdict {
        if self.is_refused(kind) {
            return Verdict::Never;
        }
        match (self.presence.doubt(), kind) {
            (None, _) => {}
            (Some(_), Kind::Login) => {
                if let Some(next) = self.presence.next_login(now) {
                    return Verdict::NotBefore(next);
                }
            }
            (Some(_), Kind::Read | Kind::Create) => return Verdict::Waits,
        }
        if let Some((_, until)) = self.pauses.now(now) {
            return Verdict::NotBefore(until);
        }
        if kind != Kind::Login {
            // Calls wait for logins, so these go first.
            let login_waits = self.waiting[Kind::Login as usize] > 0;
            if login_waits || !self.has_place(kind) || self.has_older_rival(kind, arrival) {
                return Verdict::Waits;
            }
        }
        if let Some(next) = self.rate.next(now) {
            return Verdict::NotBefore(next);
        }
        self.rate.take(now);
        match kind {
            Kind::Login => self.presence.login(now),
            Kind::Read | Kind::Create => {
                self.places.take(now);
                self.creates_in_flight += usize::from(kind == Kind::Create);
            }
        }
        Verdict::Leaves
    }

    fn is_refused(&self, kind: Kind) -> bool {
        match self.stage {
            Stage::Open => false,
            // In an outage no look-up would bring anything, and nobody looks for its end any more.
            Stage::Draining => kind == Kind::Create || self.presence.doubt().is_some(),
            Stage::Closed => true,
        }
    }

    fn has_place(&self, kind: Kind) -> bool {
        let goes_alone = kind == Kind::Create && self.presence.alone();
        self.places.taken() < self.places.limit() && !(goes_alone && self.creates_in_flight > 0)
    }

    /// Whether the first of the other kind came earlier and could take the same place.
    fn has_older_rival(&self, kind: Kind, arrival: Option<u64>) -> bool {
        kind.rival().is_some_and(|rival| {
            let head = self.heads[rival as usize];
            head.is_some_and(|head| arrival.is_some_and(|arrival| head < arrival)) && self.has_place(rival)
        })
    }

    /// A request has ended.
    pub(super) fn leave(&mut self, seen: &Seen, now: Instant) {
        let Seen { operation, ending, retry_after, took, .. } = *seen;
        let kind = Kind::of(operation);
        let left = now.checked_sub(took).unwrap_or(now);
        if ending != Ending::NotSent {
            self.requests.count(operation);
        }
        if kind != Kind::Login {
            self.places.give_back(now);
        }
        if kind == Kind::Create {
            self.creates_in_flight = self.creates_in_flight.saturating_sub(1);
            self.created(left, ending);
        }
        match ending {
            Ending::Answered(429) => {
                self.places.cut(now, left, true);
                self.rate.pushed_back(now, left, retry_after.is_some_and(|pause| pause.is_zero()));
                self.pauses.throttled(now, left, retry_after);
            }
            Ending::Answered(503) => {
                self.places.cut(now, left, false);
                if let Some(pause) = retry_after {
                    self.pauses.unavailable(now, pause);
                }
            }
            Ending::Answered(408 | 504) | Ending::TimedOut | Ending::TurnedAway => self.places.cut(now, left, false),
            Ending::Answered(status) => {
                self.rate.accepted(now);
                self.pauses.passed(left);
                // Errors can be faster than what they stand for.
                if kind != Kind::Login && status < 500 {
                    self.places.answered(now, left);
                }
            }
            Ending::NotSent | Ending::Lost | Ending::Dropped => {}
        }
    }

    /// What the end of a creation says of the server's being there.
    fn created(&mut self, left: Instant, ending: Ending) {
        match ending {
            // Push-back is an answer, too.
            Ending::Answered(0..500) | Ending::TurnedAway => self.presence.created(left, true),
            // Once the import stops, nobody looks any more.
            _ if self.stage > Stage::Open => {}
            Ending::Answered(_) | Ending::NotSent | Ending::TimedOut | Ending::Lost => {
                self.presence.created(left, false);
            }
            Ending::Dropped => {}
        }
    }

    /// When it is time to look for the server; `None` as long as it is not in doubt, or was found to be gone.
    pub(super) fn suspects(&self, now: Instant) -> Option<Instant> {
        let suspected = self.presence.doubt() == Some(Why::Suspected);
        suspected.then(|| self.pauses.now(now).map_or(now, |(_, until)| until))
    }

    pub(super) fn cleared(&mut self, now: Instant) {
        self.presence.cleared(now);
    }

    pub(super) fn outage(&mut self) {
        self.presence.outage();
    }

    /// Goes on to this stage, if it is later; whether it was.
    pub(super) fn stop(&mut self, stage: Stage) -> bool {
        let later = stage > self.stage;
        if later {
            self.stage = stage;
            self.presence.unwatched();
        }
        later
    }

    pub(super) fn stage(&self) -> Stage {
        self.stage
    }

    pub(super) fn room(&self) -> usize {
        let wait: usize = self.waiting[Kind::Read as usize] + self.waiting[Kind::Create as usize];
        self.places.limit().saturating_sub(self.places.taken() + wait)
    }

    pub(super) fn status(&self, now: Instant) -> Status {
        let pause = match (self.presence.doubt(), self.pauses.now(now)) {
            (Some(Why::Outage), _) => Some(Pause { why: Why::Outage, until: None }),
            (_, Some((why, until))) => Some(Pause { why, until: Some(until) }),
            (Some(why), None) => Some(Pause { why, until: None }),
            (None, None) => None,
        };
        Status {
            in_flight: self.places.taken(),
            waiting: self.waiting.iter().sum(),
            limit: self.places.limit(),
            rate: self.rate.in_force(),
            pause,
            requests: self.requests,
        }
    }
}

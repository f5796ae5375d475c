//! Has rows sent as fast as the pacer lets them go, and decides when an import must stop.

use std::sync::mpsc;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use kunacore::Client;
use kunacore::rows::RowRules;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::control::{Control, Wish};
use super::jobs::Jobs;
use super::probe::Prober;
use super::progress::Board;
use super::row::{Odd, Shared};
use super::signs::Signs;
use super::stop::{Stop, StopKind};
use super::threads::mistake;
use super::{BLOCK_ROWS, Job, ToBooks, ToSender};
use crate::pacing::Pacer;
use crate::run::RowResult;

/// How many rows may be on their way or wait for their look-up at once. It bounds the memory that a server costs which
/// loses many answers.
const ALIVE: usize = 10_000;
/// How many rows wait at most until look-ups were seen to find somebody; what is more is unresolved at once.
const UNPROVEN: usize = 10_000;
/// How many blocks are asked for ahead.
const AHEAD: usize = 3;
/// More is as good as for ever, and no time that a clock could not tell.
const LONGEST_DRAIN: Duration = Duration::from_secs(365 * 24 * 60 * 60);
/// How often what is to be seen is noted.
const GLANCE: Duration = Duration::from_millis(100);

/// What a sending needs.
pub(crate) struct Sending {
    pub(crate) client: Client,
    pub(crate) pacer: Arc<Pacer>,
    pub(crate) rules: RowRules,
    /// How many rejections in a row for the same reason stop it; 0 for no limit.
    pub(crate) max_identical_rejections: u32,
    /// How long what is in flight is settled at most once it stops.
    pub(crate) drain: Duration,
    pub(crate) control: Control,
    pub(crate) board: Arc<Board>,
}

/// How a sending ended.
#[derive(Default)]
pub(crate) struct Sent {
    /// Why it stopped, if it did.
    pub(crate) stop: Option<Stop>,
    /// What a person should know beside.
    pub(crate) remarks: Vec<String>,
    /// How many look-ups were sent outside the pacer.
    pub(crate) probes: u64,
}

impl Sending {
    /// Sends all that the books have, and tells them when no request is under way any more.
    pub(super) async fn run(self, books: mpsc::Sender<ToBooks>, mut told: UnboundedReceiver<ToSender>) -> Sent {
        let prober = Prober::new(self.client.clone());
        let mut wishes = self.control.wishes();
        let mut state = State::new(&self, books);
        let outage = prober.watch(&self.pacer);
        tokio::pin!(outage);
        let mut glance = tokio::time::interval(GLANCE);
        let mut give_up_at: Option<Instant> = None;
        loop {
            // A wish that came before anybody listened is no change any more.
            if !state.begun && state.stop.is_none() && *wishes.borrow_and_update() == Wish::GoOn {
                tokio::select! {
                    begun = state.begin(&prober) => begun,
                    _ = wishes.changed() => {}
                }
            }
            match *wishes.borrow_and_update() {
                Wish::GoOn => {}
                Wish::Stop => state.halt(interrupted()),
                Wish::StopAtOnce => {
                    state.halt(interrupted());
                    break;
                }
            }
            if let Some(stop) = state.shared.signs.stop() {
                state.halt(stop);
            }
            if state.stop.is_some() {
                give_up_at.get_or_insert_with(|| Instant::now() + self.drain.min(LONGEST_DRAIN));
            } else if state.start_tasks() {
                // Each of them now takes its place at the pacer.
                tokio::task::yield_now().await;
            }
            if state.is_done() && !state.settle_the_unproven() {
                break;
            }
            tokio::select! {
                Some(done) = state.tasks.join_next() => state.ended(done),
                told = told.recv(), if !state.is_deaf => state.hear(told),
                () = state.shared.jobs.called() => {}
                stop = &mut outage, if state.stop.is_none() => state.halt(stop),
                _ = wishes.changed() => {}
                () = sleep_until(give_up_at) => break,
                _ = glance.tick() => state.glance(),
            }
        }
        self.pacer.close();
        state.finish().await;
        Sent { stop: state.stop, remarks: state.remarks, probes: prober.sent() }
    }
}

struct State<'a> {
    sending: &'a Sending,
    shared: Arc<Shared>,
    /// Blocks that were asked for and have not come.
    wanted: usize,
    /// Whether the server was looked at.
    begun: bool,
    ended: bool,
    tasks: JoinSet<Option<Odd>>,
    /// Rows that wait until look-ups were seen to find somebody, with the result that they have until then.
    unproven: Vec<(Box<Job>, Box<RowResult>)>,
    /// Whether these had their second chance.
    last_round: bool,
    stop: Option<Stop>,
    remarks: Vec<String>,
    /// How many blocks have come.
    heard: u64,
    /// Whether the books are gone, and say nothing more.
    is_deaf: bool,
}

impl<'a> State<'a> {
    fn new(sending: &'a Sending, books: mpsc::Sender<ToBooks>) -> Self {
        let pacer = sending.pacer.clone();
        Self {
            sending,
            shared: Arc::new(Shared {
                client: sending.client.clone(),
                jobs: Jobs::default(),
                books,
                signs: Signs::new(pacer.clone(), sending.max_identical_rejections),
                pacer,
                rules: sending.rules,
                server_time: OnceLock::new(),
            }),
            wanted: 0,
            begun: false,
            ended: false,
            tasks: JoinSet::new(),
            unproven: Vec::new(),
            last_round: false,
            stop: None,
            remarks: Vec::new(),
            heard: 0,
            is_deaf: false,
        }
    }

    /// Looks whether the server is there, and what its clock says; then asks for rows. In this order, so that the time is
    /// durable before a row may leave: whoever continues the run tells by it which customers are the run's.
    async fn begin(&mut self, prober: &Prober) {
        match prober.preflight().await {
            Ok(preflight) => {
                if let Some(time) = preflight.server_time {
                    let _ = self.shared.server_time.set(time);
                }
                let time = preflight.server_time.and_then(|time| jiff::Timestamp::try_from(time).ok());
                self.tell(ToBooks::ServerTime(time.map(|time| time.to_string())));
                self.want();
                self.remarks.extend(preflight.remark);
            }
            Err(stop) => self.halt(stop),
        }
        self.begun = true;
    }

    /// Starts as many tasks as the pacer has room for and there are rows; whether there were any.
    fn start_tasks(&mut self) -> bool {
        let room = self.shared.pacer.room().min(ALIVE.saturating_sub(self.tasks.len()));
        let mut started = false;
        for _ in 0..room {
            let Some(job) = self.shared.jobs.next() else { break };
            self.tasks.spawn(self.shared.clone().work(job));
            started = true;
        }
        self.want();
        started
    }

    /// Asks for more rows, so that some are always at hand.
    fn want(&mut self) {
        let waiting = self.shared.jobs.len();
        while !self.ended && self.stop.is_none() && waiting + self.wanted * BLOCK_ROWS < AHEAD * BLOCK_ROWS {
            self.wanted += 1;
            self.tell(ToBooks::Want);
        }
    }

    fn hear(&mut self, told: Option<ToSender>) {
        let Some(told) = told else {
            // Nobody notes anything any more, so nothing may leave any more.
            self.is_deaf = true;
            self.halt(mistake());
            self.sending.pacer.close();
            return;
        };
        match told {
            ToSender::Jobs(jobs) => {
                self.wanted = self.wanted.saturating_sub(1);
                self.heard += 1;
                self.shared.jobs.add(jobs);
                if self.stop.is_some() {
                    self.take_back_jobs();
                }
                self.want();
            }
            ToSender::End => self.ended = true,
            ToSender::Stop(stop) => {
                let at_once = stop.kind == StopKind::Directory;
                self.halt(stop);
                if at_once {
                    // Nothing can be noted any more, so nothing may leave any more.
                    self.sending.pacer.close();
                }
            }
        }
    }

    fn ended(&mut self, done: Result<Option<Odd>, tokio::task::JoinError>) {
        match done {
            Ok(None) => {}
            // What is known of it was noted before its second chance.
            Ok(Some(Odd::Unproven { .. })) if self.last_round => {}
            Ok(Some(Odd::Unproven { job, result })) => {
                if self.stop.is_some() || self.unproven.len() >= UNPROVEN {
                    self.tell(ToBooks::Done(result));
                } else {
                    self.unproven.push((job, result));
                }
            }
            Ok(Some(Odd::NotAccepted { row, error })) => {
                self.remarks.push(format!("Row {row} was not accepted: {error}"));
            }
            Err(error) if error.is_cancelled() => {}
            Err(_) => self.halt(Stop::new(
                StopKind::Directory,
                "A mistake in the program ended the work on a row; the row stays in doubt.",
                "Continue the run, which looks it up; and please report this.",
            )),
        }
    }

    /// Sends nothing new from now on. The first reason stays.
    fn halt(&mut self, stop: Stop) {
        if self.stop.is_none() {
            self.stop = Some(stop);
            self.sending.pacer.drain();
            self.take_back_jobs();
        }
    }

    fn take_back_jobs(&mut self) {
        for job in self.shared.jobs.take() {
            self.tell(ToBooks::TakeBack(job.row));
        }
    }

    /// Whether nothing is under way and nothing will come.
    fn is_done(&self) -> bool {
        self.tasks.is_empty() && self.shared.jobs.len() == 0 && (self.ended || self.stop.is_some())
    }

    /// Looks up once more what waits for a look-up that finds somebody; whether there is anything.
    fn settle_the_unproven(&mut self) -> bool {
        if self.last_round || self.stop.is_some() || self.unproven.is_empty() {
            return false;
        }
        self.last_round = true;
        let mut jobs = Vec::new();
        for (job, result) in std::mem::take(&mut self.unproven) {
            // Noted first: a stop takes back what has not had its turn, and this was sent before.
            self.tell(ToBooks::Done(result));
            jobs.push(*job);
        }
        self.shared.jobs.add(jobs);
        true
    }

    fn glance(&self) {
        let status = self.sending.pacer.status();
        let waiting = self.tasks.len().saturating_sub(status.in_flight + status.waiting) + self.unproven.len();
        let nothing_else = self.ended && self.shared.jobs.len() == 0 && self.tasks.len() == waiting;
        self.sending.board.in_doubt(waiting, nothing_else && waiting > 0);
    }

    /// Gives up what is still under way, and tells the books that nothing is.
    async fn finish(&mut self) {
        for (_, result) in std::mem::take(&mut self.unproven) {
            self.tell(ToBooks::Done(result));
        }
        // Dropped, a request that has not left never will.
        self.tasks.abort_all();
        while let Some(done) = self.tasks.join_next().await {
            if let Ok(Some(Odd::Unproven { result, .. })) = done
                && !self.last_round
            {
                self.tell(ToBooks::Done(result));
            }
        }
        self.tell(ToBooks::Finish { heard: self.heard });
    }

    fn tell(&self, told: ToBooks) {
        self.shared.tell(told);
    }
}

fn interrupted() -> Stop {
    Stop::new(StopKind::Interrupted, "The import was interrupted.", "")
}

async fn sleep_until(then: Option<Instant>) {
    match then {
        Some(then) => tokio::time::sleep_until(then).await,
        None => std::future::pending().await,
    }
}

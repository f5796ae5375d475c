//! What the books announce before rows leave, and what is known of rows when they end; and that what they were told is kept
//! when something else has failed.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use kunacore::NewCustomer;
use kunacore::rows::RowBefore;
use tokio::sync::mpsc::UnboundedReceiver;

use super::books::Lines;
use super::feeder::{Block, Fed};
use super::{Announcing, BLOCK_ROWS, Board, Books, Closed, Job, Known, ToBooks, ToSender, Work};
use crate::run::sent::SentUpto;
use crate::run::tests::sim::Sim;
use crate::run::tests::{create, created, email, open};
use crate::run::{End, How, KnownRun, RowResult, RowState, Run, RunError};

/// Books that are kept on a thread of their own, and what the others hold meanwhile.
struct Kept {
    to_books: Sender<ToBooks>,
    /// The feeder's, which lives as long as the books keep the credits.
    _credits: Receiver<()>,
    told: UnboundedReceiver<ToSender>,
    books: std::thread::JoinHandle<Closed>,
}

/// The books of a run, and nothing else.
fn books(run: Run, announcing: Announcing) -> Books {
    Books {
        run,
        known: Vec::new(),
        accept: HashMap::new(),
        announcing,
        canary: None,
        began: tokio::time::Instant::now(),
        board: Arc::new(Board::default()),
        remarks: Vec::new(),
    }
}

impl Kept {
    /// With so many rows, which are on their way.
    fn begin(mut run: Run, rows: u32) -> Self {
        run.announce(rows).unwrap();
        (1..=rows).for_each(|row| run.begin(row).unwrap());
        let accept = HashMap::from([(7, "somebody".to_owned())]);
        Self::keep(Books { accept, ..books(run, Announcing::new(rows, true)) })
    }

    fn keep(books: Books) -> Self {
        let (to_books, from) = channel();
        let (sender, told) = tokio::sync::mpsc::unbounded_channel();
        let (credits, credited) = channel();
        let books = std::thread::spawn(move || books.keep(Lines { from, sender, credits }));
        Self { to_books, _credits: credited, told, books }
    }

    fn tell(&self, told: ToBooks) {
        self.to_books.send(told).unwrap();
    }
}

/// The rows of the block that begins with this one.
fn block(first: u32, rows: u32) -> ToBooks {
    let customer = |row| {
        let name = NewCustomer::builder().first_name("Alex").last_name("Smith").country("FR");
        let document = name.verification_document_id("1").residence_address("Paris");
        Fed::Customer(Box::new(document.email(email(row)).build().unwrap()))
    };
    let last = rows.min(first + BLOCK_ROWS as u32 - 1);
    ToBooks::Fed(Ok(Some(Block { first, rows: (first..=last).map(customer).collect() })))
}

/// The last row of each block of 2000 rows that may leave, and up to which row any may when the sender gets it. With results
/// all rows of a block have one before the next comes.
fn announced(is_exact: bool, canary: Option<u32>, with_results: bool) -> Vec<(u32, u32)> {
    const ROWS: u32 = 2000;
    let sim = Sim::new(3);
    let run = create(&sim).unwrap();
    let mut results = (1..=ROWS).map(|row| Box::new(created(&run, row))).collect::<Vec<_>>().into_iter();
    let mut kept = Kept::keep(Books { canary, ..books(run, Announcing::new(ROWS, is_exact)) });
    let mut announced = Vec::new();
    for first in (1..=ROWS).step_by(BLOCK_ROWS) {
        kept.tell(block(first, ROWS));
        let Some(ToSender::Jobs(jobs)) = kept.told.blocking_recv() else { break };
        // Whatever is not durable may be lost from now on.
        let after = sim.copy(u64::from(first));
        after.cut_power();
        let reach = SentUpto::read(after.disk().as_mut()).unwrap();
        announced.extend(jobs.last().map(|job| (job.row, reach.n)));
        if with_results {
            results.by_ref().take(jobs.len()).for_each(|result| kept.tell(ToBooks::Done(result)));
        }
    }
    kept.tell(ToBooks::Gone);
    kept.books.join().unwrap();
    announced
}

#[test]
fn a_block_is_announced_by_itself_until_results_come_and_four_at_once_after_that() {
    let lasts: Vec<u32> = (1..=7).map(|block| block * 256).chain([2000]).collect();
    let alone: Vec<(u32, u32)> = lasts.iter().map(|last| (*last, *last)).collect();
    assert_eq!(announced(false, None, false), alone);
    assert_eq!(announced(true, None, true), alone);
    let reached = [256, 768, 768, 1792, 1792, 1792, 1792, 2000];
    assert_eq!(announced(false, None, true), lasts.into_iter().zip(reached).collect::<Vec<_>>());
}

#[test]
fn of_a_canary_only_what_it_sends_is_announced() {
    assert_eq!(announced(true, Some(300), true), [(256, 256), (300, 300)]);
}

/// What is known of rows when the books have ended so: of 2000 the first 256 are created, the second are handed on, and 256
/// more are announced.
fn left(end: ToBooks) -> impl Fn(std::ops::RangeInclusive<u32>) -> RowState {
    let sim = Sim::new(4);
    let run = create(&sim).unwrap();
    let results: Vec<RowResult> = (1..=256).map(|row| created(&run, row)).collect();
    let mut kept = Kept::keep(books(run, Announcing::new(2000, false)));
    kept.tell(block(1, 2000));
    results.into_iter().for_each(|result| kept.tell(ToBooks::Done(Box::new(result))));
    kept.tell(block(257, 2000));
    (0..2).for_each(|_| assert!(kept.told.blocking_recv().is_some()));
    kept.tell(end);
    kept.books.join().unwrap();
    let run = open(&sim).unwrap().run;
    assert_eq!(run.sent_upto(), 768);
    move |rows| {
        let state = run.state(*rows.start());
        assert!(rows.clone().all(|row| run.state(row) == state), "{rows:?} are not all the same");
        state
    }
}

#[test]
fn rows_that_were_announced_and_never_handed_on_are_unsent_after_an_end_in_order_and_in_doubt_after_none() {
    let in_order = left(ToBooks::Finish { heard: 1 });
    assert_eq!((in_order(1..=256), in_order(257..=2000)), (RowState::Created(How::Created), RowState::Unsent));
    let gone = left(ToBooks::Gone);
    assert_eq!((gone(257..=768), gone(769..=2000)), (RowState::Tainted, RowState::Unsent));
}

/// What is to be done with a row in doubt, whose customer a known run has learned of after so much of its journal.
fn in_doubt(learned: impl Fn(u64) -> u64) -> (Vec<Job>, RowState) {
    let (earlier, sim) = (Sim::new(5), Sim::new(6));
    let mut known = create(&earlier).unwrap();
    known.announce(1).unwrap();
    known.record(created(&known, 1)).unwrap();
    known.stop().unwrap();
    drop(known);
    let known = KnownRun::open_on(earlier.disk()).unwrap();
    let seen = learned(known.journal_length());
    create(&sim).unwrap().announce(1).unwrap();
    let run = open(&sim).unwrap().run;
    assert_eq!(run.state(1), RowState::Tainted);
    let known = vec![Known { run: known, after: 0, seen }];
    let mut kept = Kept::keep(Books { known, ..books(run, Announcing::new(1, false)) });
    kept.tell(block(1, 1));
    let Some(ToSender::Jobs(jobs)) = kept.told.blocking_recv() else { panic!("nothing came of the block") };
    kept.tell(ToBooks::Gone);
    (jobs, kept.books.join().unwrap().run.state(1))
}

#[test]
fn what_a_known_run_learned_after_a_row_may_have_been_sent_does_not_settle_the_row() {
    let (jobs, state) = in_doubt(|length| length);
    assert_eq!((jobs.len(), state), (0, RowState::Created(How::Known)));
    let (jobs, _) = in_doubt(|_| 0);
    let [Job { work: Work::Send { before, .. }, .. }] = &jobs[..] else { panic!("it is not looked up") };
    assert!(matches!(before, RowBefore::MaybeSent { .. }), "it would be sent as new");
}

#[test]
fn what_came_before_and_after_a_result_that_cannot_be_written_is_written() {
    let sim = Sim::new(1);
    let run = create(&sim).unwrap();
    let [one, three] = [1, 3].map(|row| created(&run, row));
    let id = "x".repeat(2 << 20);
    let end = End::Created { how: How::Created, id: id.clone(), wallet_id: "w-2".to_owned() };
    let long = RowResult { end, ..created(&run, 2) };
    let kept = Kept::begin(run, 3);
    for result in [one, long, three] {
        kept.tell(ToBooks::Done(Box::new(result)));
    }
    kept.tell(ToBooks::Finish { heard: 0 });
    let Closed { run, broken, unwritten, remarks } = kept.books.join().unwrap();
    assert!(matches!(broken, Some(RunError::TooLong { row: 2 })), "{broken:?}");
    let told: Vec<u32> = unwritten.iter().map(|result| result.row).collect();
    assert_eq!(told, [2], "what cannot be written is shown");
    assert!(remarks.iter().any(|remark| remark.contains("Row 7 was not accepted")), "{remarks:?}");
    drop(run);
    assert_eq!(open(&sim).unwrap().run.counts().created, 2);
}

#[test]
fn the_books_end_with_the_sender_though_the_feeder_waits_for_them() {
    let sim = Sim::new(2);
    let run = create(&sim).unwrap();
    let one = created(&run, 1);
    let kept = Kept::begin(run, 2);
    // The feeder's end of the channel stays open.
    let _feeder = kept.to_books.clone();
    kept.tell(ToBooks::Done(Box::new(one)));
    kept.tell(ToBooks::Gone);
    let closed = kept.books.join().unwrap();
    assert!(closed.broken.is_none());
    drop(closed);
    let run = open(&sim).unwrap().run;
    assert_eq!((run.counts().created, run.state(2)), (1, crate::run::RowState::Tainted));
}

//! What the books announce before rows leave; and that what they were told is kept when something else has failed.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use kunacore::NewCustomer;
use tokio::sync::mpsc::UnboundedReceiver;

use super::books::Lines;
use super::feeder::{Block, Fed};
use super::{BLOCK_ROWS, Board, Books, Closed, ToBooks, ToSender};
use crate::run::sent::SentUpto;
use crate::run::tests::sim::Sim;
use crate::run::tests::{create, created, open};
use crate::run::{End, How, RowResult, Run, RunError};

/// Books that are kept on a thread of their own, and what the others hold meanwhile.
struct Kept {
    to_books: Sender<ToBooks>,
    /// The feeder's, which lives as long as the books keep the credits.
    _credits: Receiver<()>,
    told: UnboundedReceiver<ToSender>,
    books: std::thread::JoinHandle<Closed>,
}

impl Kept {
    /// With so many rows, which are on their way.
    fn begin(mut run: Run, rows: u32) -> Self {
        run.announce(rows).unwrap();
        (1..=rows).for_each(|row| run.begin(row).unwrap());
        Self::of(run, rows, None, HashMap::from([(7, "somebody".to_owned())]))
    }

    fn of(run: Run, rows: u32, canary: Option<u32>, accept: HashMap<u32, String>) -> Self {
        let (to_books, from) = channel();
        let (sender, told) = tokio::sync::mpsc::unbounded_channel();
        let (credits, credited) = channel();
        let books = Books {
            run,
            known: Vec::new(),
            accept,
            rows,
            canary,
            began: tokio::time::Instant::now(),
            board: Arc::new(Board::default()),
            remarks: Vec::new(),
        };
        let books = std::thread::spawn(move || books.keep(Lines { from, sender, credits }));
        Self { to_books, _credits: credited, told, books }
    }

    fn tell(&self, told: ToBooks) {
        self.to_books.send(told).unwrap();
    }
}

/// The last row of each block that may leave, and up to which row any may when the sender gets it.
fn announced(rows: u32, canary: Option<u32>) -> Vec<(u32, u32)> {
    let sim = Sim::new(3);
    let mut kept = Kept::of(create(&sim).unwrap(), rows, canary, HashMap::new());
    let mut announced = Vec::new();
    for first in (1..=rows).step_by(BLOCK_ROWS) {
        let block = first..=rows.min(first + BLOCK_ROWS as u32 - 1);
        let customer = |row| {
            let name = NewCustomer::builder().first_name("Alex").last_name("Smith").country("FR");
            let document = name.verification_document_id("1").residence_address("Paris");
            Fed::Customer(Box::new(document.email(format!("{row}@example.com")).build().unwrap()))
        };
        kept.tell(ToBooks::Fed(Ok(Some(Block { first, rows: block.map(customer).collect() }))));
        let Some(ToSender::Jobs(jobs)) = kept.told.blocking_recv() else { break };
        let reach = SentUpto::read(sim.disk().as_mut()).unwrap();
        announced.extend(jobs.last().map(|job| (job.row, reach.n)));
    }
    kept.tell(ToBooks::Gone);
    kept.books.join().unwrap();
    announced
}

#[test]
fn four_blocks_are_announced_at_once_and_none_beyond_the_last_row() {
    let four_and_two = [(256, 1024), (512, 1024), (768, 1024), (1024, 1024), (1280, 1500), (1500, 1500)];
    assert_eq!(announced(1500, None), four_and_two);
    assert_eq!(announced(3, None), [(3, 3)]);
}

#[test]
fn of_a_canary_only_what_it_sends_is_announced() {
    assert_eq!(announced(1500, Some(300)), [(256, 256), (300, 300)]);
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

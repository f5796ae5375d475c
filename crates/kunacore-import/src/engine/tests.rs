//! The books when something else has failed: what they were told is kept all the same.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use super::books::Lines;
use super::{Board, Books, Closed, ToBooks};
use crate::run::tests::sim::Sim;
use crate::run::tests::{create, created, open};
use crate::run::{End, How, RowResult, Run, RunError};

/// Books that are kept on a thread of their own, and what the others hold meanwhile.
struct Kept {
    to_books: Sender<ToBooks>,
    /// The feeder's, which lives as long as the books keep the credits.
    _credits: Receiver<()>,
    books: std::thread::JoinHandle<Closed>,
}

impl Kept {
    fn begin(mut run: Run, rows: u32) -> Self {
        run.announce(rows).unwrap();
        (1..=rows).for_each(|row| run.begin(row).unwrap());
        let (to_books, from) = channel();
        let (sender, _) = tokio::sync::mpsc::unbounded_channel();
        let (credits, credited) = channel();
        let books = Books {
            run,
            known: Vec::new(),
            accept: HashMap::from([(7, "somebody".to_owned())]),
            canary: None,
            began: tokio::time::Instant::now(),
            board: Arc::new(Board::default()),
            remarks: Vec::new(),
        };
        let books = std::thread::spawn(move || books.keep(Lines { from, sender, credits }));
        Self { to_books, _credits: credited, books }
    }

    fn tell(&self, told: ToBooks) {
        self.to_books.send(told).unwrap();
    }
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

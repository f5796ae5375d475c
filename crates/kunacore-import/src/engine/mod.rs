//! The sending of a table: what it is made of, and how its parts talk.
//!
//! ```text
//! feeder (thread)         reads rows and builds customers, a block at a time
//!    │ blocks
//! books (thread)          owns the run's directory: announces a block before it is sent, notes every result, syncs
//!    │ jobs   ▲ results
//! sender (thread, tokio)  sends rows through the core, in as many tasks as the pacer has room for
//! ```
//!
//! The books are the only ones to touch the run's files, so a sync never holds up a request. A block reaches the sender only
//! once it is durable that its rows may leave; a result counts only once it is durable itself. Each arrow is asked for: the
//! sender asks the books for rows, and these ask the feeder, so that nothing piles up.

mod announcing;
mod books;
mod control;
mod feeder;
mod jobs;
mod probe;
mod progress;
mod row;
mod sender;
mod signs;
mod stop;
#[cfg(test)]
mod tests;
mod threads;

pub use control::Control;
pub use progress::{Phase, Progress};
pub use stop::{Stop, StopKind};

pub(crate) use announcing::Announcing;
pub(crate) use books::{Books, Closed, Known};
pub(crate) use control::Wish;
pub(crate) use feeder::Plan;
pub(crate) use progress::{Board, total};
pub(crate) use sender::Sending;
pub(crate) use threads::{Over, send};

use kunacore::NewCustomer;
use kunacore::rows::RowBefore;

use crate::run::{RowResult, Tag};
use feeder::Block;
use row::Accepted;

/// How many rows are handed on at once. A killed process leaves the unfinished rows of a few such blocks in doubt.
pub(crate) const BLOCK_ROWS: usize = 256;

/// A row to be worked on.
struct Job {
    row: u32,
    tag: Tag,
    work: Work,
}

/// What is to be done with a row.
enum Work {
    /// Send it, or settle it.
    Send { customer: Box<NewCustomer>, before: RowBefore },
    /// Take the customer with this id for the row's, on the user's word.
    Accept { id: String },
}

/// What the books are told.
enum ToBooks {
    /// The sender wants another block.
    Want,
    /// The feeder's next block, or that there is none.
    Fed(Result<Option<Block>, crate::ImportError>),
    /// A row has ended so.
    Done(Box<RowResult>),
    /// Nothing was done for a row in this process.
    TakeBack(u32),
    /// The user's word for a row, with the wallet's id that was looked up.
    Accepted(Accepted),
    /// The server's clock before anything is announced, if it told.
    ServerTime(Option<String>),
    /// No request is under way, and none will be.
    Finish {
        /// How many blocks have reached the sender: of later ones nothing was sent.
        heard: u64,
    },
    /// The sender is gone without a word: what it had begun stays in doubt.
    Gone,
}

/// What the sender is told.
enum ToSender {
    /// Rows that may leave now.
    Jobs(Vec<Job>),
    /// There are no more.
    End,
    /// Nothing more may be sent.
    Stop(Stop),
}

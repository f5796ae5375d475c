//! Reads the checked input again, block by block, and makes customers of its rows, on a thread of its own.
//!
//! What is read must be what was checked: the sums of the check are compared before a block is handed on.

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, Sender};

use kunacore::NewCustomer;

use super::{BLOCK_ROWS, ToBooks};
use crate::batch::{Batches, Row};
use crate::error::ImportError;
use crate::fingerprint::Sums;

/// What the check found out that sending needs.
#[derive(Clone, Default)]
pub(crate) struct Plan {
    /// How many rows there are.
    pub(crate) rows: u32,
    /// The sums of the input's parts.
    pub(crate) sums: Vec<u32>,
    /// Rows whose e-mail an earlier row has, with that one. They are rejected.
    pub(crate) repeated: HashMap<u32, u32>,
}

/// Rows that follow one another.
pub(super) struct Block {
    pub(super) first: u32,
    pub(super) rows: Vec<Fed>,
}

/// A row as it was read.
pub(super) enum Fed {
    /// It can be sent.
    Customer(Box<NewCustomer>),
    /// It cannot, and why: the e-mail where there is one, the field, and the reason.
    Invalid { email: Option<String>, code: &'static str, field: String, reason: String },
}

/// Feeds the books until the input ends, one block for each credit.
pub(super) fn feed(batches: Batches, plan: &Plan, credits: &Receiver<()>, books: &Sender<ToBooks>) {
    let mut feeder = Feeder { plan, sums: Sums::default(), block: Vec::new(), next: 1 };
    let result = feeder.run(batches, credits, books);
    // A closed channel means that nobody wants more.
    if let Some(end) = result.transpose() {
        let _ = books.send(ToBooks::Fed(end.map(|()| None)));
    }
}

struct Feeder<'a> {
    plan: &'a Plan,
    sums: Sums,
    block: Vec<Fed>,
    /// The number of the block's first row.
    next: u32,
}

impl Feeder<'_> {
    /// `None` when nobody listens any more.
    fn run(
        &mut self,
        batches: Batches,
        credits: &Receiver<()>,
        books: &Sender<ToBooks>,
    ) -> Result<Option<()>, ImportError> {
        for batch in batches {
            for row in batch?.rows() {
                let number = u32::try_from(row.row()).ok().filter(|number| *number <= self.plan.rows);
                let number = number.ok_or_else(changed)?;
                // The block is handed on once its part of the input was compared, not before.
                let compared = self.sums.push(&row).is_none_or(|(part, sum)| self.plan.sums.get(part) == Some(&sum));
                self.block.push(self.read(number, &row));
                if !compared {
                    return Err(changed());
                }
                if self.block.len() == BLOCK_ROWS && !self.hand_on(credits, books) {
                    return Ok(None);
                }
            }
        }
        let compared = self.sums.finish().is_none_or(|(part, sum)| self.plan.sums.get(part) == Some(&sum));
        let rows = u64::from(self.next - 1) + self.block.len() as u64;
        if !compared || rows != u64::from(self.plan.rows) {
            return Err(changed());
        }
        if !self.block.is_empty() && !self.hand_on(credits, books) {
            return Ok(None);
        }
        // The end is asked for like a block.
        Ok(credits.recv().ok())
    }

    fn read(&self, number: u32, row: &Row<'_>) -> Fed {
        let invalid = |email, code, field: &str, reason| Fed::Invalid { email, code, field: field.to_owned(), reason };
        match row.customer() {
            Ok(customer) => match self.plan.repeated.get(&number) {
                Some(first) => {
                    let email = Some(customer.email().to_owned());
                    invalid(email, "duplicate_in_input", "email", format!("email is also in row {first}"))
                }
                None => {
                    // Here, since the thread that sends has the most to do.
                    customer.write_body();
                    Fed::Customer(Box::new(customer))
                }
            },
            Err(problems) => {
                let email = row.get(kunacore::Field::Email).map(str::to_owned);
                let field = problems.first().map(|problem| problem.field().to_owned()).unwrap_or_default();
                let reasons: Vec<String> =
                    problems.iter().map(|problem| format!("{} {}", problem.field(), problem.reason())).collect();
                invalid(email, "invalid_field", &field, reasons.join("; "))
            }
        }
    }

    /// Waits for a credit and sends the block. `false` when nobody listens any more.
    fn hand_on(&mut self, credits: &Receiver<()>, books: &Sender<ToBooks>) -> bool {
        if credits.recv().is_err() {
            return false;
        }
        let rows = std::mem::replace(&mut self.block, Vec::with_capacity(BLOCK_ROWS));
        let first = self.next;
        self.next += BLOCK_ROWS as u32;
        books.send(ToBooks::Fed(Ok(Some(Block { first, rows })))).is_ok()
    }
}

fn changed() -> ImportError {
    ImportError::unreadable(
        "it is not what it was when it was checked",
        "Restore the table as it was, and continue the run.",
    )
}

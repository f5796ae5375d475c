//! The promises of the run directory, on a disk in memory that fails and crashes, and on the real one.

mod crash;
mod ids;
mod known;
mod model;
mod real;
mod rules;
pub(crate) mod sim;
mod torn;

use std::collections::BTreeMap;

use super::disk::Open;
use super::record::{End, How, Ids, Record, RowResult};
use super::sent::SentUpto;
use super::{Asked, Manifest, Opened, RowState, Run, RunError, replay};
use crate::input::Input;
use crate::rules::Rules;
use sim::Sim;

fn asked() -> Asked {
    Asked {
        fingerprint: "sha256:00".to_owned(),
        mapping: BTreeMap::from([("email".to_owned(), "Mail".into())]),
        base_url: "https://kunacore.example".to_owned(),
        sandbox: false,
    }
}

fn manifest() -> Manifest {
    let input = Input::files(&["customers.csv".into()], &Default::default(), &Default::default()).unwrap();
    Manifest::new("kunacore 0.1.0", "2026-01-01T00:00:00Z", asked(), Rules::default(), input)
}

pub(crate) fn create(sim: &Sim) -> Result<Run, RunError> {
    Run::create_on(sim.disk(), manifest())
}

pub(crate) fn open(sim: &Sim) -> Result<Opened, RunError> {
    Run::open_on(sim.disk(), &asked())
}

pub(crate) fn email(row: u32) -> String {
    format!("customer{row}@mail.example")
}

fn result(run: &Run, row: u32, end: End) -> RowResult {
    let (status, code, field, message, found, sent_at) = (None, None, None, None, None, None);
    RowResult { row, tag: run.tag(&email(row)), end, status, code, field, message, attempts: 1, found, sent_at }
}

pub(crate) fn created(run: &Run, row: u32) -> RowResult {
    let end = End::Created { how: How::Created, id: format!("c-{row}"), wallet_id: format!("w-{row}") };
    RowResult { status: Some(201), ..result(run, row, end) }
}

fn rejected(run: &Run, row: u32, code: &str) -> RowResult {
    let (code, field) = (Some(code.to_owned()), Some("email".to_owned()));
    RowResult {
        status: Some(422),
        code,
        field,
        message: Some("it is täken".to_owned()),
        ..result(run, row, End::Rejected)
    }
}

fn unresolved(run: &Run, row: u32, never_post: bool) -> RowResult {
    result(run, row, End::Unresolved { never_post })
}

fn unread(run: &Run, row: u32) -> RowResult {
    let end = End::Unread { id: Some(format!("c-{row}")), wallet_id: None };
    RowResult { status: Some(201), ..result(run, row, end) }
}

/// The states of the rows from 1 to `n`.
fn states(run: &Run, n: u32) -> Vec<RowState> {
    (1..=n).map(|row| run.state(row)).collect()
}

/// The last result of a row in the journal.
fn last_result(sim: &Sim, row: u32) -> RowResult {
    let mut last = None;
    let mut journal = sim.disk().open(replay::NAME, Open::Read).unwrap();
    let found = SentUpto::read(sim.disk().as_mut()).unwrap();
    replay::replay(journal.as_mut(), found, |_, record| match record {
        Record::Result(result) if result.row == row => last = Some(result.clone()),
        _ => {}
    })
    .unwrap();
    last.unwrap()
}

//! What was really created, against what the reports say.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use crate::command::{self, Exit};
use crate::counts::Counts;
use crate::reports::{Report, STATES};
use crate::world::{Kind, World};

/// How often a run is continued at most until nothing is left.
const CONTINUATIONS: u32 = 8;
/// How often of these with the faults it was killed under.
const UNDER_FAULTS: u32 = 3;

/// The columns that tell how a row came to be what it is; a refusal's text names the request, or the look-up, that it is from.
const MAY_DIFFER: [&str; 2] = ["how", "reject_message"];

/// What else there was, beside kills.
#[derive(Clone, Copy, Default)]
pub(crate) struct Excuse {
    /// A gateway sent creations twice: of two customers from one request of ours one is named.
    pub(crate) twice: bool,
    /// Look-ups failed for a while: rows that were refused then name nobody.
    pub(crate) find_broken: bool,
}

/// Continues a run until nothing is left, and compares all that can be compared.
pub(crate) fn bring_to_its_end(world: &World, counts: &mut Counts, excuse: Excuse) {
    // Two customers of one request: which of them a row has, no one but the user can say where e-mails are not unique.
    let is_settled = (!excuse.twice || world.kind.unique) && !excuse.find_broken;
    let mut exit = None;
    for continuation in 0..CONTINUATIONS {
        if continuation == UNDER_FAULTS {
            world.sandbox.clear_faults();
        }
        world.pass_time();
        let ended = world.import().finish();
        counts.continued += 1;
        let status = ended.status;
        let broken = !matches!(status, Some(0 | 2 | 3 | 4)) || ended.stderr.contains("panicked");
        if broken {
            counts.break_promise(format!("it cannot be continued: {status:?}\n{}", ended.stderr));
            return;
        }
        exit = Some(ended);
        if matches!(status, Some(0 | 2)) {
            break;
        }
    }
    let exit = exit.expect("it was continued");
    if is_settled && !matches!(exit.status, Some(0 | 2)) {
        counts.break_promise(format!("something is left after {CONTINUATIONS} times: {}{}", exit.stdout, exit.stderr));
    }
    world.sandbox.clear_faults();
    compare(world, &exit, counts, excuse);
    sends_nothing_more(world, counts, is_settled);
}

/// Writes the reports of a run that was killed: whatever they call unsent was not created.
pub(crate) fn believe_no_unsent_row(world: &World, counts: &mut Counts) {
    if !world.run().join("manifest.json").exists() {
        // It has not become a run.
        return;
    }
    let exit = command::report(world.run());
    if world.kind.piped && !world.run().join("input.arrow").exists() {
        // Without the table, or with all that is left of it.
        return;
    }
    match Report::read(world.run(), "unsent") {
        Ok(unsent) => {
            let unsent: HashSet<u32> = rows(&unsent).collect();
            let ledger = world.ledger();
            let created = ledger.created.iter().skip(world.earlier).filter_map(|entry| world.row_of(&entry.email));
            for row in created.filter(|row| unsent.contains(row)) {
                counts.break_promise(format!("row {row} is called unsent, and was created"));
            }
        }
        Err(error) => counts.break_promise(format!("no reports: {error}: {}", exit.stderr)),
    }
}

/// Continues a finished run.
fn sends_nothing_more(world: &World, counts: &mut Counts, is_settled: bool) {
    let before = world.ledger().requests;
    let exit = world.import().finish();
    let after = world.ledger().requests;
    let holds = after.create == before.create && (!is_settled || after == before);
    counts.hold(holds, || format!("a finished run sent something: {before:?}, then {after:?}: {}", exit.stderr));
}

/// Compares the reports with the ledger, and with those of a run that was not interrupted.
fn compare(world: &World, exit: &Exit, counts: &mut Counts, excuse: Excuse) {
    counts.runs += 1;
    counts.rows += world.kind.rows as usize;
    let reports: Result<Vec<Report>, String> = STATES.iter().map(|state| Report::read(world.run(), state)).collect();
    let reports = match reports {
        Ok(reports) => reports,
        Err(error) => return counts.break_promise(error),
    };
    is_in_one_state(world, &reports, counts);
    summary_agrees(&reports, exit, counts);
    nothing_is_lost_or_twice(world, &reports, counts, excuse);
    if !excuse.twice && !excuse.find_broken {
        let reference = uninterrupted(world.kind);
        counts.compared += 1;
        for (state, (ours, theirs)) in STATES.iter().zip(reports.into_iter().zip(reference.iter())) {
            if let Some(difference) = ours.without(&MAY_DIFFER).difference(theirs) {
                counts.break_promise(format!("{state}.csv is not as without interruption: {difference}"));
            }
        }
    }
}

fn is_in_one_state(world: &World, reports: &[Report], counts: &mut Counts) {
    let mut rows: Vec<u32> = reports.iter().flat_map(rows).collect();
    rows.sort_unstable();
    let all: Vec<u32> = (1..=world.kind.rows).collect();
    counts.hold(rows == all, || format!("rows are in no state, or in two: {rows:?}"));
}

fn summary_agrees(reports: &[Report], exit: &Exit, counts: &mut Counts) {
    let summary: serde_json::Value = serde_json::from_str(&exit.stdout).unwrap_or_default();
    for (state, report) in STATES.iter().zip(reports) {
        let told = summary[state].as_u64();
        counts.hold(told == Some(report.len() as u64), || {
            format!("the summary has {told:?} rows {state}, the report {}", report.len())
        });
    }
}

/// The row of each record: a key column holds it, which every report carries.
fn rows(report: &Report) -> impl Iterator<Item = u32> {
    report.column("customer_no").map(|row| row.parse().unwrap_or_default())
}

/// The ids that a report has of each row.
fn named<'a>(report: &'a Report, id: &str, wallet_id: &str) -> impl Iterator<Item = (u32, &'a str, &'a str)> {
    let ids = report.column(id).zip(report.column(wallet_id));
    rows(report).zip(ids).map(|(row, (id, wallet_id))| (row, id, wallet_id)).filter(|(_, id, _)| !id.is_empty())
}

fn nothing_is_lost_or_twice(world: &World, reports: &[Report], counts: &mut Counts, excuse: Excuse) {
    let [created, rejected, unresolved, _] = reports else { unreachable!("there are four reports") };
    let ours: HashSet<(u32, &str, &str)> = named(created, "id", "wallet_id").collect();
    let mut all = ours.clone();
    all.extend(named(rejected, "existing_id", "existing_wallet_id"));
    all.extend(named(unresolved, "candidate_id", "candidate_wallet_id"));

    let ledger = world.ledger();
    let mut requests: HashMap<u32, HashSet<i64>> = HashMap::new();
    let mut true_ids = HashSet::new();
    let mut copies: HashMap<i64, Vec<bool>> = HashMap::new();
    for (place, entry) in ledger.created.iter().enumerate() {
        let is_earlier = place < world.earlier;
        let Some(row) = world.row_of(&entry.email) else {
            counts.hold(is_earlier, || format!("nobody asked for the customer of request {}", entry.request));
            continue;
        };
        let ids = (row, entry.id.as_str(), entry.wallet_id.as_str());
        true_ids.insert(ids);
        if is_earlier {
            continue;
        }
        requests.entry(row).or_default().insert(entry.request);
        copies.entry(entry.request).or_default().push(all.contains(&ids));
        if !all.contains(&ids) && !excuse.twice {
            counts.lost += 1;
            counts.break_promise(format!("the wallet of row {row} (request {}) is in no report", entry.request));
        }
    }
    for (row, requests) in requests.iter().filter(|(_, requests)| requests.len() > 1) {
        counts.twice += 1;
        counts.break_promise(format!("row {row} was created twice, by the requests {requests:?}"));
    }
    for (request, _) in copies.iter().filter(|(_, named)| !named.contains(&true)) {
        // The second copy is refused because of the first, whose ids only a look-up tells.
        if excuse.twice && !excuse.find_broken {
            counts.lost += 1;
            counts.break_promise(format!("no customer of request {request} is in a report"));
        }
    }
    for (row, ..) in all.difference(&true_ids) {
        counts.break_promise(format!("row {row} was given ids that are not its customer's"));
    }
}

type Cache = Mutex<HashMap<Kind, Arc<Vec<Report>>>>;

/// The reports of a run of this kind that is not interrupted, without faults, and without what may differ.
fn uninterrupted(kind: Kind) -> Arc<Vec<Report>> {
    static CACHE: std::sync::LazyLock<Cache> = std::sync::LazyLock::new(Cache::default);
    let mut cache = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
    let reports = cache.entry(kind).or_insert_with(|| {
        let world = World::new(kind);
        let exit = world.import().finish();
        assert_eq!(exit.status, Some(2), "{}{}", exit.stdout, exit.stderr);
        let read = |state: &&str| Report::read(world.run(), state).unwrap().without(&MAY_DIFFER);
        Arc::new(STATES.iter().map(read).collect())
    });
    reports.clone()
}

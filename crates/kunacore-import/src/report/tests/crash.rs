//! A report that is there is whole, whatever happens while it is written anew.

use super::*;
use crate::report::{Rewritten, rewrite_on};
use crate::run::tests::sim::{Fault, Sim};

const REPORTS: [&str; 6] =
    ["created.csv", "rejected.csv", "unresolved.csv", "unsent.csv", "results.arrow", "summary.json"];

fn reports(sim: &Sim) -> [Vec<u8>; 6] {
    REPORTS.map(|name| sim.bytes(name))
}

fn rewritten(sim: &Sim) -> Result<Rewritten, crate::report::ReportError> {
    rewrite_on(sim.disk().as_mut(), Path::new("/run"))
}

#[test]
fn whatever_operation_is_the_last_every_report_is_whole_the_old_one_or_the_new_one() {
    let place = Place::of(6);
    let sim = Sim::new(1);
    let mut run = Run::create_on(sim.disk(), place.manifest()).expect("created");
    run.announce(4).expect("announced");
    run.record(created(&run, 1, How::Created)).expect("recorded");
    run.stop().expect("stopped");
    drop(run);
    rewritten(&sim).expect("written");
    let before = reports(&sim);
    let mut run = Run::open_on(sim.disk(), &place.manifest().asked).expect("opened").run;
    run.announce(6).expect("announced");
    run.record(rejected(&run, 2)).expect("recorded");
    run.record(unresolved(&run, 3)).expect("recorded");
    run.record(created(&run, 4, How::Created)).expect("recorded");
    run.stop().expect("stopped");
    drop(run);
    let done = sim.copy(0);
    rewritten(&done).expect("written");
    let after = reports(&done);
    assert!(before.iter().zip(&after).all(|(before, after)| before != after), "each report has something new");
    let (mut cases, mut mixed) = (0, 0);
    for fault in [Fault::Die, Fault::Fail, Fault::Part] {
        for operation in 0.. {
            let struck = sim.copy(operation);
            struck.arm(operation, fault);
            let result = rewritten(&struck);
            if struck.disarm() {
                result.expect("written");
                break;
            }
            for seed in 0..6 {
                let sim = struck.copy(seed);
                if seed == 0 {
                    sim.revive()
                } else {
                    sim.cut_power()
                }
                let found = reports(&sim);
                let case = format!("{fault:?} in operation {operation}, power {seed}");
                let new = found.iter().zip(before.iter().zip(&after)).map(|(found, (before, after))| {
                    assert!(found == before || found == after, "{case}: a report is not whole");
                    found == after
                });
                let new: Vec<bool> = new.collect();
                assert!(!new[5] || new.iter().all(|new| *new), "{case}: the summary is older than what it sums up");
                mixed += usize::from(new[0] && !new[5]);
                rewritten(&sim).unwrap_or_else(|error| panic!("{case}: {error}"));
                assert!(reports(&sim) == after, "{case}: written again, they are others");
                cases += 1;
            }
        }
    }
    println!("{cases} cases, {mixed} of them between two renames");
    assert!(cases > 100 && mixed > 0);
}

//! Every state in which a crash can leave the files, byte by byte, and damage that no crash leaves.

use super::sim::Sim;
use super::*;
use crate::run::sent::{Reach, SentUpto};

const ROWS: u32 = 8;

/// A run with every kind of record, markers between, and a batch at the end that no marker covers.
fn full() -> Sim {
    let sim = Sim::new(1);
    let mut run = create(&sim).unwrap();
    run.announce(5).unwrap();
    run.record(created(&run, 1)).unwrap();
    run.record(rejected(&run, 2, "conflict")).unwrap();
    run.commit().unwrap();
    run.record(unresolved(&run, 3, true)).unwrap();
    run.accept(2, run.tag(&email(2)), "c-2", "w-2").unwrap();
    run.stop().unwrap();
    drop(run);
    let mut run = open(&sim).unwrap().run;
    run.announce(ROWS).unwrap();
    run.record(unread(&run, 4)).unwrap();
    run.commit().unwrap();
    run.record(rejected(&run, 6, "INVALID")).unwrap();
    run.record(created(&run, 7)).unwrap();
    run.commit().unwrap();
    sim
}

/// Where the lines of a journal begin, and where the last ends.
fn begins(journal: &[u8]) -> Vec<usize> {
    let ends = journal.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
    std::iter::once(0).chain(ends).collect()
}

/// The begin of the line that a byte belongs to.
fn line_of(begins: &[usize], at: usize) -> usize {
    begins.iter().copied().rfind(|begin| *begin <= at).unwrap()
}

/// The begin of the last sync marker.
fn last_marker(journal: &[u8], begins: &[usize]) -> usize {
    begins.iter().copied().rfind(|begin| journal[*begin..].get(18..28) == Some(&b"\"t\":\"sync\""[..])).unwrap()
}

#[test]
fn a_journal_cut_at_any_byte_keeps_every_whole_record_and_invents_none() {
    let sim = full();
    let journal = sim.bytes("journal.jsonl");
    let begins = begins(&journal);
    assert_eq!(begins.len(), 14);
    // What the whole lines say, by how many there are.
    let after: Vec<Vec<RowState>> = begins
        .iter()
        .map(|end| {
            sim.put("journal.jsonl", &journal[..*end]);
            states(&open(&sim).unwrap().run, ROWS)
        })
        .collect();
    // With each result one row more is known.
    assert_eq!(after[0], [RowState::Tainted; ROWS as usize]);
    assert_eq!(after[1][0], RowState::Created(How::Created));
    assert_eq!(after[2][1], RowState::Rejected { conflict: true });
    assert_eq!(
        after[13],
        [
            RowState::Created(How::Created),
            RowState::Created(How::Adopted),
            RowState::Unresolved { never_post: true },
            RowState::Unresolved { never_post: true },
            RowState::Tainted,
            RowState::Rejected { conflict: false },
            RowState::Created(How::Created),
            RowState::Tainted,
        ]
    );
    for cut in 0..=journal.len() {
        let whole = begins.iter().filter(|end| **end <= cut).count() - 1;
        sim.put("journal.jsonl", &journal[..cut]);
        let Opened { mut run, cut: gone, .. } = open(&sim).unwrap_or_else(|error| panic!("cut at {cut}: {error}"));
        assert_eq!(states(&run, ROWS), after[whole], "cut at {cut}");
        assert_eq!(gone, (cut - begins[whole]) as u64, "cut at {cut}");
        // It goes on from there.
        run.announce(ROWS + 1).unwrap();
        run.record(created(&run, ROWS + 1)).unwrap();
        run.commit().unwrap();
        drop(run);
        let run = open(&sim).unwrap().run;
        assert_eq!(states(&run, ROWS), after[whole], "cut at {cut}");
        assert_eq!(run.state(ROWS + 1), RowState::Created(How::Created));
    }
}

#[test]
fn a_changed_byte_below_a_marker_stops_with_its_line_and_changes_nothing() {
    let sim = full();
    let journal = sim.bytes("journal.jsonl");
    let begins = begins(&journal);
    let marker = last_marker(&journal, &begins);
    let whole = states(&open(&sim).unwrap().run, ROWS);
    for at in 0..journal.len() {
        for bit in [0, 1, 5, 7] {
            let mut changed = journal.clone();
            changed[at] ^= 1 << bit;
            sim.put("journal.jsonl", &changed);
            let line = line_of(&begins, at);
            match open(&sim) {
                Err(RunError::Corrupt { file: "journal.jsonl", at: told, .. }) if at < marker => {
                    assert_eq!(told, line as u64, "bit {bit} of byte {at}");
                    assert_eq!(sim.bytes("journal.jsonl"), changed);
                }
                Ok(opened) if at >= marker => {
                    assert_eq!(opened.cut, (journal.len() - line) as u64, "bit {bit} of byte {at}");
                    for (now, before) in states(&opened.run, ROWS).iter().zip(&whole) {
                        assert!(now == before || *now == RowState::Tainted, "bit {bit} of byte {at}");
                    }
                }
                Err(error) => panic!("bit {bit} of byte {at}: {error}"),
                Ok(_) => panic!("bit {bit} of byte {at} was not seen"),
            }
        }
    }
}

#[test]
fn lines_that_are_lost_repeated_or_too_long_are_seen() {
    let sim = full();
    let journal = sim.bytes("journal.jsonl");
    let begins = begins(&journal);
    let marker = last_marker(&journal, &begins);
    let told = |bytes: &[u8]| {
        sim.put("journal.jsonl", bytes);
        match open(&sim) {
            Err(RunError::Corrupt { at, .. }) => at,
            Err(error) => panic!("{error}"),
            Ok(_) => panic!("it was opened"),
        }
    };
    for pair in begins.windows(2).filter(|pair| pair[1] <= marker) {
        told(&[&journal[..pair[0]], &journal[pair[1]..]].concat());
        told(&[&journal[..pair[1]], &journal[pair[0]..]].concat());
    }
    let long = vec![b'x'; 3 << 20];
    assert_eq!(told(&[&journal[..begins[1]], &long, &journal[begins[1]..]].concat()), begins[1] as u64);
    sim.put("journal.jsonl", &[&journal, &long[..]].concat());
    assert_eq!(open(&sim).unwrap().cut, 3 << 20);
    // A record of a newer version is no torn one.
    let newer = super::super::line::write(&serde_json::json!({"t": "newer"})).unwrap();
    assert_eq!(told(&[&journal, &newer[..]].concat()), journal.len() as u64);
}

#[test]
fn a_journal_that_is_newer_than_sent_upto_is_seen() {
    let sim = Sim::new(2);
    let mut run = create(&sim).unwrap();
    run.announce(1).unwrap();
    let old = sim.bytes("sent_upto");
    run.announce(3).unwrap();
    run.record(created(&run, 2)).unwrap();
    run.commit().unwrap();
    drop(run);
    sim.put("sent_upto", &old);
    assert!(matches!(open(&sim), Err(RunError::Corrupt { file: "journal.jsonl", at: 0, .. })));
}

#[test]
fn how_far_rows_may_have_left_never_goes_back_however_a_write_is_torn() {
    let sim = Sim::new(3);
    let mut run = create(&sim).unwrap();
    let mut images = vec![sim.bytes("sent_upto")];
    for n in [7, 123_456, 200_000] {
        run.announce(n).unwrap();
        images.push(sim.bytes("sent_upto"));
    }
    drop(run);
    let reach = |bytes: &[u8]| {
        sim.put("sent_upto", bytes);
        SentUpto::read(sim.disk().as_mut()).unwrap()
    };
    for pair in images.windows(2) {
        let (old, new) = (&pair[0], &pair[1]);
        let (before, after) = (reach(old), reach(new));
        assert!(before < after);
        for at in 0..=old.len() {
            for torn in [[&new[..at], &old[at..]].concat(), [&old[..at], &new[at..]].concat()] {
                let found = reach(&torn);
                assert!(found == before || found == after, "torn at {at}: {found:?}");
            }
            // The rest of the block that is written is lost.
            let written = old.chunks(4096).zip(new.chunks(4096)).position(|(old, new)| old != new).unwrap();
            if (written * 4096..=(written + 1) * 4096).contains(&at) {
                let mut torn = new.clone();
                torn[at..(written + 1) * 4096].fill(0);
                let found = reach(&torn);
                assert!(found == before || found == after, "lost from {at}: {found:?}");
            }
        }
    }
}

#[test]
fn two_damaged_slots_are_an_error_and_one_is_written_next() {
    let sim = Sim::new(4);
    let mut run = create(&sim).unwrap();
    run.announce(5).unwrap();
    drop(run);
    let good = sim.bytes("sent_upto");
    sim.put("sent_upto", &vec![b'x'; good.len()]);
    assert!(matches!(open(&sim), Err(RunError::Corrupt { file: "sent_upto", .. })));
    for slot in [0, 1] {
        let mut torn = good.clone();
        torn[slot * 4096] = b'x';
        sim.put("sent_upto", &torn);
        let mut sent = SentUpto::open(sim.disk().as_mut()).unwrap();
        let whole = sent.reach();
        // Were the whole slot written, a crash could leave none.
        sim.arm(0, super::sim::Fault::Part);
        assert!(sent.advance(Reach { generation: 9, n: 9 }).is_err());
        drop(sent);
        sim.cut_power();
        let found = SentUpto::read(sim.disk().as_mut()).unwrap();
        assert!(found == whole || found == Reach { generation: 9, n: 9 });
    }
}

#[test]
fn two_processes_that_die_one_after_the_other_leave_one_whole_slot() {
    use super::sim::Fault;
    let to = |n| Reach { generation: 1, n };
    for seed in 0..600 {
        for first in [Fault::Die, Fault::Part] {
            let sim = Sim::new(seed);
            drop(create(&sim).unwrap());
            let mut sent = SentUpto::open(sim.disk().as_mut()).unwrap();
            sent.advance(to(5)).unwrap();
            // The sync fails: the kernel shows what was written, though it may never come to the disk.
            sim.arm(1, first);
            assert!(sent.advance(to(6)).is_err());
            sim.revive();
            let mut sent = SentUpto::open(sim.disk().as_mut()).unwrap();
            assert_eq!(sent.reach(), to(6));
            sim.arm(1, Fault::Die);
            assert!(sent.advance(to(7)).is_err());
            sim.cut_power();
            let found = SentUpto::read(sim.disk().as_mut());
            let found = found.unwrap_or_else(|error| panic!("seed {seed}, {first:?}: {error}"));
            // It was durable once the second process had opened the file.
            assert!(found >= to(6), "seed {seed}, {first:?}: {found:?}");
        }
    }
}

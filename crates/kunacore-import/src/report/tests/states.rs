//! Every row is in exactly one report, in the state of its last record.

use std::fs::File;

use arrow_array::cast::AsArray;
use arrow_array::types::{UInt16Type, UInt32Type, UInt64Type};
use arrow_ipc::reader::FileReader;
use arrow_schema::DataType;

use super::*;
use crate::run::RowState;

/// A row for each way to end, with a key, an external id, and a value over two lines.
fn every_state() -> (Place, Run) {
    let mut table = format!("№;{};external_id;note\n", HEADER.replace(',', ";"));
    for row in 1..=12 {
        table.push_str(&format!(" k{row} ;a{row}@mail.com;Alex;Smith;FR;D{row};\"Paris;\n7\";e-{row};\n"));
    }
    let place = Place::new(&[("customers.csv", table.as_bytes())]).keys(&["№"]);
    let mut run = place.begin(11);
    (1..=9).for_each(|row| run.begin(row).expect("begun"));
    run.record(created(&run, 1, How::Created)).expect("recorded");
    run.record(created(&run, 2, How::Reconciled)).expect("recorded");
    run.record(RowResult { code: Some("conflict".to_owned()), ..rejected(&run, 3) }).expect("recorded");
    run.record(created(&run, 4, How::Known)).expect("recorded");
    run.record(RowResult { found: Some(ids(99)), ..rejected(&run, 5) }).expect("recorded");
    run.record(RowResult {
        code: Some("lookup_contradicts".to_owned()),
        found: Some(ids(98)),
        sent_at: Some("2026-01-01T00:00:01Z".to_owned()),
        attempts: 3,
        ..unresolved(&run, 6)
    })
    .expect("recorded");
    run.record(result(&run, 7, End::Unread { id: Some("c-7".to_owned()), wallet_id: None })).expect("recorded");
    run.record(created(&run, 8, How::Adopted)).expect("recorded");
    run.commit().expect("committed");
    run.accept(3, run.tag("a3@mail.com"), "c-3", "w-3").expect("accepted");
    (place, run)
}

#[test]
fn every_state_has_its_report_with_the_keys_as_they_are() {
    let (place, run) = every_state();
    let summary = place.report(run);
    assert_eq!(
        place.read("created.csv"),
        "row,external_id,№,id,wallet_id,how\n1,e-1, k1 ,c-1,w-1,created\n2,e-2, k2 ,c-2,w-2,reconciled\n\
         3,e-3, k3 ,c-3,w-3,adopted\n4,e-4, k4 ,c-4,w-4,known\n8,e-8, k8 ,c-8,w-8,adopted\n"
    );
    assert_eq!(
        place.read("rejected.csv"),
        "№;email;first_name;last_name;country;verification_document_id;residence_address;external_id;note;reject_code;\
         reject_field;reject_message;existing_id;existing_wallet_id\n k5 ;a5@mail.com;Alex;Smith;FR;D5;\"Paris;\n7\";e-5;;\
         INVALID;country;\"it is not \"\"served\"\", yet\";c-99;w-99\n"
    );
    assert_eq!(
        place.read("unresolved.csv"),
        "row,external_id,№,reason,candidate_id,candidate_wallet_id,first_sent_at\n\
         6,e-6, k6 ,lookup_contradicts,c-98,w-98,2026-01-01T00:00:01Z\n7,e-7, k7 ,created_unread,c-7,,\n\
         9,e-9, k9 ,interrupted,,,\n"
    );
    assert_eq!(
        place.read("unsent.csv"),
        "row,external_id,№\n10,e-10, k10 \n11,e-11, k11 \n12,e-12, k12 \n",
        "freed, and never announced"
    );
    let run = place.run().display().to_string();
    assert_eq!(
        place.read("summary.json"),
        format!(
            "{{\"run\":\"{run}\",\"rows\":12,\"created\":5,\"reconciled\":1,\"adopted\":2,\"known\":1,\"rejected\":1,\
             \"unresolved\":3,\"unsent\":3,\"requests\":{{\"create\":7,\"find\":2}},\"seconds\":1.235}}\n"
        )
    );
    assert_eq!(place.read("summary.json"), format!("{}\n", summary.to_json()));
    assert_eq!(["INVALID", "interrupted", "conflict"].map(|code| summary.reasons(code)), [1, 1, 0]);
    assert_eq!(place.read("problems.csv"), "row,line,file,field,code,message\n");
    let names = names(&place.run()).join(" ");
    let all = "created.csv problems.csv rejected.csv results.arrow summary.json unresolved.csv unsent.csv";
    assert_eq!(names, all);
}

#[test]
fn one_table_has_all_rows_in_their_order() {
    let (place, run) = every_state();
    place.report(run);
    let file = File::open(place.run().join("results.arrow")).expect("opened");
    let batch = FileReader::try_new(file, None).expect("a table").next().expect("a batch").expect("read");
    let columns: Vec<(String, DataType)> =
        batch.schema().fields().iter().map(|column| (column.name().clone(), column.data_type().clone())).collect();
    let text = |name: &str| (name.to_owned(), DataType::Utf8);
    let mut expected = vec![("row".to_owned(), DataType::UInt64)];
    expected.extend(["external_id", "№", "state", "how", "id", "wallet_id"].map(text));
    expected.push(("status_code".to_owned(), DataType::UInt16));
    expected.extend(["code", "field", "message"].map(text));
    expected.push(("attempts".to_owned(), DataType::UInt32));
    assert_eq!(columns, expected);
    let rows: Vec<u64> = batch["row"].as_primitive::<UInt64Type>().values().to_vec();
    assert_eq!(rows, (1..=12).collect::<Vec<_>>());
    let texts = |name: &str| -> Vec<String> {
        batch[name].as_string::<i32>().iter().map(|text| text.unwrap_or("-").to_owned()).collect()
    };
    assert_eq!(
        texts("state").join(" "),
        "created created created created rejected unresolved unresolved created unresolved unsent unsent unsent"
    );
    assert_eq!(texts("how").join(" "), "created reconciled adopted known - - - adopted - - - -");
    assert_eq!(texts("wallet_id").join(" "), "w-1 w-2 w-3 w-4 - - - w-8 - - - -");
    assert_eq!(texts("code").join(" "), "- - - - INVALID lookup_contradicts created_unread - interrupted - - -");
    assert_eq!(texts("№")[8], " k9 ");
    let status = batch["status_code"].as_primitive::<UInt16Type>();
    assert_eq!(status.iter().flatten().collect::<Vec<_>>(), [422]);
    assert_eq!(batch["attempts"].as_primitive::<UInt32Type>().values()[5..7], [3, 1]);
}

#[test]
fn a_killed_process_leaves_its_rows_in_doubt() {
    let place = Place::of(4);
    let mut run = place.begin(3);
    run.record(created(&run, 2, How::Created)).expect("recorded");
    run.commit().expect("committed");
    drop(run);
    let crate::report::Rewritten::Written(summary) = crate::report::rewrite(&place.run()).expect("written") else {
        panic!("kept");
    };
    assert_eq!((summary.created, summary.unresolved, summary.unsent), (1, 2, 1));
    assert_eq!(place.read("unsent.csv"), "row,external_id\n4,\n");
}

#[test]
fn a_row_keeps_the_time_of_its_first_sending_while_it_is_in_doubt() {
    let place = Place::of(2);
    let mut run = place.begin(2);
    let sent_at = |time: &str| Some(time.to_owned());
    run.record(RowResult { sent_at: sent_at("2026-01-01T00:00:01Z"), ..unresolved(&run, 1) }).expect("recorded");
    run.record(RowResult { sent_at: sent_at("2026-01-01T00:00:02Z"), ..unresolved(&run, 2) }).expect("recorded");
    run.stop().expect("stopped");
    drop(run);
    let mut run = place.reopen(2);
    run.record(unresolved(&run, 1)).expect("recorded");
    run.record(RowResult { sent_at: sent_at("2026-01-02T00:00:00Z"), ..unresolved(&run, 2) }).expect("recorded");
    place.report(run);
    let first = "row,external_id,reason,candidate_id,candidate_wallet_id,first_sent_at\n\
                 1,,unknown,,,2026-01-01T00:00:01Z\n2,,unknown,,,2026-01-01T00:00:02Z\n";
    assert_eq!(place.read("unresolved.csv"), first);
}

#[test]
fn a_row_in_doubt_keeps_the_ids_that_were_told_once_though_a_later_look_up_finds_nobody() {
    let place = Place::of(3);
    let mut run = place.begin(3);
    let unread = End::Unread { id: None, wallet_id: Some("w-2".to_owned()) };
    run.record(RowResult { found: Some(ids(1)), ..unresolved(&run, 1) }).expect("recorded");
    run.record(result(&run, 2, unread)).expect("recorded");
    run.record(RowResult { found: Some(ids(3)), ..unresolved(&run, 3) }).expect("recorded");
    run.stop().expect("stopped");
    drop(run);
    let mut run = place.reopen(3);
    for row in [1, 2] {
        run.record(unresolved(&run, row)).expect("recorded");
    }
    run.record(RowResult { found: Some(ids(4)), ..unresolved(&run, 3) }).expect("recorded");
    place.report(run);
    let [one, four] = [ids(1), ids(4)];
    let rows = [
        format!("1,,unknown,{},{},", one.id, one.wallet_id),
        "2,,unknown,,w-2,".to_owned(),
        format!("3,,unknown,{},{},", four.id, four.wallet_id),
    ];
    let header = "row,external_id,reason,candidate_id,candidate_wallet_id,first_sent_at";
    assert_eq!(place.read("unresolved.csv"), format!("{header}\n{}\n", rows.join("\n")));
}

#[test]
fn a_report_without_rows_is_its_header() {
    let place = Place::of(0);
    let summary = place.report(place.begin(0));
    assert!(summary.is_settled());
    assert_eq!(place.read("created.csv"), "row,external_id,id,wallet_id,how\n");
    assert_eq!(
        place.read("rejected.csv"),
        format!("{HEADER},reject_code,reject_field,reject_message,existing_id,existing_wallet_id\n")
    );
    assert_eq!(place.read("unsent.csv"), "row,external_id\n");
}

#[test]
fn a_key_that_has_the_name_of_a_reports_column_gets_another_and_no_column_is_there_twice() {
    let table = format!("id,key_id,code,row,{HEADER}\n5,6,7,8,a@x,Alex,Smith,FR,D,Paris\n");
    let place = Place::new(&[("customers.csv", table.as_bytes())]).keys(&["id", "key_id", "code", "row"]);
    place.report(place.begin(0));
    assert_eq!(place.read("created.csv"), "row,external_id,key_key_id,key_id,code,key_row,id,wallet_id,how\n");
    assert_eq!(place.read("unsent.csv"), "row,external_id,key_key_id,key_id,code,key_row\n1,,5,6,7,8\n");
    let file = File::open(place.run().join("results.arrow")).expect("opened");
    let schema = FileReader::try_new(file, None).expect("a table").schema();
    let names: Vec<&str> = schema.fields().iter().map(|column| column.name().as_str()).collect();
    assert_eq!(names[2..6], ["key_key_id", "key_id", "key_code", "key_row"]);
}

/// What the journal says last of a row counts, in whatever order and however often it speaks of it.
#[test]
fn every_row_is_in_exactly_one_state_after_any_journal() {
    const ROWS: u32 = 400;
    for seed in 0..8 {
        println!("seed {seed}");
        let mut random = fastrand::Rng::with_seed(seed);
        let place = Place::of(ROWS);
        for process in 0..4 {
            let announced = random.u32(1..=ROWS);
            let mut run = if process == 0 { place.begin(announced) } else { place.reopen(announced) };
            for _ in 0..300 {
                let row = random.u32(1..=run.sent_upto());
                if matches!(run.state(row), RowState::Created(_) | RowState::Rejected { .. }) {
                    continue;
                }
                let result = match random.u8(0..4) {
                    0 => created(&run, row, How::Created),
                    1 => rejected(&run, row),
                    _ => unresolved(&run, row),
                };
                run.record(result).expect("recorded");
            }
            if random.bool() {
                run.stop().expect("stopped");
            } else {
                run.commit().expect("committed");
            }
        }
        let run = Run::open(&place.run(), &place.manifest().asked).expect("opened").run;
        let expected: Vec<&str> = (1..=ROWS)
            .map(|row| match run.state(row) {
                RowState::Created(_) => "created",
                RowState::Rejected { .. } => "rejected",
                RowState::Unresolved { .. } | RowState::Tainted => "unresolved",
                RowState::Unsent => "unsent",
            })
            .collect();
        let summary = place.report(run);
        let mut found = vec![Vec::new(); ROWS as usize];
        for (name, state) in [("created.csv", "created"), ("unresolved.csv", "unresolved"), ("unsent.csv", "unsent")] {
            for line in place.read(name).lines().skip(1) {
                let row: usize = line.split(',').next().expect("a row").parse().expect("a number");
                found[row - 1].push(state);
            }
        }
        for line in place.read("rejected.csv").lines().skip(1) {
            let row: usize = line[1..line.find('@').expect("an e-mail")].parse().expect("a number");
            found[row - 1].push("rejected");
        }
        assert_eq!(found, expected.iter().map(|state| vec![*state]).collect::<Vec<_>>());
        let file = File::open(place.run().join("results.arrow")).expect("opened");
        let batch = FileReader::try_new(file, None).expect("a table").next().expect("a batch").expect("read");
        let states: Vec<&str> = batch["state"].as_string::<i32>().iter().flatten().collect();
        assert_eq!(states, expected);
        let of = |state: &str| expected.iter().filter(|other| **other == state).count() as u64;
        assert_eq!(
            (summary.rows, summary.created, summary.rejected, summary.unresolved, summary.unsent),
            (u64::from(ROWS), of("created"), of("rejected"), of("unresolved"), of("unsent"))
        );
    }
}

#[test]
fn results_far_from_their_order_and_longer_than_a_window_are_found() {
    const ROWS: u32 = 4_000;
    let place = Place::of(ROWS);
    let mut run = place.begin(ROWS);
    let mut rows: Vec<u32> = (1..=ROWS).collect();
    fastrand::Rng::with_seed(1).shuffle(&mut rows[1_000..3_000]);
    rows[..1_000].reverse();
    for row in rows {
        let message = Some("long ".repeat(if row % 7 == 0 { 390 } else { 20 }));
        let id = if row % 1_000 == 0 { "c".repeat(600_000) + &row.to_string() } else { format!("c-{row}") };
        let end = End::Created { how: How::Created, id, wallet_id: format!("w-{row}") };
        run.record(RowResult { message, ..result(&run, row, end) }).expect("recorded");
        if row % 500 == 0 {
            run.commit().expect("committed");
        }
    }
    place.report(run);
    for (row, line) in (1..).zip(place.read("created.csv").lines().skip(1)) {
        assert!(line.starts_with(&format!("{row},,c")) && line.ends_with(&format!(",w-{row},created")), "row {row}");
    }
}

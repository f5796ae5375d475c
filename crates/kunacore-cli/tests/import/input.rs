//! The forms in which a table may come.

use std::io::Write as _;

use crate::desk::Desk;
use crate::table;

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

#[test]
fn every_format_gives_the_same_customers() {
    let csv = table::csv(1..=7);
    let batch = table::batch(1..=7);
    let packed = zstd::encode_all(csv.as_bytes(), 1).unwrap();
    let tables: [(&str, Vec<u8>); 7] = [
        ("plain.csv", csv.clone().into_bytes()),
        ("semicolons.csv", csv.replace(',', ";").into_bytes()),
        ("packed.csv.gz", gzip(csv.as_bytes())),
        ("packed.csv.zst", packed),
        ("lines.jsonl", table::jsonl(1..=7).into_bytes()),
        ("columns.parquet", table::parquet(&batch)),
        ("columns.arrow", table::arrow(&batch)),
    ];
    for (name, bytes) in tables {
        let desk = Desk::new();
        desk.write(name, bytes);
        desk.expect(0, &[name, "--run", "run"]);
        desk.everyone_has_one_wallet("run", 7);
        let emails: Vec<String> = desk.rows("run/created.csv").iter().map(|row| row["row"].clone()).collect();
        assert_eq!(emails, ["1", "2", "3", "4", "5", "6", "7"], "{name}");
    }
}

#[test]
fn several_files_and_a_directory_are_one_table_whose_rows_go_on_counting() {
    let desk = Desk::new();
    std::fs::create_dir(desk.path("parts")).unwrap();
    desk.write("parts/a.csv", table::csv(1..=3));
    desk.write("parts/b.csv.gz", gzip(table::csv(4..=6).as_bytes()));
    desk.write("parts/notes.txt", "no table");
    desk.write("more.jsonl", table::jsonl(7..=8));
    desk.expect(4, &["parts", "more.jsonl", "--run", "run", "--canary", "4"]);
    desk.expect(0, &["--run", "run"]);
    desk.everyone_has_one_wallet("run", 8);

    let twice = desk.expect(2, &["parts/a.csv", "parts/a.csv", "--run", "twice"]);
    twice.says(&["  row 4 (line 2 of ", "parts/a.csv): email is also in row 1 (line 2 of "]);
}

#[test]
fn another_encoding_is_read_when_it_is_named_and_reports_are_in_utf_8() {
    let desk = Desk::new();
    let mut bytes = table::HEADER.as_bytes().to_vec();
    // “Київ” in windows-1251.
    for number in 1..=2 {
        bytes.extend(format!("\n{},Alex,Smith,UA,FV633452,", table::email(number)).bytes().chain(*b"\xca\xe8\xbf\xe2"));
    }
    desk.write("customers.csv", bytes);
    desk.sandbox.set_faults(&[crate::desk::times(1, crate::desk::refused_with(422))]).unwrap();
    let asked = ["customers.csv", "--run", "run", "--encoding", "windows-1251", "--concurrency", "1"];
    let done = desk.expect(2, &asked);
    assert_eq!(desk.rows("run/rejected.csv")[0]["residence_address"], "Київ");
    // The printed command reads the reports as they are: in UTF-8.
    std::fs::copy(desk.path("run/rejected.csv"), desk.path("mended.csv")).unwrap();
    desk.shell(&done.printed_command("and import it: ")).expect(0);
    assert_eq!(desk.created().len(), 2);
    desk.expect(2, &asked);
}

#[test]
fn a_typed_table_keeps_its_types_in_its_rejected_rows() {
    let desk = Desk::new();
    let ids = std::sync::Arc::new(arrow_array::Int64Array::from(vec![10, 20, 30]));
    let batch = table::with_column(&table::batch(1..=3), "external_id", ids);
    desk.write("customers.parquet", table::parquet(&batch));
    desk.sandbox.set_faults(&[crate::desk::times(1, crate::desk::refused_with(422))]).unwrap();
    let done = desk.expect(2, &["customers.parquet", "--run", "run", "--concurrency", "1"]);
    done.says(&["note: Integers are read from “external_id”: leading zeros may be gone"]);
    assert_eq!(desk.rows("run/created.csv")[0]["external_id"], "20");
    desk.expect(0, &["run/rejected.parquet", "--run", "mended"]);
    assert_eq!(desk.rows("mended/created.csv")[0]["external_id"], "10");
}

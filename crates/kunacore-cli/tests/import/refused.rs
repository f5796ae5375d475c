//! Input that is refused: by row and column, with the way out, before anything is sent.

use std::sync::Arc;

use arrow_array::Float64Array;

use crate::desk::Desk;
use crate::table;

/// Imports files of which nothing may be sent; the error must say all of this.
fn refuses(files: &[(&str, &[u8])], arguments: &[&str], words: &[&str]) {
    let desk = Desk::new();
    files.iter().for_each(|(name, bytes)| drop(desk.write(name, bytes)));
    let names = files.iter().map(|(name, _)| *name);
    let arguments: Vec<&str> = names.chain(["--run", "run"]).chain(arguments.iter().copied()).collect();
    desk.expect(1, &arguments).says(&[words, &["Nothing was sent", "next: "]].concat());
    let requests = desk.requests();
    assert_eq!((requests.create, requests.find, desk.path("run").exists()), (0, 0, false));

    let told = desk.expect(1, &[&arguments[..], &["--json"]].concat());
    let error = crate::desk::json(&told.err);
    assert_eq!((told.out.as_str(), error["outcome"].as_str()), ("", Some("not_applied")));
    assert!(error["next"].as_str().is_some_and(|next| !next.is_empty()), "{error}");
}

#[test]
fn a_file_without_anything_in_it() {
    refuses(&[("customers.csv", b"")], &[], &["customers.csv: it is empty", "line of column names"]);
}

#[test]
fn a_file_with_nothing_but_a_header() {
    refuses(&[("customers.csv", format!("{}\n", table::HEADER).as_bytes())], &[], &["the table has no rows"]);
}

#[test]
fn a_file_without_a_header() {
    refuses(
        &[("customers.csv", table::row(1).as_bytes())],
        &[],
        &["the first line holds values, not names of columns"],
    );
}

#[test]
fn a_required_column_that_is_missing() {
    let text = table::csv(1..=2).replace("first_name", "vorname");
    let words = ["customers.csv", "first_name", "which every customer needs", "“vorname”", "--map"];
    refuses(&[("customers.csv", text.as_bytes())], &[], &words);
}

#[test]
fn two_columns_of_one_name() {
    let text = table::csv(1..=2).replace("country", "email");
    refuses(&[("customers.csv", text.as_bytes())], &[], &["two columns have the name “email”", "Rename or remove"]);
}

#[test]
fn two_columns_for_one_field() {
    let text = table::csv(1..=2).replace("country", "firstName");
    let words = ["the field first_name has two columns, “first_name” and “firstName”"];
    refuses(&[("customers.csv", text.as_bytes())], &[], &words);
}

#[test]
fn numbers_with_a_point_in_a_column_of_names_or_ids() {
    let floats = Arc::new(Float64Array::from(vec![Some(5_511_999_990_000.0), None]));
    let batch = table::with_column(&table::batch(1..=2), "phone_number", floats);
    let words = ["the column “phone_number” holds", "phone_number is text", "next: "];
    refuses(&[("customers.parquet", &table::parquet(&batch))], &[], &words);
    refuses(&[("customers.arrow", &table::arrow(&batch))], &[], &words);
}

#[test]
fn a_row_with_too_many_fields_is_named_by_row_and_line() {
    let text = table::of([table::row(1), table::row(2) + ",Paris", table::row(3)]);
    refuses(&[("customers.csv", text.as_bytes())], &[], &["row 2 (line 3)"]);
}

#[test]
fn a_value_in_another_encoding_is_named_by_row_and_byte() {
    let start = table::csv(1..=3);
    let mut bytes = start.clone().into_bytes();
    // “Київ” in windows-1251.
    bytes.extend_from_slice(b"customer-4@example.com,Alex,Smith,UA,FV633452,\xca\xe8\xbf\xe2\n");
    let byte = format!("the byte at offset {}", start.len() + "customer-4@example.com,Alex,Smith,UA,FV633452,".len());
    let words = ["row 4 (line 5)", &*byte, "--encoding windows-1251"];
    refuses(&[("customers.csv", &bytes)], &[], &words);
}

#[test]
fn an_encoding_that_there_is_not() {
    let words = ["there is no encoding named “klingon”"];
    refuses(&[("customers.csv", table::csv(1..=1).as_bytes())], &["--encoding", "klingon"], &words);
}

#[test]
fn files_with_different_columns() {
    let other = table::csv(3..=4).replace(table::HEADER, &format!("{},comment", table::HEADER));
    let other = other.replace("Champ de Mars 3", "Champ de Mars 3,x").replace("Champ de Mars 4", "Champ de Mars 4,x");
    let words = ["a.csv: it lacks the column “comment”", "one after the other"];
    refuses(&[("a.csv", table::csv(1..=2).as_bytes()), ("b.csv", other.as_bytes())], &[], &words);
}

#[test]
fn a_packed_file_that_is_cut_short() {
    let desk = Desk::new();
    let packed = crate::input::gzip(table::csv(1..=500).as_bytes());
    desk.write("customers.csv.gz", &packed[..packed.len() / 2]);
    desk.expect(1, &["customers.csv.gz"]).says(&["cut short", "Get the whole file"]);
    assert_eq!(desk.creates(), 0);
}

#[test]
fn a_file_that_is_not_there_or_may_not_be_read_or_is_no_table() {
    let desk = Desk::of(1);
    desk.expect(1, &["custmers.csv"]).says(&["custmers.csv: it cannot be read", "Look whether the file exists"]);
    std::fs::create_dir(desk.path("empty")).unwrap();
    desk.expect(1, &["empty"]).says(&["empty: the directory holds no tables", "csv"]);
    desk.expect(1, &["customers.csv", "-"]).says(&["standard input (-) is named together with other files"]);
    desk.write("customers.xlsx", b"PK\x03\x04 and so on");
    desk.expect(1, &["customers.xlsx"]).says(&["Excel", "CSV UTF-8"]);
    desk.write("customers.json", b"[{}]");
    desk.expect(1, &["customers.json"]).says(&["JSON array", "jq -c"]);
    assert_eq!(desk.creates(), 0);
}

#[test]
fn an_e_mail_that_two_rows_have_whether_or_not_the_rest_is_the_same() {
    let desk = Desk::new();
    let other = table::row(1).replace("customer-1", " CUSTOMER-1").replace(",FR,", ",DE,");
    desk.write("customers.csv", table::of([table::row(1), table::row(2), table::row(2), other]));
    let done = desk.expect(2, &["customers.csv", "--run", "run"]);
    done.says(&[
        "row 3 (line 4): email is also in row 2 (line 3)",
        "row 4 (line 5): email is also in row 1 (line 2)",
        "2 problems were found",
        "--invalid reject",
    ]);
    assert_eq!(desk.creates(), 0);
}

#[test]
fn only_the_first_problems_are_shown_and_all_are_listed() {
    let desk = Desk::new();
    desk.write("customers.csv", table::of((1..=50).map(|number| table::row(number).replace("@", " at "))));
    let done = desk.expect(2, &["customers.csv", "--run", "run"]).says(&["and 30 more; all are in run/problems.csv"]);
    assert_eq!(done.err.lines().filter(|line| line.starts_with("  row ")).count(), 20);
    assert_eq!(desk.rows("run/problems.csv").len(), 50);
}

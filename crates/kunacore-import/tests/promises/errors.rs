//! What stops an import says what happened and what to do, and never repeats a value.

use std::fmt::Write;
use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, RecordBatchIterator};
use arrow_schema::ArrowError;
use kunacore::Field;
use kunacore_import::{Extra, Files, Format, ImportError, MappingOptions, ReadOptions, Source, Stream, check};
use tempfile::TempDir;

use crate::support::{HEADER, arrow, batches, checked, customer, file, files, record_batch, refused, stream};

/// Stands in every row; no error may repeat it.
const CANARY: &str = "Kanarienvogel";

/// The errors of one kind of failure, as they are shown.
#[derive(Default)]
struct Report(String);

impl Report {
    fn add<T>(&mut self, case: &str, result: Result<T, ImportError>) {
        let error = refused(result);
        assert!(!format!("{error} {error:?}").contains(CANARY), "{case}: {error}");
        _ = write!(self.0, "# {case}\n{}\n  → {}\n\n", error.message(), error.next());
    }

    fn text(&mut self, case: &str, text: impl Into<Vec<u8>>) {
        self.mapped(case, text, &MappingOptions::default());
    }

    fn mapped(&mut self, case: &str, text: impl Into<Vec<u8>>, options: &MappingOptions) {
        self.add(case, batches(text, options).and_then(checked));
    }
}

fn row(address: &str) -> String {
    format!("a@x,{CANARY},Smith,FR,D,{address}\n")
}

#[test]
fn of_csv() {
    let mut report = Report::default();
    report.text("empty", "");
    report.text("blank lines only", "\r\n\r\n");
    report.text("too many fields", format!("{HEADER}\n{}{}", row("\"Paris\n7\""), row("Rue, 5")));
    report.text("too few fields", format!("{HEADER}\n\n{CANARY};b\n"));
    report.text("open quote", format!("{HEADER}\n{}{}{}", row("P"), row("\"P"), row("P")));
    report.text("duplicate header", format!("{HEADER},email\n"));
    report.text("no header", format!("{CANARY}@mail.com,{CANARY},Smith,FR,D,Paris\n"));
    let mut bytes = format!("{HEADER}\n{}{CANARY},", row("Paris")).into_bytes();
    bytes.extend(b"\xce\xeb\n");
    report.text("wrong encoding", bytes);
    report.text("wrong encoding in the header", b"\xce\xeb,email\n".to_vec());
    let options = ReadOptions { encoding: Some("cp-1251".into()), ..Default::default() };
    report.add("no such encoding", stream(HEADER, &options));
    insta::assert_snapshot!(report.0);
}

#[test]
fn of_json_lines() {
    let mut report = Report::default();
    let good = format!(
        r#"{{"email":"{CANARY}@x","first_name":"A","last_name":"S","country":"FR","verification_document_id":"D","residence_address":"P"}}"#
    );
    report.text("array", format!("[{good}]"));
    report.text("not JSON at once", format!("{{\"email\": {CANARY}"));
    report.text("not JSON later", format!("{good}\n\n{{\"email\": {CANARY}"));
    report.text("not an object", format!("{good}\n\"{CANARY}\""));
    report.text("a key twice", format!("{good}\n{{\"email\":\"a\",\"email\":\"{CANARY}\"}}"));
    report.text("a float", good.replace("\"D\"", "1.5"));
    report.text("an integer for a name", good.replace("\"A\"", "15"));
    report.text("nested", good.replace("\"P\"", "{}"));
    let many = format!("{good}\n").repeat(9_000);
    report.text("a key that comes late in a stream", format!("{many}{}", good.replace('}', ",\"comment\":\"\"}")));
    report.text("a number that comes late in a stream", format!("{many}{}", good.replace("\"D\"", "7")));
    insta::assert_snapshot!(report.0);
}

#[test]
fn of_the_mapping() {
    let mut report = Report::default();
    let ignore = || MappingOptions { extra: Extra::Ignore, ..Default::default() };
    let map = |pairs: &[(&str, Field)]| MappingOptions {
        map: pairs.iter().map(|(name, field)| ((*name).to_owned(), *field)).collect(),
        ..Default::default()
    };
    let set = |field, value: &str| MappingOptions { set: vec![(field, value.to_owned())], ..Default::default() };
    report.text("other names", "E-mail,Given name,Surname,country,Passport,Customer's address,Balance\n");
    report.text("one missing", HEADER.replace("country,", ""));
    report.text("extra", format!("{HEADER},balance,it's\n"));
    report.text("extra that is probably a field", format!("{HEADER},Phone,balance\n"));
    report.text("extra that looks like a value", format!("{HEADER},{CANARY}@mail.com\n"));
    report.mapped("column mapped twice", HEADER, &map(&[("email", Field::Email), ("email", Field::Comment)]));
    report.mapped("field mapped twice", format!("{HEADER},mail"), &map(&[("mail", Field::Email)]));
    report.text("both spellings", format!("{HEADER},firstName"));
    report.mapped("unknown column", HEADER, &map(&[("Email ", Field::Email)]));
    let keys = MappingOptions { keys: vec!["id".into()], ..ignore() };
    report.mapped("unknown key", HEADER, &keys);
    report.mapped("set and column", HEADER, &set(Field::Country, "UA"));
    report.mapped("set that no customer may have", HEADER.replace("country,", ""), &set(Field::Country, CANARY));
    report.mapped("set to blank", HEADER, &set(Field::Comment, " "));
    let twice = MappingOptions { set: vec![(Field::Itn, "1".into()), (Field::Itn, "2".into())], ..Default::default() };
    report.mapped("set twice", HEADER, &twice);
    insta::assert_snapshot!(report.0);
}

#[test]
fn of_types() {
    let mut report = Report::default();
    let batch = record_batch(&[customer("a@x", CANARY)]);
    let columns: [(&str, &str, ArrayRef); 4] = [
        ("floats", "itn", Arc::new(Float64Array::from(vec![1.5]))),
        ("booleans", "comment", Arc::new(BooleanArray::from(vec![true]))),
        ("integers for text", "comment", Arc::new(Int64Array::from(vec![1]))),
        ("bytes", "external_id", Arc::new(arrow_array::BinaryArray::from(vec![CANARY.as_bytes()]))),
    ];
    for (case, name, array) in columns {
        let pairs = HEADER.split(',').zip(batch.columns().iter().cloned()).chain([(name, array)]);
        let batch = RecordBatch::try_from_iter(pairs).expect("a batch");
        report.add(case, arrow(vec![batch], &MappingOptions::default()));
    }
    let date: ArrayRef = Arc::new(arrow_array::Date32Array::from(vec![1]));
    let pairs = HEADER.split(',').zip(batch.columns().iter().cloned()).chain([("day", date)]);
    let keys = MappingOptions { keys: vec!["day".into()], ..Default::default() };
    report.add("dates as a key", arrow(vec![RecordBatch::try_from_iter(pairs).expect("a batch")], &keys));
    insta::assert_snapshot!(report.0);
}

#[test]
fn of_files_and_streams() {
    let directory = TempDir::new().expect("directory");
    let mut report = Report::default();
    let options = ReadOptions::default();
    let mut open = |case: &str, path: PathBuf, options: &ReadOptions| {
        report.add(case, files(&[path], options, &MappingOptions::default()).and_then(checked));
    };
    open("no such file", directory.path().join("none.csv"), &options);
    open("empty directory", directory.path().to_owned(), &options);
    open("Excel", file(&directory, "a.xlsx", format!("PK\x03\x04{CANARY}")), &options);
    open("damaged Parquet", file(&directory, "a.parquet", format!("PAR1{CANARY}PAR1")), &options);
    let arrow = ReadOptions { format: Some(Format::Arrow), ..Default::default() };
    open("not Arrow", file(&directory, "a.arrow", format!("ARROW1{CANARY}")), &options);
    open("not an Arrow stream", file(&directory, "b.arrow", CANARY), &arrow);
    let mut packed = zstd::encode_all(format!("{HEADER}\n{}", row("Paris")).as_bytes(), 1).expect("packed");
    packed.truncate(packed.len() - 5);
    open("cut short", file(&directory, "c.csv.zst", packed), &options);
    let inside = zstd::encode_all(&b"PAR1"[..], 1).expect("packed");
    open("packed Parquet", file(&directory, "d.parquet.zst", inside), &options);
    report.add("no file", Files::open(&[], &options));
    report.add("standard input and a file", Source::open(&["-".into(), "a.csv".into()], &options, directory.path()));
    report.add("damaged Parquet as a stream", stream(format!("PAR1{CANARY}"), &options));
    let none = directory.path().join("none");
    report.add("no place for a copy", Stream::from_reader(&b"PAR1"[..], &options, &none));
    let one = file(&directory, "1.csv", format!("{HEADER}\n{}", row("Paris")));
    let two = file(&directory, "2.csv", format!("{HEADER},itn\n{}", row("Paris,1")));
    report.add("files with other columns", Files::open(&[one.clone(), two], &options));
    let three = file(&directory, "3.csv", format!("{HEADER}\n{}{}", row("Paris"), row("Rue, 5")));
    report.add("the second file", files(&[one, three], &options, &MappingOptions::default()).and_then(checked));
    let batch = record_batch(&[customer("a@x", CANARY)]);
    let failing = [Ok(batch.clone()), Err(ArrowError::ParseError(CANARY.to_owned()))];
    let stream = Stream::from_batches(RecordBatchIterator::new(failing, batch.schema())).expect("opened");
    let mapping = stream.map(&MappingOptions::default()).expect("mapped");
    report.add("a stream that fails", check(stream.batches(&mapping), |_| Ok(())));
    insta::assert_snapshot!(report.0.replace(&directory.path().display().to_string(), "DIR"));
}

//! A table that can be read only once is copied while it is checked, and the copy is the table.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, DictionaryArray, Float64Array, RecordBatch, RecordBatchIterator, StringArray, StringViewArray,
    TimestampMillisecondArray,
};
use arrow_ipc::reader::FileReader;
use arrow_schema::ArrowError;
use kunacore_import::{Extra, ImportErrorKind, Input, MappingOptions, ReadOptions, Spool, Stream, check};
use parquet::basic::Compression;
use tempfile::TempDir;

use crate::formats::{ipc_file, ipc_stream, jsonl, parquet};
use crate::support::{HEADER, Values, checked, csv, customer, fingerprint, record_batch, refused, stream, values};

fn names(place: &Path) -> Vec<String> {
    let name = |entry: std::io::Result<fs::DirEntry>| entry.expect("entry").file_name().into_string().expect("a name");
    fs::read_dir(place).expect("read").map(name).collect()
}

/// Copies a stream while it is checked. The problems, the fingerprint, and what a manifest would say.
fn spool(stream: Stream, options: &MappingOptions, run: &Path) -> (Vec<String>, String, Input) {
    let mapping = stream.map(options).expect("mapped");
    let (spool, batches) = Spool::begin(stream, &mapping, run).expect("begun");
    let (found, problems) = checked(batches).expect("checked");
    let manifest = serde_json::to_string(&spool.input(options)).expect("JSON");
    spool.keep(run).expect("kept");
    assert_eq!(names(run), ["input.arrow"]);
    (problems, found.fingerprint.to_string(), serde_json::from_str(&manifest).expect("read"))
}

fn copied(input: &Input, run: &Path) -> Vec<Values> {
    let (files, mapping) = input.open(run).expect("opened");
    values(files.batches(&mapping)).expect("read")
}

#[test]
fn the_copy_of_every_format_has_the_same_rows_and_fingerprint() {
    let place = TempDir::new().expect("directory");
    let rows: Vec<_> = (0..9_000).map(|n| customer(&format!("alex{n}@mail.com"), " Ольга ")).collect();
    let batch = record_batch(&rows);
    let path = parquet(&place.path().join("a.parquet"), &batch, Compression::SNAPPY);
    let streams: [Vec<u8>; 5] = [
        csv(&rows).replace(',', "\t").into_bytes(),
        jsonl(&rows).into_bytes(),
        ipc_stream(&batch),
        ipc_file(&batch, None),
        fs::read(path).expect("read"),
    ];
    let options = MappingOptions { keys: vec!["first_name".into()], ..Default::default() };
    for bytes in streams {
        let opened = || stream(bytes.clone(), &ReadOptions::default()).expect("opened");
        let mapping = opened().map(&options).expect("mapped");
        let (expected, rows) = (fingerprint(opened().batches(&mapping)), values(opened().batches(&mapping)));
        let run = TempDir::new().expect("directory");
        let (_, found, input) = spool(opened(), &options, run.path());
        assert_eq!(found, expected);
        assert!(input.is_spooled());
        assert!(copied(&input, run.path()) == rows.expect("read"));
        let (files, mapping) = input.open(run.path()).expect("opened");
        assert_eq!(fingerprint(files.batches(&mapping)), expected);
    }
}

#[test]
fn columns_that_are_not_sent_are_copied_with_their_types() {
    let names = HEADER.split(',').map(ToOwned::to_owned);
    let batch = record_batch(&[customer("a@x", "Alex"), customer("b@x", "Alex")]);
    let extra: [(String, ArrayRef); 3] = [
        ("balance".into(), Arc::new(Float64Array::from(vec![Some(1.5), None]))),
        ("since".into(), Arc::new(TimestampMillisecondArray::from(vec![1, 2]).with_timezone("Europe/Kyiv"))),
        ("note".into(), Arc::new(StringViewArray::from(vec![Some("one that is longer than twelve bytes"), None]))),
    ];
    let batch = RecordBatch::try_from_iter(names.zip(batch.columns().iter().cloned()).chain(extra)).expect("a batch");
    let options = MappingOptions { extra: Extra::Ignore, ..Default::default() };
    let run = TempDir::new().expect("directory");
    let batches = RecordBatchIterator::new([Ok(batch.slice(0, 1)), Ok(batch.slice(1, 1))], batch.schema());
    spool(Stream::from_batches(batches).expect("opened"), &options, run.path());
    let file = fs::File::open(run.path().join("input.arrow")).expect("opened");
    let copied: Vec<RecordBatch> = FileReader::try_new(file, None).expect("a file").map(Result::unwrap).collect();
    assert_eq!(copied, [batch.slice(0, 1), batch.slice(1, 1)]);
}

#[test]
fn a_dictionary_may_change_from_batch_to_batch() {
    let options = MappingOptions { extra: Extra::Ignore, ..Default::default() };
    let batch = |email: &str, segment: &str| {
        let batch = record_batch(&[customer(email, "Alex")]);
        let words: DictionaryArray<Int32Type> = [segment].into_iter().collect();
        let columns = HEADER.split(',').map(ToOwned::to_owned).zip(batch.columns().iter().cloned());
        RecordBatch::try_from_iter(columns.chain([("segment".to_owned(), Arc::new(words) as ArrayRef)]))
            .expect("a batch")
    };
    let batches = [batch("a@x", "gold"), batch("b@x", "silver"), batch("c@x", "bronze")];
    let schema = batches[0].schema();
    let stream = Stream::from_batches(RecordBatchIterator::new(batches.map(Ok), schema)).expect("opened");
    let run = TempDir::new().expect("directory");
    let (_, _, input) = spool(stream, &MappingOptions { keys: vec!["segment".into()], ..options }, run.path());
    let keys: Vec<_> = copied(&input, run.path()).into_iter().filter_map(|mut row| row.pop().flatten()).collect();
    assert_eq!(keys, ["gold", "silver", "bronze"]);
}

#[test]
fn what_json_holds_beside_text_is_copied_as_it_stands_whatever_comes_later() {
    let line = |n: u32, more: &str| {
        format!(
            "{{\"email\":\"a{n}@x\",\"first_name\":\"A\",\"last_name\":\"S\",\"country\":\"FR\",\
             \"verification_document_id\":\"D\",\"residence_address\":\"P\",\"tags\":{more}}}\n"
        )
    };
    let mut text: String = (0..9_000).map(|n| line(n, "1")).collect();
    text.push_str(&line(9_000, "[true,{\"a\":null}]"));
    let options = MappingOptions { extra: Extra::Ignore, ..Default::default() };
    let run = TempDir::new().expect("directory");
    spool(stream(text, &ReadOptions::default()).expect("opened"), &options, run.path());
    let file = fs::File::open(run.path().join("input.arrow")).expect("opened");
    let last = FileReader::try_new(file, None).expect("a file").map(Result::unwrap).last().expect("a batch");
    let tags: StringArray = last.column_by_name("tags").expect("copied").to_data().into();
    assert_eq!(tags.iter().last(), Some(Some("[true,{\"a\":null}]")));
}

#[test]
fn problems_name_the_lines_of_the_stream() {
    let text = format!("{HEADER}\na@x,Alex,Smith,FR,D,\"Paris\n7\"\n\nb.x,Alex,Smith,FR,D,Paris\n");
    let run = TempDir::new().expect("directory");
    let (problems, ..) = spool(stream(text, &ReadOptions::default()).expect("opened"), &Default::default(), run.path());
    assert_eq!(problems, ["row 2 (line 5): email is not an e-mail address: it has no @"]);
}

#[test]
fn a_table_without_rows_has_a_copy_too() {
    let run = TempDir::new().expect("directory");
    let (_, _, input) =
        spool(stream(HEADER, &ReadOptions::default()).expect("opened"), &Default::default(), run.path());
    assert_eq!(copied(&input, run.path()), Vec::<Values>::new());
}

#[test]
fn a_copy_that_is_not_whole_is_never_kept_and_nothing_is_left_of_it() {
    let run = TempDir::new().expect("directory");
    let batch = record_batch(&[customer("a@x", "Alex")]);
    let mapping = MappingOptions::default();
    let begin = |batches: Vec<Result<RecordBatch, ArrowError>>| {
        let stream = Stream::from_batches(RecordBatchIterator::new(batches, batch.schema())).expect("opened");
        let mapping = stream.map(&mapping).expect("mapped");
        Spool::begin(stream, &mapping, run.path()).expect("begun")
    };
    let (failed, batches) = begin(vec![Ok(batch.clone()), Err(ArrowError::ParseError(String::new()))]);
    refused(check(batches, |_| Ok(())));
    assert_eq!(failed.keep(run.path()).expect_err("refused").kind(), ImportErrorKind::Spool);
    let (stopped, mut batches) = begin(vec![Ok(batch.clone())]);
    assert!(batches.next().is_some());
    assert_eq!(names(run.path()).len(), 1);
    assert_ne!(names(run.path()), ["input.arrow"], "it has its name only when it is whole");
    assert_eq!(stopped.keep(run.path()).expect_err("refused").kind(), ImportErrorKind::Spool);
    assert_eq!(names(run.path()), [""; 0]);
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_the_copy() {
    use std::os::unix::fs::PermissionsExt;
    let run = TempDir::new().expect("directory");
    spool(stream(HEADER, &ReadOptions::default()).expect("opened"), &Default::default(), run.path());
    let mode = fs::metadata(run.path().join("input.arrow")).expect("there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

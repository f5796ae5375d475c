//! Records of a program are a table like a file of them, and leave nothing behind.

use std::io::Cursor;

use kunacore::Field;
use kunacore_import::{ImportErrorKind, MappingOptions, Stream};
use tempfile::TempDir;

use crate::formats::jsonl;
use crate::support::{column, customer, refused};

#[test]
fn a_record_may_have_a_column_that_no_earlier_one_has() {
    let place = TempDir::new().expect("directory");
    let mut rows: Vec<String> =
        jsonl(&(0..9_000).map(|n| customer(&format!("alex{n}@mail.com"), "Alex")).collect::<Vec<_>>())
            .lines()
            .map(str::to_owned)
            .collect();
    let last = rows.last_mut().expect("a row");
    *last = last.replacen('{', "{\"comment\":\"late\",", 1);
    let stream = Stream::from_records(Cursor::new(rows.join("\n")), place.path()).expect("opened");
    let mapping = stream.map(&MappingOptions::default()).expect("mapped");
    let comments = column(stream.batches(&mapping), Field::Comment).expect("read");
    assert_eq!(comments.iter().flatten().collect::<Vec<_>>(), ["late"]);
    assert_eq!((comments.len(), comments.last()), (9_000, Some(&Some("late".to_owned()))));
    assert_eq!(place.path().read_dir().expect("read").count(), 0);
}

#[test]
fn records_that_cannot_be_read_are_refused_with_their_row() {
    let place = TempDir::new().expect("directory");
    let error = refused(Stream::from_records(Cursor::new("{\"email\":"), place.path()));
    assert_eq!((error.kind(), error.place().map(|place| place.row())), (ImportErrorKind::Malformed, Some(1)));
    let nowhere = refused(Stream::from_records(Cursor::new("{}"), &place.path().join("none")));
    assert_eq!(nowhere.kind(), ImportErrorKind::Spool);
}

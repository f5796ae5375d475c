//! A file can be read as it is, with all its columns and without a mapping.

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use kunacore_import::{ImportError, ImportErrorKind, read_table};
use parquet::basic::Compression;
use tempfile::TempDir;

use crate::formats::parquet;
use crate::support::{customer, file, record_batch};

fn read(path: &std::path::Path) -> Vec<RecordBatch> {
    read_table(path).expect("opened").collect::<Result<_, _>>().expect("read")
}

#[test]
fn all_columns_come_with_their_types_and_values() {
    let place = TempDir::new().expect("directory");
    let rows = [customer("alexsmith@mail.com", "Alex"), customer("alex2@mail.com", "Alex")];
    let batch = record_batch(&rows);
    let path = parquet(&place.path().join("a.parquet"), &batch, Compression::SNAPPY);
    assert_eq!(read(&path), [batch]);
    let path = file(&place, "a.csv", "row;anything\n1; a \n2;\"b\nc\"\n");
    let [batch] = &read(&path)[..] else { panic!("one batch") };
    let texts = |at: usize| batch.column(at).as_string::<i32>().iter().flatten().collect::<Vec<_>>();
    assert_eq!((texts(0), texts(1)), (vec!["1", "2"], vec![" a ", "b\nc"]));
}

#[test]
fn what_cannot_be_read_is_named() {
    let place = TempDir::new().expect("directory");
    let error = read_table(&place.path().join("none.csv")).err().expect("no file");
    assert_eq!(error.kind(), ImportErrorKind::Unreadable);
    assert!(error.message().contains("none.csv"));
    let path = file(&place, "a.csv", "a,b\n1,2\n3\n");
    let error = read_table(&path).expect("opened").find_map(Result::err).expect("a short row");
    let arrow_schema::ArrowError::ExternalError(inner) = error else { panic!("another error") };
    let error: &ImportError = inner.downcast_ref().expect("ours");
    assert!(error.message().contains("a.csv"), "{error}");
}

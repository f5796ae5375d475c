//! One table has the same rows and the same fingerprint in every format, layout, packing and chunking.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, DictionaryArray, FixedSizeBinaryArray, Int64Array, LargeStringArray, NullArray, RecordBatch, StringArray,
    StringViewArray,
};
use arrow_ipc::CompressionType;
use arrow_ipc::writer::{FileWriter, IpcWriteOptions, StreamWriter};
use arrow_schema::extension::Uuid;
use arrow_schema::{DataType, Field as Column, Schema};
use kunacore::Field;
use kunacore_import::{Files, MappingOptions, ReadOptions, Source};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::metadata::{ParquetMetaDataReader, ParquetMetaDataWriter};
use parquet::file::properties::WriterProperties;
use tempfile::TempDir;

use crate::support::{
    HEADER, Values, arrow, batches, checked, column, csv, customer, file, files, fingerprint, record_batch, refused,
    values,
};

fn rows(count: usize) -> Vec<[String; 6]> {
    (0..count).map(|n| customer(&format!("alex{n}@mail.com"), "Ольга")).collect()
}

pub(crate) fn jsonl(rows: &[[String; 6]]) -> String {
    let line = |row: &[String; 6]| {
        let pairs = HEADER.split(',').zip(row).map(|(name, value)| (name.to_owned(), value.clone().into()));
        format!("{}\n", serde_json::Value::Object(pairs.collect()))
    };
    rows.iter().map(line).collect()
}

pub(crate) fn ipc_stream(batch: &RecordBatch) -> Vec<u8> {
    let mut writer = StreamWriter::try_new(Vec::new(), &batch.schema()).expect("writer");
    writer.write(batch).expect("written");
    writer.into_inner().expect("finished")
}

pub(crate) fn ipc_file(batch: &RecordBatch, compression: Option<CompressionType>) -> Vec<u8> {
    let options = IpcWriteOptions::default().try_with_compression(compression).expect("compression");
    let mut writer = FileWriter::try_new_with_options(Vec::new(), &batch.schema(), options).expect("writer");
    writer.write(batch).expect("written");
    writer.into_inner().expect("finished")
}

pub(crate) fn parquet(path: &Path, batch: &RecordBatch, compression: Compression) -> PathBuf {
    let properties = WriterProperties::builder().set_compression(compression).build();
    let file = File::create(path).expect("created");
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).expect("writer");
    writer.write(batch).expect("written");
    writer.close().expect("closed");
    path.to_owned()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    writer.write_all(bytes).expect("written");
    writer.finish().expect("finished")
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).expect("packed")
}

#[test]
fn every_format_and_packing_gives_the_same_rows_and_fingerprint() {
    let directory = TempDir::new().expect("directory");
    let rows = rows(10_000);
    let batch = record_batch(&rows);
    let (csv, jsonl, stream) = (csv(&rows), jsonl(&rows), ipc_stream(&batch));
    let path = |name| directory.path().join(name);
    let paths = [
        file(&directory, "a.csv", &csv),
        file(&directory, "a.csv.gz", gzip(csv.as_bytes())),
        file(&directory, "a.csv.zst", zstd(csv.as_bytes())),
        file(&directory, "a.jsonl", &jsonl),
        file(&directory, "a.jsonl.gz", gzip(jsonl.as_bytes())),
        file(&directory, "a.arrows", &stream),
        file(&directory, "a.arrows.zst", zstd(&stream)),
        file(&directory, "a.arrow", ipc_file(&batch, None)),
        file(&directory, "lz4.feather", ipc_file(&batch, Some(CompressionType::LZ4_FRAME))),
        file(&directory, "zstd.feather", ipc_file(&batch, Some(CompressionType::ZSTD))),
        parquet(&path("plain.parquet"), &batch, Compression::UNCOMPRESSED),
        parquet(&path("snappy.parquet"), &batch, Compression::SNAPPY),
        parquet(&path("gzip.parquet"), &batch, Compression::GZIP(Default::default())),
        parquet(&path("zstd.parquet"), &batch, Compression::ZSTD(Default::default())),
        parquet(&path("lz4.parquet"), &batch, Compression::LZ4_RAW),
    ];
    let (read, map) = (ReadOptions::default(), MappingOptions::default());
    let expected: Vec<Values> =
        rows.iter().map(|row| row.iter().cloned().map(Some).chain(std::iter::repeat_n(None, 5)).collect()).collect();
    let expected_fingerprint = fingerprint(batches(csv.clone(), &map).expect("opened"));
    for path in paths {
        let opened = || files(std::slice::from_ref(&path), &read, &map).expect("opened");
        assert!(values(opened()).expect("read") == expected, "{}", path.display());
        assert_eq!(fingerprint(opened()), expected_fingerprint, "{}", path.display());
    }
    // The same bytes as a stream; those that are read from their end, too.
    let parquet = std::fs::read(path("snappy.parquet")).expect("read");
    let streams = [gzip(csv.as_bytes()), jsonl.into_bytes(), zstd(&stream), stream];
    for bytes in streams.into_iter().chain([ipc_file(&batch, None), gzip(&parquet), parquet]) {
        assert_eq!(fingerprint(batches(bytes, &map).expect("opened")), expected_fingerprint);
    }
    assert_eq!(fingerprint(arrow(vec![batch], &map).expect("opened")), expected_fingerprint);
}

#[test]
fn the_fingerprint_is_of_the_content_alone() {
    let map = MappingOptions::default();
    let rows = rows(50);
    let whole = record_batch(&rows);
    let expected = fingerprint(arrow(vec![whole.clone()], &map).expect("opened"));
    for size in [1, 7, 49] {
        let chunks = (0..50).step_by(size).map(|from| whole.slice(from, size.min(50 - from))).collect();
        assert_eq!(fingerprint(arrow(chunks, &map).expect("opened")), expected);
    }
    let text = |index: usize| -> Vec<Option<&str>> { rows.iter().map(|row| Some(row[index].as_str())).collect() };
    let layouts: [ArrayRef; 6] = [
        Arc::new(LargeStringArray::from(text(0))),
        Arc::new(StringViewArray::from(text(1))),
        Arc::new(text(2).into_iter().collect::<DictionaryArray<Int32Type>>()),
        Arc::new(StringArray::from(text(3))),
        Arc::new(text(4).into_iter().collect::<DictionaryArray<Int32Type>>()),
        Arc::new(LargeStringArray::from(text(5))),
    ];
    // In another order, too, and with the names of the wire.
    let mut columns: Vec<(String, ArrayRef)> =
        Field::ALL.iter().map(|f| f.wire_name().to_owned()).zip(layouts).collect();
    columns.reverse();
    columns.push(("comment".to_owned(), Arc::new(NullArray::new(50))));
    let mixed = RecordBatch::try_from_iter(columns).expect("a batch");
    assert_eq!(fingerprint(arrow(vec![mixed], &map).expect("opened")), expected);

    let mut others = vec![rows.clone(), rows[..49].to_vec()];
    others[0].swap(3, 4);
    let mut moved = rows.clone();
    moved[0][1] = "ОльгаS".to_owned();
    moved[0][2] = "mith".to_owned();
    others.push(moved);
    for other in others {
        assert_ne!(fingerprint(arrow(vec![record_batch(&other)], &map).expect("opened")), expected);
    }
    let keyed = MappingOptions { keys: vec!["email".into()], ..Default::default() };
    assert_ne!(fingerprint(arrow(vec![whole], &keyed).expect("opened")), expected);
}

#[test]
fn integers_uuids_and_nulls_are_read_with_one_warning() {
    let directory = TempDir::new().expect("directory");
    let batch = record_batch(&rows(2));
    let uuids = FixedSizeBinaryArray::try_from_iter([[0xab_u8; 16], [1; 16]].into_iter()).expect("uuids");
    let mut columns: Vec<Arc<Column>> = batch.schema().fields().iter().cloned().collect();
    columns.push(Arc::new(Column::new("itn", DataType::Int64, true)));
    columns.push(Arc::new(Column::new("phone_number", DataType::Int64, true)));
    columns.push(Arc::new(Column::new("external_id", DataType::FixedSizeBinary(16), true).with_extension_type(Uuid)));
    columns.push(Arc::new(Column::new("comment", DataType::Null, true)));
    let mut arrays = batch.columns().to_vec();
    arrays.push(Arc::new(Int64Array::from(vec![Some(6_331_239_212), None])));
    arrays.push(Arc::new(Int64Array::from(vec![None, Some(380_441_234_567)])));
    arrays.push(Arc::new(uuids));
    arrays.push(Arc::new(NullArray::new(2)));
    let batch = RecordBatch::try_new(Arc::new(Schema::new(columns)), arrays).expect("a batch");
    let paths = [
        parquet(&directory.path().join("a.parquet"), &batch, Compression::SNAPPY),
        file(&directory, "a.arrow", ipc_file(&batch, None)),
    ];
    for path in paths {
        let batches = || files(std::slice::from_ref(&path), &Default::default(), &Default::default()).expect("opened");
        let rows = values(batches()).expect("read");
        let field = |row: usize, field: Field| rows[row][field as usize].as_deref();
        assert_eq!([field(0, Field::Itn), field(1, Field::Itn)], [Some("6331239212"), None]);
        assert_eq!([field(0, Field::PhoneNumber), field(1, Field::PhoneNumber)], [None, Some("380441234567")]);
        assert_eq!(field(0, Field::ExternalId), Some("abababab-abab-abab-abab-abababababab"));
        assert_eq!(field(0, Field::Comment), None);
        let warnings = checked(batches()).expect("checked").0.warnings;
        assert_eq!(
            warnings,
            [
                "Integers are read from “phone_number”, “itn”: leading zeros may be gone. If there were any, write these \
                 columns as text."
            ]
        );
    }
}

#[test]
fn json_lines_may_leave_out_what_is_absent_and_hold_integers_for_numbers() {
    let directory = TempDir::new().expect("directory");
    let mut lines = jsonl(&rows(9_000));
    let last = "\n{\"email\":\"z@x\",\"firstName\":\"Z\",\"last_name\":null,\"itn\":18446744073709551615}\n";
    lines.push_str(&last.replace("firstName", "first_name"));
    let path = file(&directory, "a.jsonl", lines);
    let batches = files(&[path], &Default::default(), &Default::default()).expect("opened");
    assert_eq!(batches.mapping().warnings().len(), 1);
    let rows = values(batches).expect("read");
    assert_eq!(rows[9_000][Field::Itn as usize].as_deref(), Some("18446744073709551615"));
    assert_eq!(rows[9_000][Field::LastName as usize], None);
    assert_eq!(rows[0][Field::Itn as usize], None);
}

#[test]
fn a_directory_is_read_in_the_order_of_the_names_and_rows_are_numbered_through() {
    let directory = TempDir::new().expect("directory");
    let rows = rows(3);
    file(&directory, "3.jsonl", jsonl(&rows[2..]));
    file(&directory, "1.csv", csv(&rows[..1]));
    file(&directory, "2.csv.gz", gzip(csv(&rows[1..2]).as_bytes()));
    file(&directory, "_SUCCESS", "");
    file(&directory, "README.txt", "not a table");
    let Source::Files(all) =
        Source::open(&[directory.path().to_owned()], &ReadOptions::default(), directory.path()).expect("opened")
    else {
        panic!("files");
    };
    assert_eq!(all.paths().count(), 3);
    let mapping = all.map(&MappingOptions::default()).expect("mapped");
    let emails = column(all.batches(&mapping), Field::Email).expect("read");
    assert_eq!(emails, rows.iter().map(|row| Some(row[0].clone())).collect::<Vec<_>>());
    // Files can be read again.
    assert_eq!(column(all.batches(&mapping), Field::Email).expect("read").len(), 3);
}

#[test]
fn columns_that_are_not_wanted_may_hold_anything() {
    let directory = TempDir::new().expect("directory");
    let batch = record_batch(&rows(2));
    let mut columns: Vec<(String, ArrayRef)> =
        HEADER.split(',').map(ToOwned::to_owned).zip(batch.columns().iter().cloned()).collect();
    columns.insert(2, ("balance".to_owned(), Arc::new(arrow_array::Float64Array::from(vec![1.5, 2.5]))));
    let wide = RecordBatch::try_from_iter(columns).expect("a batch");
    let json = jsonl(&rows(2)).replace("}\n", ",\"tags\":[1,{}],\"balance\":1.5}\n");
    let paths = [
        parquet(&directory.path().join("a.parquet"), &wide, Compression::SNAPPY),
        file(&directory, "a.arrow", ipc_file(&wide, None)),
        file(&directory, "a.arrows", ipc_stream(&wide)),
        file(&directory, "a.jsonl", json),
    ];
    let options = MappingOptions { extra: kunacore_import::Extra::Ignore, ..Default::default() };
    for path in paths {
        let batches = files(std::slice::from_ref(&path), &ReadOptions::default(), &options).expect("opened");
        assert_eq!(column(batches, Field::Email).expect("read").len(), 2, "{}", path.display());
    }
}

#[test]
fn a_packed_file_that_is_cut_short_is_never_taken_for_a_shorter_table() {
    let rows = rows(9_000);
    for text in [csv(&rows), jsonl(&rows)] {
        for mut packed in [gzip(text.as_bytes()), zstd(text.as_bytes())] {
            packed.truncate(packed.len() - 12);
            let error = refused(batches(packed, &MappingOptions::default()).and_then(checked));
            assert!(error.message().contains("cut short"), "{error}");
        }
    }
}

#[test]
fn a_batch_of_any_size_comes_in_parts() {
    let batch = record_batch(&rows(20_000));
    let parts: Vec<usize> =
        arrow(vec![batch], &MappingOptions::default()).expect("opened").map(|part| part.expect("read").len()).collect();
    assert_eq!(parts, [8_192, 8_192, 3_616]);
}

#[cfg(unix)]
#[test]
fn a_pipe_with_a_name_is_a_stream_and_no_file() {
    let directory = TempDir::new().expect("directory");
    let path = directory.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().expect("started").success());
    let error = refused(Files::open(std::slice::from_ref(&path), &ReadOptions::default()));
    assert!(error.message().contains("a pipe or a device"), "{error}");
    let writer = {
        let path = path.clone();
        std::thread::spawn(move || std::fs::write(path, csv(&rows(3))).expect("written"))
    };
    let Source::Stream(stream) = Source::open(&[path], &ReadOptions::default(), directory.path()).expect("opened")
    else {
        panic!("a stream");
    };
    let mapping = stream.map(&MappingOptions::default()).expect("mapped");
    assert_eq!(values(stream.batches(&mapping)).expect("read").len(), 3);
    writer.join().expect("joined");
}

#[test]
fn a_compression_that_is_not_read_is_named() {
    let directory = TempDir::new().expect("directory");
    let path = parquet(&directory.path().join("a.parquet"), &record_batch(&rows(3)), Compression::UNCOMPRESSED);
    // Nothing here can write Brotli, so the file only says that its first column is.
    let bytes = std::fs::read(&path).expect("read");
    let mut metadata =
        ParquetMetaDataReader::new().parse_and_finish(&File::open(&path).expect("opened")).expect("read");
    let length = u32::from_le_bytes(*bytes[..bytes.len() - 4].last_chunk().expect("a length")) as usize;
    let mut builder = metadata.clone().into_builder();
    let mut group = builder.take_row_groups().remove(0).into_builder();
    let mut columns = group.take_columns();
    let first = columns.remove(0).into_builder().set_compression(Compression::BROTLI(Default::default()));
    columns.insert(0, first.build().expect("a column"));
    metadata = builder.set_row_groups(vec![group.set_column_metadata(columns).build().expect("a group")]).build();
    let mut changed = bytes[..bytes.len() - 8 - length].to_vec();
    ParquetMetaDataWriter::new(&mut changed, &metadata).finish().expect("written");
    std::fs::write(&path, changed).expect("written");

    let error = refused(checked(files(&[path], &Default::default(), &Default::default()).expect("opened")));
    assert!(error.message().contains("its columns are packed with Brotli"), "{error}");
    assert!(error.next().contains("zstd"), "{error}");
}

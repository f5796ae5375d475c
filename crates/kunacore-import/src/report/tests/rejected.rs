//! Rejected rows are as they were in the table, and can be sent again once they are mended.

use std::sync::Arc;

use arrow_array::{
    Array, ArrayRef, BooleanArray, DictionaryArray, FixedSizeBinaryArray, Float64Array, Int64Array, RecordBatch,
    StringArray, TimestampMillisecondArray, types::Int8Type,
};
use arrow_schema::extension::Uuid;
use arrow_schema::{DataType, Field as Column, Fields, Schema};
use kunacore::Field;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::*;

/// Rejects these rows.
fn reject(place: &Place, rows: &[u32]) {
    let mut run = place.begin(*rows.last().expect("a row"));
    for row in rows {
        run.record(RowResult { found: Some(ids(*row)), ..rejected(&run, *row) }).expect("recorded");
    }
    place.report(run);
}

const REASON: &str = "INVALID,country,\"it is not \"\"served\"\", yet\"";

#[test]
fn another_encoding_becomes_utf_8() {
    let (bytes, _, _) =
        encoding_rs::WINDOWS_1251.encode("№;E-mail;имя;фамилия;страна;паспорт;адрес\n1;a@x;Ольга;К;UA;АВ1;Київ\n");
    let mut place = Place::new(&[("customers.csv", &bytes)]);
    place.read.encoding = Some("windows-1251".to_owned());
    let names = ["E-mail", "имя", "фамилия", "страна", "паспорт", "адрес"];
    place.options.map = names.into_iter().map(str::to_owned).zip(Field::ALL).collect();
    reject(&place, &[1]);
    let reason = REASON.replace(',', ";").replace("; yet", ", yet");
    assert_eq!(
        place.read("rejected.csv"),
        format!(
            "№;E-mail;имя;фамилия;страна;паспорт;адрес;reject_code;reject_field;reject_message;existing_id;\
             existing_wallet_id\n1;a@x;Ольга;К;UA;АВ1;Київ;{reason};c-1;w-1\n"
        )
    );
}

#[test]
fn values_are_as_they_stand_in_the_table() {
    let row = "\" a1@mail.com \",Alex,\"O\"\"Neil\",FR,00123,\"Paris,\r\n\"\"7\"\"\"";
    let place = Place::new(&[("customers.csv", format!("{HEADER}\n{row}\n").as_bytes())]);
    reject(&place, &[1]);
    let expected = " a1@mail.com ,Alex,\"O\"\"Neil\",FR,00123,\"Paris,\r\n\"\"7\"\"\"";
    assert_eq!(place.read("rejected.csv").split_once('\n').expect("a row").1, format!("{expected},{REASON},c-1,w-1\n"));
}

#[test]
fn a_mended_report_is_the_table_of_a_new_run_whose_report_has_the_reasons_once() {
    let place = Place::of(3);
    reject(&place, &[2, 3]);
    let mended = place.read("rejected.csv").replace("FR", "UA");
    let mut again = Place::new(&[("mended.csv", mended.as_bytes())]);
    again.options.extra = Extra::Error;
    let (files, mapping) = again.input().open(again.directory.path()).expect("opened");
    let checked = check(files.batches(&mapping), |_| Ok(())).expect("checked");
    assert_eq!((checked.rows, checked.problems.count), (2, 0));
    reject(&again, &[2]);
    assert_eq!(
        again.read("rejected.csv"),
        format!(
            "{HEADER},reject_code,reject_field,reject_message,existing_id,existing_wallet_id\n\
             a3@mail.com,Alex,Smith,UA,D3,Paris,{REASON},c-2,w-2\n"
        )
    );
}

#[test]
fn several_files_have_one_report_with_the_columns_of_all() {
    let json = "{\"first_name\":\"Alex\",\"email\":\"b@x\",\"last_name\":\"S\",\"country\":\"FR\",\
                \"verification_document_id\":\"D\",\"residence_address\":\"P\",\"balance\":1.5,\"tags\":[true,null]}\n";
    let csv = format!("balance\t{}\ttags\n7\ta@x\tAlex\tS\tFR\tD\tP\told\n", HEADER.replace(',', "\t"));
    let place = Place::new(&[("1.csv", csv.as_bytes()), ("2.jsonl", json.as_bytes())]);
    reject(&place, &[1, 2]);
    let report = place.read("rejected.csv").replace('\t', "|");
    let lines: Vec<&str> = report.lines().collect();
    assert!(lines[0].starts_with("balance|email|first_name|last_name|"), "{}", lines[0]);
    assert!(lines[1].starts_with("7|a@x|Alex|S|FR|D|P|old|INVALID|"), "{}", lines[1]);
    assert!(lines[2].starts_with("1.5|b@x|Alex|S|FR|D|P|[true,null]|INVALID|"), "{}", lines[2]);
    assert!(!place.run().join("rejected.parquet").exists());
}

/// A batch with columns of many types; two rows.
fn typed() -> RecordBatch {
    let text = |value: &str| Arc::new(StringArray::from(vec![value, value])) as ArrayRef;
    let uuids = FixedSizeBinaryArray::try_from_iter([[0xab_u8; 16], [1; 16]].into_iter()).expect("uuids");
    let note = StringArray::from(vec![None, Some("")]);
    let segment: DictionaryArray<Int8Type> = ["gold", "gold"].into_iter().collect();
    let at = TimestampMillisecondArray::from(vec![Some(1_767_225_600_000), None]);
    let tag = arrow_array::StructArray::from(vec![(
        Arc::new(Column::new("n", DataType::Int64, true)),
        Arc::new(Int64Array::from(vec![1, 2])) as ArrayRef,
    )]);
    let columns: Vec<(Column, ArrayRef)> = vec![
        (Column::new("external_id", DataType::FixedSizeBinary(16), true).with_extension_type(Uuid), Arc::new(uuids)),
        (Column::new("phone_number", DataType::Int64, true), Arc::new(Int64Array::from(vec![Some(380), None]))),
        (Column::new("balance", DataType::Float64, false), Arc::new(Float64Array::from(vec![1.5, -0.25]))),
        (Column::new("vip", DataType::Boolean, true), Arc::new(BooleanArray::from(vec![Some(true), None]))),
        (Column::new("since", at.data_type().clone(), true), Arc::new(at.clone())),
        (
            Column::new("seen", at.clone().with_timezone("Europe/Kyiv").data_type().clone(), true),
            Arc::new(at.with_timezone("Europe/Kyiv")),
        ),
        (Column::new("note", DataType::Utf8, true), Arc::new(note)),
        (Column::new("segment", segment.data_type().clone(), true), Arc::new(segment)),
        (Column::new("tag", tag.data_type().clone(), true), Arc::new(tag)),
        (Column::new("none", DataType::Null, true), Arc::new(arrow_array::NullArray::new(2))),
    ];
    let required = HEADER.split(',').map(|name| {
        let array = match name {
            "email" => Arc::new(StringArray::from(vec!["a@x", "b@x"])) as ArrayRef,
            "country" => text("FR"),
            other => text(other),
        };
        (Column::new(name, DataType::Utf8, true), array)
    });
    let (columns, arrays): (Vec<Column>, Vec<ArrayRef>) = required.chain(columns).unzip();
    RecordBatch::try_new(Arc::new(Schema::new(Fields::from(columns))), arrays).expect("a batch")
}

fn parquet(batch: &RecordBatch) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).expect("a writer");
    writer.write(batch).expect("written");
    writer.close().expect("closed");
    bytes
}

fn arrow(batch: &RecordBatch) -> Vec<u8> {
    let mut writer = arrow_ipc::writer::FileWriter::try_new(Vec::new(), &batch.schema()).expect("a writer");
    writer.write(batch).expect("written");
    writer.into_inner().expect("finished")
}

fn rejected_parquet(place: &Place) -> RecordBatch {
    let file = fs::File::open(place.run().join("rejected.parquet")).expect("opened");
    let mut reader = ParquetRecordBatchReaderBuilder::try_new(file).expect("Parquet").build().expect("a reader");
    reader.next().expect("a batch").expect("read")
}

#[test]
fn a_table_with_types_has_a_report_with_the_same_types() {
    let batch = typed();
    for (name, bytes) in [("a.parquet", parquet(&batch)), ("a.arrow", arrow(&batch))] {
        let place = Place::new(&[(name, &bytes)]);
        reject(&place, &[1, 2]);
        let found = rejected_parquet(&place);
        assert_eq!(found.num_columns(), batch.num_columns() + 5, "{name}");
        for (index, column) in batch.schema().fields().iter().enumerate() {
            assert_eq!(found.schema().field(index).data_type(), column.data_type(), "{name}: {}", column.name());
            assert_eq!(found.schema().field(index).metadata(), column.metadata(), "{name}: {}", column.name());
            assert_eq!(found.column(index).to_data(), batch.column(index).to_data(), "{name}: {}", column.name());
        }
        let reason: StringArray = found["existing_wallet_id"].to_data().into();
        assert_eq!(reason, StringArray::from(vec!["w-1", "w-2"]));
    }
}

#[test]
fn types_are_shown_as_text_in_csv_and_a_null_is_no_empty_text() {
    let place = Place::new(&[("a.arrow", &arrow(&typed()))]);
    reject(&place, &[1, 2]);
    let report = place.read("rejected.csv");
    let lines: Vec<&str> = report.lines().collect();
    let line = |email: &str, rest: &str, row: u32| {
        let required = format!("{email},first_name,last_name,FR,verification_document_id,residence_address");
        format!("{required},{rest},{REASON},c-{row},w-{row}")
    };
    let times = "2026-01-01T00:00:00,2026-01-01T00:00:00Z";
    let first = format!("abababab-abab-abab-abab-abababababab,380,1.5,true,{times},,gold,{{n: 1}},");
    let second = "01010101-0101-0101-0101-010101010101,,-0.25,,,,\"\",gold,{n: 2},";
    assert_eq!(lines[1..], [line("a@x", &first, 1), line("b@x", second, 2)]);
}

#[test]
fn a_column_whose_type_changes_from_file_to_file_or_that_parquet_lacks_is_text() {
    let with = |name: &str, array: ArrayRef| {
        let batch = typed();
        let columns = HEADER.split(',').map(|name| (name.to_owned(), batch[name].clone()));
        RecordBatch::try_from_iter(columns.chain([(name.to_owned(), array)])).expect("a batch")
    };
    let numbers = with("itn", Arc::new(Int64Array::from(vec![1, 2])));
    let words = with("itn", Arc::new(StringArray::from(vec![Some("007"), None])));
    let place = Place::new(&[("1.parquet", &parquet(&numbers)), ("2.arrow", &arrow(&words))]);
    reject(&place, &[1, 2, 3, 4]);
    let report = place.read("rejected.csv");
    assert!(report.contains("residence_address,1,INVALID") && report.contains("residence_address,007,INVALID"));
    let file = fs::File::open(place.run().join("rejected.parquet")).expect("opened");
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).expect("Parquet").build().expect("a reader");
    let texts: Vec<Option<String>> = reader
        .flat_map(|batch| {
            let texts: StringArray = batch.expect("read")["itn"].to_data().into();
            texts.iter().map(|text| text.map(str::to_owned)).collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(texts, [Some("1".to_owned()), Some("2".to_owned()), Some("007".to_owned()), None]);

    let interval =
        arrow_array::IntervalMonthDayNanoArray::from(vec![arrow_array::types::IntervalMonthDayNano::new(1, 2, 3); 2]);
    let place = Place::new(&[("a.arrow", &arrow(&with("age", Arc::new(interval))))]);
    reject(&place, &[1]);
    assert_eq!(rejected_parquet(&place).schema().field(6).data_type(), &DataType::Utf8);
}

#[test]
fn the_copy_of_csv_gives_the_same_report_as_the_file() {
    let table = format!("{};note\n a1@mail.com ;Alex;Smith;FR;D1;Paris;\"a;b\"\n", HEADER.replace(',', ";"));
    let place = Place::new(&[("customers.csv", table.as_bytes())]);
    reject(&place, &[1]);
    let expected = place.read("rejected.csv");
    let other = tempfile::tempdir().expect("directory");
    let stream = crate::Stream::from_reader(std::io::Cursor::new(table.into_bytes()), &place.read, other.path());
    let stream = stream.expect("opened");
    let mapping = stream.map(&place.options).expect("mapped");
    let (spool, batches) = crate::Spool::begin(stream, &mapping, other.path()).expect("begun");
    let fingerprint = check(batches, |_| Ok(())).expect("checked").fingerprint.to_string();
    let path = other.path().join("run");
    let manifest = manifest(spool.input(&place.options), &fingerprint);
    let mut run = Run::create(&path, manifest).expect("created");
    spool.keep(&path).expect("kept");
    run.announce(1).expect("announced");
    run.record(RowResult { found: Some(ids(1)), ..rejected(&run, 1) }).expect("recorded");
    run.stop().expect("stopped");
    write(&mut run, &path, requests(), TOOK, false).expect("written");
    assert_eq!(fs::read_to_string(path.join("rejected.csv")).expect("read"), expected);
    assert!(!path.join("rejected.parquet").exists(), "CSV has no types");
}

//! CSV comes in every shape, and its values come out as they were.

use fastrand::Rng;
use kunacore::Field;
use kunacore_import::{Extra, MappingOptions, ReadOptions, check};

use crate::support::{HEADER, batches, column, csv, customer, refused, stream, values};

/// Text with everything that CSV makes difficult. No blanks at its ends, which CSV may have of its own.
fn difficult(random: &mut Rng) -> String {
    let parts = [",", ";", "\t", "\"", "\"\"", "\n", "\r\n", " ", "Ольга", "é", "a", "B7", "'", "\\", "{", "=1+1"];
    let inner: String = (0..random.usize(..6)).map(|_| parts[random.usize(..parts.len())]).collect();
    format!("x{inner}y")
}

fn quoted(value: &str, delimiter: char, random: &mut Rng) -> String {
    let must = value.contains([delimiter, '"', '\r', '\n']);
    if must || random.bool() { format!("\"{}\"", value.replace('"', "\"\"")) } else { value.to_owned() }
}

#[test]
fn generated_tables_come_back_whole_with_the_line_of_each_row() {
    for seed in 0..150 {
        let mut random = Rng::with_seed(seed);
        let delimiter = [',', ';', '\t'][random.usize(..3)];
        let line_end = ["\n", "\r\n"][random.usize(..2)];
        let mut text = if random.bool() { "\u{feff}".to_owned() } else { String::new() };
        text.push_str(&HEADER.replace(',', &delimiter.to_string()));
        text.push_str(line_end);
        let (mut rows, mut lines) = (Vec::new(), Vec::new());
        let count = random.usize(..40);
        for index in 0..count {
            if random.u8(..10) == 0 {
                text.push_str(line_end);
            }
            lines.push(text.matches('\n').count() as u64 + 1);
            let row: Vec<String> = (0..6).map(|_| difficult(&mut random)).collect();
            let fields: Vec<String> = row.iter().map(|value| quoted(value, delimiter, &mut random)).collect();
            text.push_str(&fields.join(&delimiter.to_string()));
            if index + 1 < count || random.bool() {
                text.push_str(line_end);
            }
            rows.push(row);
        }
        let (mut read, mut read_lines) = (Vec::new(), Vec::new());
        for batch in batches(text, &MappingOptions::default()).expect("opened") {
            for row in batch.expect("read").rows() {
                let fields = Field::ALL[..6].iter();
                read.push(fields.map(|field| row.get(*field).unwrap_or_default().to_owned()).collect::<Vec<_>>());
                read_lines.push(row.place().line().expect("a line"));
            }
        }
        assert_eq!(read, rows, "seed {seed}");
        assert_eq!(read_lines, lines, "seed {seed}");
    }
}

#[test]
fn blanks_around_a_value_go_except_in_keys() {
    let options = MappingOptions { keys: vec!["id".into()], extra: Extra::Ignore, ..Default::default() };
    let text = format!("{HEADER},id\n a@x , \u{a0}Alex\t,Smith,FR,D,\"  Paris \", 007 \n");
    let rows = values(batches(text, &options).expect("opened")).expect("read");
    assert_eq!(rows[0][1].as_deref(), Some("Alex"));
    assert_eq!(rows[0][5].as_deref(), Some("Paris"));
    assert_eq!(rows[0][11].as_deref(), Some(" 007 "));
}

#[test]
fn windows_1251_is_read_when_it_is_named() {
    let text = csv(&[customer("olha@mail.com", "Ольга")]);
    let (bytes, ..) = encoding_rs::WINDOWS_1251.encode(&text);
    let options = ReadOptions { encoding: Some("cp1251".into()), ..Default::default() };
    let stream = stream(bytes.to_vec(), &options).expect("opened");
    let mapping = stream.map(&MappingOptions::default()).expect("mapped");
    let names = column(stream.batches(&mapping), Field::FirstName).expect("read");
    assert_eq!(names, [Some("Ольга".to_owned())]);
}

#[test]
fn a_wrong_encoding_is_found_in_its_row_however_far_in_it_is() {
    let mut rows: Vec<_> = (0..20_000).map(|n| customer(&format!("a{n}@x"), "Alex")).collect();
    rows[19_000][1] = "Ольга".to_owned();
    let text = csv(&rows);
    let offset = text.find('О').expect("there");
    let (bytes, ..) = encoding_rs::WINDOWS_1251.encode(&text);
    let error = refused(check(batches(bytes.to_vec(), &MappingOptions::default()).expect("opened"), |_| Ok(())));
    assert_eq!(error.place().map(|place| (place.row(), place.line())), Some((19_001, Some(19_002))));
    assert!(error.message().contains(&format!("offset {offset} ")), "{error}");
    assert!(error.next().contains("--encoding windows-1251"));
}

#[test]
fn a_column_without_a_name_is_a_column() {
    let options = MappingOptions { extra: Extra::Ignore, ..Default::default() };
    let text = format!(",{HEADER},\n0,a@x,Alex,Smith,FR,D,Paris,\n");
    let rows = values(batches(text, &options).expect("opened")).expect("read");
    assert_eq!(rows[0][0].as_deref(), Some("a@x"));
}

#[test]
fn a_header_alone_is_a_table_without_rows() {
    for text in [HEADER.to_owned(), format!("{HEADER}\r\n\r\n")] {
        assert!(values(batches(text, &MappingOptions::default()).expect("opened")).expect("read").is_empty());
    }
}

#[test]
fn a_quotation_mark_that_is_out_of_place_never_makes_two_rows_one() {
    let rows = |address: &str| format!("{HEADER}\na@x,A,S,FR,D,{address}\nb@x,B,S,FR,D,\"Paris\"\n");
    let cut = |address: &str| format!("{HEADER}\na@x,A,S,FR,D,{address}");
    let open = "a quotation mark is never closed";
    let after = "text stands after a closing quotation mark";
    for (text, what) in [
        (rows("\"Rue"), after),
        (rows("\"Rue\" 5"), after),
        (cut("\"Champ de Ma"), open),
        (cut("\"Champ de Ma\n"), open),
        (cut("\"Champ de \"\""), open),
        (cut("x").replace("D", "5\"") + ",\"y\nz", open),
    ] {
        let error = refused(values(batches(text.clone(), &MappingOptions::default()).expect("opened")));
        assert_eq!(error.place().map(|place| (place.row(), place.line())), Some((1, Some(2))), "{text}");
        assert!(error.message().contains(what), "{text}: {error}");
    }
    for (address, read) in [
        ("5\" pipe", "5\" pipe"),
        ("\"Rue\n5\"", "Rue\n5"),
        ("\"Rue\" ", "Rue"),
        ("\"a\"\"\"", "a\""),
        ("\"\"\"\"", "\""),
    ] {
        for end in ["", "\n", "\r\n"] {
            let text = cut(address).replace("D", "5\"") + end;
            let rows = values(batches(text, &MappingOptions::default()).expect("opened")).expect("read");
            assert_eq!(rows[0][5].as_deref(), Some(read), "{address}");
        }
    }
}

#[test]
fn utf_8_that_is_read_as_another_encoding_is_refused_and_not_garbled() {
    let options = ReadOptions { encoding: Some("windows-1251".into()), ..Default::default() };
    for long in [0, 70_000] {
        let text = csv(&[customer("a@x", &"a".repeat(long)), customer("olha@mail.com", "Ольга-Соломія")]);
        let offset = text.find('О').expect("there");
        let error = refused(stream(text.clone(), &options).and_then(|stream| {
            let mapping = stream.map(&MappingOptions::default())?;
            values(stream.batches(&mapping))
        }));
        assert!(error.message().contains(&format!("from offset {offset} on is UTF-8, not windows-1251")), "{error}");
        assert!(error.next().contains("--encoding"), "{error}");
    }
}

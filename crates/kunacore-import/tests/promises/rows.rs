//! Every row is checked before anything is sent; all problems are told, and none with a value.

use kunacore::Field;
use kunacore_import::{Extra, ImportErrorKind, MappingOptions, SHOWN_PROBLEMS, check};

use crate::support::{HEADER, batches, checked, csv, customer, file, files, refused, values};

#[test]
fn every_problem_of_every_row_is_told_with_its_place() {
    let text = format!(
        "{HEADER}\na@x,Alex,Smith,FR,D,\"Paris\n7\"\nb.x,,Smith,uk,D,Paris\n\nA@X ,Alex,Smith,FR,D,Paris\nc@x,C,S,FR,D,P\na@x,Alex,Smith,FR,D,Paris\n"
    );
    let (checked, problems) = checked(batches(text, &MappingOptions::default()).expect("opened")).expect("checked");
    assert_eq!(
        problems,
        [
            "row 2 (line 4): email is not an e-mail address: it has no @",
            "row 2 (line 4): first_name is required",
            "row 2 (line 4): country is not an ISO 3166-1 alpha-2 country code; did you mean GB?",
            "row 3 (line 6): email is also in row 1 (line 2)",
            "row 5 (line 8): email is also in row 1 (line 2)",
        ]
    );
    assert_eq!((checked.rows, checked.problems.count, checked.problems.first.len()), (5, 5, 5));
    let codes: Vec<&str> = checked.problems.first.iter().map(|problem| problem.code()).collect();
    assert_eq!(codes[2..4], ["invalid_field", "duplicate_in_input"]);
    assert_eq!(checked.problems.first[4].other().map(|first| first.row()), Some(1));
}

#[test]
fn the_first_problems_are_kept_and_all_are_given_to_the_receiver() {
    let rows: Vec<_> = (0..100).map(|n| customer(&format!("no at {n}"), "Alex")).collect();
    let (checked, problems) =
        checked(batches(csv(&rows), &MappingOptions::default()).expect("opened")).expect("checked");
    assert_eq!((problems.len(), checked.problems.count), (100, 100));
    assert_eq!(checked.problems.first.len(), SHOWN_PROBLEMS);
}

#[test]
fn a_receiver_that_fails_stops_the_check() {
    let text = csv(&[customer("no at", "Alex")]);
    let error = refused(check(batches(text, &MappingOptions::default()).expect("opened"), |_| {
        Err(std::io::ErrorKind::StorageFull.into())
    }));
    assert_eq!(error.kind(), ImportErrorKind::Sink);
}

#[test]
fn duplicates_are_found_across_files_and_named_with_them() {
    let directory = tempfile::TempDir::new().expect("directory");
    let one = file(&directory, "1.csv", csv(&[customer("a@x", "A"), customer("b@x", "B")]));
    let two = file(&directory, "2.csv", csv(&[customer("c@x", "C"), customer("B@x", "B")]));
    let batches = files(&[one, two], &Default::default(), &Default::default()).expect("opened");
    let (_, problems) = checked(batches).expect("checked");
    let place = format!("{}", directory.path().display());
    let [problem] = &problems[..] else { panic!("one problem") };
    let problem = problem.replace(&place, "DIR");
    assert_eq!(problem, "row 4 (line 3 of DIR/2.csv): email is also in row 2 (line 3 of DIR/1.csv)");
}

#[test]
fn a_row_becomes_the_customer_that_its_columns_and_the_constants_make() {
    let options = MappingOptions {
        map: vec![("E-mail".into(), Field::Email), ("Passport №".into(), Field::VerificationDocumentId)],
        set: vec![(Field::Country, "UA".into()), (Field::Comment, "batch 7".into())],
        keys: vec!["id".into(), "externalId".into()],
        extra: Extra::Error,
    };
    let text = "id;E-mail;firstName;last_name;Passport №;residenceAddress;externalId;phone_number;reject_code\n\
                17;olha@x;Ольга;К;AB1;Київ;e-1;  ;duplicate\n";
    for batch in batches(text, &options).expect("opened") {
        for row in batch.expect("read").rows() {
            let customer = row.customer().expect("valid");
            let json: serde_json::Value = serde_json::from_str(&customer.to_json()).expect("JSON");
            assert_eq!(
                json,
                serde_json::json!({"email": "olha@x", "firstName": "Ольга", "lastName": "К", "country": "UA",
                    "verificationDocumentId": "AB1", "residenceAddress": "Київ", "externalId": "e-1",
                    "comment": "batch 7"})
            );
            assert_eq!(row.keys().collect::<Vec<_>>(), [("id", "17"), ("externalId", "e-1")]);
        }
    }
}

#[test]
fn only_what_stands_in_csv_is_trimmed_and_at_any_length() {
    // A blank that is no ASCII is one, too.
    let texts = ["a", " a", "a ", " a b ", "\u{a0}é\u{a0}", "é", "~", "!a", "a\t"];
    let (head, rest) =
        ("comment,email,first_name,last_name,country,verification_document_id,residence_address", "a@x,A,S,FR,D,P");
    for text in texts {
        let options = MappingOptions { set: vec![(Field::ExternalId, " x ".into())], ..Default::default() };
        let rows = values(batches(format!("{head}\n\"{text}\",{rest}\n"), &options).expect("opened")).expect("read");
        assert_eq!(rows[0][Field::Comment as usize].as_deref(), Some(text.trim()), "{text:?} of CSV");
        assert_eq!(rows[0][Field::ExternalId as usize].as_deref(), Some(" x "), "a constant is what was said");
        let line = serde_json::json!({"email": "a@x", "first_name": "A", "last_name": "S", "country": "FR",
            "verification_document_id": "D", "residence_address": "P", "comment": text});
        let rows = values(batches(line.to_string(), &MappingOptions::default()).expect("opened")).expect("read");
        assert_eq!(rows[0][Field::Comment as usize].as_deref(), Some(text), "{text:?} of JSON");
    }
}

#[test]
fn blank_is_absent_in_every_format() {
    let line = r#"{"email":"a@x","first_name":" ","last_name":"S","country":"FR","verification_document_id":"D",
        "residence_address":" P ","comment":"","itn":null}"#
        .replace('\n', "");
    let rows = values(batches(line.clone(), &MappingOptions::default()).expect("opened")).expect("read");
    assert_eq!(rows[0][Field::Comment as usize], None);
    assert_eq!(rows[0][Field::ResidenceAddress as usize].as_deref(), Some(" P "));
    let (_, problems) = checked(batches(line, &MappingOptions::default()).expect("opened")).expect("checked");
    assert_eq!(problems, ["row 1 (line 1): first_name is required"]);
}

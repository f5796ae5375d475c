//! The reports of a run, as they lie in its directory.

use std::path::Path;

/// The reports that tell what became of rows; a row is in exactly one of them.
pub(crate) const STATES: [&str; 4] = ["created", "rejected", "unresolved", "unsent"];

/// One report: its header and its records.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Report {
    header: Vec<String>,
    records: Vec<Vec<String>>,
}

impl Report {
    /// The report of a state.
    pub(crate) fn read(run: &Path, state: &str) -> Result<Self, String> {
        let path = run.join(format!("{state}.csv"));
        let bytes = std::fs::read(&path).map_err(|error| format!("{state}.csv cannot be read: {error}"))?;
        let mut records = parse(&bytes).into_iter();
        Ok(Self { header: records.next().ok_or(format!("{state}.csv is empty"))?, records: records.collect() })
    }

    /// The values of a column, in the order of the rows.
    pub(crate) fn column<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        let at = self.header.iter().position(|column| column == name);
        self.records.iter().map(move |record| at.and_then(|at| record.get(at)).map_or("", String::as_str))
    }

    pub(crate) fn len(&self) -> usize {
        self.records.len()
    }

    /// The same without these columns.
    pub(crate) fn without(mut self, columns: &[&str]) -> Self {
        for name in columns {
            if let Some(at) = self.header.iter().position(|column| column == name) {
                self.header.remove(at);
                self.records.iter_mut().for_each(|record| drop(record.remove(at)));
            }
        }
        self
    }

    /// The first record that differs from the other report's, with that one.
    pub(crate) fn difference(&self, other: &Self) -> Option<String> {
        let ours = std::iter::once(&self.header).chain(&self.records).map(Some).chain([None]);
        let theirs = std::iter::once(&other.header).chain(&other.records).map(Some).chain([None]);
        ours.zip(theirs).find(|(ours, theirs)| ours != theirs).map(|(ours, theirs)| format!("{ours:?} and {theirs:?}"))
    }
}

/// The records of CSV in UTF-8.
fn parse(bytes: &[u8]) -> Vec<Vec<String>> {
    use csv_core::ReadRecordResult;
    let mut reader = csv_core::Reader::new();
    let (mut output, mut ends) = (vec![0; bytes.len() + 1], vec![0; bytes.len() + 1]);
    let (mut at, mut records) = (0, Vec::new());
    loop {
        let (result, read, _, fields) = reader.read_record(&bytes[at..], &mut output, &mut ends);
        at += read;
        match result {
            ReadRecordResult::Record => {
                let begins = std::iter::once(0).chain(ends[..fields].iter().copied());
                let field = |(begin, end): (usize, &usize)| String::from_utf8_lossy(&output[begin..*end]).into_owned();
                records.push(begins.zip(&ends[..fields]).map(field).collect());
            }
            // The input is at its end, which an empty input says.
            ReadRecordResult::InputEmpty => {}
            ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull | ReadRecordResult::End => return records,
        }
    }
}

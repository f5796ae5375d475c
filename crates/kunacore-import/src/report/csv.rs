//! Writing CSV: quoted where it must be, and nowhere else.

use std::io::{self, Write};

/// A writer of records. The caller gives each the fields of the header.
pub(super) struct Csv<W> {
    output: W,
    delimiter: u8,
    rules: csv_core::Writer,
    /// Whether an empty text is written as two quotation marks, so that it is no null.
    mark_empty: bool,
    record: Vec<u8>,
    /// Whether the record has a field already.
    begun: bool,
}

impl<W: Write> Csv<W> {
    /// A table with these columns.
    pub(super) fn new<'a>(
        output: W,
        delimiter: u8,
        mark_empty: bool,
        header: impl IntoIterator<Item = &'a str>,
    ) -> io::Result<Self> {
        let rules = csv_core::WriterBuilder::new().delimiter(delimiter).build();
        let mut csv = Self { output, delimiter, rules, mark_empty, record: Vec::new(), begun: false };
        header.into_iter().for_each(|name| csv.field(Some(name)));
        csv.end()?;
        Ok(csv)
    }

    /// Adds a field to the record; a null is nothing between the delimiters.
    pub(super) fn field(&mut self, value: Option<&str>) {
        if std::mem::replace(&mut self.begun, true) {
            self.record.push(self.delimiter);
        }
        match value {
            Some("") if self.mark_empty => self.record.extend_from_slice(b"\"\""),
            Some(value) if self.rules.should_quote(value.as_bytes()) => {
                self.record.push(b'"');
                for (index, part) in value.split('"').enumerate() {
                    self.record.extend_from_slice(if index > 0 { b"\"\"" } else { b"" });
                    self.record.extend_from_slice(part.as_bytes());
                }
                self.record.push(b'"');
            }
            value => self.record.extend_from_slice(value.unwrap_or_default().as_bytes()),
        }
    }

    /// Ends the record.
    pub(super) fn end(&mut self) -> io::Result<()> {
        self.record.push(b'\n');
        self.output.write_all(&self.record)?;
        self.record.clear();
        self.begun = false;
        Ok(())
    }

    /// What it was written to.
    pub(super) fn into_output(self) -> W {
        self.output
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(delimiter: u8, mark_empty: bool, fields: &[Option<&str>]) -> String {
        let mut csv = Csv::new(Vec::new(), delimiter, mark_empty, ["a", "b"]).expect("a header");
        fields.iter().for_each(|field| csv.field(*field));
        csv.end().expect("written");
        String::from_utf8(csv.into_output()).expect("UTF-8").replace("a,b\n", "").replace("a;b\n", "")
    }

    #[test]
    fn a_value_is_quoted_where_it_would_be_read_as_something_else() {
        let values = ["plain", "a,b", "a;b", "two\nlines", "a\rb", "a \"b\"", "", " blank ", "Ольга"].map(Some);
        let expected = "plain,\"a,b\",a;b,\"two\nlines\",\"a\rb\",\"a \"\"b\"\"\",, blank ,Ольга\n";
        assert_eq!(written(b',', false, &values), expected);
        assert_eq!(written(b';', false, &values[1..3]), "a,b;\"a;b\"\n");
    }

    #[test]
    fn an_empty_text_is_no_null_where_the_table_tells_them_apart() {
        assert_eq!(written(b',', true, &[Some(""), None]), "\"\",\n");
        assert_eq!(written(b',', false, &[Some(""), None]), ",\n");
    }
}

//! The records that nearly all of a journal consists of, those of customers that there are, read without a parser of JSON: a
//! journal has millions of them, and is read twice for each report.
//!
//! Only what stands exactly as this version writes it is read here; all else is left to the parser. So nothing can be read
//! here that it would read otherwise.

use super::line;
use super::record::{End, How, RowResult};
use super::tag::Tag;

/// The result in a line, without its end; `None` of any other record, and of one that is written in any other way.
pub(super) fn created(line: &[u8]) -> Option<RowResult> {
    let mut rest = Rest(line::after_sum(line)?);
    rest.skip(br#""t":"result","row":"#)?;
    let row = rest.number()?;
    rest.skip(br#","tag":"#)?;
    let tag = Tag::from_digits(rest.text()?)?;
    rest.skip(br#","state":"created","how":"#)?;
    let how = match rest.text()? {
        "created" => How::Created,
        "reconciled" => How::Reconciled,
        "adopted" => How::Adopted,
        "known" => How::Known,
        _ => return None,
    };
    rest.skip(br#","id":"#)?;
    let id = rest.text()?.to_owned();
    rest.skip(br#","wallet_id":"#)?;
    let wallet_id = rest.text()?.to_owned();
    let status = match rest.skip(br#","status":"#) {
        Some(()) => Some(rest.number()?.try_into().ok()?),
        None => None,
    };
    rest.skip(br#","attempts":"#)?;
    let attempts = rest.number()?;
    rest.skip(b"}")?;
    rest.0.is_empty().then_some(RowResult {
        row,
        tag,
        end: End::Created { how, id, wallet_id },
        status,
        code: None,
        field: None,
        message: None,
        attempts,
        found: None,
        sent_at: None,
    })
}

/// What is still to be read.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn skip(&mut self, expected: &[u8]) -> Option<()> {
        self.0 = self.0.strip_prefix(expected)?;
        Some(())
    }

    /// A whole number that is not negative. One with a zero before it is none of JSON's.
    fn number(&mut self) -> Option<u32> {
        let length = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (digits, rest) = self.0.split_at(length);
        if length > 1 && digits.starts_with(b"0") {
            return None;
        }
        self.0 = rest;
        std::str::from_utf8(digits).ok()?.parse().ok()
    }

    /// A text in quotation marks that stands for itself.
    fn text(&mut self) -> Option<&'a str> {
        let text = self.0.strip_prefix(b"\"")?;
        let length = text.iter().position(|byte| matches!(byte, b'"' | b'\\' | ..b' '))?;
        let (text, rest) = text.split_at(length);
        self.0 = rest.strip_prefix(b"\"")?;
        std::str::from_utf8(text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::form::Found;
    use crate::run::record::Record;

    fn by_json(line: &[u8]) -> Option<Record> {
        serde_json::from_slice::<Found>(line).ok()?.into_record()
    }

    fn result(how: How, id: &str, status: Option<u16>) -> RowResult {
        let end = End::Created { how, id: id.to_owned(), wallet_id: format!("w-{id}") };
        let (code, field, message, found, sent_at) = (None, None, None, None, None);
        let tag = Tag::from_digits("00112233445566778899aabbccddeeff").unwrap();
        RowResult { row: 4_294_967_295, tag, end, status, code, field, message, attempts: 1, found, sent_at }
    }

    fn line(result: &RowResult) -> Vec<u8> {
        let mut line = line::write(&Record::Result(result.clone()).line()).unwrap();
        line.pop();
        line
    }

    #[test]
    fn whatever_way_a_customer_came_its_record_is_read() {
        for how in [How::Created, How::Reconciled, How::Adopted, How::Known] {
            for id in ["", "2237a6c9-dd80-4c70-aa9c-000000000001", "Ольга 🙂", " / "] {
                for status in [None, Some(0), Some(201), Some(65_535)] {
                    let result = result(how, id, status);
                    assert_eq!(created(&line(&result)), Some(result));
                }
            }
        }
    }

    #[test]
    fn what_is_written_in_another_way_is_left_to_the_parser() {
        let created_row = result(How::Created, "c", None);
        let others = [
            result(How::Created, "a \"quoted\" id", None),
            result(How::Created, "two\nlines", None),
            RowResult { message: Some("why".to_owned()), ..created_row.clone() },
            RowResult { end: End::Rejected, ..created_row.clone() },
            RowResult { end: End::Unread { id: Some("c".to_owned()), wallet_id: None }, ..created_row },
        ];
        for other in others {
            let line = line(&other);
            assert_eq!(created(&line), None);
            assert_eq!(by_json(&line), Some(Record::Result(other)));
        }
    }

    #[test]
    fn no_line_is_read_otherwise_than_the_parser_would() {
        let line = line(&result(How::Created, "é-1", Some(201)));
        let fields = line.len() - line::after_sum(&line).unwrap().len();
        let agree = |line: &[u8]| {
            if let Some(found) = created(line) {
                assert_eq!(by_json(line), Some(Record::Result(found)), "{}", String::from_utf8_lossy(line));
                return 1;
            }
            0
        };
        let mut read = 0;
        for at in fields..line.len() {
            for byte in 0..=u8::MAX {
                let (mut other, mut longer) = (line.clone(), line.clone());
                other[at] = byte;
                longer.insert(at, byte);
                read += agree(&other) + agree(&longer);
            }
            let mut shorter = line.clone();
            shorter.remove(at);
            read += agree(&shorter) + agree(&line[..at]);
        }
        assert!(read > 1000, "most texts stand for themselves: {read}");
    }
}

//! Bytes of a text file as UTF-8: unpacked, the byte order mark taken off, another encoding decoded.
//!
//! Nothing is replaced: a byte that the encoding does not have is an error with its place in the (unpacked) file, because
//! a name with � in it would become a customer's name. Nor is UTF-8 read as an encoding in which every byte means
//! something.

use std::fmt;
use std::io::{self, BufRead, Chain, Cursor, Read};

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8};
use flate2::read::MultiGzDecoder;

/// How much is read at a time, and looked at to tell the format and the delimiter.
pub(crate) const CHUNK: usize = 64 * 1024;

const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// Any source of bytes.
pub(crate) type Bytes = Box<dyn Read + Send>;

/// A source whose first bytes were looked at; reading it gives them again.
pub(crate) type Peeked = Chain<Cursor<Vec<u8>>, Bytes>;

/// The first bytes and the whole.
pub(crate) fn peek(mut bytes: Bytes) -> io::Result<Peeked> {
    let mut prefix = Vec::new();
    bytes.by_ref().take(CHUNK as u64).read_to_end(&mut prefix)?;
    Ok(Cursor::new(prefix).chain(bytes))
}

/// The first bytes of what was peeked at.
pub(crate) fn prefix(peeked: &Peeked) -> &[u8] {
    peeked.get_ref().0.get_ref()
}

/// Takes off gzip or zstd, which their first bytes tell; and whether there was one.
pub(crate) fn unpack(bytes: Bytes) -> io::Result<(Peeked, bool)> {
    let packed = peek(bytes)?;
    if prefix(&packed).starts_with(GZIP) {
        return Ok((peek(Box::new(MultiGzDecoder::new(packed)))?, true));
    }
    if prefix(&packed).starts_with(ZSTD) {
        return Ok((peek(Box::new(zstd::stream::read::Decoder::new(packed)?))?, true));
    }
    Ok((packed, false))
}

/// A byte sequence that is not text in the encoding.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NotText {
    pub(crate) encoding: &'static str,
    /// The place of its first byte; the file's first byte is 0.
    pub(crate) offset: u64,
    /// Whether it is text in the encoding too, but surely was meant as UTF-8.
    pub(crate) is_utf8: bool,
}

impl fmt::Display for NotText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { encoding, offset, is_utf8 } = self;
        match is_utf8 {
            true => write!(f, "the text from offset {offset} on is UTF-8, not {encoding}"),
            false => write!(f, "the byte at offset {offset} is not {encoding} text"),
        }
    }
}

impl std::error::Error for NotText {}

/// UTF-8 from a file in any encoding. All text before a bad byte is given before the error.
pub(crate) struct TextReader {
    bytes: Peeked,
    encoding: &'static Encoding,
    decoder: Decoder,
    input: Vec<u8>,
    /// How much of `input` the decoder took.
    taken: usize,
    /// How many bytes of the file the decoder took.
    offset: u64,
    output: Vec<u8>,
    /// How much of `output` was consumed.
    consumed: usize,
    ended: bool,
    failure: Option<Failure>,
    /// While all that came may be UTF-8, although another encoding is to be read.
    utf8: Option<MaybeUtf8>,
}

/// Why the text ends early. It is given again whenever more is asked for, so that nobody takes it for the end.
#[derive(Clone, Copy)]
enum Failure {
    NotText(NotText),
    Read(io::ErrorKind),
}

impl TextReader {
    /// A byte order mark decides, then the option, then UTF-8.
    pub(crate) fn new(mut bytes: Peeked, encoding: Option<&'static Encoding>) -> io::Result<Self> {
        let (encoding, mark) = Encoding::for_bom(prefix(&bytes)).unwrap_or((encoding.unwrap_or(UTF_8), 0));
        io::copy(&mut bytes.by_ref().take(mark as u64), &mut io::sink())?;
        Ok(Self {
            bytes,
            encoding,
            decoder: encoding.new_decoder_without_bom_handling(),
            input: Vec::new(),
            taken: 0,
            offset: mark as u64,
            output: Vec::new(),
            consumed: 0,
            ended: false,
            failure: None,
            // A mark is the file's own word.
            utf8: (mark == 0 && encoding != UTF_8).then(MaybeUtf8::default),
        })
    }

    fn decode(&mut self) {
        if self.taken == self.input.len() {
            self.input.clear();
            self.taken = 0;
            match self.bytes.by_ref().take(CHUNK as u64).read_to_end(&mut self.input) {
                Ok(read) => self.ended = read == 0,
                // What was read before it is in the buffer.
                Err(error) => self.failure = Some(Failure::Read(error.kind())),
            }
            if let Some(offset) = self.utf8.as_mut().and_then(|utf8| utf8.proof(&self.input, self.offset)) {
                self.failure = Some(self.not_text(offset, true));
                return;
            }
        }
        let rest = &self.input[self.taken..];
        let room = self.decoder.max_utf8_buffer_length_without_replacement(rest.len()).unwrap_or(4 * CHUNK);
        self.output.resize(room, 0);
        self.consumed = 0;
        let (result, read, written) =
            self.decoder.decode_to_utf8_without_replacement(rest, &mut self.output, self.ended);
        self.output.truncate(written);
        self.taken += read;
        self.offset += read as u64;
        if let DecoderResult::Malformed(length, after) = result {
            self.failure = Some(self.not_text(self.offset - u64::from(length) - u64::from(after), false));
        }
    }

    fn not_text(&self, offset: u64, is_utf8: bool) -> Failure {
        Failure::NotText(NotText { encoding: self.encoding.name(), offset, is_utf8 })
    }
}

/// After how many characters beyond ASCII, all of them good UTF-8, a text is taken for UTF-8. In a text of another encoding
/// even one is rare.
const UTF8_PROOF: usize = 8;

/// Whether a text may be UTF-8, by all of its bytes so far.
#[derive(Default)]
struct MaybeUtf8 {
    impossible: bool,
    characters: usize,
    /// The place of the first byte beyond ASCII.
    first: Option<u64>,
    /// The bytes of a character that is not whole yet.
    tail: Vec<u8>,
}

impl MaybeUtf8 {
    /// Takes the bytes that stand at the offset. Once it is proved, gives the place of the first byte beyond ASCII.
    fn proof(&mut self, bytes: &[u8], offset: u64) -> Option<u64> {
        if self.impossible {
            return None;
        }
        let start = offset - self.tail.len() as u64;
        self.tail.extend_from_slice(bytes);
        let valid = match std::str::from_utf8(&self.tail) {
            Ok(text) => text.len(),
            Err(error) => {
                self.impossible = error.error_len().is_some();
                error.valid_up_to()
            }
        };
        let text = &self.tail[..valid];
        if self.first.is_none() {
            self.first = text.iter().position(|byte| !byte.is_ascii()).map(|index| start + index as u64);
        }
        // The first bytes of characters: all others are below.
        self.characters += text.iter().filter(|byte| **byte >= 0xc0).count();
        self.tail.drain(..valid);
        self.first.filter(|_| !self.impossible && self.characters >= UTF8_PROOF)
    }
}

impl BufRead for TextReader {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.consumed == self.output.len() {
            match self.failure {
                Some(Failure::NotText(bad)) => return Err(io::Error::new(io::ErrorKind::InvalidData, bad)),
                Some(Failure::Read(kind)) => return Err(kind.into()),
                None => {}
            }
            if self.ended {
                return Ok(&[]);
            }
            self.decode();
        }
        Ok(&self.output[self.consumed..])
    }

    fn consume(&mut self, amount: usize) {
        self.consumed = self.output.len().min(self.consumed + amount);
    }
}

impl Read for TextReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8], encoding: Option<&str>) -> (String, Option<String>) {
        let (peeked, _) = unpack(Box::new(Cursor::new(bytes.to_vec()))).expect("unpacked");
        let encoding = encoding.map(|label| Encoding::for_label(label.as_bytes()).expect("known"));
        let mut reader = TextReader::new(peeked, encoding).expect("reader");
        let mut text = Vec::new();
        let error = reader.read_to_end(&mut text).err().map(|error| error.to_string());
        (String::from_utf8(text).expect("UTF-8"), error)
    }

    #[test]
    fn a_byte_order_mark_is_taken_off_and_decides() {
        assert_eq!(read(b"\xef\xbb\xbfabc", Some("windows-1251")), ("abc".to_owned(), None));
        assert_eq!(read(b"\xff\xfea\0\x4c\x04", None), ("aь".to_owned(), None));
    }

    #[test]
    fn another_encoding_is_decoded() {
        assert_eq!(read(b"\xce\xeb\xfc\xe3\xe0", Some("windows-1251")), ("Ольга".to_owned(), None));
    }

    #[test]
    fn a_bad_byte_comes_after_all_text_before_it_wherever_the_chunks_end() {
        for length in [3, CHUNK - 1, CHUNK, 2 * CHUNK + 5] {
            let mut bytes = vec![b'a'; length];
            bytes.extend(b"\xce\xeb");
            let (text, error) = read(&bytes, None);
            assert_eq!(text.len(), length);
            assert_eq!(error, Some(format!("the byte at offset {length} is not UTF-8 text")));
        }
        let (text, error) = read("abь".as_bytes().split_last().expect("bytes").1, None);
        assert_eq!((text.as_str(), error.as_deref()), ("ab", Some("the byte at offset 2 is not UTF-8 text")));
    }

    #[test]
    fn characters_on_the_edge_of_a_chunk_stay_whole() {
        let text = format!("{}{}", "a".repeat(CHUNK - 1), "ьї".repeat(CHUNK));
        assert_eq!(read(text.as_bytes(), None), (text, None));
    }
}

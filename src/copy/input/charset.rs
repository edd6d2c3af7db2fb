//! Character encodings: from the data file's bytes to UTF-8, which is what the connection speaks.

use super::code_page::{CodePage, CodePageReader};
use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8};
use std::borrow::Cow;
use std::io::{self, Read};

/// The encoding of a data file, by how it has to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charset {
    /// ISO-8859-1 exactly: every byte is the character of that number. Rows can be cut before decoding.
    Latin1,
    /// UTF-8. Rows can be cut before decoding.
    Utf8,
    /// Any other encoding of the WHATWG Encoding Standard. Input is decoded before rows are cut, since characters may hold
    /// bytes that look like separators (Shift_JIS, GBK, UTF-16).
    Decoded(&'static Encoding),
    /// A code page of DOS. Input is decoded before rows are cut.
    CodePage(&'static CodePage),
}

impl Charset {
    /// Finds the encoding for a label.
    ///
    /// `latin_1` and its relatives mean ISO-8859-1, where the WHATWG labels mean windows-1252. The result is `None` for a label that no encoding has.
    pub fn for_label(label: &str) -> Option<Charset> {
        let plain = label.trim().to_ascii_lowercase().replace('_', "-");
        match plain.as_str() {
            "latin-1" | "latin1" | "iso-8859-1" | "iso8859-1" | "l1" => return Some(Charset::Latin1),
            _ => {}
        }
        // IBM866 is one that the standard has.
        if let Some(page) = CodePage::for_label(&plain) {
            return Some(Charset::CodePage(page));
        }
        match Encoding::for_label(plain.as_bytes()).or_else(|| Encoding::for_label(label.as_bytes())) {
            Some(encoding) if encoding == UTF_8 => Some(Charset::Utf8),
            // The "replacement" encoding turns a whole file into one U+FFFD.
            Some(encoding) if encoding != encoding_rs::REPLACEMENT => Some(Charset::Decoded(encoding)),
            _ => None,
        }
    }

    /// The bytes that stand for `text` where rows are cut; `None` if the encoding lacks a character.
    pub fn encode(self, text: &str) -> Option<Vec<u8>> {
        match self {
            Charset::Latin1 => text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect(),
            Charset::Utf8 | Charset::Decoded(_) | Charset::CodePage(_) => Some(text.as_bytes().to_vec()),
        }
    }

    /// The text of a field's bytes, as [`Charset::reader`] gives them; `None` if they are not valid.
    pub fn decode(self, bytes: &[u8]) -> Option<Cow<'_, str>> {
        match self {
            Charset::Latin1 => Some(encoding_rs::mem::decode_latin1(bytes)),
            Charset::Utf8 | Charset::Decoded(_) | Charset::CodePage(_) => {
                std::str::from_utf8(bytes).ok().map(Cow::Borrowed)
            }
        }
    }

    /// The text of a whole small file; `None` if it is not valid.
    pub fn decode_file(self, bytes: &[u8]) -> Option<Cow<'_, str>> {
        match self {
            Charset::Latin1 | Charset::Utf8 => self.decode(bytes),
            Charset::Decoded(encoding) => {
                let (text, malformed) = encoding.decode_with_bom_removal(bytes);
                (!malformed).then_some(text)
            }
            Charset::CodePage(page) => Some(Cow::Owned(page.decode(bytes))),
        }
    }

    /// Whether input is decoded before rows are cut, so that a row's bytes are not those of the file.
    pub fn is_decoded_first(self) -> bool {
        matches!(self, Charset::Decoded(_) | Charset::CodePage(_))
    }

    /// The name for messages and the ledger.
    pub fn name(self) -> &'static str {
        match self {
            Charset::Latin1 => "latin_1",
            Charset::Utf8 => "UTF-8",
            Charset::Decoded(encoding) => encoding.name(),
            Charset::CodePage(page) => page.name,
        }
    }

    /// The input in a form in which rows can be cut.
    pub fn reader<R: Read>(self, input: R) -> CharsetReader<R> {
        match self {
            Charset::Latin1 | Charset::Utf8 => CharsetReader::Plain(input),
            Charset::Decoded(encoding) => CharsetReader::Decoding(Box::new(Transcoder {
                input,
                decoder: encoding.new_decoder_with_bom_removal(),
                raw: vec![0; RAW_BYTES],
                text: Vec::new(),
                taken: 0,
                at_end: false,
            })),
            Charset::CodePage(page) => CharsetReader::CodePage(CodePageReader::new(page, input)),
        }
    }
}

/// Bytes read from the input of a decoded file at a time.
const RAW_BYTES: usize = 64 << 10;

/// Stands in the decoded text for bytes that the encoding does not know. It is never valid UTF-8, so its field is refused
/// with line and column.
const MALFORMED: u8 = 0xFF;

/// A data file's bytes in a form in which rows can be cut.
pub enum CharsetReader<R> {
    /// As they are.
    Plain(R),
    /// Decoded to UTF-8.
    Decoding(Box<Transcoder<R>>),
    /// Decoded to UTF-8, from a code page.
    CodePage(CodePageReader<R>),
}

/// Decodes while reading.
pub struct Transcoder<R> {
    input: R,
    decoder: Decoder,
    raw: Vec<u8>,
    /// Decoded text, which is read from `taken` on.
    text: Vec<u8>,
    taken: usize,
    at_end: bool,
}

impl<R: Read> Read for CharsetReader<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match self {
            CharsetReader::Plain(input) => input.read(out),
            CharsetReader::Decoding(transcoder) => transcoder.read(out),
            CharsetReader::CodePage(reader) => reader.read(out),
        }
    }
}

impl<R: Read> Read for Transcoder<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.taken == self.text.len() && !self.at_end {
            self.decode_more()?;
        }
        let count = out.len().min(self.text.len() - self.taken);
        out[..count].copy_from_slice(&self.text[self.taken..self.taken + count]);
        self.taken += count;
        Ok(count)
    }
}

impl<R: Read> Transcoder<R> {
    /// Replaces the decoded text, which was read to its end, by that of the next block.
    fn decode_more(&mut self) -> io::Result<()> {
        self.text.clear();
        self.taken = 0;
        let count = self.input.read(&mut self.raw)?;
        self.at_end = count == 0;
        let mut source = &self.raw[..count];
        loop {
            // With this much room, `OutputFull` cannot happen before the input is used up.
            let room = self.decoder.max_utf8_buffer_length_without_replacement(source.len());
            let written_before = self.text.len();
            self.text.resize(written_before + room.unwrap_or(4 * RAW_BYTES), 0);
            let (result, read, written) = self.decoder.decode_to_utf8_without_replacement(
                source,
                &mut self.text[written_before..],
                self.at_end,
            );
            source = &source[read..];
            self.text.truncate(written_before + written);
            match result {
                DecoderResult::Malformed(..) => self.text.push(MALFORMED),
                DecoderResult::OutputFull => {}
                DecoderResult::InputEmpty => return Ok(()),
            }
        }
    }
}

/// Appends ISO-8859-1 `bytes` to `out` as UTF-8.
pub fn push_latin1(out: &mut Vec<u8>, bytes: &[u8]) {
    for &byte in bytes {
        if byte < 0x80 {
            out.push(byte);
        } else {
            out.extend_from_slice(&[0xC0 | (byte >> 6), 0x80 | (byte & 0x3F)]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latin_1_is_not_windows_1252() {
        for label in ["latin_1", "Latin-1", "latin1", "ISO-8859-1"] {
            assert_eq!(Charset::for_label(label).unwrap(), Charset::Latin1, "{label}");
        }
        assert_eq!(Charset::Latin1.decode(&[0x80, 0xE9]).unwrap(), "\u{80}é");
        assert_eq!(Charset::for_label("utf8").unwrap(), Charset::Utf8);
        assert_eq!(Charset::for_label("cp1252").unwrap().name(), "windows-1252");
        assert_eq!(Charset::for_label("klingon"), None);
    }

    #[test]
    fn every_latin_1_byte_becomes_the_character_of_its_number() {
        let bytes: Vec<u8> = (0..=255).collect();
        let mut out = Vec::new();
        push_latin1(&mut out, &bytes);
        let expected: String = bytes.iter().map(|byte| char::from(*byte)).collect();
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    fn decoded(label: &str, bytes: &[u8]) -> Vec<u8> {
        let mut reader = Charset::for_label(label).unwrap().reader(bytes);
        let (mut out, mut block) = (Vec::new(), [0; 7]);
        loop {
            match reader.read(&mut block).unwrap() {
                0 => return out,
                n => out.extend_from_slice(&block[..n]),
            }
        }
    }

    #[test]
    fn other_encodings_are_decoded_while_reading() {
        let utf16: Vec<u8> = "\u{FEFF}name|größe|表\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(decoded("utf-16le", &utf16), "name|größe|表\n".as_bytes());
        // In Shift_JIS the second byte of 表 is a backslash, and that of ポ is 0x7C, the bar.
        assert_eq!(decoded("shift_jis", b"\x95\x5c|\x83\x7c\n"), "表|ポ\n".as_bytes());
    }

    #[test]
    fn malformed_bytes_become_something_that_no_field_accepts() {
        let out = decoded("euc-jp", b"a|\xff|b\n");
        assert_eq!(out, b"a|\xff|b\n");
        assert!(Charset::for_label("euc-jp").unwrap().decode(&out[2..3]).is_none());
    }
}

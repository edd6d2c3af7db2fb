//! The original bytes of rows of a data file that was decoded before its rows were found.

use super::charset::Charset;
use encoding_rs::{Decoder, DecoderResult};
use std::io::{self, BufReader, Read, Write};
use std::ops::Range;

/// Room for the text that one more byte completes.
const TEXT_BYTES: usize = 64;

/// Copies the bytes of `input` that decode to these parts of its text, which are in order. A byte-order mark belongs to the
/// first character. This works byte by byte and is slow (some 50 MB/s); it is only done for rejects.
///
/// # Errors
/// What the parts, `input` and `out` report.
pub fn copy_original(
    input: impl Read,
    charset: Charset,
    parts: impl Iterator<Item = io::Result<Range<u64>>>,
    out: &mut impl Write,
) -> io::Result<()> {
    let mut lengths = Lengths::of(charset);
    // A file without a header line has none to copy.
    let mut parts = parts.filter(|part| part.as_ref().map_or(true, |part| !part.is_empty()));
    let Some(mut part) = parts.next().transpose()? else { return Ok(()) };
    let mut at = 0;
    for byte in BufReader::new(input).bytes() {
        let byte = byte?;
        if part.contains(&at) {
            out.write_all(&[byte])?;
        }
        at += lengths.next(byte);
        while at >= part.end {
            match parts.next().transpose()? {
                Some(next) => part = next,
                None => return Ok(()),
            }
        }
    }
    Ok(())
}

/// How many bytes of text each byte of the file adds.
enum Lengths {
    /// By the decoder, which knows the bytes before.
    Decoder(Box<Decoder>),
    /// By the byte alone.
    Chars(Vec<char>),
    /// One, since the text is that of the file.
    Same,
}

impl Lengths {
    fn of(charset: Charset) -> Lengths {
        match charset {
            Charset::Latin1 | Charset::Utf8 => Lengths::Same,
            Charset::Decoded(encoding) => Lengths::Decoder(Box::new(encoding.new_decoder_with_bom_removal())),
            Charset::CodePage(page) => Lengths::Chars(page.chars()),
        }
    }

    fn next(&mut self, byte: u8) -> u64 {
        match self {
            Lengths::Decoder(decoder) => decoded_bytes(decoder, &[byte]),
            Lengths::Chars(chars) => chars[usize::from(byte)].len_utf8() as u64,
            Lengths::Same => 1,
        }
    }
}

/// How many bytes of text one more byte adds; malformed bytes add one, as in [`super::charset`].
fn decoded_bytes(decoder: &mut Decoder, mut source: &[u8]) -> u64 {
    let mut text = [0; TEXT_BYTES];
    let mut count = 0;
    loop {
        let (result, read, written) = decoder.decode_to_utf8_without_replacement(source, &mut text, false);
        source = &source[read..];
        count += written as u64;
        match result {
            DecoderResult::Malformed(..) => count += 1,
            DecoderResult::OutputFull => {}
            DecoderResult::InputEmpty => return count,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The parts of `bytes` that each line of its text is made of.
    fn lines(label: &str, bytes: &[u8]) -> Vec<Vec<u8>> {
        let charset = Charset::for_label(label).unwrap();
        assert!(charset.is_decoded_first(), "{label}");
        let mut text = Vec::new();
        charset.reader(bytes).read_to_end(&mut text).unwrap();
        let mut start = 0;
        text.split_inclusive(|byte| *byte == b'\n')
            .map(|line| {
                let part = start..start + line.len() as u64;
                start = part.end;
                let mut out = Vec::new();
                copy_original(bytes, charset, std::iter::once(Ok(part)), &mut out).unwrap();
                out
            })
            .collect()
    }

    #[test]
    fn every_line_is_found_in_the_bytes_that_it_was_decoded_from() {
        for (label, expected) in [
            ("windows-1252", &[&b"\x80|\x93a\x94\n"[..], b"\xE4\n", b"c"][..]),
            ("shift_jis", &[b"\x95\x5C|\x83\x7C\n", b"\xFF|\x81\n", b"\x95\x5C"]),
            ("gb18030", &[b"\x81\x30\x81\x30\n", b"\x81\x30\n", b"\xFFb\n"]),
            ("iso-2022-jp", &[b"\x1B$B4A\x1B(B\n", b"\x1B$B;z\x1B(B\n"]),
            ("utf-16le", &[b"\xFF\xFEa\0\n\0", b"\x3D\xD8\x00\xDE\n\0", b"\x3D\xD8\n\0", b"b\0"]),
            ("cp437", &[b"\xB0|\x81a\n", b"\x82\n", b"c"]),
            ("utf-16be", &[b"\0a\0\n", b"\0b\0\n"]),
        ] {
            assert_eq!(lines(label, &expected.concat()), expected, "{label}");
        }
    }

    #[test]
    fn parts_between_which_there_is_more_are_copied_in_one_go() {
        let parts = [0..0, 0..4, 6..8].map(Ok);
        let mut out = Vec::new();
        // The euro sign has three bytes of text.
        let charset = Charset::Decoded(encoding_rs::WINDOWS_1252);
        copy_original(&b"\x80\nabc\nd\ne"[..], charset, parts.into_iter(), &mut out).unwrap();
        assert_eq!(out, b"\x80\nc\n");
    }
}

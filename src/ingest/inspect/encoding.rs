//! The encoding, by the bytes of the sample.

use super::line::{Said, Spot};
use super::sample::Sample;
use super::text::whole_lines;

/// Bytes that stand for no character in windows-1252; `0x81` is the `ü` of the code pages of DOS.
const NOT_IN_1252: [u8; 5] = [0x81, 0x8D, 0x8F, 0x90, 0x9D];

/// The letters `é ä ö` of code page 850, which are quotes and dashes in windows-1252.
const LETTERS_OF_DOS: [u8; 3] = [0x82, 0x84, 0x94];

/// What encoding a sample seems to have. A single byte says little about a code page, so every guess has its doubt.
pub fn guess(sample: &Sample) -> Said {
    let bytes = sample.pieces.first().map_or(&[][..], |piece| &piece.bytes);
    if bytes.starts_with(b"\xEF\xBB\xBF") {
        return Said::new("utf-8", "a byte-order mark says so");
    }
    if bytes.starts_with(b"\xFF\xFE") {
        return Said::new("utf-16le", "a byte-order mark says so");
    }
    if bytes.starts_with(b"\xFE\xFF") {
        return Said::new("utf-16be", "a byte-order mark says so");
    }
    let nuls = |start: usize| bytes.iter().skip(start).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd, pairs) = (nuls(0), nuls(1), bytes.len() / 2);
    if pairs > 0 && odd * 3 > pairs && even * 10 < odd {
        return Said::new("utf-16le", format!("{odd} of {pairs} second bytes are 0"));
    }
    if pairs > 0 && even * 3 > pairs && odd * 10 < even {
        return Said::new("utf-16be", format!("{even} of {pairs} first bytes are 0"));
    }
    let part = if sample.is_whole() { "" } else { " of the sample" };
    // A piece may begin and end within a character.
    let pieces = sample.pieces.iter().enumerate().map(|(number, piece)| {
        let whole = whole_lines(&piece.bytes, number > 0, piece.is_last);
        (piece.offset + whole.start as u64, &piece.bytes[whole])
    });
    let pieces: Vec<(u64, &[u8])> = pieces.collect();
    let all = |is: fn(&[u8]) -> bool| pieces.iter().all(|(_, bytes)| is(bytes));
    if all(<[u8]>::is_ascii) {
        return Said::new("utf-8", format!("only ASCII in the bytes{part}: most encodings would do"));
    }
    let bytes = || pieces.iter().flat_map(|(_, bytes)| bytes.iter());
    let above = bytes().filter(|byte| **byte >= 0x80).count();
    // The beginning may be one long line.
    let is_valid = |bytes: &[u8]| match std::str::from_utf8(bytes) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none() && !sample.is_whole(),
    };
    if pieces.iter().all(|(_, bytes)| is_valid(bytes)) {
        return Said::new("utf-8", format!("all {above} bytes above ASCII{part} are valid UTF-8"));
    }
    // What is no UTF-8 decides, and may come late.
    let first = pieces.iter().enumerate().find(|(_, (_, bytes))| !is_valid(bytes));
    let place = first.map_or_else(String::new, |(number, (offset, bytes))| {
        let at = std::str::from_utf8(bytes).err().map_or(0, |error| error.valid_up_to());
        match number {
            0 => Spot::Line(1 + bytes[..at].iter().filter(|byte| **byte == b'\n').count() as u64),
            _ => Spot::Byte(offset + at as u64),
        }
        .to_string()
    });
    single_byte(&pieces, above, &place)
}

/// A guess by the bytes above ASCII, of which there are so many; the first that is no UTF-8 is at `place`.
fn single_byte(pieces: &[(u64, &[u8])], above: usize, place: &str) -> Said {
    let bytes = || pieces.iter().flat_map(|(_, bytes)| bytes.iter());
    let low = bytes().filter(|byte| (0x80..0xA0).contains(*byte)).count();
    if low == 0 {
        let why = format!(
            "{above} bytes above ASCII, not valid UTF-8 {place}, and none from 0x80 to 0x9F; \
             another single-byte encoding could be meant"
        );
        return Said::new("latin_1", why);
    }
    let undefined = bytes().filter(|byte| NOT_IN_1252.contains(byte)).count();
    let between_letters = |window: &&[u8]| {
        LETTERS_OF_DOS.contains(&window[1])
            && window[0].is_ascii_alphabetic()
            && window[2].is_ascii_lowercase()
    };
    let letters = pieces.iter().flat_map(|(_, bytes)| bytes.windows(3)).filter(between_letters).count();
    if undefined > 0 || letters * 2 > low {
        let why = format!(
            "{low} bytes from 0x80 to 0x9F, {undefined} of which windows-1252 lacks, and {letters} as letters of DOS; \
             cp437 or cp852 could be meant"
        );
        return Said::new("cp850", why);
    }
    Said::new("windows-1252", format!("{low} bytes from 0x80 to 0x9F, and not valid UTF-8 {place}"))
}

/// The encoding of a whole dump: that of the data file which says most, and a doubt where another contradicts.
pub fn of_all(guesses: &[(String, Said)]) -> Said {
    let weight = |said: &Said| match said.value.as_str() {
        "utf-16le" | "utf-16be" => 5,
        "cp850" => 4,
        "windows-1252" => 3,
        "latin_1" => 2,
        _ if said.why.starts_with("only ASCII") => 0,
        _ => 1,
    };
    let Some((label, best)) = guesses.iter().max_by_key(|(_, said)| weight(said)) else {
        return Said::new("utf-8", "there is no data file");
    };
    let mut best = Said::new(&best.value, format!("{label}: {}", best.why));
    let contradicts = |said: &Said| said.value != best.value && weight(said) > 0;
    // Latin-1 text may just lack the bytes that windows-1252 has besides.
    let is_kin = |said: &Said| said.value == "latin_1" && best.value == "windows-1252";
    let other = guesses.iter().find(|(_, said)| contradicts(said) && !is_kin(said));
    if let Some((label, other)) = other {
        best.why.push_str(&format!("; DOUBT: {label} looks like {}, {}", other.value, other.why));
    }
    best
}

#[cfg(test)]
mod tests {
    use super::super::sample::Piece;
    use super::*;

    fn sample(pieces: &[&[u8]], is_whole: bool) -> Sample {
        let piece = |(number, bytes): (usize, &&[u8])| Piece {
            offset: number as u64 * 1000,
            bytes: bytes.to_vec(),
            is_last: is_whole,
        };
        Sample {
            label: "t.dat".to_owned(),
            table: "t".to_owned(),
            part_of: None,
            descriptor: None,
            pieces: pieces.iter().enumerate().map(piece).collect(),
            unread_behind: None,
        }
    }

    fn guess(bytes: &[u8], is_whole: bool) -> Said {
        super::guess(&sample(&[bytes], is_whole))
    }

    #[test]
    fn what_the_bytes_say() {
        let utf16: Vec<u8> = "id\tname\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = "id\tname\r\n".encode_utf16().flat_map(u16::to_be_bytes).collect();
        for (bytes, encoding) in [
            (&b"a|b\n"[..], "utf-8"),
            ("größe\n".as_bytes(), "utf-8"),
            (b"\xEF\xBB\xBFa\n", "utf-8"),
            (b"\xFF\xFEa\0", "utf-16le"),
            (&utf16, "utf-16le"),
            (&big, "utf-16be"),
            (b"gr\xF6\xDFe\n", "latin_1"),
            (b"it\x92s \x80 5\n", "windows-1252"),
            (b"M\x81ller, B\x94hm, sch\x94n\n", "cp850"),
            (b"J\x84ger, B\x94hm\n", "cp850"),
        ] {
            assert_eq!(guess(bytes, true).value, encoding, "{bytes:?}");
        }
        assert_eq!(guess("ab\u{e9}".as_bytes().split_last().unwrap().1, false).value, "utf-8");
        assert_eq!(guess("ab\u{e9}".as_bytes().split_last().unwrap().1, true).value, "latin_1");
    }

    #[test]
    fn what_comes_late_says_as_much() {
        let late = |bytes: &[u8]| super::guess(&sample(&[b"only ASCII\n", bytes], false));
        // The line that a piece begins within, and the one that it ends within, may be cut within a character.
        assert_eq!(late(b"\xA4\nb\n\xC3").value, "utf-8");
        assert_eq!(late("\nb\u{e9}\n".as_bytes()).value, "utf-8");
        let said = late(b"\nb\n it\x92s\n");
        assert_eq!(said.value, "windows-1252");
        assert!(said.why.contains("near byte 1,006"), "{}", said.why);
    }

    #[test]
    fn the_file_that_says_most_counts_for_the_dump() {
        let guesses = [b"a".as_slice(), b"\xE9", b"\x92", "é".as_bytes()];
        let guesses: Vec<(String, Said)> =
            guesses.iter().map(|bytes| ("t.dat".to_owned(), guess(bytes, true))).collect();
        assert_eq!(of_all(&guesses[..2]).value, "latin_1");
        let of_three = of_all(&guesses[..3]);
        assert_eq!((of_three.value.as_str(), of_three.why.contains("DOUBT")), ("windows-1252", false));
        assert!(of_all(&guesses).why.contains("DOUBT: t.dat looks like utf-8"));
    }
}

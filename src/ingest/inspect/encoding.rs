//! The encoding, by the bytes of the sample.

use super::line::Said;

/// Bytes that stand for no character in windows-1252; `0x81` is the `ü` of the code pages of DOS.
const NOT_IN_1252: [u8; 5] = [0x81, 0x8D, 0x8F, 0x90, 0x9D];

/// The letters `é ä ö` of code page 850, which are quotes and dashes in windows-1252.
const LETTERS_OF_DOS: [u8; 3] = [0x82, 0x84, 0x94];

/// What encoding these bytes seem to have. A single byte says little about a code page, so every guess has its doubt.
pub fn guess(bytes: &[u8], is_whole: bool) -> Said {
    let part = if is_whole { "" } else { " of the sample" };
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
    if bytes.is_ascii() {
        return Said::new("utf-8", format!("only ASCII in the bytes{part}: most encodings would do"));
    }
    let valid = match std::str::from_utf8(bytes) {
        Ok(_) => true,
        // A sample may end within a character.
        Err(error) => !is_whole && error.error_len().is_none(),
    };
    let above = bytes.iter().filter(|byte| **byte >= 0x80).count();
    if valid {
        return Said::new("utf-8", format!("all {above} bytes above ASCII{part} are valid UTF-8"));
    }
    single_byte(bytes, above)
}

fn single_byte(bytes: &[u8], above: usize) -> Said {
    let low = bytes.iter().filter(|byte| (0x80..0xA0).contains(*byte)).count();
    let first = bytes.iter().position(|byte| *byte >= 0x80).unwrap_or_default();
    let line = 1 + bytes[..first].iter().filter(|byte| **byte == b'\n').count();
    if low == 0 {
        let why = format!(
            "{above} bytes above ASCII, the first in line {line}: not valid UTF-8, and none from 0x80 to 0x9F; \
             another single-byte encoding could be meant"
        );
        return Said::new("latin_1", why);
    }
    let undefined = bytes.iter().filter(|byte| NOT_IN_1252.contains(byte)).count();
    let between_letters = |window: &&[u8]| {
        LETTERS_OF_DOS.contains(&window[1])
            && window[0].is_ascii_alphabetic()
            && window[2].is_ascii_lowercase()
    };
    let letters = bytes.windows(3).filter(between_letters).count();
    if undefined > 0 || letters * 2 > low {
        let why = format!(
            "{low} bytes from 0x80 to 0x9F, {undefined} of which windows-1252 lacks, and {letters} as letters of DOS; \
             cp437 or cp852 could be meant"
        );
        return Said::new("cp850", why);
    }
    Said::new("windows-1252", format!("{low} bytes from 0x80 to 0x9F, the first above ASCII in line {line}"))
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
    use super::*;

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

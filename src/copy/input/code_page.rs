//! Code pages of DOS, which exports by consoles and old programs are in. The WHATWG Encoding Standard lacks them.

use std::io::{self, Read};

/// Bytes read from the input at a time.
const RAW_BYTES: usize = 64 << 10;

/// A code page: ASCII, and 128 further characters.
#[derive(Debug, PartialEq, Eq)]
pub struct CodePage {
    /// The name for messages and the ledger.
    pub name: &'static str,
    /// The number, as labels have it.
    number: &'static str,
    /// The characters of the bytes from 0x80 on.
    high: &'static str,
}

/// All of them: the first is that of the United States, the others are those of Western and Central Europe.
pub static CODE_PAGES: [CodePage; 3] = [
    CodePage {
        name: "cp437",
        number: "437",
        high: "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐\
               └┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{A0}",
    },
    CodePage {
        name: "cp850",
        number: "850",
        high: "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐\
               └┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{AD}±‗¾¶§÷¸°¨·¹³²■\u{A0}",
    },
    CodePage {
        name: "cp852",
        number: "852",
        high: "ÇüéâäůćçłëŐőîŹÄĆÉĹĺôöĽľŚśÖÜŤťŁ×čáíóúĄąŽžĘę¬źČş«»░▒▓│┤ÁÂĚŞ╣║╗╝Żż┐\
               └┴┬├─┼Ăă╚╔╩╦╠═╬¤đĐĎËďŇÍÎě┘┌█▄ŢŮ▀ÓßÔŃńňŠšŔÚŕŰýÝţ´\u{AD}˝˛ˇ˘§÷¸°¨˙űŘř■\u{A0}",
    },
];

impl CodePage {
    /// The code page of a label such as `cp437`, `cp-437`, `ibm437` or `437`, in lower case.
    pub fn for_label(label: &str) -> Option<&'static CodePage> {
        let number = ["cp", "ibm", "dos"].into_iter().find_map(|prefix| label.strip_prefix(prefix));
        let number = number.map_or(label, |number| number.trim_start_matches('-'));
        CODE_PAGES.iter().find(|page| page.number == number)
    }

    /// The character of each byte.
    pub fn chars(&self) -> Vec<char> {
        (0..0x80_u8).map(char::from).chain(self.high.chars()).collect()
    }

    /// The text of these bytes.
    pub fn decode(&self, bytes: &[u8]) -> String {
        let chars = self.chars();
        bytes.iter().map(|byte| chars[usize::from(*byte)]).collect()
    }
}

/// Decodes to UTF-8 while reading.
pub struct CodePageReader<R> {
    input: R,
    chars: Vec<char>,
    raw: Vec<u8>,
    /// Decoded text, which is read from `taken` on.
    text: Vec<u8>,
    taken: usize,
}

impl<R: Read> CodePageReader<R> {
    /// Reads `input` from its start.
    pub fn new(page: &CodePage, input: R) -> Self {
        let raw = vec![0; RAW_BYTES];
        CodePageReader { input, chars: page.chars(), raw, text: Vec::new(), taken: 0 }
    }
}

impl<R: Read> Read for CodePageReader<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.taken == self.text.len() {
            let count = self.input.read(&mut self.raw)?;
            self.text.clear();
            self.taken = 0;
            for byte in &self.raw[..count] {
                match byte.is_ascii() {
                    true => self.text.push(*byte),
                    false => {
                        let mut utf8 = [0; 4];
                        let text = self.chars[usize::from(*byte)].encode_utf8(&mut utf8);
                        self.text.extend_from_slice(text.as_bytes());
                    }
                }
            }
        }
        let count = out.len().min(self.text.len() - self.taken);
        out[..count].copy_from_slice(&self.text[self.taken..self.taken + count]);
        self.taken += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::process::{Command, Stdio};

    /// What `iconv` of the C library makes of these bytes.
    fn by_iconv(label: &str, bytes: &[u8]) -> String {
        let mut iconv = Command::new("iconv")
            .args(["--from-code", label, "--to-code", "UTF-8"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        iconv.stdin.take().unwrap().write_all(bytes).unwrap();
        let output = iconv.wait_with_output().unwrap();
        assert!(output.status.success(), "{label}");
        String::from_utf8(output.stdout).unwrap()
    }

    #[test]
    fn every_byte_is_the_character_that_iconv_makes_of_it() {
        let bytes: Vec<u8> = (0..=255).collect();
        for page in &CODE_PAGES {
            let expected = by_iconv(page.name, &bytes);
            assert_eq!(page.decode(&bytes), expected, "{}", page.name);
            let mut read = String::new();
            CodePageReader::new(page, &bytes.repeat(1000)[..]).read_to_string(&mut read).unwrap();
            assert_eq!(read, expected.repeat(1000));
        }
    }

    #[test]
    fn labels() {
        for label in ["cp852", "cp-852", "ibm852", "dos-852", "852"] {
            assert_eq!(CodePage::for_label(label).unwrap().name, "cp852");
        }
        for label in ["cp853", "", "cp", "x852"] {
            assert_eq!(CodePage::for_label(label), None);
        }
    }
}

//! The forms in which a secret may stand in a text.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};

/// Shorter forms are not hidden: they would hide half of each message.
const LEAST_BYTES: usize = 4;
const HIDDEN: &str = "***";
/// All characters but those that stand for themselves everywhere in a URL (RFC 3986, section 2.3).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A text as a part of a URL: percent-encoded.
pub fn percent_encoded(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, ENCODED)
}

/// All forms of some secrets, the longest first, since it may contain another one.
#[derive(Clone, Default)]
pub struct Forms(Vec<String>);

impl Forms {
    /// None.
    pub const fn new() -> Forms {
        Forms(Vec::new())
    }

    /// Adds those of one more secret.
    pub fn add(&mut self, secret: &str) {
        if secret.len() < LEAST_BYTES || self.0.iter().any(|form| form == secret) {
            return;
        }
        self.0.extend(forms_of(secret).into_iter().filter(|form| form.len() >= LEAST_BYTES));
        self.0.sort_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
        self.0.dedup();
    }

    /// The text with `***` for every form.
    pub fn hide(&self, text: &str) -> String {
        let mut hidden = text.to_owned();
        for form in self.0.iter().filter(|form| text.contains(form.as_str())) {
            hidden = hidden.replace(form, HIDDEN);
        }
        hidden
    }
}

/// The forms in which an API, a proxy or a message may give a secret back: as it is; escaped as in JSON, once or twice, and as
/// messages quote it; percent-encoded with either kind of digits, or in hexadecimal digits; in base64, wherever it begins there.
///
/// The first is the secret itself. Their order stays, since the ledger of `fetch` has their numbers: a new form comes last.
pub fn forms_of(secret: &str) -> Vec<String> {
    let inner =
        |quoted: String| quoted.trim_start_matches('"').strip_suffix('"').unwrap_or_default().to_owned();
    let ascii = |text: &str| -> String {
        let escaped = |c: char| if c.is_ascii() { c.to_string() } else { utf16(c) };
        text.chars().map(escaped).collect()
    };
    let json = serde_json::to_string(secret).map(inner).unwrap_or_default();
    let jsons = [json.clone(), json.replace('/', "\\/"), ascii(&json), upper(&ascii(&json), "\\u", 4)];
    let quoted =
        jsons.iter().chain([&secret.to_owned()]).map(|text| inner(format!("{text:?}"))).collect::<Vec<_>>();
    let percent = percent_encoded(secret).to_string();
    let all: String = secret.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let mut forms = vec![secret.to_owned(), percent.replace("%20", "+"), lower(&percent, "%", 2), percent];
    forms.extend([all.to_lowercase(), all.replace('%', ""), all.to_lowercase().replace('%', ""), all]);
    forms.extend(jsons.into_iter().chain(quoted));
    for lead in 0..3 {
        let standard = base64_inside(secret.as_bytes(), lead);
        forms.extend([standard.replace('+', "-").replace('/', "_"), standard]);
    }
    let escaped = |c: char| if c.is_ascii_alphanumeric() { c.to_string() } else { utf16(c) };
    let units: String = secret.chars().map(escaped).collect();
    forms.extend([upper(&units, "\\u", 4), units]);
    forms
}

/// The text with the digits behind each `mark` in lower case.
fn lower(text: &str, mark: &str, digits: usize) -> String {
    recased(text, mark, digits, str::to_lowercase)
}

/// The text with the digits behind each `mark` in upper case.
fn upper(text: &str, mark: &str, digits: usize) -> String {
    recased(text, mark, digits, str::to_uppercase)
}

fn recased(text: &str, mark: &str, digits: usize, recase: impl Fn(&str) -> String) -> String {
    let mut parts = text.split(mark);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |out, part| {
        let (escape, rest) = part.split_at_checked(digits).unwrap_or((part, ""));
        out + mark + &recase(escape) + rest
    })
}

/// A character as escapes of UTF-16, as JSON writes it.
fn utf16(c: char) -> String {
    c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect()
}

/// The part of the base64 of `lead` bytes, these bytes and others that depends on these bytes alone.
fn base64_inside(bytes: &[u8], lead: usize) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bit = |place: usize| bytes.get(place / 8).map_or(0, |byte| usize::from(byte >> (7 - place % 8) & 1));
    // The first digit whose six bits are all ours begins after the bits of the lead.
    let first = (8 * lead).div_ceil(6) * 6 - 8 * lead;
    let digits = (8 * bytes.len()).saturating_sub(first) / 6;
    let digit = |number: usize| (0..6).fold(0, |digit, place| digit << 1 | bit(first + 6 * number + place));
    (0..digits).map(|number| char::from(DIGITS[digit(number)])).collect()
}

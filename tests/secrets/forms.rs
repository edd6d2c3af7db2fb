//! The forms in which a secret may be found in an output: written for the tests alone, so that a form that pghaul does not know
//! is found missing.

use std::fmt::Write;

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// All forms of a secret, each with its name.
pub fn forms(secret: &str) -> Vec<(&'static str, String)> {
    let json = inner(&serde_json::Value::from(secret).to_string());
    let unicode: String = secret
        .encode_utf16()
        .map(|unit| match u8::try_from(unit) {
            Ok(byte) if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
            _ => format!("\\u{unit:04x}"),
        })
        .collect();
    let percent: String = secret
        .bytes()
        .map(|byte| match byte {
            _ if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect();
    let mut forms = vec![
        ("plain", secret.to_owned()),
        ("JSON", json.clone()),
        ("JSON with escaped slashes", json.replace('/', "\\/")),
        ("JSON within JSON", inner(&serde_json::Value::from(json.as_str()).to_string())),
        ("quoted", inner(&format!("{secret:?}"))),
        ("hexadecimal", hexadecimal(secret, "", false)),
        ("upper hexadecimal", hexadecimal(secret, "", true)),
        ("percent of all", hexadecimal(secret, "%", true)),
        ("lower percent of all", hexadecimal(secret, "%", false)),
        ("percent", percent.clone()),
        ("lower percent", lower_percent(&percent)),
        ("form", percent.replace("%20", "+")),
        ("base64", base64(secret.as_bytes(), BASE64)),
        ("base64 behind a user", base64(format!("me:{secret}").as_bytes(), BASE64)),
        ("base64 behind a longer user", base64(format!("user:{secret}").as_bytes(), BASE64)),
        ("base64url", base64(secret.as_bytes(), &url_digits())),
    ];
    if secret.is_ascii() {
        forms.push(("JSON of code units", unicode));
    }
    forms
}

/// The names of the forms of the secrets that stand in a text, with what stands there.
pub fn found(text: &str, secrets: &[(&'static str, String)]) -> Vec<String> {
    let mut found = Vec::new();
    for (secret, value) in secrets {
        for (form, written) in forms(value) {
            // The last digits of base64 depend on what follows.
            let sought = if form.starts_with("base64") { &written[..written.len() - 4] } else { &*written };
            if let Some(at) = text.find(sought) {
                let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
                let line: String = text[start..].chars().take_while(|c| *c != '\n').take(300).collect();
                found.push(format!("{secret} as {form}: {line}"));
            }
        }
    }
    found
}

fn inner(quoted: &str) -> String {
    quoted[1..quoted.len() - 1].to_owned()
}

fn hexadecimal(text: &str, mark: &str, upper: bool) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        let digits = if upper { format!("{byte:02X}") } else { format!("{byte:02x}") };
        write!(out, "{mark}{digits}").expect("write into memory");
    }
    out
}

fn lower_percent(percent: &str) -> String {
    let mut parts = percent.split('%');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |out, part| out + "%" + &part[..2].to_lowercase() + &part[2..])
}

fn url_digits() -> [u8; 64] {
    let mut digits = *BASE64;
    (digits[62], digits[63]) = (b'-', b'_');
    digits
}

fn base64(bytes: &[u8], digits: &[u8; 64]) -> String {
    let mut out = String::new();
    for three in bytes.chunks(3) {
        let number = three.iter().fold(0_u32, |number, byte| number << 8 | u32::from(*byte))
            << (8 * (3 - three.len()));
        for place in 0..=three.len() {
            out.push(char::from(digits[(number >> (18 - 6 * place) & 63) as usize]));
        }
        (three.len()..3).for_each(|_| out.push('='));
    }
    out
}

#[test]
fn a_leak_is_found_in_every_form() {
    let secret = vec![("it", "q9/W\"x k+&=Zé".to_owned())];
    assert_eq!(base64(b"any carnal pleas", BASE64), "YW55IGNhcm5hbCBwbGVhcw==");
    for (form, written) in forms(&secret[0].1) {
        assert!(!found(&format!("one line\n<{written}>"), &secret).is_empty(), "{form}: {written}");
    }
    assert!(found("nothing but *** here", &secret).is_empty());
}

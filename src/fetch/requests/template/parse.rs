//! Reads templates: fields between braces, each with what it stands in.

use super::{Kind, Part, Template};
use crate::fetch::json::parse;
use crate::fetch::url::encoded;
use crate::{Error, Result};

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// A brace without its partner, or nothing between them; with its position. A body of JSON that is none, whatever the values.
    pub fn parse(text: &str, kind: Kind) -> Result<Template> {
        let (mut parts, mut plain) = (Vec::new(), String::new());
        let mut inside = Inside::of(kind);
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            plain.push_str(&rest[..at]);
            let position = text.len() - rest.len() + at + 1;
            let brace = &rest[at..at + 1];
            rest = &rest[at + 1..];
            if let Some(behind) = rest.strip_prefix(brace) {
                plain.push_str(brace);
                rest = behind;
                continue;
            }
            let wrong = |what: &str| {
                Error::refused(format!("{what} at character {position}"))
                    .remedy("write {field}, or {{ and }} for plain braces")
            };
            if brace == "}" {
                return Err(wrong("a } without {"));
            }
            let end = rest.find('}').ok_or_else(|| wrong("a { without }"))?;
            let field = rest[..end].trim();
            if field.is_empty() {
                return Err(wrong("no field between braces"));
            }
            let is_inside = inside.after(&plain);
            parts.push(Part::Text(literal(std::mem::take(&mut plain), kind)));
            parts.push(Part::Field { name: field.to_owned(), is_inside });
            rest = &rest[end + 1..];
        }
        plain.push_str(rest);
        parts.push(Part::Text(literal(plain, kind)));
        let template = Template { parts, kind };
        if kind == Kind::Json
            && let Err(what) = parse(template.sample().as_bytes())
        {
            return Err(Error::refused(format!("is not JSON: {what}")).remedy(
                "write braces twice, and fields without quotes around them; for another kind of body, name its Content-Type in headers",
            ));
        }
        Ok(template)
    }

    /// A body of JSON with null for each field, or nothing within a string.
    fn sample(&self) -> String {
        let part = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Field { is_inside: true, .. } => String::new(),
            Part::Field { .. } => "null".to_owned(),
        };
        self.parts.iter().map(part).collect()
    }
}

/// Text of a template as it is sent.
fn literal(text: String, kind: Kind) -> String {
    match kind {
        Kind::Url => encoded(&text),
        _ => text,
    }
}

/// Whether what follows stands in the path of a URL, or within a string of JSON.
struct Inside {
    kind: Kind,
    now: bool,
    /// Whether the next character of a string is escaped.
    is_escaped: bool,
}

impl Inside {
    fn of(kind: Kind) -> Inside {
        Inside { kind, now: kind == Kind::Url, is_escaped: false }
    }

    fn after(&mut self, text: &str) -> bool {
        for c in text.chars() {
            match (self.kind, c) {
                (Kind::Url, '?' | '#') => self.now = false,
                (Kind::Json, _) if self.is_escaped => self.is_escaped = false,
                (Kind::Json, '\\') if self.now => self.is_escaped = true,
                (Kind::Json, '"') => self.now = !self.now,
                _ => {}
            }
        }
        self.now
    }
}

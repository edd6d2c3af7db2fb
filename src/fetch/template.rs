//! Templates of URLs and bodies, which the fields of a request object fill.

use super::json::{text_of, write_json};
use super::url::push_value;
use crate::{Error, Result};
use jaq_json::Val;

/// How values are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Escape {
    /// For a URL: percent-encoded.
    Percent,
    /// For a JSON body: as JSON.
    Json,
}

/// A text with `{field}` in it; `{{` and `}}` stand for braces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
    escape: Escape,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Field(String),
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// A brace without its partner, or nothing between them; with its position.
    pub fn parse(text: &str, escape: Escape) -> Result<Template> {
        let (mut parts, mut plain) = (Vec::new(), String::new());
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
            parts.push(Part::Text(std::mem::take(&mut plain)));
            parts.push(Part::Field(field.to_owned()));
            rest = &rest[end + 1..];
        }
        plain.push_str(rest);
        parts.push(Part::Text(plain));
        Ok(Template { parts, escape })
    }

    /// Whether a URL's host is written in the template itself, with no field in it.
    pub fn names_host(&self) -> bool {
        let Some(Part::Text(start)) = self.parts.first() else { return false };
        let host = start.split_once("://").map_or("", |(_, host)| host);
        self.parts.len() == 1 || host.contains(['/', '?', '#'])
    }

    /// The text for a request.
    ///
    /// # Errors
    /// In words: the field that the request lacks, or whose value cannot stand in a URL.
    pub fn fill(&self, request: &Val) -> Result<String, String> {
        let field_of = |field: &str| match request {
            Val::Obj(object) => object.get(&Val::utf8_str(field.to_owned())),
            _ => None,
        };
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Field(field) => match (field_of(field), self.escape) {
                    (None, _) => {
                        return Err(format!("the request has no field {field}, which the template needs"));
                    }
                    (Some(value), Escape::Json) => write_json(&mut out, value)?,
                    (Some(Val::Num(number)), Escape::Percent) => push_value(&mut out, &number.to_string()),
                    (Some(Val::Bool(value)), Escape::Percent) => {
                        out.push_str(if *value { "true" } else { "false" })
                    }
                    (Some(value), Escape::Percent) => match text_of(value) {
                        Some(text) => push_value(&mut out, text),
                        None => {
                            return Err(format!("the request's field {field} is no text, number or boolean"));
                        }
                    },
                },
            }
        }
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::super::json::parse;
    use super::*;

    fn fill(template: &str, escape: Escape, request: &str) -> Result<String, String> {
        Template::parse(template, escape).unwrap().fill(&parse(request.as_bytes()).unwrap())
    }

    #[test]
    fn values_are_encoded_and_identifiers_survive() {
        let url = fill(
            "https://h/{{x}}/{id}/{name}?b={ok}",
            Escape::Percent,
            r#"{"id": 4611686018438308034, "name": "a/b ä?", "ok": true}"#,
        );
        assert_eq!(url.unwrap(), "https://h/{x}/4611686018438308034/a%2Fb%20%C3%A4%3F?b=true");
        assert_eq!(
            fill(r#"{{"q": {name}}}"#, Escape::Json, r#"{"name": "a\"b"}"#).unwrap(),
            r#"{"q": "a\"b"}"#
        );
    }

    #[test]
    fn a_host_with_a_field_in_it_is_not_named() {
        let names = |text: &str| Template::parse(text, Escape::Percent).unwrap().names_host();
        assert!(names("https://h") && names("https://h/{a}") && names("https://h?{a}"));
        assert!(!names("https://{a}/x") && !names("https://h:{a}/") && !names("https://{a}"));
    }

    #[test]
    fn what_a_request_lacks_is_named() {
        assert!(fill("{a}", Escape::Percent, "{}").unwrap_err().contains("no field a"));
        for value in ["null", "[1]", "{}"] {
            let request = format!(r#"{{"a": {value}}}"#);
            assert!(fill("{a}", Escape::Percent, &request).unwrap_err().contains("field a is no text"));
        }
    }

    #[test]
    fn a_brace_without_its_partner_is_refused_with_its_position() {
        for (template, text) in
            [("ab{c", "a { without } at character 3"), ("a}", "character 2"), ("{ }", "no field")]
        {
            let error = Template::parse(template, Escape::Percent).unwrap_err().to_string();
            assert!(error.contains(text), "{error}");
        }
    }
}

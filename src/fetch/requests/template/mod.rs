//! Templates of URLs, bodies and headers, which the fields of a request object fill.

mod parse;

use crate::fetch::json::{inside_json, push_number, text_of, write_json};
use crate::fetch::url::push_value;
use jaq_json::Val;

/// What a template makes, and so how values are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A URL: values are percent-encoded, and what no URL can hold is encoded in the text as well.
    Url,
    /// A body of JSON: values are JSON; within a string, they are a part of it.
    Json,
    /// A form (`application/x-www-form-urlencoded`): values are percent-encoded.
    Form,
    /// Values are written as they are.
    Plain,
}

/// A text with `{field}` in it; `{{` and `}}` stand for braces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Field {
        name: String,
        /// Whether it stands in the path of a URL, or within a string of JSON.
        is_inside: bool,
    },
}

impl Template {
    /// Whether a URL's host is written in the template itself, with no field in it.
    pub fn names_host(&self) -> bool {
        let Some(Part::Text(start)) = self.parts.first() else { return false };
        let host = start.split_once("://").map_or("", |(_, host)| host);
        self.parts.len() == 1 || host.contains(['/', '?', '#'])
    }

    /// Whether a field of this name is in it.
    pub fn uses(&self, field: &str) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Field { name, .. } if name == field))
    }

    /// The text, if no field is in it.
    pub fn fixed(&self) -> Option<&str> {
        match &self.parts[..] {
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The text for a request.
    ///
    /// # Errors
    /// In words: the field that the request lacks, or whose value cannot stand where it should.
    pub fn fill(&self, request: &Val) -> Result<String, String> {
        let mut out = String::new();
        let mut in_path = Vec::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Field { name, is_inside } => {
                    let start = out.len();
                    self.push(&mut out, name, value_of(request, name)?, *is_inside)?;
                    if self.kind == Kind::Url && *is_inside {
                        in_path.push((start, name));
                    }
                }
            }
        }
        // Such a segment leads elsewhere (RFC 3986, section 5.2.4).
        for (start, name) in in_path {
            let begin = out[..start].rfind('/').map_or(0, |slash| slash + 1);
            let segment = out[begin..].split(['/', '?', '#']).next().unwrap_or_default();
            if matches!(segment, "" | "." | "..") {
                return Err(format!(
                    "the request's field {name} makes the part {segment:?} of the path, which leads elsewhere"
                ));
            }
        }
        Ok(out)
    }

    fn push(&self, out: &mut String, name: &str, value: &Val, is_inside: bool) -> Result<(), String> {
        let text = match (value, text_of(value)) {
            _ if self.kind == Kind::Json && !is_inside => return write_json(out, value),
            (_, Some(text)) => text.to_owned(),
            (Val::Num(number), _) => {
                let mut text = String::new();
                push_number(&mut text, number);
                text
            }
            (Val::Bool(value), _) => value.to_string(),
            (Val::Null, _) => {
                return Err(format!(
                    "the request's field {name} is null; leave such requests out (WHERE {name} IS NOT NULL)"
                ));
            }
            _ => return Err(format!("the request's field {name} is no text, number or boolean")),
        };
        match self.kind {
            Kind::Url | Kind::Form => push_value(out, &text),
            Kind::Json => out.push_str(&inside_json(&text)),
            Kind::Plain => out.push_str(&text),
        }
        Ok(())
    }
}

fn value_of<'v>(request: &'v Val, field: &str) -> Result<&'v Val, String> {
    let value = match request {
        Val::Obj(object) => object.get(&Val::utf8_str(field.to_owned())),
        _ => None,
    };
    value.ok_or_else(|| format!("the request has no field {field}, which the template needs"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::json::parse;

    fn fill(template: &str, kind: Kind, request: &str) -> Result<String, String> {
        Template::parse(template, kind).unwrap().fill(&parse(request.as_bytes()).unwrap())
    }

    #[test]
    fn values_are_encoded_and_identifiers_survive() {
        let request = r#"{"id": 4611686018438308034, "name": "a/b ä?\"", "ok": true}"#;
        for (template, kind, filled) in [
            (
                "https://h/{{x}} ü/{id}/{name}?b={ok}&c=%20|",
                Kind::Url,
                "https://h/%7Bx%7D%20%C3%BC/4611686018438308034/a%2Fb%20%C3%A4%3F%22?b=true&c=%20%7C",
            ),
            (
                r#"{{"q": {name}, "n": [{id}]}}"#,
                Kind::Json,
                r#"{"q": "a/b ä?\"", "n": [4611686018438308034]}"#,
            ),
            (
                r#"{{"\"q": "name:{name} \\", "i": "{id}", "o": {ok}}}"#,
                Kind::Json,
                r#"{"\"q": "name:a/b ä?\" \\", "i": "4611686018438308034", "o": true}"#,
            ),
            ("a={name}&b={id}", Kind::Form, "a=a%2Fb%20%C3%A4%3F%22&b=4611686018438308034"),
            ("<{name}>", Kind::Plain, "<a/b ä?\">"),
        ] {
            assert_eq!(fill(template, kind, request).unwrap(), filled);
        }
        assert_eq!(fill(r#"{{"a": {a}}}"#, Kind::Json, r#"{"a": null}"#).unwrap(), r#"{"a": null}"#);
    }

    #[test]
    fn a_host_with_a_field_in_it_is_not_named() {
        let names = |text: &str| Template::parse(text, Kind::Url).unwrap().names_host();
        assert!(names("https://h") && names("https://h/{a}") && names("https://h?{a}"));
        assert!(!names("https://{a}/x") && !names("https://h:{a}/") && !names("https://{a}"));
    }

    #[test]
    fn what_a_request_lacks_is_named() {
        assert!(fill("{a}", Kind::Url, "{}").unwrap_err().contains("no field a"));
        for (value, said) in
            [("null", "field a is null"), ("[1]", "field a is no text"), ("{}", "field a is no text")]
        {
            let request = format!(r#"{{"a": {value}}}"#);
            for (template, kind) in
                [("h/{a}", Kind::Url), ("{a}", Kind::Form), ("{a}", Kind::Plain), ("\"{a}\"", Kind::Json)]
            {
                assert!(fill(template, kind, &request).unwrap_err().contains(said));
            }
        }
    }

    #[test]
    fn a_part_of_a_path_that_leads_elsewhere_is_refused() {
        for value in ["", ".", ".."] {
            let request = format!(r#"{{"a": {value:?}}}"#);
            for template in
                ["https://h/people/{a}/stats", "https://h/{a}", "https://h/{a}?b=1", "https://{a}/x"]
            {
                let error = fill(template, Kind::Url, &request).unwrap_err();
                assert!(error.contains("field a makes the part"), "{template} {value}: {error}");
            }
            assert!(fill("https://h/x?a={a}", Kind::Url, &request).is_ok());
            assert!(fill("https://h/x{a}y", Kind::Url, &request).is_ok());
        }
        assert!(fill("https://h/.{a}", Kind::Url, r#"{"a": "."}"#).is_err());
        assert_eq!(fill("https://h/{a}", Kind::Url, r#"{"a": "../b"}"#).unwrap(), "https://h/..%2Fb");
    }

    #[test]
    fn a_brace_without_its_partner_is_refused_with_its_position() {
        for (template, text) in
            [("ab{c", "a { without } at character 3"), ("a}", "character 2"), ("{ }", "no field")]
        {
            let error = Template::parse(template, Kind::Url).unwrap_err().to_string();
            assert!(error.contains(text), "{error}");
        }
    }

    #[test]
    fn a_body_of_json_is_json_whatever_the_values() {
        for good in [r#"{{"a": {b}}}"#, "{a}", r#""{a}{b}""#, "[1]"] {
            assert!(Template::parse(good, Kind::Json).is_ok(), "{good}");
        }
        for bad in ["a={b}", r#"{{"a": {b}"#, r#"{{"a": "{b}}}"#, "{a}{b}", ""] {
            assert!(Template::parse(bad, Kind::Json).is_err(), "{bad}");
        }
    }
}

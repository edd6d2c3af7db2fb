//! `If-Match` and `If-None-Match` (RFC 9110, section 13.1): a row is changed only as long as it is what the client has seen.

use super::array;
use crate::serve::answer::etag;
use crate::serve::answer::problem::Problem;
use crate::serve::database::statement::Statement;
use axum::http::header::{HeaderName, IF_MATCH, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};

/// What a compressed answer has behind its tag.
pub const COMPRESSED: &str = "-gzip";

/// The tags of a header.
#[derive(Debug, PartialEq, Eq)]
enum Tags {
    /// `*`: those of any row.
    Any,
    /// Those of these rows.
    These(Vec<String>),
}

/// The conditions of a request.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Preconditions {
    one_of: Option<Tags>,
    none_of: Option<Tags>,
}

/// What a condition says about a row that is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Send the row.
    Send,
    /// The client has the row.
    NotModified,
    /// The row is another one than the client wants.
    Failed,
}

impl Preconditions {
    /// Reads the headers of a request.
    ///
    /// # Errors
    /// A header that holds no tags. A client that names some wants to overwrite nothing else, so it is not ignored.
    pub fn read(headers: &HeaderMap) -> Result<Preconditions, Problem> {
        Ok(Preconditions { one_of: tags(headers, &IF_MATCH)?, none_of: tags(headers, &IF_NONE_MATCH)? })
    }

    /// Whether there is a condition.
    pub fn any(&self) -> bool {
        self.one_of.is_some() || self.none_of.is_some()
    }

    /// The conditions for the row with this JSON text, if it is only read.
    pub fn judge(&self, row: &str) -> Verdict {
        if !self.any() {
            return Verdict::Send;
        }
        let tag = etag::tag(row);
        let is_one_of = |tags: &Tags| match tags {
            Tags::Any => true,
            Tags::These(tags) => tags.contains(&tag),
        };
        match (&self.one_of, &self.none_of) {
            (Some(tags), _) if !is_one_of(tags) => Verdict::Failed,
            (_, Some(tags)) if is_one_of(tags) => Verdict::NotModified,
            _ => Verdict::Send,
        }
    }

    /// The conditions as SQL for a row that is to be changed, each behind an `AND`; `json` is an expression for its text. They
    /// are part of the statement that changes the row, so that no other change comes between.
    pub fn sql(&self, statement: &mut Statement, json: &str) -> String {
        let mut sql = String::new();
        match &self.one_of {
            None | Some(Tags::Any) => {}
            Some(Tags::These(tags)) => {
                let tags = statement.value(array::literal(tags));
                sql += &format!(" AND {} = ANY ({tags}::text[])", etag::sql(json));
            }
        }
        match &self.none_of {
            None => {}
            Some(Tags::Any) => sql += " AND false",
            Some(Tags::These(tags)) => {
                let tags = statement.value(array::literal(tags));
                sql += &format!(" AND {} <> ALL ({tags}::text[])", etag::sql(json));
            }
        }
        sql
    }
}

/// The problem that a row is another one than the client wants.
pub fn failed() -> Problem {
    let detail = "the row is not what If-Match or If-None-Match asks for; read it again";
    Problem::new(StatusCode::PRECONDITION_FAILED, detail)
}

fn tags(headers: &HeaderMap, name: &HeaderName) -> Result<Option<Tags>, Problem> {
    let mut tags = None;
    for line in headers.get_all(name) {
        let malformed = || {
            let detail = format!("{name} is * or entity tags in double quotes");
            Problem::new(StatusCode::BAD_REQUEST, detail)
        };
        let text = line.to_str().map_err(|_| malformed())?;
        let found = tags.get_or_insert_with(|| Tags::These(Vec::new()));
        match found {
            Tags::These(found) if text.trim() != "*" => {
                // A weak tag is that of no row here: it may only be compared weakly, which `If-None-Match` does.
                let counts = |weak: bool| !weak || *name == IF_NONE_MATCH;
                let listed = listed(text).ok_or_else(malformed)?;
                found.extend(listed.into_iter().filter(|(weak, _)| counts(*weak)).map(|(_, tag)| tag));
            }
            _ => *found = Tags::Any,
        }
    }
    Ok(tags)
}

/// The tags of a list, each with whether it is weak; none if it is no such list.
fn listed(text: &str) -> Option<Vec<(bool, String)>> {
    let mut tags = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (weak, quoted) = match rest.strip_prefix("W/") {
            Some(quoted) => (true, quoted),
            None => (false, rest),
        };
        let (tag, behind) = quoted.strip_prefix('"')?.split_once('"')?;
        tags.push((weak, tag.strip_suffix(COMPRESSED).unwrap_or(tag).to_owned()));
        let behind = behind.trim_start();
        rest = match behind.strip_prefix(',') {
            Some(next) => next.trim_start_matches([',', ' ', '\t']),
            None if behind.is_empty() => behind,
            None => return None,
        };
    }
    Some(tags)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn read(name: HeaderName, values: &[&str]) -> Result<Preconditions, Problem> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(&name, HeaderValue::from_str(value).unwrap());
        }
        Preconditions::read(&headers)
    }

    #[test]
    fn tags_are_read_as_they_may_be_written() {
        let these = |tags: &[&str]| Some(Tags::These(tags.iter().map(|tag| (*tag).to_owned()).collect()));
        for (values, tags) in [
            (&[][..], None),
            (&["*"], Some(Tags::Any)),
            (&["\"a\""], these(&["a"])),
            (&["\"a,b\" , \"c-gzip\",,W/\"d\""], these(&["a,b", "c"])),
            (&["\"a\"", "\"b\""], these(&["a", "b"])),
            (&["\"a\"", "*"], Some(Tags::Any)),
            (&[""], these(&[])),
        ] {
            assert_eq!(read(IF_MATCH, values).unwrap().one_of, tags, "{values:?}");
        }
        assert_eq!(read(IF_NONE_MATCH, &["W/\"d\""]).unwrap().none_of, these(&["d"]));
        for wrong in ["a", "\"a", "\"a\" \"b\"", "W/a", "*, \"a\""] {
            assert!(read(IF_MATCH, &[wrong]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_row_that_the_client_has_is_not_sent_again() {
        let tag = format!("\"{}\"", etag::tag("{}"));
        for (name, value, verdict) in [
            (IF_NONE_MATCH, tag.as_str(), Verdict::NotModified),
            (IF_NONE_MATCH, "*", Verdict::NotModified),
            (IF_NONE_MATCH, "\"x\"", Verdict::Send),
            (IF_MATCH, tag.as_str(), Verdict::Send),
            (IF_MATCH, "\"x\"", Verdict::Failed),
        ] {
            assert_eq!(read(name.clone(), &[value]).unwrap().judge("{}"), verdict, "{name}: {value}");
        }
    }
}

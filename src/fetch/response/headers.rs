//! What headers of a response say: where the next page is, and how long to wait.

use jiff::Timestamp;
use jiff::fmt::{rfc2822, strtime};
use std::borrow::Cow;
use std::time::Duration;

/// The two forms of a date that servers of old send (RFC 9110, section 5.6.7).
const OLD_DATES: [&str; 2] = ["%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"];

/// The target of the first `rel="next"` in a header `Link` (RFC 8288, section 3); none where no link has it.
///
/// # Errors
/// What is no list of links: it may hide one.
#[expect(clippy::result_unit_err, reason = "there is nothing to say but that it cannot be read")]
pub fn next_link(header: &str) -> Result<Option<&str>, ()> {
    let mut next = None;
    let mut rest = header;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        if rest.is_empty() {
            return Ok(next);
        }
        let (target, behind) = rest.strip_prefix('<').and_then(|link| link.split_once('>')).ok_or(())?;
        let (relations, behind) = relations(behind)?;
        if relations.split_ascii_whitespace().any(|relation| relation.eq_ignore_ascii_case("next")) {
            next.get_or_insert(target);
        }
        rest = behind;
    }
}

/// Reads the parameters of a link: the first `rel` counts. The second part is what follows the link.
fn relations(parameters: &str) -> Result<(Cow<'_, str>, &str), ()> {
    let mut relations = None;
    let mut rest = parameters;
    loop {
        rest = rest.trim_start_matches([' ', '\t']);
        let Some(parameter) = rest.strip_prefix(';') else { break };
        let (name, behind) = parameter.split_at(parameter.find(['=', ';', ',']).unwrap_or(parameter.len()));
        let (value, behind) = behind.strip_prefix('=').map_or(Ok(("".into(), behind)), value)?;
        if name.trim().eq_ignore_ascii_case("rel") {
            relations.get_or_insert(value);
        }
        rest = behind;
    }
    if !rest.is_empty() && !rest.starts_with(',') {
        return Err(());
    }
    Ok((relations.unwrap_or_default(), rest))
}

/// A value at the start of a text, without quotes, and what follows it.
fn value(text: &str) -> Result<(Cow<'_, str>, &str), ()> {
    let text = text.trim_start();
    let Some(quoted) = text.strip_prefix('"') else {
        let (word, behind) = text.split_at(text.find([';', ',']).unwrap_or(text.len()));
        return Ok((word.trim_end().into(), behind));
    };
    let mut value = String::new();
    let mut chars = quoted.chars();
    loop {
        match chars.next().ok_or(())? {
            '"' => return Ok((value.into(), chars.as_str())),
            '\\' => value.push(chars.next().ok_or(())?),
            other => value.push(other),
        }
    }
}

/// The wait that a header `Retry-After` asks for, in seconds or until a date (RFC 9110, section 10.2.3). Some servers send
/// fractions of a second.
pub fn retry_after(header: &str, now: Timestamp) -> Option<Duration> {
    let header = header.trim();
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_digits(header) {
        return Some(Duration::from_secs(header.parse().unwrap_or(u64::MAX)));
    }
    if header.split_once('.').is_some_and(|(whole, fraction)| is_digits(whole) && is_digits(fraction)) {
        return Some(Duration::try_from_secs_f64(header.parse().ok()?).unwrap_or(Duration::MAX));
    }
    Some(Duration::try_from(date(header)?.duration_since(now)).unwrap_or_default())
}

fn date(text: &str) -> Option<Timestamp> {
    if let Ok(date) = rfc2822::parse(text) {
        return Some(date.timestamp());
    }
    let of_old = |form| strtime::parse(form, text).and_then(|date| date.to_datetime());
    let date = OLD_DATES.iter().find_map(|form| of_old(form).ok())?;
    Some(date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_link_is_found_among_others() {
        let header = r#"<https://h/?p=1>; rel="prev", <https://h/?p=3,4>; title="a; b"; rel="last next", <x>; rel=first"#;
        assert_eq!(next_link(header), Ok(Some("https://h/?p=3,4")));
        for (header, next) in [
            ("<a>; rel=next", Some("a")),
            ("<a>; rel=\"prev\"", None),
            ("", None),
            (" , <a>; rel=next,", Some("a")),
            ("<a>;rel = \"prev\" , <b> ; REL=Next;x", Some("b")),
            // What stands in quotes is no link and no relation.
            ("<a>; title=\"x, <b>; rel=next\"", None),
            ("<a>; title=\"\\\"; rel=next\"; rel=prev, <c>; rel=next", Some("c")),
            ("<a>; title=\"<b>\"; rel=next", Some("a")),
            // The first one counts.
            ("<a>; rel=prev; rel=next", None),
            ("<a>; rel; rel=next", None),
            ("<a>, <b>; rel=next", Some("b")),
        ] {
            assert_eq!(next_link(header), Ok(next), "{header}");
        }
        for header in [
            "<a",
            "a; rel=next",
            "<a> x; rel=next",
            "<a>; rel=\"next",
            "<a>; rel=prev, b; rel=next",
            "<a>; rel=\"next\" x",
        ] {
            assert_eq!(next_link(header), Err(()), "{header}");
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = "1994-11-06T08:48:37Z".parse().unwrap();
        let minute = Some(Duration::from_secs(60));
        for (header, wait) in [
            (" 7 ", Some(Duration::from_secs(7))),
            ("1.5", Some(Duration::from_millis(1500))),
            ("1.2.3", None),
            ("99999999999999999999999", Some(Duration::from_secs(u64::MAX))),
            ("Sun, 06 Nov 1994 08:49:37 GMT", minute),
            ("Sunday, 06-Nov-94 08:49:37 GMT", minute),
            ("Sun Nov  6 08:49:37 1994", minute),
            ("Sat, 05 Nov 1994 08:49:37 GMT", Some(Duration::ZERO)),
            ("soon", None),
            ("-1", None),
            ("", None),
        ] {
            assert_eq!(retry_after(header, now), wait, "{header}");
        }
    }
}

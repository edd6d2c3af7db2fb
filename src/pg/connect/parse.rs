//! From the text of a connection to its parameters.
//!
//! It is a URL, or keywords and values (PostgreSQL documentation, "Connection Strings"). Errors never quote the text
//! ([`super::params`] says why). They quote a name only where no part of a password can be in it.

use super::params::{KEYS, Params};
use crate::{Error, Result};

/// The remedy for a separator in an unexpected place: most likely it is a part of the password.
const ENCODE: &str =
    "a '@', '/', ':', '?', '&' or '%' in a user name or password is written as %40, %2F, %3A, %3F, %26, %25";

/// Parses a URL, or keywords and values.
///
/// # Errors
/// A text that is neither, and what [`Params::set`] and [`Params::check`] refuse.
pub(super) fn parse(text: &str) -> Result<Params> {
    parse_unchecked(text)?.check()
}

/// As [`parse`], of parameters that are to be completed before they are checked.
///
/// # Errors
/// A text that is neither, and what [`Params::set`] refuses.
pub(super) fn parse_unchecked(text: &str) -> Result<Params> {
    let mut params = Params::default();
    let url = ["postgresql://", "postgres://"].iter().find_map(|scheme| text.strip_prefix(scheme));
    match url {
        Some(rest) => parse_url(rest, &mut params)?,
        None if text.split('=').next().is_some_and(|start| start.contains("://")) => {
            return Err(Error::refused(
                "the connection's URL does not start with postgresql:// or postgres://",
            ));
        }
        None if !text.contains('=') => {
            return Err(Error::refused("the connection is neither a URL nor keywords with values")
                .remedy("write postgresql://user@host:5432/dbname, or \"host=… dbname=…\""));
        }
        None => parse_keywords(text, &mut params)?,
    }
    Ok(params)
}

fn parse_url(rest: &str, params: &mut Params) -> Result<()> {
    let authority_end = rest.find('/').unwrap_or(rest.len());
    // As in libpq, user and password end at the first '@' before the first '/'.
    let (userinfo, rest) = match rest[..authority_end].find('@') {
        Some(at) => (Some(&rest[..at]), &rest[at + 1..]),
        None => (None, rest),
    };
    if let Some(userinfo) = userinfo {
        let (user, password) = userinfo.split_once(':').unwrap_or((userinfo, ""));
        params.set("user", &decode(user)?)?;
        params.set("password", &decode(password)?)?;
    }
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (hosts, dbname) = place.split_once('/').unwrap_or((place, ""));
    // libpq would take it for a part of the host or the database name, and print it.
    if place.contains('@') || userinfo.is_none() && query.contains('@') {
        return Err(Error::refused("the connection's URL has a '@' in an unexpected place").remedy(ENCODE));
    }
    parse_hosts(hosts, params)?;
    params.set("dbname", &decode(dbname)?)?;

    // With an '@' in the query, all before it may be the rest of a password with a '/' and a '?'.
    let mut password_seen = query.contains('@');
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let Some((key, value)) = pair.split_once('=').filter(|(_, value)| !value.contains('=')) else {
            return Err(
                Error::refused("the connection's URL has a parameter that is not key=value").remedy(ENCODE)
            );
        };
        let (key, value) = (decode(key)?, decode(value)?);
        if key == "ssl" && value == "true" {
            // libpq accepts this parameter since JDBC's URLs have it.
            params.set("sslmode", "require")?;
        } else {
            set(params, &key, &value, password_seen)?;
        }
        password_seen |= key == "password";
    }
    Ok(())
}

/// Parses `h1:1,h2,[::1]:3`; each part may be percent-encoded.
fn parse_hosts(text: &str, params: &mut Params) -> Result<()> {
    if text.is_empty() {
        return Ok(());
    }
    let (mut hosts, mut ports) = (Vec::new(), Vec::new());
    for part in text.split(',') {
        let (host, port) = match part.strip_prefix('[') {
            Some(inside) => match inside.split_once(']') {
                Some((address, "")) => (address, ""),
                Some((address, port)) if port.starts_with(':') => (address, &port[1..]),
                _ => {
                    return Err(Error::refused("the connection's URL has an IPv6 address not closed by ']'"));
                }
            },
            None => part.split_once(':').unwrap_or((part, "")),
        };
        hosts.push(decode(host)?);
        ports.push(decode(port)?);
    }
    params.set("host", &hosts.join(","))?;
    if ports.iter().any(|port| !port.is_empty()) {
        params.set("port", &ports.join(",")).map_err(|error| error.remedy(ENCODE))?;
    }
    Ok(())
}

fn decode(text: &str) -> Result<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |at: usize| char::from(*rest.get(at)?).to_digit(16);
        let (Some(high), Some(low)) = (digit(0), digit(1)) else {
            return Err(Error::refused("the connection's URL has a '%' without two hexadecimal digits")
                .remedy("a '%' itself is written as %25"));
        };
        // Two hexadecimal digits are at most 255.
        bytes.push((high * 16 + low) as u8);
        rest = &rest[2..];
    }
    if bytes.contains(&0) {
        return Err(Error::refused("the connection's URL has a %00"));
    }
    String::from_utf8(bytes).map_err(|_| Error::refused("the connection's URL is not UTF-8 once decoded"))
}

/// Parses `key = value key='quoted value'`, with backslash escapes in both kinds of values.
fn parse_keywords(text: &str, params: &mut Params) -> Result<()> {
    let mut password_seen = false;
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (key, after) = rest.split_once('=').ok_or_else(|| not_a_pair(password_seen))?;
        let key = key.trim_end();
        if key.is_empty() || key.contains(char::is_whitespace) {
            return Err(not_a_pair(password_seen));
        }
        let (value, after) = keyword_value(after.trim_start())?;
        set(params, key, &value, password_seen)?;
        password_seen |= key == "password";
        rest = after.trim_start();
    }
    Ok(())
}

/// The value at the beginning of `text`, and the rest of the text.
fn keyword_value(text: &str) -> Result<(String, &str)> {
    let (quoted, text) = match text.strip_prefix('\'') {
        Some(inside) => (true, inside),
        None => (false, text),
    };
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, char)) = chars.next() {
        match char {
            '\\' => value.extend(chars.next().map(|(_, escaped)| escaped)),
            '\'' if quoted => return Ok((value, &text[at + 1..])),
            _ if char.is_whitespace() && !quoted => return Ok((value, &text[at..])),
            _ => value.push(char),
        }
    }
    if quoted {
        Err(Error::refused("the connection has a quoted value that does not end"))
    } else {
        Ok((value, ""))
    }
}

fn not_a_pair(password_seen: bool) -> Error {
    let error = Error::refused("the connection has a part that is not key=value");
    if password_seen { error.remedy("a password with blanks is written as password='…'") } else { error }
}

/// Sets a parameter. An unknown name behind a password may be the second half of that; the error does not quote it then.
fn set(params: &mut Params, key: &str, value: &str, password_seen: bool) -> Result<()> {
    if password_seen && !KEYS.contains(&key) {
        return Err(Error::refused("the connection has an unknown parameter after its password")
            .remedy("if that is a part of the password, quote it ('…'), or write & as %26 in a URL"));
    }
    params.set(key, value)
}

#[cfg(test)]
mod tests {
    use super::super::choices::SslMode;
    use super::*;
    use std::path::Path;

    #[test]
    fn a_url_with_everything() {
        let params = parse(
            "postgres://us%40er:p%2Fw%3A@h1:1,[fe80::1]:2,%2Frun%2Fpg/my%20db?sslmode=verify-ca&passfile=/p",
        )
        .unwrap();
        assert_eq!(params.user.as_deref(), Some("us@er"));
        assert_eq!(params.password.unwrap().reveal(), "p/w:");
        assert_eq!(params.host, ["h1", "fe80::1", "/run/pg"]);
        assert_eq!(params.port, [Some(1), Some(2), None]);
        assert_eq!(params.dbname.as_deref(), Some("my db"));
        assert_eq!(params.sslmode, Some(SslMode::VerifyCa));
        assert_eq!(params.passfile.as_deref(), Some(Path::new("/p")));
    }

    /// The examples of PostgreSQL's documentation, and similar ones.
    #[test]
    fn urls_with_parts_left_out() {
        let host_and_db = |text: &str| {
            let params = parse(text).unwrap();
            (params.host.join(","), params.dbname.unwrap_or_default())
        };
        let pair = |host: &str, dbname: &str| (host.to_owned(), dbname.to_owned());
        assert_eq!(host_and_db("postgresql://"), pair("", ""));
        assert_eq!(host_and_db("postgresql://localhost"), pair("localhost", ""));
        assert_eq!(host_and_db("postgresql://user@/db"), pair("", "db"));
        assert_eq!(host_and_db("postgresql:///mydb?host=localhost&port=5433"), pair("localhost", "mydb"));
        assert_eq!(host_and_db("postgresql://u@h?dbname=d"), pair("h", "d"));
        assert_eq!(host_and_db("postgresql://h/a/b"), pair("h", "a/b"));
        let params = parse(
            "postgresql://other@localhost/otherdb?connect_timeout=10&application_name=my%20app&ssl=true",
        );
        let params = params.unwrap();
        assert_eq!(params.application_name.as_deref(), Some("my app"));
        assert_eq!(params.sslmode, Some(SslMode::Require));
    }

    #[test]
    fn keywords_with_quotes_and_escapes() {
        let params = parse(r"host = /run/pg  user='it''s'").map(|_| ()).unwrap_err();
        assert!(params.to_string().contains("not key=value"), "'' does not escape: {params}");
        let params =
            parse(r"  host = /run/pg port=5433 user='it\'s \\ me' password=a\ b dbname='' options='-c a=b'");
        let params = params.unwrap();
        assert_eq!(params.host, ["/run/pg"]);
        assert_eq!(params.port, [Some(5433)]);
        assert_eq!(params.user.as_deref(), Some(r"it's \ me"));
        assert_eq!(params.password.unwrap().reveal(), "a b");
        assert_eq!(params.dbname, None);
        assert_eq!(params.options.as_deref(), Some("-c a=b"));
    }

    #[test]
    fn a_wrong_value_after_the_password_is_still_explained() {
        let error = parse("postgresql://h/db?password=p&sslmode=none").unwrap_err().to_string();
        assert!(error.contains("sslmode must be one of disable, allow"), "{error}");
    }

    #[test]
    fn an_error_never_contains_a_part_of_the_password() {
        for text in [
            "mysql://u:hunter2@h/db",
            "hunter2",
            "u:hunter2@h",
            "postgresql://u:hunter2@h:port/db",
            "postgresql://u:hunter2@h:99999/db",
            "postgresql://u:hunter2@[::1/db",
            "postgresql://u:hunter2@[::1]x/db",
            "postgresql://u:hunter2%@h/db",
            "postgresql://u:hunter2%zz@h/db",
            "postgresql://u:hunter2%00@h/db",
            "postgresql://u:hunter2%ff@h/db",
            "postgresql://u:p@hunter2@h/db",
            "postgresql://u:p/hunter2@h/db",
            "postgresql://u:12/hunter2@h/db",
            "postgresql://u:hunter2/3@h/db",
            "postgresql://u:12/3?hunter2=3@h/db",
            "postgresql://u:12/3?hunter2@h/db",
            "postgresql://u:p@ss/w?hunter2=1@h/db",
            "postgresql://h/db?password=a&hunter2=1",
            "postgresql://h/db?password=hunter2=1",
            "postgresql://h/db?password=a&hunter2",
            "postgresql://u:hunter2@h/db?sslmode=none",
            "host=h password=a hunter2=b",
            "host=h password=a hunter2",
            "host=h password='hunter2",
            "password=hunter2 port=x",
            "passwd=hunter2",
            "",
        ] {
            let error = parse(text).expect_err(text).to_string();
            assert!(!error.contains("hunter2"), "{text}: {error}");
        }
    }
}

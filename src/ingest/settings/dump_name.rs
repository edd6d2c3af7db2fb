//! How the names of dumps are read: their application, their version, and perhaps their date.

use super::placeholders::{Piece, pieces};
use crate::{Error, Result};

/// The pattern when the configuration has none.
pub const DEFAULT: &str = "{app}_{version}";

/// A pattern of texts and placeholders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DumpName {
    pattern: String,
    pieces: Vec<Piece<Part>>,
}

/// What a placeholder stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    App,
    Version,
    Date,
}

/// What a name says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NameParts {
    /// The application.
    pub app: String,
    /// The version.
    pub version: String,
    /// The date without hyphens, such as `20250301`, where names have one.
    pub date: Option<String>,
}

impl DumpName {
    /// Reads a pattern.
    ///
    /// # Errors
    /// An unknown placeholder, a brace that is not closed, one placeholder behind another, and a pattern without application or
    /// version.
    pub fn parse(pattern: &str) -> Result<DumpName> {
        let has_each_once = |pieces: &Vec<Piece<Part>>| {
            let count =
                |part: Part| pieces.iter().filter(|known| **known == Piece::Placeholder(part)).count();
            count(Part::App) == 1 && count(Part::Version) == 1 && count(Part::Date) <= 1
        };
        let are_apart = |pieces: &Vec<Piece<Part>>| {
            let is_text = |piece: &Piece<Part>| matches!(piece, Piece::Text(_));
            pieces.windows(2).all(|pair| pair.iter().any(is_text))
        };
        let pieces = pieces(&pattern.to_lowercase(), part).filter(has_each_once).filter(are_apart);
        let Some(pieces) = pieces else {
            return Err(Error::refused(format!(
                "xport_cfg.dump_name: {pattern:?} does not say where application and version stand"
            ))
            .remedy(
                "use {app}, {version} and perhaps {date}, with text in between, for example \
                 '{app}_{version}_{date}'",
            ));
        };
        Ok(DumpName { pattern: pattern.to_owned(), pieces })
    }

    /// Whether a name without its extension, in lower case, fits.
    pub fn fits(&self, stem: &str) -> bool {
        matched(&self.pieces, stem).is_some()
    }

    /// What a name says. Where that could be read in several ways, the first placeholder takes as much as it can: the last
    /// underscore separates application and version.
    ///
    /// # Errors
    /// A name that does not fit.
    pub fn read(&self, stem: &str) -> Result<NameParts> {
        matched(&self.pieces, stem).ok_or_else(|| match self.pattern == DEFAULT {
            true => Error::refused("the file name does not say which version this is")
                .remedy("name the dump <app>_<version>.zip, for example lms_v1.zip"),
            false => Error::refused(format!("the name does not fit xport_cfg.dump_name, {}", self.pattern))
                .remedy("rename the dump, change the pattern, or move the dump out of this folder"),
        })
    }
}

fn part(name: &str) -> Option<Part> {
    match name {
        "app" => Some(Part::App),
        "version" => Some(Part::Version),
        "date" => Some(Part::Date),
        _ => None,
    }
}

fn matched(pieces: &[Piece<Part>], text: &str) -> Option<NameParts> {
    let part = match pieces.first() {
        None => return text.is_empty().then(NameParts::default),
        Some(Piece::Text(fixed)) => return matched(&pieces[1..], text.strip_prefix(fixed.as_str())?),
        Some(Piece::Placeholder(part)) => *part,
    };
    let mut ends = text.char_indices().map(|(at, letter)| at + letter.len_utf8()).rev();
    ends.find_map(|end| {
        let (value, behind) = text.split_at(end);
        let date = if part == Part::Date { Some(date(value)?) } else { None };
        let mut parts = matched(&pieces[1..], behind)?;
        match part {
            Part::App => parts.app = value.to_owned(),
            Part::Version => parts.version = value.to_owned(),
            Part::Date => parts.date = date,
        }
        Some(parts)
    })
}

/// A date such as `20250301` or `2025-03-01`, without hyphens.
fn date(text: &str) -> Option<String> {
    let digits = match text.len() {
        8 => text.to_owned(),
        10 if text.get(4..5) == Some("-") && text.get(7..8) == Some("-") => {
            format!("{}{}{}", text.get(..4)?, text.get(5..7)?, text.get(8..)?)
        }
        _ => return None,
    };
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number = |part: &str| part.parse::<i8>().ok();
    let year = digits[..4].parse().ok()?;
    jiff::civil::Date::new(year, number(&digits[4..6])?, number(&digits[6..])?).ok()?;
    Some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pattern: &str, name: &str) -> Option<(String, String, Option<String>)> {
        let parts = DumpName::parse(pattern).unwrap().read(name).ok()?;
        Some((parts.app, parts.version, parts.date))
    }

    #[test]
    fn names_are_read_by_the_pattern() {
        let parts = |app: &str, version: &str, date: &str| {
            Some((app.to_owned(), version.to_owned(), Some(date.to_owned()).filter(|date| !date.is_empty())))
        };
        assert_eq!(read(DEFAULT, "big_app_v1"), parts("big_app", "v1", ""));
        let dated = "{app}_{version}_{date}";
        assert_eq!(read(dated, "big_app_v1_20240229"), parts("big_app", "v1", "20240229"));
        assert_eq!(read(dated, "lms_v1_2024-02-29"), parts("lms", "v1", "20240229"));
        assert_eq!(read("{date}.{app}-{version}", "20240131.lms-v1"), parts("lms", "v1", "20240131"));
        for other in ["lms_v1", "lms_v1_20240230", "lms_v1_2024-1-31", "lms_20240131", "lms_v1_2024013１"] {
            assert_eq!(read(dated, other), None, "{other}");
        }
        for other in ["lms", "_v1", "lms_"] {
            assert_eq!(read(DEFAULT, other), None, "{other}");
        }
    }

    #[test]
    fn a_pattern_says_application_and_version() {
        for bad in
            ["{app}", "{version}", "{app}{version}", "{app}_{app}_{version}", "{app}_{version}_{day}", "{app"]
        {
            assert!(DumpName::parse(bad).is_err(), "{bad}");
        }
    }
}

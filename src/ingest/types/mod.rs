//! From another database's types to PostgreSQL's: JSON files that map one spelling to the other.
//!
//! A key is a type as a descriptor writes it, in lower case: `int`, `double precision`, `int unsigned`. Its parentheses hold
//! what has to match: numbers and words as they are (`tinyint(1)`, `varchar(max)`), single letters for any number, which the
//! value may use (`decimal(p,s)` → `numeric(p,s)`), and `*` for any list (`enum(*)`). The most exact key wins. Words behind
//! the parentheses belong to the type: `int(n) unsigned`.

use crate::pg::type_name::TypeName;
use crate::{Error, Place, Result};
use std::path::Path;

/// The type maps that come with pghaul: name and JSON text.
const BUILT_IN: [(&str, &str); 2] =
    [("mssql", include_str!("mssql.json")), ("mysql", include_str!("mysql.json"))];

/// What helps when a type map has another form.
const FORM: &str = "it must be like {\"varchar(n)\": \"varchar(n)\", \"clob\": \"text\"}";

/// A type map, by its name or path.
#[derive(Debug)]
pub struct TypeMap {
    name: String,
    entries: Vec<(SourceType, String)>,
}

/// A type as it is spelled: the words, and the list in parentheses.
#[derive(Debug, Clone, PartialEq, Eq)]
struct SourceType {
    words: String,
    parameters: Option<Vec<String>>,
}

impl TypeMap {
    /// The built-in map of that name.
    pub fn built_in(name: &str) -> Option<Result<TypeMap>> {
        BUILT_IN.iter().find(|(known, _)| *known == name).map(|(_, json)| TypeMap::parse(name, json))
    }

    /// The map in a JSON file.
    ///
    /// # Errors
    /// A file that cannot be read, is no JSON object of texts, or maps to something other than a type.
    pub fn load(path: &Path) -> Result<TypeMap> {
        let name = path.display().to_string();
        let place = Place::file(&name);
        let json = std::fs::read_to_string(path).map_err(|error| {
            let built_in = BUILT_IN.map(|(name, _)| name).join(", ");
            Error::refused(format!("cannot read this type map: {error}"))
                .at(place.clone())
                .remedy(format!("in xport_cfg.dialects, name a JSON file or one of {built_in}"))
        })?;
        TypeMap::parse(&name, &json).map_err(|error| error.at(place))
    }

    fn parse(name: &str, json: &str) -> Result<TypeMap> {
        let object: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(json).map_err(|error| {
                Error::refused(format!("is no JSON object of type names: {error}")).remedy(FORM)
            })?;
        let mut entries = Vec::with_capacity(object.len());
        for (key, value) in object {
            let source = SourceType::parse(&key)
                .ok_or_else(|| Error::refused(format!("{key:?} is not written like a type")).remedy(FORM))?;
            let target = value.as_str().ok_or_else(|| {
                Error::refused(format!("{key:?} maps to {value}, which is no text")).remedy(FORM)
            })?;
            // The form is checked with numbers in the place of the placeholders.
            let example = fill_in(target, &source.placeholders().map(|p| (p, "1")).collect::<Vec<_>>());
            TypeName::parse(&example).map_err(|error| error.at(Place::default().column(&key)))?;
            entries.push((source, target.to_owned()));
        }
        Ok(TypeMap { name: name.to_owned(), entries })
    }

    /// `mssql`, `mysql`, or the path of the file.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The PostgreSQL type for a descriptor's type.
    ///
    /// # Errors
    /// A type that this map does not know. The message names a built-in map that knows it.
    pub fn resolve(&self, source: &str) -> Result<TypeName> {
        if let Some(target) = self.find(source) {
            return TypeName::parse(&target);
        }
        let error = Error::refused(format!("type map {} does not know the type `{source}`", self.name));
        let other = BUILT_IN
            .iter()
            .filter(|(name, _)| *name != self.name)
            .find(|(name, json)| TypeMap::parse(name, json).is_ok_and(|map| map.find(source).is_some()));
        Err(match other {
            Some((name, _)) => error.remedy(format!(
                "type map {name} knows it: choose that one for this dump in xport_cfg.dialects"
            )),
            None if BUILT_IN.iter().any(|(name, _)| *name == self.name) => {
                error.remedy("add it to a type map of your own, and name that in xport_cfg.dialects")
            }
            None => error.remedy("add it there"),
        })
    }

    fn find(&self, source: &str) -> Option<String> {
        let source = SourceType::parse(source)?;
        self.entries
            .iter()
            .filter_map(|(key, target)| key.matches(&source).map(|(rank, bound)| (rank, bound, target)))
            .min_by_key(|(rank, ..)| *rank)
            .map(|(_, bound, target)| fill_in(target, &bound))
    }
}

impl SourceType {
    fn parse(text: &str) -> Option<SourceType> {
        let lower = text.trim().to_lowercase();
        let (before, list, after) = match lower.split_once('(') {
            None => (lower.as_str(), None, ""),
            Some((before, rest)) => {
                let end = closing_parenthesis(rest)?;
                (before, Some(&rest[..end]), &rest[end + 1..])
            }
        };
        let words: Vec<&str> = before.split_whitespace().chain(after.split_whitespace()).collect();
        let well_formed = words.iter().all(|word| word.chars().all(|c| c.is_alphanumeric() || c == '_'));
        if words.is_empty() || !well_formed {
            return None;
        }
        let parameters = list.map(|list| list.split(',').map(|p| p.trim().to_owned()).collect());
        Some(SourceType { words: words.join(" "), parameters })
    }

    fn placeholders(&self) -> impl Iterator<Item = &str> {
        self.parameters.iter().flatten().map(String::as_str).filter(|p| is_placeholder(p))
    }

    /// Whether this key matches `source`: how loosely (0 is exact), and what its placeholders stand for.
    fn matches<'s>(&'s self, source: &'s SourceType) -> Option<(u8, Vec<(&'s str, &'s str)>)> {
        if self.words != source.words {
            return None;
        }
        match (&self.parameters, &source.parameters) {
            (None, None) => Some((0, Vec::new())),
            (Some(keys), Some(_)) if keys.as_slice() == ["*"] => Some((2, Vec::new())),
            (Some(keys), Some(values)) if keys.len() == values.len() => {
                let mut bound = Vec::new();
                for (key, value) in keys.iter().zip(values) {
                    if is_placeholder(key) && value.parse::<u32>().is_ok() {
                        bound.push((key.as_str(), value.as_str()));
                    } else if key != value {
                        return None;
                    }
                }
                Some((u8::from(!bound.is_empty()), bound))
            }
            _ => None,
        }
    }
}

/// Where the list ends that begins before `rest`. Quoted words in it are skipped, as in `enum('a)','b')`.
fn closing_parenthesis(rest: &str) -> Option<usize> {
    let mut quoted = false;
    rest.char_indices()
        .find(|(_, c)| {
            quoted ^= *c == '\'';
            *c == ')' && !quoted
        })
        .map(|(at, _)| at)
}

fn is_placeholder(parameter: &str) -> bool {
    parameter.len() == 1 && parameter.starts_with(|c: char| c.is_ascii_alphabetic())
}

/// Puts numbers in the place of placeholders in the parentheses of a target type.
fn fill_in(target: &str, bound: &[(&str, &str)]) -> String {
    let Some((before, rest)) = target.split_once('(') else { return target.to_owned() };
    let Some((list, after)) = rest.split_once(')') else { return target.to_owned() };
    let filled: Vec<&str> = list
        .split(',')
        .map(str::trim)
        .map(|name| bound.iter().find(|(known, _)| *known == name).map_or(name, |(_, number)| number))
        .collect();
    format!("{before}({}){after}", filled.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built_in(name: &str) -> TypeMap {
        TypeMap::built_in(name).unwrap().unwrap()
    }

    fn resolved(map: &str, source: &str) -> String {
        built_in(map).resolve(source).unwrap().to_string()
    }

    #[test]
    fn parameters_reach_the_target_and_the_most_exact_key_wins() {
        assert_eq!(resolved("mssql", "VarChar(255)"), "varchar(255)");
        assert_eq!(resolved("mssql", "nvarchar( MAX )"), "text");
        assert_eq!(resolved("mssql", "Decimal(10, 2)"), "numeric(10,2)");
        assert_eq!(resolved("mssql", "BIT"), "boolean");
        assert_eq!(resolved("mysql", "tinyint(1)"), "boolean");
        assert_eq!(resolved("mysql", "tinyint(4)"), "smallint");
        assert_eq!(resolved("mysql", "INT(10)  UNSIGNED"), "bigint");
        assert_eq!(resolved("mysql", "enum('a)','b')"), "text");
    }

    #[test]
    fn an_unknown_type_is_an_error_that_names_a_map_which_knows_it() {
        let error = built_in("mysql").resolve("uniqueidentifier").unwrap_err().to_string();
        assert!(error.contains("type map mysql does not know the type `uniqueidentifier`"), "{error}");
        assert!(error.contains("type map mssql knows it"), "{error}");
        let error = built_in("mssql").resolve("frobnicator(3)").unwrap_err().to_string();
        assert!(error.contains("`frobnicator(3)`") && error.contains("map of your own"), "{error}");
        assert!(built_in("mssql").resolve("int); drop table x --").is_err());
    }

    #[test]
    fn a_map_of_ones_own_is_checked_when_it_is_read() {
        assert!(TypeMap::parse("x", r#"{"number(p,s)": "numeric(p,s)", "date": "timestamp(0)"}"#).is_ok());
        assert!(TypeMap::parse("x", r#"{"number(p,s)": "numeric(p,x)"}"#).is_err());
        assert!(TypeMap::parse("x", r#"{"clob": "text; drop table x"}"#).is_err());
        assert!(TypeMap::parse("x", r#"["clob"]"#).is_err());
        assert!(
            TypeMap::load(Path::new("/nonexistent.json")).unwrap_err().to_string().contains("mssql, mysql")
        );
    }
}

//! Where the type of a column comes from: the words that a refused value gets, and what helps.
//!
//! "Correct the row" helps only where the row is at fault. Often it is the type: the type map chose it, the mother has it, or
//! `mother_tables` says it.

use crate::error::{Advice, Hint};
use crate::ingest::types::TypeMap;
use crate::pg::type_name::without_modifier;

/// The type of a copied column, and who chose it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Its type in the descriptor.
    pub source_type: String,
    /// Its type in the version table.
    pub type_name: String,
    /// Who chose that.
    pub chosen: Chosen,
}

/// Who chose a column's type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chosen {
    /// The dump's type map.
    Map,
    /// The mother, which has another type than the type map makes of the descriptor's.
    Mother {
        /// The mother's name.
        mother: String,
        /// What the type map makes of it.
        by_map: String,
        /// What `--mothers widen` makes of the mother's column.
        widened: String,
    },
    /// `mother_tables`, for the mother of this name.
    Declared(String),
}

impl Origin {
    /// The words for the hint of a refused value, whose dump has the type map `map`; `None` for a hint about something else.
    pub fn advice(&self, hint: &Hint, map: &TypeMap) -> Option<Advice> {
        let remedy = match hint {
            Hint::ColumnType(value) => self.special(value, map).unwrap_or_else(|| self.wider(value, map)),
            Hint::Value(value) => {
                self.special(value, map).unwrap_or_else(|| "correct the row in the data file".to_owned())
            }
            Hint::ZeroDate => {
                let type_name = match without_modifier(&self.type_name).0.as_str() {
                    "timestamp without time zone" => "timestamp",
                    "timestamp with time zone" => "timestamptz",
                    _ => "date",
                };
                let patterns = "['????-00-*', '????-??-00*']";
                format!(
                    "to load such dates as NULL, {}",
                    map.with_entry(&format!("null_if: {{{type_name}: {patterns}}}"))
                )
            }
            _ => return None,
        };
        Some(Advice { detail: format!(" ({})", self.words(map)), remedy })
    }

    /// Which type it is, and by whose choice.
    fn words(&self, map: &TypeMap) -> String {
        let Origin { source_type, type_name, chosen } = self;
        let by = match chosen {
            Chosen::Map => format!("by the type map {}", map.name()),
            Chosen::Mother { mother, .. } => format!("in the mother {mother}"),
            Chosen::Declared(mother) => format!("in mother_tables.{mother}"),
        };
        format!("{source_type} in the descriptor, {type_name} {by}")
    }

    /// What gives the column a type that holds the value.
    fn wider(&self, value: &str, map: &TypeMap) -> String {
        match &self.chosen {
            Chosen::Map => {
                let (type_name, flag) = self.next(value);
                self.by_map(type_name, flag, map)
            }
            // Where nothing else holds both types, a text does.
            Chosen::Mother { by_map, widened, .. } if widened == "text" && by_map != widened => format!(
                "the type map makes it {by_map}: load with --mothers recreate (--mothers widen makes the mother's text)"
            ),
            Chosen::Mother { by_map, widened, .. } => format!(
                "the type map makes it {by_map}: load with --mothers widen, which makes the mother's {widened}, or with \
                 --mothers recreate"
            ),
            Chosen::Declared(mother) => {
                format!("change its type in mother_tables.{mother}, and load with --mothers recreate")
            }
        }
    }

    /// The next wider type that may hold the value, and the flag that gives it to a mother that exists: `--mothers widen` finds
    /// it where it holds all values of the present one.
    fn next(&self, value: &str) -> (&'static str, &'static str) {
        let type_name = self.type_name.as_str();
        let has_modifier = type_name.contains('(');
        match without_modifier(type_name).0.as_str() {
            "smallint" => ("integer", "widen"),
            "integer" => ("bigint", "widen"),
            "bigint" | "numeric" => ("numeric", "widen"),
            "real" => ("double precision", "widen"),
            "double precision" => ("numeric", "recreate"),
            "date" if value.contains(['+', 'Z']) => ("timestamp with time zone", "recreate"),
            "date" => ("timestamp", "widen"),
            "timestamp without time zone" if has_modifier && value.contains('.') => ("timestamp", "widen"),
            "timestamp without time zone" => ("timestamp with time zone", "recreate"),
            "timestamp with time zone" => ("timestamp with time zone", "widen"),
            "interval" => ("interval", "recreate"),
            _ => ("text", "widen"),
        }
    }

    /// How the type map gives it this type.
    fn by_map(&self, type_name: &str, flag: &str, map: &TypeMap) -> String {
        let source_type = self.source_type.replace('\'', "''");
        format!(
            "to load columns of this type as {type_name}, {}, and load with --mothers {flag}",
            map.with_entry(&format!("'{source_type}': {type_name}"))
        )
    }

    /// What helps for values that certain databases write.
    fn special(&self, value: &str, map: &TypeMap) -> Option<String> {
        if self.chosen != Chosen::Map {
            return None;
        }
        let value = value.trim();
        let entry =
            |type_name: &str, why: &str| format!("{why}: {}", self.by_map(type_name, "recreate", map));
        let type_name = self.type_name.as_str();
        if type_name == "boolean" && value.parse::<i64>().is_ok() {
            return Some(entry("smallint", "it holds numbers, as MySQL's tinyint(1) may"));
        }
        if type_name == "boolean" && value.chars().all(char::is_control) && !value.is_empty() {
            return Some(
                "a bit was written as a byte, as MySQL's clients do: export the column as a number, col+0"
                    .to_owned(),
            );
        }
        if type_name.starts_with("time ") || type_name.starts_with("time(") {
            let (hours, _) = value.trim_start_matches('-').split_once(':')?;
            let is_span = value.starts_with('-') || hours.parse::<u32>().is_ok_and(|hours| hours >= 24);
            return is_span.then(|| entry("interval", "it is a span of time, as MySQL's time may be"));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remedy(source_type: &str, type_name: &str, chosen: Chosen, hint: Hint) -> (String, String) {
        let map = TypeMap::built_in("mysql", "*shop*").unwrap().unwrap();
        let origin = Origin { source_type: source_type.into(), type_name: type_name.into(), chosen };
        let Advice { detail, remedy } = origin.advice(&hint, &map).unwrap();
        (detail, remedy)
    }

    #[test]
    fn the_type_is_named_with_who_chose_it() {
        let mother = |widened: &str| Chosen::Mother {
            mother: "items".into(),
            by_map: "numeric(10,4)".into(),
            widened: widened.into(),
        };
        let value = || Hint::ColumnType("1.234".into());
        let (detail, help) = remedy("decimal(10,2)", "numeric(10,2)", Chosen::Map, value());
        assert_eq!(detail, " (decimal(10,2) in the descriptor, numeric(10,2) by the type map mysql)");
        assert_eq!(
            help,
            "to load columns of this type as numeric, in xport_cfg.dialects write {match: '*shop*', types: {extends: \
             mysql, 'decimal(10,2)': numeric}}, and load with --mothers widen"
        );
        let (detail, help) = remedy("decimal(10,4)", "numeric(10,2)", mother("numeric(10,4)"), value());
        assert_eq!(detail, " (decimal(10,4) in the descriptor, numeric(10,2) in the mother items)");
        assert_eq!(
            help,
            "the type map makes it numeric(10,4): load with --mothers widen, which makes the mother's numeric(10,4), or with \
             --mothers recreate"
        );
        let (_, help) = remedy("decimal(10,4)", "boolean", mother("text"), value());
        assert!(
            help.ends_with("load with --mothers recreate (--mothers widen makes the mother's text)"),
            "{help}"
        );
        let (detail, help) = remedy("text", "date", Chosen::Declared("items".into()), value());
        assert_eq!(detail, " (text in the descriptor, date in mother_tables.items)");
        assert!(help.starts_with("change its type in mother_tables.items"), "{help}");
    }

    #[test]
    fn the_next_wider_type_is_proposed_and_the_flag_that_leads_to_it() {
        for (type_name, value, text) in [
            ("smallint", "70000", "'x': integer}}, and load with --mothers widen"),
            ("integer", "99999999999", "'x': bigint}}, and load with --mothers widen"),
            ("real", "1e40", "'x': double precision}}, and load with --mothers widen"),
            ("character varying(5)", "abcdef", "'x': text}}, and load with --mothers widen"),
            ("date", "2019-02-27 11:59", "'x': timestamp}}, and load with --mothers widen"),
            (
                "timestamp(3) without time zone",
                "11:59:00.1234",
                "'x': timestamp}}, and load with --mothers widen",
            ),
            (
                "timestamp without time zone",
                "11:59+02",
                "'x': timestamp with time zone}}, and load with --mothers recreate",
            ),
        ] {
            let (_, help) = remedy("x", type_name, Chosen::Map, Hint::ColumnType(value.into()));
            assert!(help.ends_with(text), "{type_name}: {help}");
        }
    }

    #[test]
    fn the_row_is_to_be_corrected_only_where_it_is_at_fault() {
        let (_, help) = remedy("int", "integer", Chosen::Map, Hint::Value("12x".into()));
        assert_eq!(help, "correct the row in the data file");
        let (_, help) = remedy("time", "time without time zone", Chosen::Map, Hint::Value("11:60".into()));
        assert_eq!(help, "correct the row in the data file");
    }

    #[test]
    fn what_certain_databases_write_has_its_own_remedy() {
        for (source_type, type_name, value, text) in [
            ("tinyint(1)", "boolean", "2", "'tinyint(1)': smallint}}, and load with --mothers recreate"),
            ("bit(1)", "boolean", "\u{1}", "a bit was written as a byte"),
            (
                "time",
                "time without time zone",
                "838:59:59",
                "'time': interval}}, and load with --mothers recreate",
            ),
            ("time", "time without time zone", "-01:00:00", "'time': interval"),
        ] {
            let (_, help) = remedy(source_type, type_name, Chosen::Map, Hint::Value(value.into()));
            assert!(help.contains(text), "{value:?}: {help}");
        }
        let (_, help) = remedy("datetime(3)", "timestamp(3) without time zone", Chosen::Map, Hint::ZeroDate);
        assert!(help.contains("null_if: {timestamp: ['????-00-*', "), "{help}");
    }
}

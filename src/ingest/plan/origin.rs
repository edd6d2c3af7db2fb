//! Where the type of a column comes from: the words that a refused value gets, and what helps.
//!
//! "Correct the row" helps only where the row is at fault. Often it is the type: the type map chose it, the mother has it, or
//! `mother_tables` says it.

use crate::error::{Advice, Hint};
use crate::ingest::types::built_in;

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
    /// The type map of this name.
    Map(String),
    /// The mother, which has another type than the type map makes of the descriptor's.
    Mother {
        /// The mother's name.
        mother: String,
        /// What the type map makes of it.
        by_map: String,
    },
    /// `mother_tables`, for the mother of this name.
    Declared(String),
}

impl Origin {
    /// The words for the hint of a refused value; `None` for a hint about something else.
    pub fn advice(&self, hint: &Hint) -> Option<Advice> {
        let (value, fits) = match hint {
            Hint::ColumnType(value) => (value, false),
            Hint::Value(value) => (value, true),
            _ => return None,
        };
        let remedy = match (self.special(value), fits) {
            (Some(special), _) => special,
            (None, true) => "correct the row in the data file".to_owned(),
            (None, false) => self.wider(),
        };
        Some(Advice { detail: format!(" ({})", self.words()), remedy })
    }

    /// Which type it is, and by whose choice.
    fn words(&self) -> String {
        let Origin { source_type, type_name, chosen } = self;
        match chosen {
            Chosen::Map(map) => format!("{source_type} in the descriptor, {type_name} by the type map {map}"),
            Chosen::Mother { mother, .. } => {
                format!("{source_type} in the descriptor, {type_name} in the mother {mother}")
            }
            Chosen::Declared(mother) => {
                format!("{source_type} in the descriptor, {type_name} in mother_tables.{mother}")
            }
        }
    }

    /// What gives the column a type that holds more.
    fn wider(&self) -> String {
        match &self.chosen {
            Chosen::Map(map) => self.by_own_map(map, self.widest()),
            Chosen::Mother { by_map, .. } => format!(
                "the type map makes it {by_map}: --mothers widen gives the mother a type that holds all versions"
            ),
            Chosen::Declared(mother) => format!(
                "change its type in mother_tables.{mother}, and load with --mothers widen or recreate"
            ),
        }
    }

    /// A type of the same kind that holds every value.
    fn widest(&self) -> &'static str {
        let is = |start: &str| self.type_name.starts_with(start);
        match () {
            () if is("timestamp") && self.type_name.ends_with("without time zone") => {
                "timestamp with time zone"
            }
            () if is("date") => "timestamp",
            () if is("numeric") || is("integer") || is("bigint") || is("smallint") => "numeric",
            () if is("timestamp") => "timestamp with time zone",
            () if is("interval") => "interval",
            () => "text",
        }
    }

    /// The entry of a type map that gives it this type.
    fn by_own_map(&self, map: &str, type_name: &str) -> String {
        let source_type = serde_json::Value::from(self.source_type.as_str());
        if !built_in::exists(map) {
            return format!(
                "to load it as {type_name}, write {source_type}: {type_name} in the type map {map}"
            );
        }
        format!(
            "to load it as {type_name}, let types in xport_cfg.dialects be {{extends: {map}, {source_type}: \
             {type_name}}}, and load with --mothers widen or recreate if the mother exists"
        )
    }

    /// What helps for values that certain databases write.
    fn special(&self, value: &str) -> Option<String> {
        let value = value.trim();
        let map = match &self.chosen {
            Chosen::Map(map) => map.as_str(),
            Chosen::Mother { .. } | Chosen::Declared(_) => "mysql",
        };
        let entry = |type_name: &str, why: &str| format!("{why}: {}", self.by_own_map(map, type_name));
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
        let origin = Origin { source_type: source_type.into(), type_name: type_name.into(), chosen };
        let Advice { detail, remedy } = origin.advice(&hint).unwrap();
        (detail, remedy)
    }

    fn map() -> Chosen {
        Chosen::Map("mysql".into())
    }

    #[test]
    fn the_type_is_named_with_who_chose_it() {
        let mother = || Chosen::Mother { mother: "items".into(), by_map: "numeric(10,4)".into() };
        let value = || Hint::ColumnType("1.234".into());
        let (detail, help) = remedy("decimal(10,2)", "numeric(10,2)", map(), value());
        assert_eq!(detail, " (decimal(10,2) in the descriptor, numeric(10,2) by the type map mysql)");
        assert!(help.starts_with("to load it as numeric, let types in xport_cfg.dialects be {extends: mysql, \"decimal(10,2)\": numeric}"), "{help}");
        let (detail, help) = remedy("decimal(10,4)", "numeric(10,2)", mother(), value());
        assert_eq!(detail, " (decimal(10,4) in the descriptor, numeric(10,2) in the mother items)");
        assert!(help.contains("makes it numeric(10,4): --mothers widen"), "{help}");
        let (detail, help) = remedy("text", "date", Chosen::Declared("items".into()), value());
        assert_eq!(detail, " (text in the descriptor, date in mother_tables.items)");
        assert!(help.starts_with("change its type in mother_tables.items"), "{help}");
    }

    #[test]
    fn the_row_is_to_be_corrected_only_where_it_is_at_fault() {
        let (_, help) = remedy("int", "integer", map(), Hint::Value("12x".into()));
        assert_eq!(help, "correct the row in the data file");
        let (_, help) = remedy("int", "integer", map(), Hint::ColumnType("99999999999".into()));
        assert!(help.contains("\"int\": numeric"), "{help}");
    }

    #[test]
    fn what_certain_databases_write_has_its_own_remedy() {
        for (source_type, type_name, value, text) in [
            ("tinyint(1)", "boolean", "2", "\"tinyint(1)\": smallint"),
            ("bit(1)", "boolean", "\u{1}", "a bit was written as a byte"),
            ("time", "time without time zone", "838:59:59", "\"time\": interval"),
            ("time", "time without time zone", "-01:00:00", "\"time\": interval"),
        ] {
            let (_, help) = remedy(source_type, type_name, map(), Hint::Value(value.into()));
            assert!(help.contains(text), "{value:?}: {help}");
        }
        let (_, help) = remedy("time", "time without time zone", map(), Hint::Value("11:60".into()));
        assert_eq!(help, "correct the row in the data file");
        assert!(
            Origin { source_type: "x".into(), type_name: "x".into(), chosen: map() }
                .advice(&Hint::MaxRow)
                .is_none()
        );
    }
}

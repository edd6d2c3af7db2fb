//! Which PostgreSQL type a source type is.
//!
//! The dump's own map comes first: its entries, then those of the built-in map that it extends. A type that it does not
//! know is taken from the other built-in maps, unless they **contradict**: two of them differ, or the dump's map has a
//! type of the same words that is something else in PostgreSQL (`timestamp(6)` is a time in the mysql map, but the mssql
//! map has `timestamp` as bytea). Then the type may be one that PostgreSQL has by its own name, as the original job
//! took it.

use super::built_in::BuiltIn;
use super::forms::Forms;
use super::map::TypeMap;
use super::spelling::Spelling;
use super::target;
use crate::Result;
use crate::pg::type_name::TypeName;

/// PostgreSQL's own type of names of tables and the like. It cuts its values silently, so it is not what an alias of a
/// user's, such as AdventureWorks' `Name`, stands for.
const CUTS_NAMES: &str = "name";

/// What a source type is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolved {
    /// A map's answer.
    Mapped(TypeName),
    /// No map knows it. Whether the database has a type of this name, its own, is the server's to say.
    OwnName(TypeName),
}

impl TypeMap {
    /// The PostgreSQL type for a descriptor's type. Where `bare` is given, it counts if no map knows `source`, which is
    /// the same with numbers from elsewhere in the descriptor.
    ///
    /// # Errors
    /// A type that no map knows, and that is not written like one of PostgreSQL's.
    pub fn resolve(&self, source: &str, bare: Option<&str>) -> Result<Resolved> {
        let forms: Vec<Forms> = [Some(source), bare].into_iter().flatten().map(Forms::of).collect();
        let own = forms.iter().find_map(|forms| {
            forms.find_in(&self.own).or_else(|| forms.find_in(&self.base.as_ref()?.entries))
        });
        if let Some(type_name) = own {
            return Ok(Resolved::Mapped(type_name));
        }
        for forms in &forms {
            let answers = self.answers_of_others(forms);
            if let Some((_, first)) = answers.first() {
                let differ = answers.iter().any(|(_, answer)| answer != first);
                return match differ || self.contradicts(forms, first) {
                    true => Err(self.contradicted(source, &answers)),
                    false => Ok(Resolved::Mapped(first.clone())),
                };
            }
        }
        let by_own_name = forms.iter().find_map(|forms| {
            let type_name = TypeName::parse(&forms.plain.as_ref()?.text).ok()?;
            let is_another = type_name.as_str() == CUTS_NAMES || self.contradicts(forms, &type_name);
            (!is_another).then_some(type_name)
        });
        by_own_name.map(Resolved::OwnName).ok_or_else(|| self.unknown(source))
    }

    fn answers_of_others(&self, forms: &Forms) -> Vec<(&'static str, TypeName)> {
        let answer = |map: &&BuiltIn| Some((map.name, forms.find_in(&map.entries)?));
        self.others.iter().filter_map(answer).collect()
    }

    /// The dump's map's entries for types of these words.
    pub(super) fn of_words<'m>(&'m self, words: &'m str) -> impl Iterator<Item = (&'m Spelling, &'m str)> {
        let base = self.base.iter().flat_map(move |base| base.entries.of_words(words));
        self.own.of_words(words).chain(base)
    }

    /// Whether the dump's map has types of these words, of which none is this one in PostgreSQL, whatever its numbers.
    fn contradicts(&self, forms: &Forms, answer: &TypeName) -> bool {
        let Some(words) = forms.words() else { return false };
        let mut same =
            self.of_words(words).map(|(_, known)| target::is_same(known, answer.as_str())).peekable();
        same.peek().is_some() && !same.any(|same| same)
    }
}

#[cfg(test)]
mod tests {
    use super::super::entries::Entry;
    use super::*;

    fn built_in(name: &str) -> TypeMap {
        TypeMap::built_in(name, "*").unwrap().unwrap()
    }

    fn inline(pairs: &[(&'static str, &'static str)]) -> TypeMap {
        let entries = pairs.iter().map(|(source, target)| Entry::Type(source, target));
        TypeMap::inline("xport_cfg.dialects[0].types", entries).unwrap()
    }

    fn resolved(map: &str, source: &str) -> String {
        text(built_in(map).resolve(source, None))
    }

    /// The type; in brackets where no map has it; or the message.
    fn text(resolved: Result<Resolved>) -> String {
        match resolved {
            Ok(Resolved::Mapped(type_name)) => type_name.to_string(),
            Ok(Resolved::OwnName(type_name)) => format!("[{type_name}]"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn parameters_reach_the_target_and_the_most_exact_key_wins() {
        for (map, source, expected) in [
            ("mssql", "VarChar(255)", "varchar(255)"),
            ("mssql", "nvarchar( MAX )", "text"),
            ("mssql", "Decimal(10, 2)", "numeric(10,2)"),
            ("mssql", "BIT", "boolean"),
            ("mysql", "tinyint(1)", "boolean"),
            ("mysql", "tinyint(4)", "smallint"),
            ("mysql", "INT(10)  UNSIGNED", "bigint"),
            ("mysql", "int(10) unsigned zerofill", "bigint"),
            ("mysql", "enum('a)','b')", "text"),
            ("mysql", "varchar(4294967295)", "text"),
        ] {
            assert_eq!(resolved(map, source), expected, "{map}: {source}");
        }
    }

    #[test]
    fn bare_names_and_attributes_are_known_to_both_maps() {
        for (source, expected) in [
            ("varchar", "text"),
            ("nvarchar", "text"),
            ("char varying", "text"),
            ("char varying(20)", "varchar(20)"),
            ("character varying", "text"),
            ("char", "text"),
            ("bool", "boolean"),
            ("boolean", "boolean"),
            ("bit", "boolean"),
            ("decimal", "numeric"),
            ("numeric", "numeric"),
            ("dec(10)", "numeric(10)"),
            ("datetime", "timestamp"),
            ("int identity", "integer"),
            ("int identity(1,1)", "integer"),
            ("numeric() identity", "numeric"),
            ("numeric(18,0) identity", "numeric(18,0)"),
            ("[nvarchar](50)", "varchar(50)"),
            ("`int` NOT NULL", "integer"),
            ("varchar(20) character set latin1", "varchar(20)"),
        ] {
            assert_eq!(resolved("mssql", source), expected, "mssql: {source}");
            assert_eq!(resolved("mysql", source), expected, "mysql: {source}");
        }
    }

    #[test]
    fn what_the_other_map_knows_is_taken_unless_it_contradicts() {
        for (map, source, expected) in [
            ("mysql", "uniqueidentifier", "uuid"),
            ("mysql", "datetime2(7)", "timestamp"),
            ("mysql", "varchar(max)", "text"),
            ("mssql", "mediumtext", "text"),
            ("mssql", "int(11)", "integer"),
            ("mssql", "datetime(3)", "timestamp(3)"),
            ("mssql", "int(10) unsigned", "bigint"),
            ("mssql", "NUMBER(10,2)", "numeric(10,2)"),
            // The dump's own map comes first, whatever the other one says.
            ("mssql", "timestamp", "bytea"),
            ("mysql", "timestamp", "timestamp"),
            ("mssql", "tinyint(1)", "smallint"),
            ("mysql", "tinyint(1)", "boolean"),
            ("mssql", "real", "real"),
            ("mysql", "real", "double precision"),
        ] {
            assert_eq!(resolved(map, source), expected, "{map}: {source}");
        }
        assert_eq!(
            resolved("mssql", "bit(8)"),
            "type map mssql does not know the type `bit(8)`; mysql has it as bit(8), which contradicts mssql: it has \
             `bit` as boolean; add it in xport_cfg.dialects, with the PostgreSQL type that fits: \
             {match: '*', types: {extends: mssql, 'bit(8)': bit(8)}}"
        );
        assert!(
            resolved("mssql", "timestamp(6)").contains("mysql has it as timestamp(6), which contradicts")
        );
        let own = inline(&[("number(p)", "numeric(p)")]);
        assert_eq!(text(own.resolve("number(10,2)", None)), "numeric(10,2)");
        assert_eq!(
            text(own.resolve("float", None)),
            "type map xport_cfg.dialects[0].types does not know the type `float`, which is double precision in mssql and \
             real in mysql; add it there, with the PostgreSQL type that fits: 'float': double precision"
        );
    }

    #[test]
    fn what_no_map_knows_may_be_postgresql_s() {
        for (source, expected) in [
            ("citext", "[citext]"),
            ("timestamptz", "[timestamptz]"),
            ("timestamp(3) without time zone", "[timestamp(3) without time zone]"),
            ("integer[] NOT NULL", "[integer[]]"),
            ("public.mood", "[public.mood]"),
            ("\"mood\"", "[mood]"),
            ("Name", "Name is none"),
        ] {
            let found = resolved("mssql", source);
            let is_unknown = found.contains("does not know the type") && expected.ends_with("is none");
            assert!(found == expected || is_unknown, "{source}: {found}");
        }
    }

    #[test]
    fn entries_of_ones_own_come_before_those_that_they_add_to() {
        let map = inline(&[("extends", "mysql"), ("tinyint(*)", "int"), ("geometry", "bytea")]);
        for (source, expected) in [
            ("tinyint(1)", "int"),
            ("geometry", "bytea"),
            ("bigint(20)", "bigint"),
            ("money", "numeric(19,4)"),
        ] {
            assert_eq!(text(map.resolve(source, None)), expected, "{source}");
        }
    }

    #[test]
    fn numbers_that_stand_elsewhere_count_where_a_map_takes_them() {
        let resolve = |map: &str, source, bare| text(built_in(map).resolve(source, Some(bare)));
        assert_eq!(resolve("mssql", "decimal(12,4)", "decimal"), "numeric(12,4)");
        assert_eq!(resolve("mssql", "datetime(3)", "datetime"), "timestamp");
        assert_eq!(resolve("mssql", "bit(1)", "bit"), "boolean");
        assert_eq!(resolve("mysql", "varchar(max)", "varchar"), "text");
    }
}

//! What a filter compares: a column, or a value within a JSON document.

use super::operator::Operator;
use super::quoted;
use crate::pg::ident::quote;
use crate::serve::database::statement::Statement;
use crate::serve::tables::table::{Column, Relation};

/// What is compared.
#[derive(Debug)]
pub enum Operand<'r> {
    /// A column.
    Column(&'r Column),
    /// A value within a column.
    Json {
        /// The column; one of another type than JSON counts as the JSON that answers have for it.
        column: &'r Column,
        /// The keys and indexes that lead to the value.
        path: Vec<String>,
        /// The type as which the value is compared: `text` or `jsonb`.
        kind: &'static str,
    },
}

/// The name of a filter.
#[derive(Debug)]
pub struct Filter<'r> {
    /// What is compared.
    pub operand: Operand<'r>,
    /// By what.
    pub operator: Operator,
    /// Whether the comparison must not hold.
    pub negated: bool,
}

/// Reads the name of a filter, such as `age.gte`, `name.not.like` or `doc->a->>b.eq`; none if there is no such column or operator.
/// A column of the whole name comes first.
pub fn read<'r>(relation: &'r Relation, name: &str) -> Option<Filter<'r>> {
    if let Some(column) = relation.column(name) {
        return Some(Filter {
            operand: Operand::Column(column),
            operator: Operator::Compare("="),
            negated: false,
        });
    }
    let arrows = name.match_indices("->").map(|(at, _)| at);
    let document = arrows.filter_map(|at| Some((relation.column(&name[..at])?, &name[at..]))).next();
    if let Some((column, path)) = document {
        return of_document(column, path);
    }
    let (left, operator, negated) = operator(name)?;
    let operand = Operand::Column(relation.column(left)?);
    Some(Filter { operand, operator, negated })
}

/// Splits `.gte` or `.not.gte` off the end of a name.
fn operator(name: &str) -> Option<(&str, Operator, bool)> {
    let (left, operator) = name.rsplit_once('.')?;
    let operator = Operator::of(operator)?;
    Some(match left.strip_suffix(".not") {
        Some(left) => (left, operator, true),
        None => (left, operator, false),
    })
}

/// Reads `->key->>"other key".operator`.
fn of_document<'r>(column: &'r Column, text: &str) -> Option<Filter<'r>> {
    let mut path = Vec::new();
    let mut rest = text;
    loop {
        let (kind, key) = match rest.strip_prefix("->>") {
            Some(key) => ("text", key),
            None => ("jsonb", rest.strip_prefix("->")?),
        };
        let filter = |path: Vec<String>, operator: Operator, negated: bool| {
            Some(Filter { operand: Operand::Json { column, path, kind }, operator, negated })
        };
        if let Some((key, behind)) = quoted::value(key) {
            path.push(key);
            if behind.is_empty() {
                return filter(path, Operator::Compare("="), false);
            }
            if behind.starts_with('.') {
                let (left, operator, negated) = operator(behind)?;
                return left.is_empty().then(|| filter(path, operator, negated))?;
            }
            rest = behind;
        } else if let Some(at) = key.find("->") {
            path.push(key[..at].to_owned());
            rest = &key[at..];
        } else {
            // A key with a dot stands in quotes, or has its operator.
            let (key, operator, negated) = match key.contains('.') {
                true => operator(key)?,
                false => (key, Operator::Compare("="), false),
            };
            path.push(key.to_owned());
            return filter(path, operator, negated);
        }
        if kind == "text" {
            // Behind a text there is no way further into the document.
            return None;
        }
    }
}

impl Operand<'_> {
    /// As SQL, of a row of alias `t`.
    pub fn sql(&self, statement: &mut Statement) -> String {
        let (column, path, kind) = match self {
            Operand::Column(column) => return format!("t.{}", quote(&column.name)),
            Operand::Json { column, path, kind } => (column, path, kind),
        };
        let name = format!("t.{}", quote(&column.name));
        let mut sql = match column.plain_type.as_str() {
            "json" | "jsonb" => name,
            _ => format!("to_jsonb({name})"),
        };
        for (at, key) in path.iter().enumerate() {
            let is_text = *kind == "text" && at + 1 == path.len();
            let number = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_digit());
            let key = statement.value(key.clone());
            // The operator of paths takes a number for an index in an array, and for a key in an object.
            sql = match (number, is_text) {
                (false, false) => format!("{sql} -> {key}::text"),
                (false, true) => format!("{sql} ->> {key}::text"),
                (true, false) => format!("{sql} #> ARRAY[{key}::text]"),
                (true, true) => format!("{sql} #>> ARRAY[{key}::text]"),
            };
        }
        // json has no comparisons of its own.
        if *kind == "jsonb" && column.plain_type == "json" {
            format!("({sql})::jsonb")
        } else {
            format!("({sql})")
        }
    }
}

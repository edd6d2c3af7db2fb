//! One condition of a filter as SQL.

use super::operand::{self, Operand};
use super::operator::Operator;
use super::quoted;
use crate::serve::answer::problem::Problem;
use crate::serve::database::statement::Statement;
use crate::serve::query::array;
use crate::serve::tables::table::Relation;

/// The most values of a list for a column whose type has no array; each makes a comparison.
const MOST_COMPARED: usize = 100;

/// One condition: `column=value`, `column.gte=value`, `column.not.in=a,b`, `column.null=true`, `column->>key=value`.
///
/// # Errors
/// A name of no column or operator, a value that cannot be understood.
pub fn condition(
    statement: &mut Statement,
    relation: &Relation,
    name: &str,
    value: &str,
) -> Result<String, Problem> {
    let Some(filter) = operand::read(relation, name) else {
        let detail = format!("there is no column or parameter {name:?}");
        return Err(Problem::bad(name, detail).unknown_name());
    };
    let operand = filter.operand.sql(statement);
    let condition = match filter.operator {
        Operator::Null => match value {
            "true" => format!("{operand} IS NULL"),
            "false" => format!("{operand} IS NOT NULL"),
            _ => return Err(Problem::bad(name, "write true or false")),
        },
        Operator::Compare(sign) => compare(statement, relation, &filter.operand, &operand, sign, value),
        Operator::Match(sign) => {
            compare(statement, relation, &filter.operand, &operand, sign, &pattern(value))
        }
        Operator::In => {
            let Some(values) = quoted::list(value) else {
                return Err(Problem::bad(
                    name,
                    "a double quote in a list has another one at the end of its value",
                ));
            };
            one_of(statement, relation, &filter.operand, &operand, &values).ok_or_else(|| {
                Problem::bad(name, format!("a list for this column has {MOST_COMPARED} values at most"))
            })?
        }
    };
    Ok(if filter.negated { format!("NOT ({condition})") } else { condition })
}

fn compare(
    statement: &mut Statement,
    relation: &Relation,
    operand: &Operand<'_>,
    sql: &str,
    sign: &str,
    value: &str,
) -> String {
    match operand {
        Operand::Column(column) => {
            let sign = relation.comparison(&column.name, sign);
            format!("{sql} {sign} {}", statement.value_of(&column.name, value))
        }
        Operand::Json { kind, .. } => format!("{sql} {sign} {}::{kind}", statement.value(value)),
    }
}

/// The condition that it is one of these values; none if these are too many.
fn one_of(
    statement: &mut Statement,
    relation: &Relation,
    operand: &Operand<'_>,
    sql: &str,
    values: &[String],
) -> Option<String> {
    match operand {
        // There is no array of arrays.
        Operand::Column(column) if column.category == "A" => {
            let each = values.iter().map(|value| compare(statement, relation, operand, sql, "=", value));
            let parts: Vec<String> = each.collect();
            match parts.len() {
                0 => Some("false".to_owned()),
                1..=MOST_COMPARED => Some(format!("({})", parts.join(" OR "))),
                _ => None,
            }
        }
        Operand::Column(column) => {
            let equals = relation.comparison(&column.name, "=");
            Some(format!(
                "{sql} {equals} ANY ({})",
                statement.values_of(&column.name, array::literal(values))
            ))
        }
        Operand::Json { kind, .. } => {
            Some(format!("{sql} = ANY ({}::{kind}[])", statement.value(array::literal(values))))
        }
    }
}

/// A pattern of `LIKE`: `*` means `%`, which can stand in an address as it is; `\*` is a star.
fn pattern(value: &str) -> String {
    let mut pattern = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match c {
            '*' => pattern.push('%'),
            '\\' => match chars.next() {
                Some('*') => pattern.push('*'),
                other => {
                    pattern.push('\\');
                    pattern.extend(other);
                }
            },
            other => pattern.push(other),
        }
    }
    pattern
}

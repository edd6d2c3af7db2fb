//! `GET /{table}/`: filters, order and position of a list of rows.

use super::address::{Pair, take_one};
use crate::pg::ident::quote;
use crate::serve::answer::problem::Problem;
use crate::serve::database::statement::Statement;
use crate::serve::tables::table::{Relation, Table, VERSION_TABLE};
use serde_json::Value;

/// Rows of a list if the request names no number.
const DEFAULT_TAKE: u64 = 20;
/// The most rows of a list.
pub const MOST_TAKE: u64 = 1000;
/// Comparisons, as they are written behind a column's name.
pub const COMPARISONS: [(&str, &str); 6] =
    [("eq", "="), ("ne", "<>"), ("gt", ">"), ("gte", ">="), ("lt", "<"), ("lte", "<=")];

/// A column to order by.
#[derive(Debug, PartialEq, Eq)]
struct Order {
    column: String,
    descending: bool,
}

/// The statement for a list.
///
/// # Errors
/// A parameter that cannot be understood, with its name.
pub fn select(table: &Table, relation: &Relation, mut pairs: Vec<Pair>) -> Result<Statement, Problem> {
    let skip = number(&mut pairs, "skip", 0, i64::MAX.unsigned_abs())?;
    let take = number(&mut pairs, "take", DEFAULT_TAKE, MOST_TAKE)?;
    let order = order(take_one(&mut pairs, "order")?, table, relation)?;
    let after = take_one(&mut pairs, "after")?;

    let mut statement = Statement::default();
    statement.add("SELECT row_to_json(r.*)::text FROM (SELECT ");
    statement.add(&relation.select_list);
    statement.add(&format!(" FROM {} AS t", relation.name));
    let mut conditions = Vec::new();
    for pair in &pairs {
        conditions.push(filter(&mut statement, relation, pair)?);
    }
    if let Some(after) = after {
        conditions.push(keyset(&mut statement, table, relation, &order, &after)?);
    }
    if !conditions.is_empty() {
        statement.add(&format!(" WHERE {}", conditions.join(" AND ")));
    }
    statement.add(&format!(" ORDER BY {}", order_clause(&order, relation)));
    let take = statement.value(take.to_string());
    statement.add(&format!(" LIMIT {take}::int8"));
    if skip > 0 {
        let skip = statement.value(skip.to_string());
        statement.add(&format!(" OFFSET {skip}::int8"));
    }
    statement.add(") AS r");
    Ok(statement)
}

fn number(pairs: &mut Vec<Pair>, name: &str, default: u64, most: u64) -> Result<u64, Problem> {
    match take_one(pairs, name)? {
        None => Ok(default),
        Some(text) => match text.parse() {
            Ok(number) if number <= most && text.bytes().all(|byte| byte.is_ascii_digit()) => Ok(number),
            _ => Err(Problem::bad(name, format!("{name} is a whole number from 0 to {most}"))),
        },
    }
}

/// `a,-b`: by `a`, then by `b` with the largest first. The key comes last, which makes the order complete.
fn order(text: Option<String>, table: &Table, relation: &Relation) -> Result<Vec<Order>, Problem> {
    let mut order: Vec<Order> = Vec::new();
    for word in text.iter().flat_map(|text| text.split(',')) {
        let (column, descending) = match (relation.column(word), word.strip_prefix('-')) {
            (None, Some(column)) => (column, true),
            _ => (word, false),
        };
        if relation.column(column).is_none() {
            return Err(
                Problem::bad("order", format!("there is no column {column:?} to order by")).unknown_name()
            );
        }
        if order.iter().any(|earlier| earlier.column == column) {
            return Err(Problem::bad("order", format!("column {column:?} stands here twice")));
        }
        order.push(Order { column: column.to_owned(), descending });
    }
    for column in &table.settings.key {
        if order.iter().all(|earlier| earlier.column != *column) {
            order.push(Order { column: column.clone(), descending: false });
        }
    }
    Ok(order)
}

fn order_clause(order: &[Order], relation: &Relation) -> String {
    let mut parts: Vec<String> = order
        .iter()
        .map(|part| format!("t.{}{}", quote(&part.column), if part.descending { " DESC" } else { "" }))
        .collect();
    if relation.is_mother {
        parts.push("t.tableoid".to_owned());
    }
    parts.join(", ")
}

/// `column=value`, `column.gte=value` and so on, `column.null=true`.
fn filter(statement: &mut Statement, relation: &Relation, pair: &Pair) -> Result<String, Problem> {
    let (column, operator) = match (relation.column(&pair.name), pair.name.rsplit_once('.')) {
        (Some(column), _) => (column, "eq"),
        (None, Some((name, operator))) => match relation.column(name) {
            Some(column) => (column, operator),
            None => return Err(unknown(&pair.name)),
        },
        (None, None) => return Err(unknown(&pair.name)),
    };
    let name = quote(&column.name);
    if operator == "null" {
        return match pair.value.as_str() {
            "true" => Ok(format!("t.{name} IS NULL")),
            "false" => Ok(format!("t.{name} IS NOT NULL")),
            _ => Err(Problem::bad(&pair.name, "write true or false")),
        };
    }
    let Some((_, sql)) = COMPARISONS.iter().find(|(known, _)| *known == operator) else {
        return Err(unknown(&pair.name));
    };
    let value = statement.value_of(&column.name, &pair.value);
    Ok(format!("t.{name} {} {value}", relation.comparison(&column.name, sql)))
}

fn unknown(name: &str) -> Problem {
    Problem::bad(name, format!("there is no column or parameter {name:?}")).unknown_name()
}

/// Rows after the row with these values in the columns of the order. NULL comes last, or first in a descending order.
fn keyset(
    statement: &mut Statement,
    table: &Table,
    relation: &Relation,
    order: &[Order],
    after: &str,
) -> Result<String, Problem> {
    let values = after_values(after, order.len() + usize::from(relation.is_mother))?;
    let mut condition = match relation.is_mother {
        false => "false".to_owned(),
        true => {
            let version = values.last().and_then(Option::as_deref).unwrap_or_default();
            let Some(version) = known_version(table, version) else {
                return Err(Problem::bad("after", format!("the last value is the row's {VERSION_TABLE}")));
            };
            format!("t.tableoid > to_regclass({})::oid", statement.value(version))
        }
    };
    // From the last column to the first: after the row in this column, or equal in it and after the row in the next columns.
    for (part, value) in order.iter().zip(&values).rev() {
        let name = format!("t.{}", quote(&part.column));
        let nullable = relation.column(&part.column).is_some_and(|column| !column.not_null);
        let Some(value) = value else {
            let beyond = if part.descending { format!("{name} IS NOT NULL OR ") } else { String::new() };
            condition = format!("({beyond}{name} IS NULL AND {condition})");
            continue;
        };
        let value = statement.value_of(&part.column, value);
        let nulls = if nullable && !part.descending { format!(" OR {name} IS NULL") } else { String::new() };
        let sign = relation.comparison(&part.column, if part.descending { "<" } else { ">" });
        let equals = relation.comparison(&part.column, "=");
        condition = match condition.as_str() {
            "false" => format!("({name} {sign} {value}{nulls})"),
            rest => format!("({name} {sign} {value}{nulls} OR {name} {equals} {value} AND {rest})"),
        };
    }
    Ok(condition)
}

/// The quoted name of a version table, or of the mother itself.
fn known_version(table: &Table, name: &str) -> Option<String> {
    let all = std::iter::once(&table.relation).chain(table.versions.iter().map(|version| &version.relation));
    all.map(|relation| &relation.name).find(|known| known.name() == name).map(ToString::to_string)
}

/// One value as it is, or several as a JSON array.
fn after_values(text: &str, count: usize) -> Result<Vec<Option<String>>, Problem> {
    if count == 1 && !text.starts_with('[') {
        return Ok(vec![Some(text.to_owned())]);
    }
    let wrong = || {
        let detail = format!("write a JSON array of the {count} values of the last row that the order names");
        Problem::bad("after", detail)
    };
    let values: Vec<&serde_json::value::RawValue> = serde_json::from_str(text).map_err(|_| wrong())?;
    if values.len() != count {
        return Err(wrong());
    }
    let text_of = |raw: &serde_json::value::RawValue| match serde_json::from_str(raw.get()) {
        Ok(Value::Null) => Ok(None),
        Ok(Value::String(text)) if text.contains('\0') => Err(wrong()),
        Ok(Value::String(text)) => Ok(Some(text)),
        // As it is written: numbers keep all their digits.
        Ok(_) => Ok(Some(raw.get().to_owned())),
        Err(_) => Err(wrong()),
    };
    values.into_iter().map(text_of).collect()
}

#[cfg(test)]
mod tests {
    use super::super::address;
    use super::*;
    use crate::config::Verb;
    use crate::serve::settings::TableSettings;
    use crate::serve::tables::table::Described;

    fn table() -> Table {
        let column = |name: &str, not_null: bool| {
            serde_json::json!({"name": name, "type": "text", "plain_type": "text", "category": "S",
                               "not_null": not_null, "computed": false, "optional": true})
        };
        let described: Described = serde_json::from_value(serde_json::json!({
            "asked": "t", "child": false, "schema": "s", "name": "t\"", "kind": "r", "unique": [["id"]],
            "columns": [column("id", true), column("a\"b", false), column("c.d", true)],
        }))
        .unwrap();
        let settings = TableSettings {
            path: "t".into(),
            quoted: "\"t\"".into(),
            key: vec!["id".into()],
            verbs: vec![Verb::Get],
            write: None,
        };
        Table { relation: Relation::new(described, &settings, false), versions: Vec::new(), settings }
    }

    fn sql(text: &str) -> Result<(String, Vec<Option<String>>), Problem> {
        let table = table();
        let statement = select(&table, &table.relation, address::pairs(text)?)?;
        let (_, from) = statement.sql.split_once(" FROM \"s\".\"t\"\"\" AS t ").unwrap();
        Ok((from.to_owned(), statement.parameters.into_iter().map(|parameter| parameter.value).collect()))
    }

    #[test]
    fn values_are_parameters_and_names_are_the_catalogs() {
        let (sql, values) = sql("a%22b=x%27&c.d.gte=1&id.null=false&skip=5").unwrap();
        assert_eq!(
            sql,
            "WHERE t.\"a\"\"b\" = $1 AND t.\"c.d\" >= $2 AND t.\"id\" IS NOT NULL ORDER BY t.\"id\" \
             LIMIT $3::int8 OFFSET $4::int8) AS r"
        );
        assert_eq!(values, ["x'", "1", "20", "5"].map(|value| Some(value.to_owned())));
    }

    #[test]
    fn after_is_behind_in_the_order() {
        let (plain, values) = sql("after=7").unwrap();
        assert!(plain.starts_with("WHERE (t.\"id\" > $1) ORDER BY"), "{plain}");
        assert_eq!(values[0].as_deref(), Some("7"));
        let (two, _) = sql("order=a%22b&after=[\"x\",7]").unwrap();
        assert!(
            two.starts_with(
                "WHERE (t.\"a\"\"b\" > $2 OR t.\"a\"\"b\" IS NULL OR t.\"a\"\"b\" = $2 AND (t.\"id\" > $1)) ORDER"
            ),
            "{two}"
        );
        let (null, _) = sql("order=-a%22b&after=[null,12345678901234567890123]").unwrap();
        let expected = "WHERE (t.\"a\"\"b\" IS NOT NULL OR t.\"a\"\"b\" IS NULL AND (t.\"id\" > $1)) ORDER BY t.\"a\"\"b\" DESC, t.\"id\"";
        assert!(null.starts_with(expected), "{null}");
    }

    #[test]
    fn what_is_not_known_is_named() {
        for (text, name) in [
            ("nope=1", "nope"),
            ("id.like=1", "id.like"),
            ("id.null=x", "id.null"),
            ("take=1001", "take"),
            ("take=-1", "take"),
            ("take=+1", "take"),
            ("skip=x", "skip"),
            ("order=nope", "order"),
            ("order=id,-id", "order"),
            ("after=[1,2]", "after"),
            ("order=c.d&after=7", "after"),
        ] {
            assert_eq!(sql(text).unwrap_err().column.as_deref(), Some(name), "{text}");
        }
    }
}

//! `GET /{table}/`: filters, order and position of a list of rows, and how many there are.

use super::address::{Pair, take_one};
use super::{filter, order};
use crate::pg::ident::quote;
use crate::serve::answer::problem::Problem;
use crate::serve::database::statement::Statement;
use crate::serve::tables::table::{Relation, Table};

pub use crate::serve::database::rows::Form;

/// Rows of a list if the request names no number.
const DEFAULT_TAKE: u64 = 20;
/// The most rows of a list.
pub const MOST_TAKE: u64 = 1000;
/// Parameters of a list; a column of one of these names is filtered by `name.eq=`.
pub const PARAMETERS: [&str; 8] = ["skip", "take", "order", "after", "count", "or", "and", "version"];

/// How the rows of all pages are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// By reading them.
    Exact,
    /// As the planner estimates their number.
    Estimated,
}

/// What a list asks the database.
#[derive(Debug)]
pub struct List {
    /// The statement for the rows.
    pub rows: Statement,
    /// The statement that counts the rows of all pages, if the request asks for that.
    pub count: Option<(Count, Statement)>,
}

/// The statements for a list.
///
/// # Errors
/// A parameter that cannot be understood, with its name.
pub fn select(table: &Table, relation: &Relation, mut pairs: Vec<Pair>, form: Form) -> Result<List, Problem> {
    let skip = number(&mut pairs, "skip", 0, i64::MAX.unsigned_abs())?;
    let take = number(&mut pairs, "take", DEFAULT_TAKE, MOST_TAKE)?;
    let order = order::take(&mut pairs, table, relation)?;
    let after = take_one(&mut pairs, "after")?;
    let count = count(take_one(&mut pairs, "count")?)?;

    let mut statement = Statement::default();
    let mut conditions = filter::conditions(&mut statement, relation, &pairs)?;
    let count = count.map(|count| (count, counting(count, relation, &conditions, &statement)));
    if let Some(after) = after {
        conditions.push(order::keyset(&mut statement, table, relation, &order, &after)?);
    }
    statement.add(&format!(
        "SELECT {} FROM (SELECT {} FROM {} AS t{}",
        values(relation, form),
        relation.select_list,
        relation.name,
        clause(&conditions)
    ));
    statement.add(&format!(" ORDER BY {}", order::clause(&order, relation)));
    let take = statement.value(take.to_string());
    statement.add(&format!(" LIMIT {take}::int8"));
    if skip > 0 {
        let skip = statement.value(skip.to_string());
        statement.add(&format!(" OFFSET {skip}::int8"));
    }
    statement.add(") AS r");
    Ok(List { rows: statement, count })
}

/// What is selected of the rows of alias `r`: a JSON text, or a text for each column.
fn values(relation: &Relation, form: Form) -> String {
    if form == Form::Json {
        return "row_to_json(r.*)::text".to_owned();
    }
    let text = |name: &String| {
        let value = format!("r.{}", quote(name));
        match relation.column(name) {
            // A cast to text would drop the blanks at its end.
            Some(column) if column.plain_type == "character" => format!("textin(bpcharout({value}))"),
            _ => format!("{value}::text"),
        }
    };
    relation.answered_columns().iter().map(text).collect::<Vec<_>>().join(", ")
}

fn counting(count: Count, relation: &Relation, conditions: &[String], filters: &Statement) -> Statement {
    let from = format!("FROM {} AS t{}", relation.name, clause(conditions));
    let sql = match count {
        Count::Exact => format!("SELECT count(*)::text {from}"),
        Count::Estimated => format!("EXPLAIN SELECT {from}"),
    };
    Statement { sql, parameters: filters.parameters.clone() }
}

fn clause(conditions: &[String]) -> String {
    if conditions.is_empty() { String::new() } else { format!(" WHERE {}", conditions.join(" AND ")) }
}

fn count(text: Option<String>) -> Result<Option<Count>, Problem> {
    match text.as_deref() {
        None => Ok(None),
        Some("exact") => Ok(Some(Count::Exact)),
        Some("estimated") => Ok(Some(Count::Estimated)),
        Some(_) => Err(Problem::bad("count", "write exact or estimated")),
    }
}

/// The number of rows in a line of `EXPLAIN`.
pub fn estimate(line: &str) -> Option<u64> {
    let (_, behind) = line.split_once("rows=")?;
    behind.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
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
        let statement = select(&table, &table.relation, address::pairs(text)?, Form::Json)?.rows;
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
    fn filters_become_conditions() {
        for (text, condition, expected) in [
            ("id.in=1,3", "t.\"id\" = ANY ($1)", &["{\"1\",\"3\"}"][..]),
            ("id.not.in=()", "NOT (t.\"id\" = ANY ($1))", &["{}"]),
            ("id.like=A*\\*%25", "t.\"id\" ~~ $1", &["A%*%"]),
            ("id.not.ilike=*%5C%5C", "NOT (t.\"id\" ~~* $1)", &["%\\\\"]),
            ("id.not.null=true", "NOT (t.\"id\" IS NULL)", &[]),
            ("or=(id=1,c.d.gt=2)", "(t.\"id\" = $1 OR t.\"c.d\" > $2)", &["1", "2"]),
            (
                "or=(id.in=(1,\"2)\"),not.and=(\"c.d\"=\"a,b\",id=f(x)))",
                "(t.\"id\" = ANY ($1) OR NOT (t.\"c.d\" = $2 AND t.\"id\" = $3))",
                &["{\"1\",\"2)\"}", "a,b", "f(x)"],
            ),
            ("id->>x=1", "(to_jsonb(t.\"id\") ->> $1::text) = $2::text", &["x", "1"]),
            (
                "id->a.b->0->>\"c.d\".not.like=*",
                "NOT ((to_jsonb(t.\"id\") -> $1::text #> ARRAY[$2::text] ->> $3::text) ~~ $4::text)",
                &["a.b", "0", "c.d", "%"],
            ),
            ("c.d->1.gte=5", "(to_jsonb(t.\"c.d\") #> ARRAY[$1::text]) >= $2::jsonb", &["1", "5"]),
        ] {
            let (sql, values) = sql(text).unwrap();
            assert!(sql.starts_with(&format!("WHERE {condition} ORDER")), "{text}: {sql}");
            let values: Vec<&str> = values.iter().flatten().map(String::as_str).collect();
            assert_eq!(&values[..values.len() - 1], expected, "{text}");
        }
        let deep = |depth: usize| format!("or={}id=1{}", "(or=".repeat(depth) + "(", ")".repeat(depth + 1));
        assert!(sql(&deep(9)).is_ok());
        assert!(sql(&deep(10)).unwrap_err().detail.contains("10"));
        let many = |count: usize| format!("or=({})", vec!["id=1"; count].join(","));
        assert!(sql(&many(100)).is_ok());
        assert!(sql(&many(101)).unwrap_err().detail.contains("100"));
        assert!(sql(&format!("{}&{}", many(60), many(60))).is_err());
    }

    #[test]
    fn an_estimate_is_read_from_a_plan() {
        assert_eq!(estimate("Seq Scan on items t  (cost=0.00..22.70 rows=1270 width=0)"), Some(1270));
        assert_eq!(estimate("nothing"), None);
    }

    #[test]
    fn what_is_not_known_is_named() {
        for (text, name) in [
            ("nope=1", "nope"),
            ("id.lik=1", "id.lik"),
            ("id.null=x", "id.null"),
            ("take=1001", "take"),
            ("take=-1", "take"),
            ("take=+1", "take"),
            ("skip=x", "skip"),
            ("order=nope", "order"),
            ("order=id,-id", "order"),
            ("after=[1,2]", "after"),
            ("order=c.d&after=7", "after"),
            ("count=all", "count"),
            ("id.in=\"a\"b", "id.in"),
            ("or=id=1", "or"),
            ("or=(id=1", "or"),
            ("or=(id=1)x", "or"),
            ("or=()", "or"),
            ("or=(id)", "or"),
            ("or=(nope=1)", "nope"),
            ("not.and=(id=1,or=(a%22b.gt=1,id.null=x))", "id.null"),
        ] {
            assert_eq!(sql(text).unwrap_err().column.as_deref(), Some(name), "{text}");
        }
    }
}

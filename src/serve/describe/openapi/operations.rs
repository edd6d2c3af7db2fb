//! The methods on a table and on its rows: parameters, bodies and answers.

use super::schema::{filter_schema, reference, writable};
use crate::config::Verb;
use crate::serve::answer::problem::PROBLEM_JSON;
use crate::serve::query::list::{COMPARISONS, MOST_TAKE};
use crate::serve::tables::table::Table;
use serde_json::{Map, Value, json};

/// The most columns whose filters are described. The filters of other columns work, too.
const MOST_DESCRIBED: usize = 40;

/// The methods on a table, or on a row of it.
pub fn methods(table: &Table, on_row: bool) -> Map<String, Value> {
    let name = &table.settings.path;
    let mut methods = Map::new();
    let mut add = |verb: Verb, method: &str, operation: fn(&Table) -> Value| {
        if table.grants(verb) {
            let mut operation = operation(table);
            operation["operationId"] = format!("{method} {name}{}", if on_row { " row" } else { "" }).into();
            operation["tags"] = json!([name]);
            methods.insert(method.to_owned(), operation);
        }
    };
    if on_row {
        add(Verb::Get, "get", get_row);
        add(Verb::Put, "put", put);
        add(Verb::Patch, "patch", patch);
        add(Verb::Delete, "delete", delete);
    } else {
        add(Verb::Get, "get", list);
        add(Verb::Post, "post", post);
    }
    methods
}

fn list(table: &Table) -> Value {
    let mut parameters = vec![
        query("skip", json!({"type": "integer", "minimum": 0}), "rows to leave out at the beginning"),
        query(
            "take",
            json!({"type": "integer", "minimum": 0, "maximum": MOST_TAKE}),
            "rows at most; 20 by default",
        ),
        query(
            "order",
            json!({"type": "string"}),
            "columns to order by, with commas between them; -column has the largest first",
        ),
        query(
            "after",
            json!({"type": "string"}),
            "go on behind the row with this key; with order, a JSON array of its values",
        ),
    ];
    parameters.extend(version(table));
    for column in table.relation.columns.iter().take(MOST_DESCRIBED) {
        if ["skip", "take", "order", "after", "version"].contains(&column.name.as_str()) {
            continue;
        }
        let value = filter_schema(column);
        parameters.push(query(&column.name, value.clone(), "rows with this value"));
        for (name, sign) in COMPARISONS.iter().skip(1) {
            let description = format!("{sign} this value");
            parameters.push(query(&format!("{}.{name}", column.name), value.clone(), &description));
        }
        let is_null =
            query(&format!("{}.null", column.name), json!({"type": "boolean"}), "whether there is no value");
        parameters.push(is_null);
    }
    let rows = json!({"type": "array", "items": reference(table)});
    json!({
        "summary": "rows, in the order of the key unless another is asked for",
        "parameters": parameters,
        "responses": responses(&[("200", "the rows", Some(rows))], &["400"]),
    })
}

fn get_row(table: &Table) -> Value {
    json!({
        "summary": "the row with this key",
        "parameters": of_row(table),
        "responses": responses(&[("200", "the row", Some(reference(table)))], &["400", "404", "409"]),
    })
}

fn post(table: &Table) -> Value {
    let one = writable(table, true);
    let either = json!({"oneOf": [one, {"type": "array", "minItems": 1, "items": one}]});
    let created = json!({"oneOf": [reference(table), {"type": "array", "items": reference(table)}]});
    json!({
        "summary": "add a row, or many",
        "parameters": version(table),
        "requestBody": body(either),
        "responses": responses(&[("201", "the rows as they are now", Some(created))], &["400", "409", "413", "415", "422"]),
    })
}

fn put(table: &Table) -> Value {
    change(table, "replace the row: columns that the body lacks get their defaults", true)
}

fn patch(table: &Table) -> Value {
    change(table, "change columns of the row", false)
}

fn change(table: &Table, summary: &str, whole: bool) -> Value {
    json!({
        "summary": summary,
        "parameters": of_row(table),
        "requestBody": body(writable(table, whole)),
        "responses": responses(&[("200", "the row as it is now", Some(reference(table)))],
                               &["400", "404", "409", "413", "415", "422"]),
    })
}

fn delete(table: &Table) -> Value {
    json!({
        "summary": "delete the row",
        "parameters": of_row(table),
        "responses": responses(&[("204", "it is deleted", None)], &["400", "404", "409"]),
    })
}

fn of_row(table: &Table) -> Vec<Value> {
    let key = &table.settings.key;
    let (kind, description) = match &key[..] {
        [one] => {
            let column = table.relation.column(one);
            (column.map_or(json!({"type": "string"}), filter_schema), one.clone())
        }
        several => {
            (json!({"type": "string"}), format!("{}: values with commas between them", several.join(",")))
        }
    };
    let id =
        json!({"name": "id", "in": "path", "required": true, "schema": kind, "description": description});
    std::iter::once(id).chain(version(table)).collect()
}

fn version(table: &Table) -> Vec<Value> {
    let names: Vec<&str> = table.versions.iter().map(|version| version.relation.name.name()).collect();
    match names.is_empty() {
        true => Vec::new(),
        false => {
            let description = format!("rows of one version alone: its name, or {}", names.join(", "));
            vec![query("version", json!({"type": "string"}), &description)]
        }
    }
}

fn query(name: &str, schema: Value, description: &str) -> Value {
    json!({"name": name, "in": "query", "schema": schema, "description": description})
}

fn body(schema: Value) -> Value {
    json!({"required": true, "content": {"application/json": {"schema": schema}}})
}

fn responses(good: &[(&str, &str, Option<Value>)], bad: &[&str]) -> Value {
    let mut responses = Map::new();
    for (status, description, schema) in good {
        let mut response = json!({"description": description});
        if let Some(schema) = schema {
            response["content"] = json!({"application/json": {"schema": schema}});
        }
        responses.insert((*status).to_owned(), response);
    }
    // Any request may get these.
    for status in bad.iter().chain(&["401", "405", "429", "503"]) {
        let content = json!({PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}});
        responses.insert((*status).to_owned(), json!({"description": "a problem", "content": content}));
    }
    Value::Object(responses)
}

//! `GET /openapi.json`: what may be asked of the tables, by the OpenAPI Specification 3.1.

use super::snapshot::Tables;
use super::table::{Column, Table, VERSION_TABLE};
use crate::config::Verb;
use crate::serve::http::problem::PROBLEM_JSON;
use crate::serve::query::list::{COMPARISONS, MOST_TAKE};
use crate::serve::settings::Settings;
use serde_json::{Map, Value, json};

/// Columns with which filters are described one by one; the others can be used all the same.
const MOST_DESCRIBED: usize = 40;

/// The description of all tables.
pub fn document(settings: &Settings, tables: &Tables) -> Value {
    let mut paths = Map::new();
    let mut schemas = Map::new();
    schemas.insert("Problem".to_owned(), problem());
    let mut tags = Vec::new();
    for table in tables.all() {
        let name = &table.settings.path;
        tags.push(json!({"name": name}));
        schemas.insert(name.clone(), row_schema(table));
        let of_table = methods(table, false);
        if !of_table.is_empty() {
            paths.insert(format!("/{name}/"), Value::Object(of_table));
        }
        let of_row = methods(table, true);
        if !of_row.is_empty() {
            paths.insert(format!("/{name}/{{id}}/"), Value::Object(of_row));
        }
    }
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "pghaul serve",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "The tables of this service. Values are PostgreSQL's JSON: 64-bit numbers are exact, times are ISO 8601.",
        },
        "tags": tags,
        "paths": paths,
        "components": {"schemas": schemas},
    });
    if settings.token.is_some() {
        document["components"]["securitySchemes"] = json!({"token": {"type": "http", "scheme": "bearer"}});
        document["security"] = json!([{"token": []}]);
    }
    document
}

fn problem() -> Value {
    json!({
        "type": "object",
        "description": "What went wrong (RFC 9457)",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "column": {"type": "string", "description": "The column or parameter at fault"},
        },
    })
}

/// A row as it is answered.
fn row_schema(table: &Table) -> Value {
    let relation = &table.relation;
    let mut properties: Map<String, Value> =
        relation.columns.iter().map(|column| (column.name.clone(), schema(column, true))).collect();
    if relation.is_mother {
        let description = "the version table that the row is of";
        properties
            .entry(VERSION_TABLE)
            .or_insert_with(|| json!({"type": "string", "description": description}));
    }
    json!({"type": "object", "properties": properties})
}

/// A column's values. What is not certain to be of one JSON type is left open.
fn schema(column: &Column, answered: bool) -> Value {
    let mut schema = match column.plain_type.as_str() {
        "smallint" => json!({"type": "integer", "minimum": i16::MIN, "maximum": i16::MAX}),
        "integer" => json!({"type": "integer", "format": "int32", "minimum": i32::MIN, "maximum": i32::MAX}),
        "bigint" => json!({"type": "integer", "format": "int64", "minimum": i64::MIN, "maximum": i64::MAX}),
        "boolean" => json!({"type": "boolean"}),
        "uuid" => json!({"type": "string", "format": "uuid"}),
        "text" | "character varying" => json!({"type": "string"}),
        _ if column.category == "D" || column.category == "S" && answered => json!({"type": "string"}),
        _ => json!({}),
    };
    if !column.not_null
        && let Some(kind) = schema.get("type").cloned()
    {
        schema["type"] = json!([kind, "null"]);
    }
    schema["description"] = column.type_name.clone().into();
    schema
}

/// The methods on a table, or on a row of it.
fn methods(table: &Table, on_row: bool) -> Map<String, Value> {
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

/// A column's values in a query string.
fn filter_schema(column: &Column) -> Value {
    let mut value = schema(column, false);
    if let Some(kind) = value.get("type").and_then(|kind| kind.get(0)).cloned() {
        value["type"] = kind;
    }
    if value.get("type").is_none() {
        value["type"] = "string".into();
    }
    value
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

/// What a row may be written with.
fn writable(table: &Table, whole: bool) -> Value {
    let relation = &table.relation;
    let may_write = |column: &&Column| relation.writable.contains(&column.name);
    let columns: Vec<&Column> = relation.columns.iter().filter(may_write).collect();
    let properties: Map<String, Value> =
        columns.iter().map(|column| (column.name.clone(), schema(column, false))).collect();
    let needed: Vec<&str> = columns
        .iter()
        .filter(|column| whole && !column.optional)
        .map(|column| column.name.as_str())
        .collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": needed,
        "additionalProperties": false,
        "minProperties": usize::from(!whole),
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

fn reference(table: &Table) -> Value {
    // A pointer in a fragment of a URI (RFC 6901, section 6).
    let name = table.settings.path.replace('~', "~0");
    let encoded = percent_encoding::utf8_percent_encode(&name, percent_encoding::NON_ALPHANUMERIC);
    json!({"$ref": format!("#/components/schemas/{encoded}")})
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
    // What any request may meet.
    for status in bad.iter().chain(&["401", "405", "429", "503"]) {
        let content = json!({PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}});
        responses.insert((*status).to_owned(), json!({"description": "a problem", "content": content}));
    }
    Value::Object(responses)
}

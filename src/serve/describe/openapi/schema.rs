//! JSON schemas of rows, and of the values of columns.

use crate::serve::tables::table::{Column, Table, VERSION_TABLE};
use serde_json::{Map, Value, json};

/// A problem document.
pub fn problem() -> Value {
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

/// A row in an answer.
pub fn row_schema(table: &Table) -> Value {
    let relation = &table.relation;
    let mut properties: Map<String, Value> =
        relation.columns.iter().map(|column| (column.name.clone(), schema(column, true))).collect();
    if relation.is_mother {
        let description = "the version table that the row is of";
        properties
            .entry(VERSION_TABLE)
            .or_insert_with(|| json!({"type": "string", "description": description}));
    }
    let names: Vec<String> = properties.keys().cloned().collect();
    json!({"type": "object", "properties": properties, "required": names})
}

/// The values of a column. A type whose JSON form varies has an open schema.
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

/// The values of a column in a query string.
pub fn filter_schema(column: &Column) -> Value {
    let mut value = schema(column, false);
    if let Some(kind) = value.get("type").and_then(|kind| kind.get(0)).cloned() {
        value["type"] = kind;
    }
    if value.get("type").is_none() {
        value["type"] = "string".into();
    }
    value
}

/// A row in a body: `whole` for POST and PUT, a part of it for PATCH.
pub fn writable(table: &Table, whole: bool) -> Value {
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

/// A reference to a schema.
pub fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

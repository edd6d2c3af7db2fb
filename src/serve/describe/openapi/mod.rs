//! `GET /openapi.json`: the requests that the tables answer, by the OpenAPI Specification 3.1.

mod operations;
mod schema;

use crate::serve::settings::Settings;
use crate::serve::tables::catalog::Tables;
use operations::methods;
use schema::{problem, row_schema};
use serde_json::{Map, Value, json};

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

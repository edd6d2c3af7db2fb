//! `GET /openapi.json`: the requests that the tables answer, by the OpenAPI Specification 3.1.

mod names;
mod operations;
mod schema;

use crate::config::Verb;
use crate::run::web::percent_encoded;
use crate::serve::settings::Settings;
use crate::serve::tables::catalog::Tables;
use crate::serve::tables::table::Table;
use crate::serve::who::Identity;
use operations::Described;
use schema::{problem, row_schema, writable};
use serde_json::{Map, Value, json};

/// The description of the tables that a client knows, with the methods that it may use.
pub fn document(settings: &Settings, tables: &Tables, identity: &Identity) -> Value {
    let mut paths = Map::new();
    let mut schemas = Map::new();
    schemas.insert("Problem".to_owned(), problem());
    let mut tags = Vec::new();
    let known: Vec<&Table> =
        tables.all().into_iter().filter(|table| identity.knows(&table.settings.path)).collect();
    let names = names::of_tables(&known);
    for table in known {
        let path = table.settings.path.as_str();
        let Some(name) = names.get(path) else { continue };
        // The page finds the schema by it.
        tags.push(json!({"name": path, "x-schema": name}));
        schemas.insert(name.clone(), row_schema(table));
        let described = Described { table, name, identity };
        if described.grants(Verb::Post) || described.grants(Verb::Put) {
            schemas.insert(described.new_rows(), writable(table, true));
        }
        if described.grants(Verb::Patch) {
            schemas.insert(described.changes(), writable(table, false));
        }
        let encoded = percent_encoded(path);
        let of_table = described.methods(false);
        if !of_table.is_empty() {
            paths.insert(format!("/{encoded}/"), Value::Object(of_table));
        }
        let of_row = described.methods(true);
        if !of_row.is_empty() {
            let key: Vec<String> =
                names::of_key(&table.settings.key).iter().map(|name| format!("{{{name}}}")).collect();
            paths.insert(format!("/{encoded}/{}/", key.join(",")), Value::Object(of_row));
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
    if settings.who.is_needed() {
        document["components"]["securitySchemes"] = json!({"token": {"type": "http", "scheme": "bearer"}});
        document["security"] = json!([{"token": []}]);
    }
    document
}

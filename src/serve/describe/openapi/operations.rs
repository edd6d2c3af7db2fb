//! The methods on a table and on its rows: parameters, bodies and answers.

use super::names;
use super::schema::{filter_schema, reference};
use crate::config::Verb;
use crate::serve::answer::problem::PROBLEM_JSON;
use crate::serve::query::filter::{COMPARISONS, PATTERNS};
use crate::serve::query::list::{MOST_TAKE, PARAMETERS};
use crate::serve::tables::table::{Column, Table};
use crate::serve::who::Identity;
use serde_json::{Map, Value, json};

/// The most columns whose filters are described. The filters of other columns work, too.
const MOST_DESCRIBED: usize = 40;

/// A table that is described for a client.
pub struct Described<'d> {
    /// The table.
    pub table: &'d Table,
    /// The name of its schema.
    pub name: &'d str,
    /// The client.
    pub identity: &'d Identity,
}

impl Described<'_> {
    /// Whether the client may do this.
    pub fn grants(&self, verb: Verb) -> bool {
        self.table.grants(self.identity, verb)
    }

    /// The name of the schema of rows that are added, or take the place of others.
    pub fn new_rows(&self) -> String {
        format!("{}_new", self.name)
    }

    /// The name of the schema of changes of a row.
    pub fn changes(&self) -> String {
        format!("{}_changes", self.name)
    }

    /// The methods on the table, or on a row of it.
    pub fn methods(&self, on_row: bool) -> Map<String, Value> {
        let mut methods = Map::new();
        let mut add = |verb: Verb, word: &str, operation: Value| {
            if self.grants(verb) {
                let mut operation = operation;
                operation["operationId"] = format!("{word}_{}", names::identifier(self.name)).into();
                operation["tags"] = json!([self.table.settings.path]);
                methods.insert(verb.name().to_owned(), operation);
            }
        };
        if on_row {
            add(Verb::Get, "get", self.get_row());
            add(
                Verb::Put,
                "put",
                self.change(
                    "replace the row: columns that the body lacks get their defaults",
                    &self.new_rows(),
                ),
            );
            add(Verb::Patch, "patch", self.change("change columns of the row", &self.changes()));
            add(Verb::Delete, "delete", self.delete());
        } else {
            add(Verb::Get, "list", self.list());
            add(Verb::Post, "post", self.post());
        }
        methods
    }

    fn list(&self) -> Value {
        let mut parameters = vec![
            query("skip", json!({"type": "integer", "minimum": 0}), "rows to leave out at the beginning"),
            query(
                "take",
                json!({"type": "integer", "minimum": 0, "maximum": MOST_TAKE}),
                "rows at most; 20 by default",
            ),
            query(
                "order",
                text(),
                "columns to order by, with commas between them; -column has the largest first",
            ),
            query(
                "after",
                text(),
                "go on behind the row with this key; with order, a JSON array of its values",
            ),
            query(
                "count",
                json!({"type": "string", "enum": ["exact", "estimated"]}),
                "have X-Total-Count tell the rows of all pages",
            ),
            query("or", text(), "conditions of which one must hold, such as (age.lt=18,age.gt=65)"),
        ];
        parameters.extend(self.version());
        for column in self.table.relation.columns.iter().take(MOST_DESCRIBED) {
            parameters.extend(filters(column));
        }
        let rows = json!({"type": "array", "items": reference(self.name)});
        let mut responses = responses(&[("200", "the rows", Some(rows))], &["400"]);
        responses["200"]["content"]["text/csv"] = json!({"schema": text()});
        responses["200"]["headers"] = json!({"X-Total-Count": {"description": "the rows of all pages, with count=", "schema": {"type": "integer"}}});
        json!({
            "summary": "rows, in the order of the key unless another is asked for",
            "parameters": parameters,
            "responses": responses,
        })
    }

    fn get_row(&self) -> Value {
        let mut parameters = self.of_row();
        parameters
            .push(header("If-None-Match", "the ETag of the row as it is known: 304 if it is still the same"));
        let row = Some(reference(self.name));
        json!({
            "summary": "the row with this key",
            "parameters": parameters,
            "responses": responses(&[("200", "the row", row), ("304", "the row is still the same", None)],
                                   &["400", "404", "409", "412"]),
        })
    }

    fn post(&self) -> Value {
        let one = reference(&self.new_rows());
        let either = json!({"oneOf": [one, {"type": "array", "minItems": 1, "items": one}]});
        let row = reference(self.name);
        let stored = json!({"oneOf": [row, {"type": "array", "items": row}]});
        let mut parameters = self.version();
        let mut good = vec![("201", "the rows as they are now", Some(stored.clone()))];
        if self.table.relation.unique_key.is_some() {
            let words = ["resolution=merge-duplicates", "resolution=ignore-duplicates"];
            let mut prefer = header("Prefer", "what becomes of rows whose key is there already");
            prefer["schema"]["enum"] = json!(words);
            parameters.push(prefer);
            good.push(("200", "the rows as they are now, with Prefer", Some(stored)));
            good.push(("204", "the row was there already, with Prefer", None));
        }
        json!({
            "summary": "add a row, or many",
            "parameters": parameters,
            "requestBody": body(either),
            "responses": responses(&good, &["400", "409", "413", "415", "422"]),
        })
    }

    fn change(&self, summary: &str, schema: &str) -> Value {
        json!({
            "summary": summary,
            "parameters": self.of_row_to_change(),
            "requestBody": body(reference(schema)),
            "responses": responses(&[("200", "the row as it is now", Some(reference(self.name)))],
                                   &["400", "404", "409", "412", "413", "415", "422"]),
        })
    }

    fn delete(&self) -> Value {
        json!({
            "summary": "delete the row",
            "parameters": self.of_row_to_change(),
            "responses": responses(&[("204", "it is deleted", None)], &["400", "404", "409", "412"]),
        })
    }

    /// The parameters of a row's address. A key of several columns has one for each, since clients encode commas within one.
    fn of_row(&self) -> Vec<Value> {
        let key = &self.table.settings.key;
        let parameter = |(name, column): (String, &String)| {
            let schema = self.table.relation.column(column).map_or_else(text, filter_schema);
            json!({"name": name, "in": "path", "required": true, "schema": schema, "description": column})
        };
        names::of_key(key).into_iter().zip(key).map(parameter).chain(self.version()).collect()
    }

    fn of_row_to_change(&self) -> Vec<Value> {
        let mut parameters = self.of_row();
        parameters
            .push(header("If-Match", "the ETag of the row as it is known: 412 if it is another one now"));
        parameters
    }

    fn version(&self) -> Vec<Value> {
        let names: Vec<&str> =
            self.table.versions.iter().map(|version| version.relation.name.name()).collect();
        match names.is_empty() {
            true => Vec::new(),
            false => {
                let description = format!("rows of one version alone: its name, or {}", names.join(", "));
                vec![query("version", text(), &description)]
            }
        }
    }
}

fn filters(column: &Column) -> Vec<Value> {
    let name = &column.name;
    let value = filter_schema(column);
    let mut parameters = Vec::new();
    if !PARAMETERS.contains(&name.as_str()) {
        parameters.push(query(name, value.clone(), "rows with this value"));
    }
    for (word, sign) in COMPARISONS.iter().skip(1) {
        parameters.push(query(&format!("{name}.{word}"), value.clone(), &format!("{sign} this value")));
    }
    parameters.push(query(&format!("{name}.in"), text(), "one of these values, with commas between them"));
    if column.category == "S" {
        for (word, _) in PATTERNS {
            let description = if word == "like" {
                "like this pattern, in which * is any text"
            } else {
                "the same, in any case"
            };
            parameters.push(query(&format!("{name}.{word}"), text(), description));
        }
    }
    parameters.push(query(&format!("{name}.null"), json!({"type": "boolean"}), "whether there is no value"));
    parameters
}

fn text() -> Value {
    json!({"type": "string"})
}

fn query(name: &str, schema: Value, description: &str) -> Value {
    json!({"name": name, "in": "query", "schema": schema, "description": description})
}

fn header(name: &str, description: &str) -> Value {
    json!({"name": name, "in": "header", "schema": text(), "description": description})
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
    for status in bad.iter().chain(&["401", "403", "405", "429", "503"]) {
        let content = json!({PROBLEM_JSON: {"schema": reference("Problem")}});
        responses.insert((*status).to_owned(), json!({"description": "a problem", "content": content}));
    }
    Value::Object(responses)
}

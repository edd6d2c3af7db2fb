//! Nodes as values of rows, and as JSON: as [`crate::fetch::json::push`] and [`crate::fetch::json::write_json`] write values.

use super::{Node, Tree};
use crate::copy::values::batch::ValueBatch;
use crate::copy::values::json::Json;
use crate::fetch::json::write::write_string;
use std::fmt::Write as _;

impl Tree<'_> {
    /// Pushes a node into a row; `scratch` is room for its text.
    pub fn push_value(&self, batch: &mut ValueBatch, node: Node, scratch: &mut String) {
        batch.push_json(match node {
            Node::Null => Json::Null,
            Node::Bool(value) => Json::Bool(value),
            Node::Num(span) => Json::Number(self.text(span)),
            Node::Str(span) => Json::String(self.text(span)),
            Node::Int(_) => {
                scratch.clear();
                self.write(scratch, node);
                Json::Number(scratch)
            }
            Node::Arr(_) | Node::Obj(_) => {
                scratch.clear();
                self.write(scratch, node);
                Json::Compound(scratch)
            }
        });
    }

    /// Appends a node as JSON.
    pub fn write(&self, out: &mut String, node: Node) {
        match node {
            Node::Null => out.push_str("null"),
            Node::Bool(value) => out.push_str(if value { "true" } else { "false" }),
            Node::Num(span) => out.push_str(self.text(span)),
            // Writing into a string never fails.
            Node::Int(number) => drop(write!(out, "{number}")),
            Node::Str(span) => write_string(out, self.text(span)),
            Node::Arr(span) => {
                out.push('[');
                for (index, element) in self.elements(span).iter().enumerate() {
                    if index > 0 {
                        out.push_str(", ");
                    }
                    self.write(out, *element);
                }
                out.push(']');
            }
            Node::Obj(span) => {
                out.push('{');
                for (index, (key, value)) in self.members(span).enumerate() {
                    if index > 0 {
                        out.push_str(", ");
                    }
                    write_string(out, key);
                    out.push_str(": ");
                    self.write(out, value);
                }
                out.push('}');
            }
        }
    }
}

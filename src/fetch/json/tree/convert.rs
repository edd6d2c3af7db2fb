//! Nodes as jaq's values, and back.

use super::{Node, Span, Tree};
use crate::fetch::json::read::number_of;
use crate::fetch::json::text_of;
use jaq_json::{Map, Num, Val};

impl Tree<'_> {
    /// Adds a value; none for what has no node, or no room.
    pub fn add_value(&mut self, value: &Val) -> Option<Node> {
        Some(match value {
            Val::Null => Node::Null,
            Val::Bool(value) => Node::Bool(*value),
            Val::Num(Num::Float(_)) => return None,
            Val::Num(number) => Node::Num(self.add_text(&number.to_string())?),
            Val::TStr(_) | Val::BStr(_) => Node::Str(self.add_text(text_of(value)?)?),
            Val::Arr(items) => {
                let items: Option<Vec<Node>> = items.iter().map(|item| self.add_value(item)).collect();
                self.add_array(&items?)?
            }
            Val::Obj(object) => {
                let mut pairs = Vec::with_capacity(2 * object.len());
                for (key, value) in object.iter() {
                    pairs.push(Node::Str(self.add_text(text_of(key)?)?));
                    pairs.push(self.add_value(value)?);
                }
                self.add_object(&pairs)?
            }
        })
    }

    /// The number that a node's text stands for.
    pub fn number(&self, span: Span) -> Num {
        number_of(self.text(span))
    }

    /// A node as jaq's value.
    pub fn value(&self, node: Node) -> Val {
        let text = |text: &str| Val::utf8_str(text.to_owned());
        match node {
            Node::Null => Val::Null,
            Node::Bool(value) => Val::Bool(value),
            Node::Num(span) => Val::Num(self.number(span)),
            Node::Int(number) => Val::Num(Num::from_integral(number)),
            Node::Str(span) => text(self.text(span)),
            Node::Arr(span) => Val::Arr(
                self.elements(span).iter().map(|element| self.value(*element)).collect::<Vec<_>>().into(),
            ),
            Node::Obj(span) => {
                let members = self.members(span).map(|(key, value)| (text(key), self.value(value)));
                Val::obj(members.collect::<Map>())
            }
        }
    }
}

//! Comparisons, as jaq makes them.

use crate::fetch::json::tree::{Node, Tree};
use jaq_core::ops::Cmp;
use jaq_json::Num;
use std::cmp::Ordering;

/// Whether a comparison holds; none where only jaq knows.
pub fn holds(tree: &Tree<'_>, left: Node, comparison: Cmp, right: Node) -> Option<bool> {
    let order = order(tree, left, right)?;
    Some(match comparison {
        Cmp::Lt => order.is_lt(),
        Cmp::Le => order.is_le(),
        Cmp::Gt => order.is_gt(),
        Cmp::Ge => order.is_ge(),
        Cmp::Eq => order.is_eq(),
        Cmp::Ne => order.is_ne(),
    })
}

fn order(tree: &Tree<'_>, left: Node, right: Node) -> Option<Ordering> {
    let by_kind = kind(left).cmp(&kind(right));
    if by_kind.is_ne() {
        return Some(by_kind);
    }
    Some(match (left, right) {
        (Node::Bool(left), Node::Bool(right)) => left.cmp(&right),
        (Node::Str(left), Node::Str(right)) => tree.text(left).cmp(tree.text(right)),
        (Node::Int(left), Node::Int(right)) => left.cmp(&right),
        (Node::Null, Node::Null) => Ordering::Equal,
        (Node::Arr(_) | Node::Obj(_), _) => return None,
        (left, right) => number(tree, left)?.cmp(&number(tree, right)?),
    })
}

/// The order of values of different kinds.
fn kind(node: Node) -> u8 {
    match node {
        Node::Null => 0,
        Node::Bool(_) => 1,
        Node::Num(_) | Node::Int(_) => 2,
        Node::Str(_) => 3,
        Node::Arr(_) => 4,
        Node::Obj(_) => 5,
    }
}

fn number(tree: &Tree<'_>, node: Node) -> Option<Num> {
    match node {
        Node::Num(span) => Some(tree.number(span)),
        Node::Int(number) => Some(Num::from_integral(number)),
        _ => None,
    }
}

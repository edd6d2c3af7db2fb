//! The body of a response as filters take it: a tree for those that need no jaq, and a value for the others, made when it is
//! first asked for.

use super::body::{self, BodyRules, Form};
use crate::fetch::api::client::Response;
use crate::fetch::json::tree::{Limits, Node, Tree, Words};
use jaq_json::Val;

/// Objects that say something about a page have fewer members.
const MOST_MEMBERS: usize = 100;

/// The body of a response.
#[derive(Debug)]
pub struct Input<'i> {
    tree: Option<(Tree<'i>, Node)>,
    value: Option<Val>,
    source: Option<Source<'i>>,
}

/// What the value is made of.
#[derive(Debug, Clone, Copy)]
struct Source<'i> {
    text: &'i [u8],
    response: &'i Response,
    rules: &'i BodyRules,
}

impl From<Val> for Input<'_> {
    fn from(value: Val) -> Self {
        Input { tree: None, value: Some(value), source: None }
    }
}

impl<'i> Input<'i> {
    /// Reads the text of a body; as a tree, if there are `words` for it.
    ///
    /// # Errors
    /// As [`body::read`].
    pub fn read(
        text: &'i [u8],
        response: &'i Response,
        rules: &'i BodyRules,
        words: Option<&Words>,
    ) -> Result<Input<'i>, String> {
        let limits = Limits { max_memory: rules.max_memory };
        let tree = words
            .filter(|_| rules.form == Form::Json)
            .and_then(|words| Tree::read(std::str::from_utf8(text).ok()?, words, limits));
        let mut input = Input { tree, value: None, source: Some(Source { text, response, rules }) };
        if input.tree.is_none() {
            input.value()?;
        }
        Ok(input)
    }

    /// The value.
    ///
    /// # Errors
    /// As [`body::read`].
    pub fn value(&mut self) -> Result<Val, String> {
        if let Some(value) = &self.value {
            return Ok(value.clone());
        }
        let value = match self.source {
            Some(Source { text, response, rules }) => body::read(text, response, rules)?,
            None => Val::Null,
        };
        Ok(self.value.insert(value).clone())
    }

    /// The value, which nothing else holds then, so that a filter takes it apart without a copy.
    ///
    /// # Errors
    /// As [`Input::value`].
    pub fn take_value(&mut self) -> Result<Val, String> {
        self.value()?;
        Ok(self.value.take().unwrap_or_default())
    }

    /// The tree and its root, if there is one.
    pub fn tree(&mut self) -> Option<(&mut Tree<'i>, Node)> {
        self.tree.as_mut().map(|(tree, root)| (tree, *root))
    }

    /// Whether it is `null`, as an empty body is.
    pub fn is_null(&self) -> bool {
        match (&self.tree, &self.value) {
            (Some((_, root)), _) => *root == Node::Null,
            (None, value) => matches!(value, Some(Val::Null)),
        }
    }

    /// The length of a response that is a list, or an object whose members are one list and others: then it is certain what the
    /// items are, unless a filter says otherwise.
    pub fn only_list(&self) -> Option<u64> {
        let mut lists = match (&self.tree, &self.value) {
            (Some((tree, Node::Obj(span))), _) => {
                tree.members(*span).filter_map(|(_, value)| length(value)).collect::<Vec<u64>>()
            }
            (Some((_, root)), _) => length(*root).into_iter().collect(),
            (None, Some(Val::Obj(object))) => object.values().filter_map(length_of).collect(),
            (None, Some(other)) => length_of(other).into_iter().collect(),
            (None, None) => Vec::new(),
        };
        lists.pop().filter(|_| lists.is_empty())
    }

    /// Whether the body, or a part of it, has a member that is a text and not empty.
    pub fn has_text(&self, part: Option<&str>, name: &str) -> bool {
        match (&self.tree, &self.value) {
            (Some((tree, root)), _) => {
                matches!(member(tree, *root, part, name), Some(Node::Str(span)) if span.count() > 0)
            }
            (None, Some(value)) => {
                matches!(member_of(value, part, name), Some(Val::TStr(text)) if !text.is_empty())
            }
            (None, None) => false,
        }
    }

    /// Whether the body, or a part of it, has a member that is `true`.
    pub fn has_true(&self, part: Option<&str>, name: &str) -> bool {
        match (&self.tree, &self.value) {
            (Some((tree, root)), _) => matches!(member(tree, *root, part, name), Some(Node::Bool(true))),
            (None, Some(value)) => matches!(member_of(value, part, name), Some(Val::Bool(true))),
            (None, None) => false,
        }
    }

    /// Whether the body has such a member.
    pub fn has(&self, name: &str) -> bool {
        match (&self.tree, &self.value) {
            (Some((tree, root)), _) => member(tree, *root, None, name).is_some(),
            (None, Some(value)) => member_of(value, None, name).is_some(),
            (None, None) => false,
        }
    }

    /// Whether a list that is not empty stands anywhere in it.
    pub fn has_elements(&self) -> bool {
        match (&self.tree, &self.value) {
            (Some((tree, root)), _) => node_has_elements(tree, *root),
            (None, Some(value)) => has_elements(value),
            (None, None) => false,
        }
    }
}

fn member(tree: &Tree<'_>, node: Node, part: Option<&str>, name: &str) -> Option<Node> {
    let get = |node, name: &str| match node {
        // An object with more members is data.
        Node::Obj(span) if span.count() <= MOST_MEMBERS => tree.get(span, name),
        _ => None,
    };
    get(part.map_or(Some(node), |part| get(node, part))?, name)
}

fn member_of<'v>(value: &'v Val, part: Option<&str>, name: &str) -> Option<&'v Val> {
    fn get<'v>(value: &'v Val, name: &str) -> Option<&'v Val> {
        match value {
            Val::Obj(object) => object.get(&Val::utf8_str(name.to_owned())),
            _ => None,
        }
    }
    get(part.map_or(Some(value), |part| get(value, part))?, name)
}

fn length(node: Node) -> Option<u64> {
    match node {
        Node::Arr(span) => Some(span.count() as u64),
        _ => None,
    }
}

fn length_of(value: &Val) -> Option<u64> {
    match value {
        Val::Arr(items) => Some(items.len() as u64),
        _ => None,
    }
}

fn node_has_elements(tree: &Tree<'_>, node: Node) -> bool {
    match node {
        Node::Arr(span) => span.count() > 0,
        Node::Obj(span) => tree.members(span).any(|(_, value)| node_has_elements(tree, value)),
        _ => false,
    }
}

fn has_elements(value: &Val) -> bool {
    match value {
        Val::Arr(items) => !items.is_empty(),
        Val::Obj(object) => object.values().any(has_elements),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::json::parse;

    /// The same of a tree and of a value.
    fn both<T: PartialEq + std::fmt::Debug>(text: &str, ask: impl Fn(&Input<'_>) -> T) -> T {
        let limits = Limits { max_memory: 1 << 20 };
        let tree = Tree::read(text, &Words::default(), limits);
        let of_tree = ask(&Input { tree: Some(tree.unwrap()), value: None, source: None });
        let of_value = ask(&parse(text.as_bytes()).unwrap().into());
        assert_eq!(of_tree, of_value, "{text}");
        of_tree
    }

    #[test]
    fn items_are_known_where_there_is_one_list() {
        let known = |text: &str| both(text, |input| input.only_list());
        assert_eq!(known("[1, [2, 3]]"), Some(2));
        assert_eq!(known(r#"{"items": [1, 2], "next": null}"#), Some(2));
        assert_eq!(known(r#"{"items": [], "n": {"links": [1]}}"#), Some(0));
        for unknown in [r#"{"a": [], "b": [1]}"#, r#"{"a": {"b": [1]}}"#, "{}", "null"] {
            assert_eq!(known(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn any_list_may_have_items() {
        let has = |text: &str| both(text, |input| input.has_elements());
        assert!(has("[1]") && has(r#"{"a": {"b": [{}]}}"#));
        assert!(!has("[]") && !has(r#"{"a": {"b": []}, "c": 1}"#) && !has("null"));
        assert!(both("null", |input| input.is_null()) && !both("[]", |input| input.is_null()));
    }
}

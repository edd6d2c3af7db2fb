//! Reads trees: by the same rules as [`crate::fetch::json::parse_within`], but without a word about what is wrong.

use super::{Limits, Node, OTHER, Span, Tree, Words};
use crate::fetch::json::budget::{Budget, Part};
use crate::fetch::json::read::MAX_DEPTH;
use hifijson::str::LexAlloc as _;
use hifijson::token::Lex as _;
use hifijson::{Read as _, SliceLexer};
use std::borrow::Cow;
use std::collections::HashSet;

/// Objects with more members look for equal keys by hashes.
const FEW_MEMBERS: usize = 16;
/// What filters may add to a tree: so many times its text, and some more (bytes).
const TIMES_TEXT: usize = 32;
const MORE_BYTES: usize = 1 << 20;

impl<'t> Tree<'t> {
    /// Reads a text; gives the tree and its root. None for what is not plain JSON within the limits.
    pub fn read(text: &'t str, words: &Words, limits: Limits) -> Option<(Tree<'t>, Node)> {
        // Offsets have 31 bits.
        u32::try_from(text.len()).ok().filter(|length| length & OTHER == 0)?;
        let mut tree = Tree {
            text,
            others: words.0.clone(),
            nodes: Vec::with_capacity(text.len() / 16),
            open: Vec::new(),
            most: text.len().saturating_mul(TIMES_TEXT).saturating_add(MORE_BYTES),
        };
        let mut lexer = SliceLexer::new(text.as_bytes());
        let mut reader = Reader { tree: &mut tree, budget: Budget::new(limits.max_memory) };
        let next = lexer.ws_peek()?;
        let root = reader.value(next, &mut lexer, MAX_DEPTH)?;
        lexer.ws_peek().is_none().then_some(())?;
        Some((tree, root))
    }
}

struct Reader<'r, 't> {
    tree: &'r mut Tree<'t>,
    budget: Budget,
}

impl<'t> Reader<'_, 't> {
    fn value(&mut self, next: u8, lexer: &mut SliceLexer<'t>, depth: usize) -> Option<Node> {
        depth.checked_sub(1)?;
        self.budget.spend(Part::of(next))?;
        match next {
            b'"' => self.string(lexer.discarded()).map(Node::Str),
            b'{' => self.object(lexer.discarded(), depth),
            b'[' => self.array(lexer.discarded(), depth),
            b'0'..=b'9' | b'-' => self.number(lexer),
            b'n' => lexer.strip_prefix(b"null").then_some(Node::Null),
            b't' => lexer.strip_prefix(b"true").then_some(Node::Bool(true)),
            b'f' => lexer.strip_prefix(b"false").then_some(Node::Bool(false)),
            _ => None,
        }
    }

    fn array(&mut self, lexer: &mut SliceLexer<'t>, depth: usize) -> Option<Node> {
        let begin = self.tree.open();
        let mut next = lexer.ws_peek()?;
        if next == b']' {
            lexer.discarded();
            return self.tree.close(begin);
        }
        loop {
            let element = self.value(next, lexer, depth - 1)?;
            self.tree.push(element);
            match lexer.ws_peek()? {
                b',' => next = lexer.discarded().ws_peek()?,
                b']' => {
                    lexer.discarded();
                    return self.tree.close(begin);
                }
                _ => return None,
            }
        }
    }

    fn object(&mut self, lexer: &mut SliceLexer<'t>, depth: usize) -> Option<Node> {
        let begin = self.tree.open();
        let mut next = lexer.ws_peek()?;
        while next != b'}' {
            (next == b'"').then_some(())?;
            self.budget.spend(Part::Member)?;
            let key = self.string(lexer.discarded())?;
            (lexer.ws_peek()? == b':').then_some(())?;
            let next_of_value = lexer.discarded().ws_peek()?;
            let value = self.value(next_of_value, lexer, depth - 1)?;
            self.tree.push(Node::Str(key));
            self.tree.push(value);
            match lexer.ws_peek()? {
                b',' => next = lexer.discarded().ws_peek().filter(|next| *next == b'"')?,
                b'}' => next = b'}',
                _ => return None,
            }
        }
        lexer.discarded();
        match self.tree.close(begin)? {
            Node::Arr(Span { start, length }) => {
                let members = Span { start, length: length / 2 };
                self.has_distinct_keys(members).then_some(Node::Obj(members))
            }
            _ => None,
        }
    }

    fn has_distinct_keys(&self, members: Span) -> bool {
        let keys = || self.tree.members(members).map(|(key, _)| key);
        if members.count() <= FEW_MEMBERS {
            return keys().enumerate().all(|(at, key)| keys().take(at).all(|before| before != key));
        }
        let mut known =
            HashSet::with_capacity_and_hasher(members.count(), foldhash::fast::RandomState::default());
        keys().all(|key| known.insert(key))
    }

    fn string(&mut self, lexer: &mut SliceLexer<'t>) -> Option<Span> {
        let before = lexer.as_slice().len();
        match lexer.str_string().ok()? {
            Cow::Borrowed(text) => Some(self.part(before, text.len())),
            Cow::Owned(text) => self.tree.add_text(&text),
        }
    }

    fn number(&mut self, lexer: &mut SliceLexer<'t>) -> Option<Node> {
        use hifijson::num::LexWrite as _;
        let before = lexer.as_slice().len();
        let (text, _) = lexer.num_string().validated().ok()?;
        Some(Node::Num(self.part(before, text.len())))
    }

    /// The part of the text that begins where so many bytes are left. Offsets have 31 bits, as was checked.
    fn part(&self, left: usize, length: usize) -> Span {
        Span { start: (self.tree.text.len() - left) as u32, length: length as u32 }
    }
}

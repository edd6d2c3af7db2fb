//! JSON as a tree of small nodes in one list, whose texts are parts of the response: several times as fast to read as jaq's
//! values, each of which has a place of its own in memory. What is not plain JSON has no tree.

mod convert;
mod read;
mod write;

/// The bit of a text's start that says: it is no part of the response.
const OTHER: u32 = 1 << 31;

/// What a tree may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// What its values may take as those of jaq, bytes.
    pub max_memory: u64,
}

/// A part of a text, or of the list of nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    start: u32,
    length: u32,
}

impl Span {
    /// How long it is: bytes, elements, or members.
    pub fn count(self) -> usize {
        self.length as usize
    }
}

/// A value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Node {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as it is written.
    Num(Span),
    /// A whole number that a filter has or makes.
    Int(i64),
    /// The characters of a string.
    Str(Span),
    /// The elements of an array.
    Arr(Span),
    /// The members of an object: keys, which are strings, each with its value behind it.
    Obj(Span),
}

/// Texts that filters hold, in every tree.
#[derive(Debug, Clone, Default)]
pub struct Words(String);

impl Words {
    /// Adds a text.
    pub fn add(&mut self, text: &str) -> Option<Span> {
        let span = other(self.0.len(), text.len())?;
        self.0.push_str(text);
        Some(span)
    }
}

fn other(start: usize, length: usize) -> Option<Span> {
    let start = u32::try_from(start).ok().filter(|start| start & OTHER == 0)? | OTHER;
    Some(Span { start, length: u32::try_from(length).ok()? })
}

/// A place in a tree, up to which it can be cut.
#[derive(Debug, Clone, Copy)]
pub struct Mark {
    nodes: usize,
    others: usize,
}

/// A tree, with the values that filters make of it.
#[derive(Debug)]
pub struct Tree<'t> {
    text: &'t str,
    /// Texts that are no parts of the response: those of filters, strings without their escapes.
    others: String,
    nodes: Vec<Node>,
    /// Elements of arrays that are not complete.
    open: Vec<Node>,
    /// The bytes that nodes may take.
    most: usize,
}

impl<'t> Tree<'t> {
    /// The text of a string or a number.
    pub fn text(&self, Span { start, length }: Span) -> &str {
        let (of, start) =
            if start & OTHER == 0 { (self.text, start) } else { (&*self.others, start & !OTHER) };
        of.get(start as usize..start as usize + length as usize).unwrap_or_default()
    }

    /// The elements of an array.
    pub fn elements(&self, span: Span) -> &[Node] {
        let start = span.start as usize;
        self.nodes.get(start..start + span.count()).unwrap_or_default()
    }

    /// The element of an array at this place.
    pub fn element(&self, span: Span, at: usize) -> Option<Node> {
        self.elements(span).get(at).copied()
    }

    /// The member of an object at this place: its key, and its value.
    pub fn member(&self, span: Span, at: usize) -> Option<(Node, Node)> {
        let start = span.start as usize + 2 * at;
        match self.nodes.get(start..start + 2) {
            Some([key, value]) if at < span.count() => Some((*key, *value)),
            _ => None,
        }
    }

    /// The members of an object: keys and values.
    pub fn members(&self, span: Span) -> impl Iterator<Item = (&str, Node)> {
        let start = span.start as usize;
        let nodes = self.nodes.get(start..start + 2 * span.count()).unwrap_or_default();
        nodes.chunks_exact(2).map(|pair| (self.key(pair[0]), pair[1]))
    }

    fn key(&self, node: Node) -> &str {
        match node {
            Node::Str(span) => self.text(span),
            _ => "",
        }
    }

    /// The value of an object's member.
    pub fn get(&self, object: Span, key: &str) -> Option<Node> {
        self.members(object).find(|(known, _)| *known == key).map(|(_, value)| value)
    }

    /// A place up to which the tree can be cut.
    pub fn mark(&self) -> Mark {
        Mark { nodes: self.nodes.len(), others: self.others.len() }
    }

    /// Forgets what was added since. No node of it may be used any more.
    pub fn cut(&mut self, mark: Mark) {
        self.nodes.truncate(mark.nodes);
        self.others.truncate(mark.others);
    }

    /// Adds a text; none where there is no room.
    pub fn add_text(&mut self, text: &str) -> Option<Span> {
        let span = other(self.others.len(), text.len())?;
        self.others.push_str(text);
        self.has_room().then_some(span)
    }

    /// Adds nodes; none where there is no room.
    pub fn add(&mut self, nodes: &[Node]) -> Option<u32> {
        let start = u32::try_from(self.nodes.len()).ok()?;
        self.nodes.extend_from_slice(nodes);
        self.has_room().then_some(start)
    }

    /// Adds an array; none where there is no room.
    pub fn add_array(&mut self, elements: &[Node]) -> Option<Node> {
        let length = u32::try_from(elements.len()).ok()?;
        Some(Node::Arr(Span { start: self.add(elements)?, length }))
    }

    /// Adds an object of keys and values, one after the other; none where there is no room.
    pub fn add_object(&mut self, pairs: &[Node]) -> Option<Node> {
        let length = u32::try_from(pairs.len() / 2).ok()?;
        Some(Node::Obj(Span { start: self.add(pairs)?, length }))
    }

    /// Begins an array whose elements come one by one. Those that begin later are completed earlier.
    pub fn open(&self) -> usize {
        self.open.len()
    }

    /// Adds an element to the array that was begun last.
    pub fn push(&mut self, element: Node) {
        self.open.push(element);
    }

    /// Completes the array that was begun there; none where there is no room.
    pub fn close(&mut self, begin: usize) -> Option<Node> {
        let length = u32::try_from(self.open.len() - begin).ok()?;
        let start = u32::try_from(self.nodes.len()).ok()?;
        self.nodes.extend(self.open.drain(begin..));
        self.has_room().then_some(Node::Arr(Span { start, length }))
    }

    /// Forgets arrays that were begun and are not completed.
    pub fn abandon(&mut self) {
        self.open.clear();
    }

    fn has_room(&self) -> bool {
        (self.nodes.len() + self.open.len()) * size_of::<Node>() + self.others.len() <= self.most
    }
}

//! `or=(age.lt=18,age.gt=65)`: conditions of which one must hold; and groups of them in groups.

use super::condition::condition;
use super::quoted;
use crate::serve::answer::problem::Problem;
use crate::serve::database::statement::Statement;
use crate::serve::tables::table::Relation;

/// The most conditions in all groups of a request.
pub const MOST_CONDITIONS: usize = 100;
/// The most groups within one another.
const MOST_DEPTH: usize = 10;

/// How the conditions of a group are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group {
    name: &'static str,
    word: &'static str,
    negated: bool,
}

const GROUPS: [Group; 4] = [
    Group { name: "or", word: " OR ", negated: false },
    Group { name: "and", word: " AND ", negated: false },
    Group { name: "not.or", word: " OR ", negated: true },
    Group { name: "not.and", word: " AND ", negated: true },
];

impl Group {
    /// The group of this name.
    pub fn named(name: &str) -> Option<Group> {
        GROUPS.into_iter().find(|group| group.name == name)
    }
}

/// The condition of a group: `(a=1,b.gt=2,and=(c=3,d=4))`. Of `left` conditions, it takes as many as it has.
///
/// # Errors
/// A group that cannot be understood, or is too large; a faulty condition.
pub fn condition_of(
    statement: &mut Statement,
    relation: &Relation,
    group: Group,
    text: &str,
    left: &mut usize,
) -> Result<String, Problem> {
    let mut reader = Reader { statement, relation, name: group.name, rest: text, left, depth: 0 };
    let condition = reader.group(group)?;
    if reader.rest.is_empty() { Ok(condition) } else { Err(reader.malformed()) }
}

struct Reader<'r, 't> {
    statement: &'r mut Statement,
    relation: &'r Relation,
    name: &'static str,
    rest: &'t str,
    left: &'r mut usize,
    depth: usize,
}

impl Reader<'_, '_> {
    fn malformed(&self) -> Problem {
        let detail = "write conditions in parentheses, with commas between them: (age.lt=18,age.gt=65)";
        Problem::bad(self.name, detail)
    }

    fn takes(&mut self, c: char) -> bool {
        match self.rest.strip_prefix(c) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn group(&mut self, group: Group) -> Result<String, Problem> {
        if !self.takes('(') {
            return Err(self.malformed());
        }
        self.depth += 1;
        if self.depth > MOST_DEPTH {
            return Err(Problem::bad(self.name, format!("groups stand in {MOST_DEPTH} others at most")));
        }
        let mut conditions = Vec::new();
        loop {
            conditions.push(self.condition()?);
            if self.takes(')') {
                break;
            }
            if !self.takes(',') {
                return Err(self.malformed());
            }
        }
        self.depth -= 1;
        let joined = conditions.join(group.word);
        Ok(if group.negated { format!("NOT ({joined})") } else { format!("({joined})") })
    }

    fn condition(&mut self) -> Result<String, Problem> {
        let name = self.condition_name()?;
        if let Some(group) = Group::named(&name) {
            return self.group(group);
        }
        if *self.left == 0 {
            let detail = format!("a request may have {MOST_CONDITIONS} conditions in groups");
            return Err(Problem::bad(self.name, detail));
        }
        *self.left -= 1;
        let value = self.value()?;
        condition(self.statement, self.relation, &name, &value)
    }

    /// A name, up to its `=`; in quotes where it has characters of groups.
    fn condition_name(&mut self) -> Result<String, Problem> {
        let (mut name, rest) = match quoted::value(self.rest) {
            Some((name, rest)) => (name, rest),
            None => (String::new(), self.rest),
        };
        let end = rest.find(['=', ',', '(', ')']).filter(|end| rest[*end..].starts_with('='));
        let end = end.ok_or_else(|| self.malformed())?;
        name.push_str(&rest[..end]);
        self.rest = &rest[end + 1..];
        Ok(name)
    }

    /// A value, up to a comma or the end of the group; a quoted one, or one with parentheses in pairs.
    fn value(&mut self) -> Result<String, Problem> {
        if let Some((value, rest)) = quoted::value(self.rest).filter(|(_, rest)| rest.starts_with([',', ')']))
        {
            self.rest = rest;
            return Ok(value);
        }
        let mut depth = 0_usize;
        let mut at = 0;
        while let Some(c) = self.rest[at..].chars().next() {
            match c {
                ',' if depth == 0 => break,
                ')' if depth == 0 => break,
                '(' => depth += 1,
                ')' => depth -= 1,
                // A list in parentheses may have quoted values.
                '"' => {
                    if let Some((_, rest)) = quoted::value(&self.rest[at..]) {
                        at = self.rest.len() - rest.len();
                        continue;
                    }
                }
                _ => {}
            }
            at += c.len_utf8();
        }
        let value = self.rest[..at].to_owned();
        self.rest = &self.rest[at..];
        if depth == 0 { Ok(value) } else { Err(self.malformed()) }
    }
}

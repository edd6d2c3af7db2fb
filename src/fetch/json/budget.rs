//! The memory that the values of one response may take, however short they are written.

use super::value::text_of;
use crate::{Error, Result};
use jaq_json::Val;

/// What the parts of a value take in memory, about (bytes). A place in a list is counted twice, since lists grow by doubling.
const PLACE_BYTES: u64 = 2 * size_of::<Val>() as u64;
const STRING_BYTES: u64 = 48;
const ARRAY_BYTES: u64 = 56;
const OBJECT_BYTES: u64 = 160;
/// A place in an object, with its hash, and without its key's text.
const MEMBER_BYTES: u64 = 96;

/// A part of a value that takes memory.
#[derive(Debug, Clone, Copy)]
pub enum Part {
    /// `null`, a boolean or a number.
    Scalar,
    /// A string.
    String,
    /// An array without its elements.
    Array,
    /// An object without its members.
    Object,
    /// A place in an object, with its key and without its value.
    Member,
}

impl Part {
    /// The value that begins with this byte.
    pub fn of(first: u8) -> Part {
        match first {
            b'"' => Part::String,
            b'[' => Part::Array,
            b'{' => Part::Object,
            _ => Part::Scalar,
        }
    }

    fn bytes(self) -> u64 {
        match self {
            Part::Scalar => PLACE_BYTES,
            Part::String => PLACE_BYTES + STRING_BYTES,
            Part::Array => PLACE_BYTES + ARRAY_BYTES,
            Part::Object => PLACE_BYTES + OBJECT_BYTES,
            Part::Member => MEMBER_BYTES + STRING_BYTES,
        }
    }
}

/// The memory that values may take, bytes.
#[derive(Debug)]
pub struct Budget {
    most: u64,
    left: u64,
}

impl Budget {
    /// So many bytes.
    pub fn new(most: u64) -> Budget {
        Budget { most, left: most }
    }

    /// Takes what a part of a value takes; none where less is left.
    pub fn spend(&mut self, part: Part) -> Option<()> {
        self.spend_bytes(part.bytes())
    }

    fn spend_bytes(&mut self, bytes: u64) -> Option<()> {
        self.left = self.left.checked_sub(bytes)?;
        Some(())
    }

    /// Takes what an object of texts takes.
    ///
    /// # Errors
    /// Less is left.
    pub fn take(&mut self, object: &Val) -> Result<()> {
        let of_text = |value: &Val| text_of(value).map_or(0, str::len) as u64;
        let members = match object {
            Val::Obj(object) => {
                object.iter().map(|(_, value)| MEMBER_BYTES + STRING_BYTES + of_text(value)).sum()
            }
            _ => 0,
        };
        self.spend_bytes(PLACE_BYTES + OBJECT_BYTES + members).ok_or_else(|| Error::failed(self.exceeded()))
    }

    /// What is wrong where less is left.
    pub fn exceeded(&self) -> String {
        let most = crate::config::Size(self.most);
        format!("its values take more than {most} of memory, which max_memory allows")
    }
}

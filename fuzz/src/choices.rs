//! An input as a row of choices, for targets that make something of it. Where the input ends, each further choice is 0.

/// The rest of an input.
#[derive(Debug, Clone)]
pub struct Choices<'c>(&'c [u8]);

impl<'c> Choices<'c> {
    /// Of all of an input.
    pub fn of(input: &'c [u8]) -> Choices<'c> {
        Choices(input)
    }

    /// The next byte.
    pub fn byte(&mut self) -> u8 {
        match self.0.split_first() {
            Some((byte, rest)) => {
                self.0 = rest;
                *byte
            }
            None => 0,
        }
    }

    /// A number below `count`, which is at most 256.
    pub fn below(&mut self, count: usize) -> usize {
        usize::from(self.byte()) % count
    }

    /// Yes or no.
    pub fn is_set(&mut self) -> bool {
        self.byte() & 1 == 1
    }

    /// One of several.
    pub fn one_of<'o, T>(&mut self, all: &'o [T]) -> &'o T {
        &all[self.below(all.len())]
    }

    /// Two bytes as a number.
    pub fn number(&mut self) -> usize {
        usize::from(u16::from_le_bytes([self.byte(), self.byte()]))
    }

    /// So many bytes, or as many as are left.
    pub fn bytes(&mut self, count: usize) -> &'c [u8] {
        let (bytes, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        bytes
    }

    /// A text of fewer than `limit` bytes, without NUL, which PostgreSQL stores nowhere.
    pub fn text(&mut self, limit: usize) -> String {
        let count = self.below(limit);
        let text: String = String::from_utf8_lossy(self.bytes(count)).replace('\0', "");
        text.char_indices().take_while(|(at, c)| at + c.len_utf8() < limit).map(|(_, c)| c).collect()
    }

    /// All that is left.
    pub fn rest(&mut self) -> &'c [u8] {
        std::mem::take(&mut self.0)
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

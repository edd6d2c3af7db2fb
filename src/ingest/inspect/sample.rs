//! What is looked at: the beginning of each data file, pieces of what follows, its end, and the descriptor beside it.

use crate::config::Size;
use crate::run::interrupt;
use crate::{Error, Result};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

/// Bytes of the beginning, if all data files of a dump have room for that.
const BEGINNING_BYTES: usize = 4 << 20;
/// The least of it.
const LEAST_BEGINNING_BYTES: usize = 16 << 10;
/// Bytes of all beginnings of a dump.
const BEGINNINGS_BYTES: usize = 128 << 20;
/// A piece is so much smaller than the beginning.
const PIECE_SHARE: usize = 8;
/// Pieces between the beginning and the end.
const PIECES: usize = 8;
/// Bytes read of a stream, which must be read up to its end to see that: some seconds of inflating.
const STREAMED_BYTES: u64 = 2 << 30;
/// Characters of UTF-16 begin at even places; code points of UTF-32 would at these.
const ALIGNED: u64 = 4;

/// Samples of a data file.
pub struct Sample {
    /// How comments call it: `users.dat`.
    pub label: String,
    /// The table that it is named for.
    pub table: String,
    /// The table that it is a part of, where its name says so.
    pub part_of: Option<String>,
    /// The descriptor's bytes, if one is beside it.
    pub descriptor: Option<Vec<u8>>,
    /// The beginning, and what is looked at behind it.
    pub pieces: Vec<Piece>,
    /// Bytes behind which nothing was read; `None` where its end was seen.
    pub unread_behind: Option<u64>,
}

/// A run of bytes of a data file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Where it begins in the data file, as it is inflated, bytes.
    pub offset: u64,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Whether they go up to the end of the data file.
    pub is_last: bool,
}

impl Piece {
    fn end(&self) -> u64 {
        self.offset + self.bytes.len() as u64
    }
}

impl Sample {
    /// Whether the sample is all of the data file.
    pub fn is_whole(&self) -> bool {
        self.pieces.first().is_some_and(|piece| piece.is_last)
    }

    /// What was not read, for a comment.
    pub fn unread(&self) -> Option<String> {
        let bytes = self.unread_behind?;
        Some(format!(
            "DOUBT: {} is compressed, and what stands behind its first {} was not read",
            self.label,
            Size(bytes)
        ))
    }
}

/// How much is looked at of each data file.
#[derive(Debug, Clone, Copy)]
pub struct Extent {
    beginning: usize,
    piece: usize,
    streamed: u64,
}

impl Extent {
    /// For one of so many data files, all of which are held in memory at once.
    pub fn of_each(data_files: usize) -> Extent {
        let share = BEGINNINGS_BYTES / data_files.max(1);
        let beginning =
            share.clamp(LEAST_BEGINNING_BYTES, BEGINNING_BYTES) / ALIGNED as usize * ALIGNED as usize;
        Extent { beginning, piece: beginning / PIECE_SHARE, streamed: STREAMED_BYTES }
    }

    /// Takes pieces of a stream, which it reads to its end unless that is too far. Gives how far it read if it is.
    ///
    /// # Errors
    /// What the stream reports; Ctrl-C.
    pub fn of_stream(self, mut input: impl Read) -> Result<(Vec<Piece>, Option<u64>)> {
        let beginning = piece(&mut input, 0, self.beginning)?;
        let mut next = beginning.end();
        let (mut kept, mut last): (Vec<(usize, Piece)>, Option<Piece>) = (Vec::new(), None);
        let (mut number, mut stride) = (0, 1);
        let mut is_at_end = beginning.is_last;
        while !is_at_end && next < self.streamed {
            interrupt::check()?;
            let read = piece(&mut input, next, self.piece)?;
            (next, is_at_end) = (read.end(), read.is_last);
            if number % stride == 0 {
                if kept.len() == PIECES {
                    stride *= 2;
                    kept.retain(|(number, _)| number % stride == 0);
                }
                if number % stride == 0 {
                    kept.push((number, read.clone()));
                }
            }
            number += 1;
            // The very last piece may be a short one.
            last = Some(match last {
                Some(mut before) if read.bytes.len() < self.piece => {
                    before.bytes.extend_from_slice(&read.bytes);
                    before.is_last = read.is_last;
                    before
                }
                _ => read,
            });
        }
        let start_of_last = last.as_ref().map_or(u64::MAX, |piece| piece.offset);
        let kept = kept.into_iter().map(|(_, piece)| piece).filter(|piece| piece.offset < start_of_last);
        let pieces = joined([beginning].into_iter().chain(kept).chain(last));
        Ok((pieces, (!is_at_end).then_some(next)))
    }

    /// Takes pieces of a file by going to their places.
    ///
    /// # Errors
    /// What the operating system reports; Ctrl-C.
    pub fn of_file(self, file: &mut File) -> Result<Vec<Piece>> {
        let bytes = file.metadata()?.len();
        let pieces = PIECES as u64;
        if bytes <= (self.beginning + (PIECES + 2) * self.piece) as u64 {
            return self.of_stream(file).map(|(pieces, _)| pieces);
        }
        let mut found = vec![piece(file, 0, self.beginning)?];
        let behind = bytes - self.beginning as u64 - self.piece as u64;
        for number in 1..=pieces {
            interrupt::check()?;
            let offset = (self.beginning as u64 + behind / pieces * number) / ALIGNED * ALIGNED;
            file.seek(SeekFrom::Start(offset))?;
            // The last one goes on to the end.
            let length = if number == pieces { 2 * self.piece } else { self.piece };
            found.push(piece(file, offset, length)?);
        }
        Ok(joined(found))
    }
}

/// The next bytes, at most `most`.
fn piece(input: &mut impl Read, offset: u64, most: usize) -> Result<Piece> {
    let mut bytes = Vec::new();
    input.by_ref().take(most as u64).read_to_end(&mut bytes).map_err(unreadable)?;
    // A file that ends just here has one more piece, which is empty.
    let is_last = bytes.len() < most;
    Ok(Piece { offset, bytes, is_last })
}

/// Pieces that follow one another without a gap, or overlap, are one.
fn joined(pieces: impl IntoIterator<Item = Piece>) -> Vec<Piece> {
    let mut joined: Vec<Piece> = Vec::new();
    for piece in pieces {
        match joined.last_mut() {
            Some(before) if piece.offset <= before.end() => {
                let known = usize::try_from(before.end() - piece.offset).unwrap_or(usize::MAX);
                before.bytes.extend_from_slice(piece.bytes.get(known..).unwrap_or_default());
                before.is_last |= piece.is_last;
            }
            _ => joined.push(piece),
        }
    }
    joined
}

fn unreadable(error: std::io::Error) -> Error {
    match error.get_ref().is_some_and(|inner| inner.is::<Error>()) {
        true => error.into(),
        false => Error::failed(format!("the data file cannot be read: {error}"))
            .remedy("transfer or export it again"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    const SMALL: Extent = Extent { beginning: 64, piece: 8, streamed: 1 << 20 };

    /// Numbers of four bytes, whose places are known by what they are.
    fn bytes(count: usize) -> Vec<u8> {
        (0..count.div_ceil(4)).flat_map(|number| (number as u32).to_be_bytes()).take(count).collect()
    }

    fn check(pieces: &[Piece], all: &[u8]) {
        for piece in pieces {
            let start = piece.offset as usize;
            assert_eq!(piece.bytes, all[start..start + piece.bytes.len()], "at {start} of {}", all.len());
        }
        for two in pieces.windows(2) {
            assert!(two[0].end() < two[1].offset && !two[0].is_last);
        }
    }

    #[test]
    fn beginning_middle_and_end_of_a_file_and_of_a_stream() {
        for count in (0..200).chain([1000, 1001, 4095, 10_000, 65_537]) {
            let all = bytes(count);
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(&all).unwrap();
            file.rewind().unwrap();
            let (streamed, unread) = SMALL.of_stream(&all[..]).unwrap();
            assert_eq!(unread, None);
            for (how, pieces) in [("file", SMALL.of_file(&mut file).unwrap()), ("stream", streamed)] {
                check(&pieces, &all);
                let last = pieces.last().unwrap();
                assert!(last.is_last && last.end() == count as u64, "{how} of {count}: {last:?}");
                let seen: usize = pieces.iter().map(|piece| piece.bytes.len()).sum();
                assert!(seen <= 64 + 8 * (PIECES + 2) && seen >= count.min(64), "{how} of {count}: {seen}");
                if count < 128 {
                    assert_eq!(pieces.len(), 1, "{how} of {count}");
                }
                if count > 1000 {
                    let middle = |piece: &&Piece| {
                        piece.offset > count as u64 / 4 && piece.end() < count as u64 * 3 / 4
                    };
                    assert!(pieces.iter().filter(middle).count() > 1, "{how} of {count}");
                    assert!(last.bytes.len() >= 8, "{how} of {count}: {last:?}");
                }
            }
        }
    }

    #[test]
    fn a_stream_is_not_read_for_ever() {
        let extent = Extent { streamed: 1000, ..SMALL };
        let (pieces, unread) = extent.of_stream(std::io::repeat(b'x')).unwrap();
        assert_eq!(unread, Some(1000));
        assert!(pieces.iter().all(|piece| !piece.is_last));
    }

    #[test]
    fn many_data_files_have_smaller_samples() {
        let all = |count: usize| {
            let Extent { beginning, piece, .. } = Extent::of_each(count);
            assert!(piece % 4 == 0 && beginning % 4 == 0);
            count * (beginning + (PIECES + 2) * piece)
        };
        assert!(all(1) < 10 << 20 && all(100) < 300 << 20 && all(7000) < 300 << 20);
    }
}

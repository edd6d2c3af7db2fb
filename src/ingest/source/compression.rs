//! What data files and tars are compressed by: gzip and zstd, by the ends of their names.

use flate2::bufread::MultiGzDecoder;
use std::io::{self, BufReader, Read};

/// Compressed bytes read at a time.
const INPUT_BYTES: usize = 256 << 10;

/// A way of compression that has an end of file names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// RFC 1952. Each of its streams ends with a CRC-32 and a size.
    Gzip,
    /// RFC 8878. A frame may end with a checksum, which the usual tools write.
    Zstd,
}

impl Compression {
    /// The compression that the end of a name says, and the name without that.
    pub fn of_name(name: &str) -> (Option<Compression>, &str) {
        match name.rsplit_once('.') {
            Some((stem, end)) if end.eq_ignore_ascii_case("gz") => (Some(Compression::Gzip), stem),
            Some((stem, end)) if end.eq_ignore_ascii_case("zst") => (Some(Compression::Zstd), stem),
            _ => (None, name),
        }
    }

    /// Inflates what `input` gives, to its end. Several streams one behind the other are one. Checksums are compared; bytes behind
    /// the last stream, and an end within one, are errors.
    ///
    /// # Errors
    /// No memory for a decoder.
    pub fn reader<'r>(self, input: impl Read + Send + 'r) -> io::Result<Box<dyn Read + Send + 'r>> {
        let input = BufReader::with_capacity(INPUT_BYTES, input);
        Ok(match self {
            Compression::Gzip => Box::new(MultiGzDecoder::new(input)),
            Compression::Zstd => Box::new(zstd::Decoder::with_buffer(input)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn packed(compression: Compression, text: &[u8]) -> Vec<u8> {
        match compression {
            Compression::Gzip => {
                let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                encoder.write_all(text).unwrap();
                encoder.finish().unwrap()
            }
            Compression::Zstd => {
                let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
                encoder.include_checksum(true).unwrap();
                encoder.write_all(text).unwrap();
                encoder.finish().unwrap()
            }
        }
    }

    fn read(compression: Compression, packed: &[u8]) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        compression.reader(packed)?.read_to_end(&mut text)?;
        Ok(text)
    }

    #[test]
    fn streams_follow_one_another_and_no_damage_is_passed_over() {
        for compression in [Compression::Gzip, Compression::Zstd] {
            let (one, two) = (packed(compression, b"one\n"), packed(compression, b"two\n"));
            let both = [one.clone(), two].concat();
            assert_eq!(read(compression, &both).unwrap(), b"one\ntwo\n");
            assert!(read(compression, &one[..one.len() - 1]).is_err(), "cut off");
            assert!(read(compression, &[&one[..], b"garbage"].concat()).is_err(), "goes on");
            let mut wrong = one.clone();
            // gzip ends with CRC-32 and size, zstd with its checksum.
            let checksum = if compression == Compression::Gzip { 8 } else { 4 };
            wrong[one.len() - checksum] ^= 1;
            assert!(read(compression, &wrong).is_err(), "checksum");
        }
    }

    #[test]
    fn the_end_of_a_name_says_the_compression() {
        assert_eq!(Compression::of_name("a/users.dat.GZ"), (Some(Compression::Gzip), "a/users.dat"));
        assert_eq!(Compression::of_name("users.dat.zst"), (Some(Compression::Zstd), "users.dat"));
        assert_eq!(Compression::of_name("users.dat"), (None, "users.dat"));
    }
}

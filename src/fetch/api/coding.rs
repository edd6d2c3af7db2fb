//! Codings of a response's content (RFC 9110, section 8.4).

use flate2::bufread::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use std::io::{BufRead, BufReader, Read, Result as IoResult};

/// What is asked for.
pub const ACCEPTED: &str = "gzip, deflate, br, zstd";
/// The largest window of zstd, a power of two: the 8 MiB that RFC 9659 allows.
const ZSTD_WINDOW_LOG: u32 = 23;
/// The buffer of a brotli decoder, bytes.
const BROTLI_BUFFER_BYTES: usize = 16 << 10;

/// The content behind these codings, which were applied in their order.
///
/// # Errors
/// In words: a coding that is not known.
pub fn decoded<'r>(codings: &str, raw: Box<dyn Read + 'r>) -> Result<Box<dyn Read + 'r>, String> {
    let names = codings.split(',').map(|name| name.trim().to_ascii_lowercase());
    let mut content = raw;
    for name in names.rev().filter(|name| !name.is_empty()) {
        let buffered = BufReader::new(content);
        content = match name.as_str() {
            "identity" => Box::new(buffered),
            "gzip" | "x-gzip" => Box::new(MultiGzDecoder::new(buffered)),
            "deflate" => Box::new(Deflate::Unknown(Some(buffered))),
            "br" => Box::new(brotli_decompressor::Decompressor::new(buffered, BROTLI_BUFFER_BYTES)),
            "zstd" => {
                let decoder = zstd::Decoder::with_buffer(buffered).and_then(|mut decoder| {
                    decoder.window_log_max(ZSTD_WINDOW_LOG)?;
                    Ok(decoder)
                });
                Box::new(decoder.map_err(|error| format!("the response cannot be read as zstd: {error}"))?)
            }
            _ => {
                return Err(format!(
                    "the response is encoded with {name}, which was not asked for; {ACCEPTED} can be read"
                ));
            }
        };
    }
    Ok(content)
}

/// `deflate` is the format of zlib, but some servers send its content alone.
enum Deflate<R> {
    Unknown(Option<R>),
    Zlib(ZlibDecoder<R>),
    Bare(DeflateDecoder<R>),
}

impl<R: BufRead> Read for Deflate<R> {
    fn read(&mut self, bytes: &mut [u8]) -> IoResult<usize> {
        if let Deflate::Unknown(input) = self
            && let Some(mut input) = input.take()
        {
            // The first byte of zlib says method 8 and a window of at most 32 KiB (RFC 1950); a block of deflate never begins so, but
            // where it is stored with odd padding.
            let is_zlib = input.fill_buf()?.first().is_some_and(|first| first & 0x8F == 0x08);
            *self = match is_zlib {
                true => Deflate::Zlib(ZlibDecoder::new(input)),
                false => Deflate::Bare(DeflateDecoder::new(input)),
            };
        }
        match self {
            Deflate::Zlib(decoder) => decoder.read(bytes),
            Deflate::Bare(decoder) => decoder.read(bytes),
            Deflate::Unknown(_) => Ok(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
    use std::io::Write;

    const TEXT: &[u8] = b"[{\"id\": 1}, {\"id\": 1}, {\"id\": 1}]";

    fn read(codings: &str, bytes: &[u8]) -> Result<Vec<u8>, String> {
        let mut content = Vec::new();
        let mut reader = decoded(codings, Box::new(bytes))?;
        reader.read_to_end(&mut content).map_err(|error| error.to_string())?;
        Ok(content)
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn every_coding_is_undone_in_any_case_and_in_several_layers() {
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
        zlib.write_all(TEXT).unwrap();
        let mut bare = DeflateEncoder::new(Vec::new(), Compression::fast());
        bare.write_all(TEXT).unwrap();
        let zstd = zstd::encode_all(TEXT, 3).unwrap();
        let brotli = b"\x8b\x04\x80[{\"id\":1}]\x03";
        assert_eq!(read("br", brotli).unwrap(), b"[{\"id\":1}]");
        for (codings, bytes) in [
            ("gzip", gzip(TEXT)),
            ("x-gzip", gzip(TEXT)),
            ("GZIP", gzip(TEXT)),
            ("deflate", zlib.finish().unwrap()),
            ("deflate", bare.finish().unwrap()),
            ("zstd, gzip", gzip(&zstd)),
            ("zstd", zstd),
            (" identity ,", TEXT.to_vec()),
            ("", TEXT.to_vec()),
        ] {
            assert_eq!(read(codings, &bytes).unwrap(), TEXT, "{codings}");
        }
    }

    #[test]
    fn what_is_not_known_or_broken_is_said() {
        assert!(
            read("compress", TEXT).unwrap_err().contains("encoded with compress, which was not asked for")
        );
        for coding in ["gzip", "deflate", "br", "zstd"] {
            assert!(read(coding, TEXT).is_err(), "{coding}");
        }
        let zipped = gzip(TEXT);
        assert!(read("gzip", &zipped[..zipped.len() - 3]).is_err());
    }
}

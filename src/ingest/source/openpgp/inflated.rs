//! The inflated content of a compressed packet. Where it ends, everything around it must end too.

use super::meter::Meter;
use pgp::composed::{CompressedDataReader, MessageReader};
use std::fmt;
use std::io::{self, ErrorKind, Read};

/// Reads a compressed packet. The library would stop at the end of the compressed data, but the bytes behind it prove the
/// integrity of all.
pub struct Inflated<'a> {
    /// `None` when everything was read.
    packet: Option<CompressedDataReader<MessageReader<'a>>>,
    meter: Meter,
}

impl<'a> Inflated<'a> {
    /// Takes a packet that nothing has been read from.
    ///
    /// # Errors
    /// An unknown compression.
    pub fn new(packet: CompressedDataReader<MessageReader<'a>>, meter: &Meter) -> io::Result<Self> {
        Ok(Inflated { packet: Some(packet.decompress()?), meter: meter.clone() })
    }
}

impl Read for Inflated<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let Some(packet) = &mut self.packet else { return Ok(0) };
        let count = packet.read(out)?;
        self.meter.count(count)?;
        if count == 0
            && !out.is_empty()
            && let Some(packet) = self.packet.take()
        {
            let mut body = packet.into_inner();
            ends(&mut body)?;
            let mut outer = body.into_inner();
            ends(&mut outer)?;
            // Bytes behind the encrypted layer would be protected by nothing.
            if let MessageReader::Edata(encrypted) = &mut outer {
                ends(encrypted.get_mut().get_mut())?;
            }
        }
        Ok(count)
    }
}

/// Checks that nothing follows. Asking for it makes the layers around check their integrity.
fn ends(rest: &mut impl Read) -> io::Result<()> {
    match rest.read(&mut [0])? {
        0 => Ok(()),
        _ => Err(io::Error::new(ErrorKind::InvalidData, "there are bytes behind its end")),
    }
}

impl fmt::Debug for Inflated<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Inflated")
    }
}

//! What a compressed packet holds, inflated; when it ends, everything around it must end too.

use super::meter::Meter;
use pgp::composed::{CompressedDataReader, MessageReader};
use std::fmt;
use std::io::{self, ErrorKind, Read};

/// Reads a compressed packet. The library would read no further than to the end of the compressed data: behind that stand
/// the bytes that prove the integrity of all.
pub struct Inflated<'a> {
    /// `None` when everything was read.
    packet: Option<CompressedDataReader<MessageReader<'a>>>,
    meter: Meter,
}

impl<'a> Inflated<'a> {
    /// Reads a packet that was not read from yet.
    ///
    /// # Errors
    /// An unknown way of compression.
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
            // What may stand behind the encrypted layer is protected by nothing.
            if let MessageReader::Edata(encrypted) = &mut outer {
                ends(encrypted.get_mut().get_mut())?;
            }
        }
        Ok(count)
    }
}

/// Nothing follows; asking for it makes the layers around check their integrity.
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

//! Hash slots of a Redis Cluster: which key a command is about, in which slot the key is, and where Redis says that a slot is
//! (Redis documentation, "Redis cluster specification").

use super::keys::hash_tag;
use redis::{Arg, Cmd, RedisError, ServerError};

/// The number of slots.
const SLOTS: u16 = 16_384;

/// The slot of a key.
pub fn slot_of(key: &[u8]) -> u16 {
    crc16(hash_tag(key).unwrap_or(key)) % SLOTS
}

/// CRC-16/XMODEM.
fn crc16(bytes: &[u8]) -> u16 {
    const POLYNOMIAL: u16 = 0x1021;
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ (u16::from(*byte) << 8), |crc, _| match crc & 0x8000 {
            0 => crc << 1,
            _ => (crc << 1) ^ POLYNOMIAL,
        })
    })
}

/// The slot of the first key that a command names; none for a command that names none.
pub fn slot_of_command(command: &Cmd) -> Option<u16> {
    let mut arguments = command.args_iter().map(|argument| match argument {
        Arg::Simple(bytes) => bytes,
        _ => &[],
    });
    let key = match arguments.next()? {
        b"PING" | b"INFO" => None,
        // The script and the number of keys come before them.
        b"EVAL" => arguments.nth(2),
        _ => arguments.next(),
    };
    key.map(slot_of)
}

/// Where Redis sends a client to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Redirection {
    /// The slot is at this node from now on.
    Moved(u16, Node),
    /// This key is at this node already; the slot is on its way.
    Ask(Node),
}

/// A node of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Node {
    /// Its host; none if it is the host that was asked.
    pub host: Option<String>,
    /// Its port.
    pub port: u16,
}

/// The redirection that an error is; of several commands, that of the first one that has one.
pub fn redirection(error: &RedisError) -> Option<Redirection> {
    error.clone().into_server_errors()?.iter().find_map(|(_, error)| of_server(error))
}

fn of_server(error: &ServerError) -> Option<Redirection> {
    let mut words = error.details()?.split_ascii_whitespace();
    let (slot, node) = (words.next()?.parse().ok()?, node(words.next()?)?);
    match error.code() {
        "MOVED" => Some(Redirection::Moved(slot, node)),
        "ASK" => Some(Redirection::Ask(node)),
        _ => None,
    }
}

/// A node, as in `10.0.0.7:6379`. A node that does not know its own host writes `:6379` or `?:6379`.
fn node(text: &str) -> Option<Node> {
    let (host, port) = text.rsplit_once(':')?;
    let host = Some(host).filter(|host| !matches!(*host, "" | "?")).map(str::to_owned);
    Some(Node { host, port: port.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use redis::cmd;

    #[test]
    fn slots_are_those_of_redis() {
        // By `CLUSTER KEYSLOT`; 0x31C3 is the specification's.
        assert_eq!(crc16(b"123456789"), 0x31C3);
        for (key, slot) in [("foo", 12_182), ("{foo}:pghaul:draining", 12_182), ("a:{foo}", 12_182), ("", 0)]
        {
            assert_eq!(slot_of(key.as_bytes()), slot, "{key}");
        }
        assert_ne!(slot_of(b"{}foo"), slot_of(b"foo"));
    }

    #[test]
    fn a_command_is_about_its_first_key() {
        let slot = Some(slot_of(b"foo"));
        assert_eq!(slot_of_command(cmd("HSCAN").arg("foo").arg(0).arg("COUNT").arg(16)), slot);
        assert_eq!(slot_of_command(cmd("EVAL").arg("return 1").arg(2).arg("foo").arg("x")), slot);
        assert_eq!(slot_of_command(cmd("INFO").arg("memory")), None);
    }

    #[test]
    fn nodes() {
        for (text, host, port) in [
            ("10.0.0.7:6379", Some("10.0.0.7"), 6379),
            ("fd00::7:6379", Some("fd00::7"), 6379),
            (":7000", None, 7000),
            ("?:7000", None, 7000),
        ] {
            assert_eq!(node(text), Some(Node { host: host.map(str::to_owned), port }), "{text}");
        }
        assert_eq!(node("nowhere"), None);
    }
}

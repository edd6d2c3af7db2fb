//! The names of keys in Redis. All keys of one replica are in the hash slot of the replica's own key.

use memchr::memchr;
use std::hash::{BuildHasher, RandomState};

/// Follows the replica in the name of each key that pghaul writes.
const MARK: &str = "pghaul";

/// The keys of one replica.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    /// The hash that the cache writes to.
    pub replica: String,
    /// The hash with its description.
    pub meta: String,
    /// A text: the name of the hash that is being drained. The key exists as long as that hash does.
    pub draining: String,
    /// The names of batches begin with it.
    prefix: String,
}

impl Keys {
    /// The keys of `replica`.
    pub fn of(replica: &str) -> Keys {
        let tagged = match hash_tag(replica.as_bytes()) {
            Some(_) => replica.to_owned(),
            None => format!("{{{replica}}}"),
        };
        Keys {
            replica: replica.to_owned(),
            meta: format!("{replica}.META"),
            draining: format!("{tagged}:{MARK}:draining"),
            prefix: format!("{tagged}:{MARK}:"),
        }
    }

    /// A name that no hash has had before, made of the time and a random number.
    pub fn new_batch(&self) -> String {
        // The standard library seeds its hash tables with random numbers.
        let random = RandomState::new().hash_one(());
        let now = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%S%6fZ");
        format!("{}{now}-{random:016x}", self.prefix)
    }

    /// The text that holds the columns of a batch.
    pub fn columns(batch: &str) -> String {
        format!("{batch}:columns")
    }

    /// The hash that holds the rejects of a batch.
    pub fn rejected(batch: &str) -> String {
        format!("{batch}:rejected")
    }

    /// The name of a published batch whose rows stay in Redis.
    pub fn kept(batch: &str) -> String {
        format!("{batch}:kept")
    }
}

/// The part of a key that its slot is computed from, if that is not the whole key (Redis documentation, "Redis cluster
/// specification", "Hash tags").
pub fn hash_tag(key: &[u8]) -> Option<&[u8]> {
    let behind = &key[memchr(b'{', key)? + 1..];
    Some(&behind[..memchr(b'}', behind)?]).filter(|tag| !tag.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text that the slot is computed from.
    fn slot(key: &str) -> &[u8] {
        hash_tag(key.as_bytes()).unwrap_or(key.as_bytes())
    }

    #[test]
    fn all_keys_of_a_replica_are_in_its_slot() {
        for replica in ["users", "a:{b}:c", "{}x", "ü"] {
            let keys = Keys::of(replica);
            let batch = keys.new_batch();
            let own = [Keys::columns(&batch), Keys::rejected(&batch), Keys::kept(&batch)];
            for key in [&keys.draining, &batch].into_iter().chain(&own) {
                if replica != "{}x" {
                    assert_eq!(slot(key), slot(replica), "{key}");
                }
            }
        }
    }

    #[test]
    fn no_two_batches_have_one_name() {
        let keys = Keys::of("users");
        let (one, other) = (keys.new_batch(), keys.new_batch());
        assert_ne!(one, other);
        assert!(one.starts_with("{users}:pghaul:2"), "{one}");
    }
}

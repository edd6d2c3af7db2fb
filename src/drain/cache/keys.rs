//! The names that pghaul gives to keys in Redis. All of one replica's are in one hash slot, as the key of the replica is.

use std::hash::{BuildHasher, RandomState};

/// What stands behind the replica in every name of ours.
const MARK: &str = "pghaul";

/// The keys of one replica.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    /// The hash that is written to.
    pub replica: String,
    /// The hash with its description.
    pub meta: String,
    /// A text: the name of the hash that is being drained, as long as there is one.
    pub draining: String,
    /// What the names of ours begin with.
    prefix: String,
}

impl Keys {
    /// The keys of `replica`.
    pub fn of(replica: &str) -> Keys {
        let tagged = match hash_tag(replica) {
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

    /// A name that no hash has had before: the time, and a random number.
    pub fn new_batch(&self) -> String {
        // The standard library seeds its hash tables with random numbers.
        let random = RandomState::new().hash_one(());
        let now = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%S%6fZ");
        format!("{}{now}-{random:016x}", self.prefix)
    }

    /// Where the rejects of a batch stay.
    pub fn rejected(batch: &str) -> String {
        format!("{batch}:rejected")
    }

    /// Where a batch stays that is kept.
    pub fn kept(batch: &str) -> String {
        format!("{batch}:kept")
    }
}

/// What decides about a key's slot in place of the whole key, if something does (Redis documentation, "Redis cluster
/// specification", "Hash tags").
fn hash_tag(key: &str) -> Option<&str> {
    let (_, behind) = key.split_once('{')?;
    let (tag, _) = behind.split_once('}')?;
    Some(tag).filter(|tag| !tag.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the slot is computed of.
    fn slot(key: &str) -> &str {
        hash_tag(key).unwrap_or(key)
    }

    #[test]
    fn all_keys_of_a_replica_are_in_its_slot() {
        for replica in ["users", "a:{b}:c", "{}x", "ü"] {
            let keys = Keys::of(replica);
            let batch = keys.new_batch();
            for key in [&keys.draining, &batch, &Keys::rejected(&batch), &Keys::kept(&batch)] {
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

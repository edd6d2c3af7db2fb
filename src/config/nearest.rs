//! "Did you mean": the nearest known word for an unknown one.

/// The known word nearest to `word`, if one is near enough.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // A third of the letters may differ: `zip_pth` finds `zip_path`, but `foo` finds nothing.
    // Of a word that differs in every letter, nothing is left.
    let limit = word.len().div_ceil(3).min(word.len().saturating_sub(1));
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The key that was meant, out of serde's message ``unknown field `x`, expected one of `a`, `b` ``.
///
/// Only the text of serde's error has the list of known keys.
pub fn suggestion(message: &str) -> Option<&str> {
    let (_, after) = message.split_once("unknown field `")?;
    let (word, expected) = after.split_once('`')?;
    nearest(word, expected.split('`').skip(1).step_by(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_found_and_far_ones_are_not() {
        assert_eq!(nearest("max_worker", ["xport_cfg", "max_workers"]), Some("max_workers"));
        assert_eq!(nearest("colour", ["xport_cfg", "max_workers"]), None);
        assert_eq!(nearest("x", ["t"]), None);
    }

    #[test]
    fn the_known_keys_are_read_from_the_message() {
        let message = "unknown field `mach`, expected `match` or `types` at line 1 column 2";
        assert_eq!(suggestion(message), Some("match"));
        assert_eq!(suggestion("invalid type"), None);
    }
}

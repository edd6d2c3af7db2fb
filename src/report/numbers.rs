//! Numbers and lists as people read them.

/// The word in its plural, unless `count` is 1.
pub fn plural(count: u64, word: &str) -> String {
    if count == 1 { word.to_owned() } else { format!("{word}s") }
}

/// The first items, `most` at most, and how many more there are: `a, b and 5 more`.
pub fn some_of(items: &[impl AsRef<str>], most: usize) -> String {
    let named: Vec<&str> = items.iter().take(most).map(AsRef::as_ref).collect();
    let named = named.join(", ");
    match items.len().saturating_sub(most) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

/// A moment of RFC 3339 for people: to the second, without its zone.
pub fn to_the_second(moment: &str) -> String {
    moment.get(..19).unwrap_or(moment).replace('T', " ")
}

/// `1234567` as `1,234,567`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Bytes in the unit that fits, with 1024 bytes to the KiB.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1024.0;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

/// Seconds, to a hundredth.
pub fn seconds(seconds: f64) -> String {
    format!("{seconds:.2}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_readable() {
        assert_eq!([0, 999, 1000, 1_234_567].map(thousands), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([752, 2048, 1 << 30].map(size), ["752 B", "2.0 KiB", "1.0 GiB"]);
    }

    #[test]
    fn not_all_of_many_items_are_named() {
        assert_eq!(some_of(&["a"], 5), "a");
        assert_eq!(some_of(&["a", "b", "c", "d", "e", "f", "g"], 5), "a, b, c, d, e and 2 more");
    }
}

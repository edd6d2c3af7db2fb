//! The header `Prefer` (RFC 7240), as far as the service knows preferences; it ignores all others.

use crate::serve::query::write::Duplicates;
use axum::http::{HeaderMap, HeaderName};

/// The header of a request.
const PREFER: HeaderName = HeaderName::from_static("prefer");
/// The header of an answer that follows a preference.
pub const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// What a request to add rows wants of those whose key is there already. The first one counts where it names several.
pub fn duplicates(headers: &HeaderMap) -> Duplicates {
    let lines = headers.get_all(PREFER).iter().filter_map(|line| line.to_str().ok());
    let resolution = lines.flat_map(|line| line.split([',', ';'])).find_map(|preference| {
        let (name, value) = preference.split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case("resolution")
            .then(|| value.trim().trim_matches('"').to_ascii_lowercase())
    });
    match resolution.as_deref() {
        Some("merge-duplicates") => Duplicates::Merge,
        Some("ignore-duplicates") => Duplicates::Ignore,
        _ => Duplicates::Refuse,
    }
}

/// The preference that was followed, as the answer names it.
pub fn applied(duplicates: Duplicates) -> Option<&'static str> {
    match duplicates {
        Duplicates::Refuse => None,
        Duplicates::Merge => Some("resolution=merge-duplicates"),
        Duplicates::Ignore => Some("resolution=ignore-duplicates"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn a_preference_is_found_among_others() {
        for (line, expected) in [
            ("resolution=merge-duplicates", Duplicates::Merge),
            ("return=minimal, Resolution = \"ignore-duplicates\"", Duplicates::Ignore),
            ("resolution=ignore-duplicates, resolution=merge-duplicates", Duplicates::Ignore),
            ("resolution=other", Duplicates::Refuse),
            ("merge-duplicates", Duplicates::Refuse),
        ] {
            let headers = [(PREFER, HeaderValue::from_static(line))].into_iter().collect();
            assert_eq!(duplicates(&headers), expected, "{line}");
        }
    }
}

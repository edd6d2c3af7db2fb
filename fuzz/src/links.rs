//! Headers `Link` (RFC 8288, section 3).

use crate::choices::Choices;

const RELATIONS: [&str; 6] = ["next", "Next", "prev", "prev next", "next-archive", "nex"];

/// A header that was written from a structure of links, and the target of the first one of relation `next`.
pub fn drawn(choices: &mut Choices<'_>) -> (String, Option<String>) {
    let mut header = String::new();
    let mut next = None;
    for number in 0..1 + choices.below(4) {
        let target = choices.text(20).replace('>', "");
        header.push_str(if number > 0 { *choices.one_of(&[", ", ",", " ,\t", ",,"]) } else { "" });
        header.push_str(&format!("<{target}>"));
        let mut relations = None;
        for _ in 0..choices.below(4) {
            let name = *choices.one_of(&["rel", "REL", "title", "rev", "x"]);
            let value = match choices.is_set() {
                true => choices.text(20),
                false => (*choices.one_of(&RELATIONS)).to_owned(),
            };
            header.push_str(*choices.one_of(&[";", "; ", " ; "]));
            header.push_str(name);
            header.push_str(*choices.one_of(&["=", " = "]));
            let is_word = !value.is_empty() && value.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
            header.push_str(&match choices.is_set() && is_word {
                true => value.clone(),
                false => format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")),
            });
            if name.eq_ignore_ascii_case("rel") {
                relations.get_or_insert(value);
            }
        }
        let relations = relations.unwrap_or_default();
        if relations.split_ascii_whitespace().any(|relation| relation.eq_ignore_ascii_case("next")) {
            next.get_or_insert(target);
        }
    }
    (header, next)
}

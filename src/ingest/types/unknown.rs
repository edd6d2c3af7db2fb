//! What is said about a type that nothing is known of.

use super::forms::Forms;
use super::map::{Source, TypeMap};
use crate::Error;
use crate::error::{MAX_QUOTED_CHARS, shortened};
use crate::pg::type_name::TypeName;

impl TypeMap {
    /// That nothing is known of this type: what others would make of it, and the line that adds it to the map.
    pub fn unknown(&self, source: &str, answers: &[(&'static str, TypeName)]) -> Error {
        let forms = Forms::of(source);
        let own = self.name();
        let what = format!("type map {own} does not know the type `{}`", shortened(source, MAX_QUOTED_CHARS));
        let what = match answers {
            [] => format!("{what}, and PostgreSQL has no such type"),
            [(name, answer)] => {
                let known = forms.words().and_then(|words| self.of_words(words).next());
                let known = known.map(|(key, target)| format!(": it has `{key}` as {target}"));
                format!(
                    "{what}; {name} has it as {answer}, which contradicts {own}{}",
                    known.unwrap_or_default()
                )
            }
            answers => {
                let answers: Vec<String> =
                    answers.iter().map(|(name, answer)| format!("{answer} in {name}")).collect();
                format!("{what}, which is {}", answers.join(" and "))
            }
        };
        let Some(spelling) = forms.plain.and_then(|plain| plain.spelling) else {
            return Error::refused(what).remedy("write the type in the descriptor as its database does");
        };
        let (key, target) = match answers.first() {
            Some((_, answer)) => (spelling.to_string(), answer.to_string()),
            None => (spelling.as_key().to_string(), "text".to_owned()),
        };
        let key = shortened(&key, MAX_QUOTED_CHARS);
        Error::refused(what).remedy(match &self.source {
            Source::BuiltIn { name, pattern } => format!(
                "add it in xport_cfg.dialects, with the PostgreSQL type that fits: \
                 {{match: '{pattern}', types: {{extends: {name}, '{key}': {target}}}}}"
            ),
            Source::File(_) => {
                format!("add it there, with the PostgreSQL type that fits: \"{key}\": \"{target}\"")
            }
            Source::Inline(_) => {
                format!("add it there, with the PostgreSQL type that fits: '{key}': {target}")
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unknown_comes_with_the_line_that_adds_it() {
        let remedy = |map: &TypeMap, source: &str| {
            let message = map.unknown(source, &[]).to_string();
            let unknown = format!(
                "type map {} does not know the type `{source}`, and PostgreSQL has no such type",
                map.name()
            );
            message.strip_prefix(&unknown).unwrap().to_owned()
        };
        let mysql = TypeMap::built_in("mysql", "*").unwrap().unwrap();
        let own = TypeMap::inline("xport_cfg.dialects[0].types", [].into_iter()).unwrap();
        let fits = "with the PostgreSQL type that fits";
        assert_eq!(
            remedy(&mysql, "frobnicator(3)"),
            format!(
                "; add it in xport_cfg.dialects, {fits}: {{match: '*', types: {{extends: mysql, 'frobnicator(n)': text}}}}"
            )
        );
        assert!(remedy(&mysql, "fixed_point(3,2) not null").contains("'fixed_point(p,s)': text"));
        assert!(remedy(&mysql, "flags('a','b')").contains("'flags(*)': text"));
        assert_eq!(remedy(&own, "blobby"), format!("; add it there, {fits}: 'blobby': text"));
        let refused = mysql.resolve("int); drop table x --", None).unwrap_err().to_string();
        assert!(refused.ends_with("write the type in the descriptor as its database does"), "{refused}");
    }
}

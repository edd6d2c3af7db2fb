//! What is said about a type that nothing is known of.

use super::forms::Forms;
use super::map::{Source, TypeMap};
use crate::Error;
use crate::error::{MAX_QUOTED_CHARS, shortened};
use crate::pg::type_name::TypeName;

impl TypeMap {
    /// That neither a map nor PostgreSQL knows this type.
    pub fn unknown(&self, source: &str) -> Error {
        self.refusal(source, ", and PostgreSQL has no such type", None)
    }

    /// That no map knows this type, where the database has not been asked.
    pub fn unknown_to_maps(&self, source: &str) -> Error {
        self.refusal(source, ", and unless the database has one of that name, nothing does", None)
    }

    /// That other maps know this type, and contradict.
    pub(super) fn contradicted(&self, source: &str, answers: &[(&'static str, TypeName)]) -> Error {
        let own = self.name();
        let what = match answers {
            [(name, answer)] => {
                let forms = Forms::of(source);
                let known = forms.words().and_then(|words| self.of_words(words).next());
                let known = known.map(|(key, target)| format!(": it has `{key}` as {target}"));
                format!("; {name} has it as {answer}, which contradicts {own}{}", known.unwrap_or_default())
            }
            answers => {
                let answers: Vec<String> =
                    answers.iter().map(|(name, answer)| format!("{answer} in {name}")).collect();
                format!(", which is {}", answers.join(" and "))
            }
        };
        self.refusal(source, &what, answers.first().map(|(_, answer)| answer))
    }

    /// Where to write an entry, such as `'decimal(10,2)': numeric`, so that it counts for the dumps of this map.
    pub fn with_entry(&self, entry: &str) -> String {
        match &self.source {
            Source::BuiltIn { name, pattern } => {
                format!(
                    "in xport_cfg.dialects write {{match: '{pattern}', types: {{extends: {name}, {entry}}}}}"
                )
            }
            Source::File(_) | Source::Inline(_) => {
                format!("add to the type map {}: {entry}", self.name())
            }
        }
    }

    /// The message, with the line that adds the type to the map: as `target`, or as what the user chooses.
    fn refusal(&self, source: &str, why: &str, target: Option<&TypeName>) -> Error {
        let shown = shortened(source, MAX_QUOTED_CHARS);
        let error = Error::refused(format!("type map {} does not know the type `{shown}`{why}", self.name()));
        let error = error.cured_at_once();
        let Some(spelling) = Forms::of(source).plain.and_then(|plain| plain.spelling) else {
            return error.remedy("write the type in the descriptor as its database does");
        };
        let key = if target.is_some() { spelling } else { spelling.as_key() }.to_string();
        let key = shortened(&key, MAX_QUOTED_CHARS);
        let target = target.map_or("text", TypeName::as_str);
        error.remedy(match &self.source {
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
            let message = map.unknown(source).to_string();
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

//! A type without what does not belong to it: quotes, brackets, the schema, and what a column definition has behind it.

use super::attributes;
use super::spelling::Spelling;
use super::tokens::{Token, tokens};

/// A type as people and exports write it, made plain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plain {
    /// The type for a map; none for an array, which no map knows.
    pub spelling: Option<Spelling>,
    /// The same as one text, with the schema and an array's brackets, for PostgreSQL.
    pub text: String,
}

impl Plain {
    /// Reads for example `[nvarchar](50)`, `int(11) unsigned NOT NULL`, `int identity`, `[sys].[geography]`,
    /// `VARCHAR2(200 CHAR)`. None for a text that is not written like a type.
    pub fn parse(text: &str) -> Option<Plain> {
        let mut tokens = tokens(text);
        attributes::cut(&mut tokens);
        let mut words: Vec<&str> = Vec::new();
        let (mut parameters, mut text, mut is_array) = (Vec::new(), String::new(), false);
        let mut tokens = tokens.iter().peekable();
        while let Some(token) = tokens.next() {
            match token {
                Token::Word(schema) if tokens.next_if_eq(&&Token::Dot).is_some() => {
                    text.push_str(&format!("{schema}."));
                }
                Token::Word(word) => {
                    let is_apart = !text.is_empty() && !text.ends_with('.');
                    text.push_str(if is_apart { " " } else { "" });
                    text.push_str(word);
                    words.push(word);
                }
                // Oracle's `interval day(2) to second(6)` has two lists.
                Token::List(list) if !words.is_empty() => {
                    let list = read_parameters(list);
                    if !list.is_empty() {
                        text.push_str(&format!("({})", list.join(",")));
                    }
                    parameters.extend(list);
                }
                Token::Array(brackets) if !words.is_empty() => {
                    text.push_str(brackets);
                    is_array = true;
                }
                _ => return None,
            }
        }
        if words.is_empty() {
            return None;
        }
        let parameters = (!parameters.is_empty()).then_some(parameters);
        let spelling = Spelling { words: words.join(" "), parameters };
        Some(Plain { spelling: (!is_array).then_some(spelling), text })
    }
}

/// Units of lengths: Oracle's, and DB2's.
const UNITS: [&str; 4] = ["char", "byte", "octets", "codeunits32"];

/// What stands in parentheses, cut at the commas, without units: Oracle's `200 char` is 200. ODBC drivers write `()` for
/// what they tell elsewhere.
fn read_parameters(list: &str) -> Vec<String> {
    let without_unit = |parameter: &str| {
        let number = UNITS.iter().find_map(|unit| parameter.strip_suffix(unit)).map(str::trim_end);
        number.filter(|number| number.parse::<u32>().is_ok()).unwrap_or(parameter).to_owned()
    };
    match list.trim() {
        "" => Vec::new(),
        list => list.split(',').map(|parameter| without_unit(parameter.trim())).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The type as a map sees it and as PostgreSQL sees it.
    fn plain(text: &str) -> Option<(String, String)> {
        let Plain { spelling, text } = Plain::parse(text)?;
        let spelled = spelling.map_or_else(|| "-".to_owned(), |spelling| spelling.to_string());
        Some((spelled, text))
    }

    #[test]
    fn what_does_not_belong_to_a_type_is_left_out() {
        for (text, expected) in [
            ("int", "int"),
            (" INT ", "int"),
            ("int identity", "int"),
            ("INT IDENTITY(1,1) NOT NULL", "int"),
            ("numeric() identity", "numeric"),
            ("numeric(18,0) identity", "numeric(18,0)"),
            ("[nvarchar](50)", "nvarchar(50)"),
            ("[nvarchar] (max) NULL", "nvarchar(max)"),
            ("`varchar`(20)", "varchar(20)"),
            ("\"varchar(20)\"", "varchar(20)"),
            ("character varying", "character varying"),
            ("character set", "character set"),
            ("varchar(20) character set utf8mb4 collate utf8mb4_bin not null", "varchar(20)"),
            ("varchar(20) CHARACTER SET utf8", "varchar(20)"),
            ("varchar(20) binary", "varchar(20)"),
            ("binary(16)", "binary(16)"),
            ("int(11) unsigned zerofill NOT NULL AUTO_INCREMENT", "int(11) unsigned"),
            ("int(6) zerofill", "int(6) unsigned"),
            ("bigint signed", "bigint"),
            ("timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3)", "timestamp"),
            ("decimal(10,2) default -1.5 comment 'a (b'", "decimal(10,2)"),
            ("varchar(5) GENERATED ALWAYS AS (concat(a,'x')) VIRTUAL", "varchar(5)"),
            ("datetime /* mariadb-5.3 */", "datetime"),
            ("VARCHAR2(200 CHAR)", "varchar2(200)"),
            ("varchar2(200 byte)", "varchar2(200)"),
            ("varchar(20 octets)", "varchar(20)"),
            ("CHAR () FOR BIT DATA", "char for bit data"),
            ("char(16) for bit data not null", "char(16) for bit data"),
            ("timestamp(6) with time zone", "timestamp(6) with time zone"),
        ] {
            assert_eq!(plain(text), Some((expected.to_owned(), expected.to_owned())), "{text}");
        }
        let interval = Plain::parse("INTERVAL DAY(2) TO SECOND(6)").unwrap();
        let as_a_key = Spelling::parse("interval day to second(2,6)");
        assert_eq!((interval.spelling, interval.text.as_str()), (as_a_key, "interval day(2) to second(6)"));
    }

    #[test]
    fn schemas_and_arrays_are_postgresql_s_alone() {
        let pair = |a: &str, b: &str| Some((a.to_owned(), b.to_owned()));
        assert_eq!(plain("[sys].[geography]"), pair("geography", "sys.geography"));
        assert_eq!(plain("public.mood"), pair("mood", "public.mood"));
        assert_eq!(plain("text[]"), pair("-", "text[]"));
        assert_eq!(plain("numeric(10,2)[3] not null"), pair("-", "numeric(10,2)[3]"));
    }

    #[test]
    fn what_is_no_type_is_none() {
        for text in ["", " ", "()", "(5)", "int); drop table x", "int;", "a,b", "int(", "[]", "."] {
            assert_eq!(plain(text), None, "{text}");
        }
    }
}

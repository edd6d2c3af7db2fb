//! How the data files of some dumps are written, and where each setting comes from.
//!
//! A dialect's key comes first, then its `format`, then the same two of `xport_cfg`, then the default.

use super::data_files::DataFiles;
use super::text_values::{AUTO, Found, NONE, TextSetting, without};
use crate::config::{Several, Text, TextKeys};
use crate::copy::input::format::{
    DEFAULT_ENCODING, DEFAULT_NULL, DEFAULT_QUOTE, DEFAULT_SEPARATOR, Format, Quotes, Spelling,
};
use crate::ingest::advice;
use crate::{Error, Result};

/// How data files are written.
#[derive(Debug, Clone)]
pub struct TextFormat {
    /// The format.
    pub format: Format,
    /// How the parts of a table's data file are named, if it may have several.
    pub data_files: Option<DataFiles>,
    settings: Vec<TextSetting>,
}

/// What `format` sets together.
struct Preset {
    name: &'static str,
    separator: &'static str,
    quote: &'static str,
    escape: &'static str,
    null: &'static str,
    nul: &'static str,
    has_header: bool,
    line_end: &'static str,
}

/// `COPY … (FORMAT csv)`, but with a header line; MySQL's `SELECT … INTO OUTFILE` (MySQL manual); SQL Server's `bcp -c` and
/// `-w` ("bcp utility", "Specify field and row terminators").
const PRESETS: [Preset; 3] = [
    Preset {
        name: "csv",
        separator: ",",
        quote: "\"",
        escape: NONE,
        null: "",
        has_header: true,
        line_end: AUTO,
        nul: "reject",
    },
    Preset {
        name: "outfile",
        separator: "\t",
        quote: NONE,
        escape: "\\",
        null: "\\N",
        has_header: false,
        line_end: "\n",
        nul: "reject",
    },
    Preset {
        name: "bcp",
        separator: "\t",
        quote: NONE,
        escape: NONE,
        null: "",
        has_header: false,
        line_end: "\r\n",
        nul: "empty",
    },
];

/// A map of the configuration that may say how data files are written.
#[derive(Clone, Copy)]
pub struct Map<'c> {
    /// Its path: `xport_cfg`, or `xport_cfg.dialects[0]`.
    pub path: &'c str,
    /// Its keys.
    pub keys: TextKeys<'c>,
}

/// The maps to ask, the first one first, each with its preset.
struct Maps<'c>(Vec<(Map<'c>, Option<&'static Preset>)>);

impl TextFormat {
    /// Combines what the maps say, the first one first.
    ///
    /// # Errors
    /// A value that a key does not have; values that contradict each other.
    pub fn resolve(maps: &[Map<'_>]) -> Result<TextFormat> {
        let maps = Maps::of(maps)?;
        let separator = maps.text(
            "field_separator",
            DEFAULT_SEPARATOR,
            |keys| keys.field_separator,
            |preset| preset.separator,
        );
        let quote = maps.text("dat_quote", DEFAULT_QUOTE, |keys| keys.dat_quote, |preset| preset.quote);
        let quotes = maps.text("quotes", "text", |keys| keys.quotes, |_| "text");
        let escape = maps.text("escape", NONE, |keys| keys.escape, |preset| preset.escape);
        let nulls = maps.find(
            "null_pattern",
            vec![DEFAULT_NULL.to_owned()],
            |keys| keys.null_pattern.map(texts),
            |preset| Some(vec![preset.null.to_owned()]),
        );
        let nul = maps.text("nul", "reject", |keys| keys.nul, |preset| preset.nul);
        let header = maps.find("header", true, |keys| keys.header, |preset| Some(preset.has_header));
        let line_end = maps.text("line_end", AUTO, |keys| keys.line_end, |preset| preset.line_end);
        let trailing =
            maps.find("trailing_separator", false, |keys| keys.trailing_separator, |_| Some(false));
        let encoding =
            maps.find("encoding", DEFAULT_ENCODING.to_owned(), |keys| owned(keys.encoding), |_| None);
        let order = maps.find("date_order", String::new(), |keys| owned(keys.date_order), |_| None);
        let parts = maps.find("data_files", String::new(), |keys| owned(keys.data_files), |_| None);

        for text in [&separator, &line_end] {
            text.not_in_yaml()?;
        }
        let spelling = Spelling {
            separator: &separator.value,
            quote: without(NONE, &quote.value),
            escape: without(NONE, &escape.value),
            escapes_all: maps.has_outfile(),
            nulls: nulls.value.iter().map(String::as_str).collect(),
            encoding: &encoding.value,
            line_end: without(AUTO, &line_end.value),
            quotes: if quotes.is_second_of(["text", "copy"])? { Quotes::Copy } else { Quotes::Text },
        };
        let paths = [
            separator.path(),
            quote.path(),
            quotes.path(),
            escape.path(),
            nulls.path(),
            line_end.path(),
            encoding.path(),
        ];
        let path = |key: &str| {
            let known = paths.iter().find(|path| path.rsplit('.').next() == Some(key));
            known.cloned().unwrap_or_else(|| format!("xport_cfg.{key}"))
        };
        let format = spelling.format().map_err(|fault| advice::of_format(fault, &spelling, &path))?;
        let format = Format {
            nul_is_empty: nul.is_second_of(["reject", "empty"])?,
            trailing_separator: trailing.value,
            has_header: header.value,
            date_order: order.date_order()?,
            ..format
        };
        let nulls = Found { key: nulls.key, value: nulls.value.join(", "), from: nulls.from };
        let settings = vec![
            separator.setting(),
            quote.setting(),
            quotes.setting(),
            escape.setting(),
            nulls.setting(),
            nul.setting(),
            header.setting(),
            line_end.setting(),
            trailing.setting(),
            encoding.setting(),
            order.setting(),
            parts.setting(),
        ];
        let is_said = parts.from.is_some();
        let data_files = is_said.then(|| DataFiles::parse(&parts.path(), &parts.value)).transpose()?;
        Ok(TextFormat { format, data_files, settings })
    }

    /// The setting of a key.
    pub fn setting(&self, key: &str) -> Option<&TextSetting> {
        self.settings.iter().find(|setting| setting.key == key)
    }

    /// The settings that are not the defaults, with what says each, for people; nothing if there are none.
    pub fn description(&self) -> Option<String> {
        let mut groups: Vec<(&str, Vec<String>)> = Vec::new();
        for TextSetting { key, value, from } in &self.settings {
            let Some(from) = from else { continue };
            let said = format!("{key} {value:?}");
            match groups.iter_mut().find(|(known, _)| known == from) {
                Some((_, group)) => group.push(said),
                None => groups.push((from, vec![said])),
            }
        }
        let groups: Vec<String> =
            groups.into_iter().map(|(from, group)| format!("{} ({from})", group.join(", "))).collect();
        (!groups.is_empty()).then(|| groups.join("; "))
    }
}

fn owned(text: Option<&Text>) -> Option<String> {
    text.map(|text| text.0.clone())
}

fn texts(several: &Several) -> Vec<String> {
    several.0.iter().map(|text| text.0.clone()).collect()
}

impl<'c> Maps<'c> {
    fn of(maps: &[Map<'c>]) -> Result<Maps<'c>> {
        let with_preset = |map: &Map<'c>| {
            let Some(Text(name)) = map.keys.format else { return Ok((*map, None)) };
            let preset = PRESETS.iter().find(|preset| preset.name.eq_ignore_ascii_case(name));
            let unknown = || {
                Error::refused(format!("{}.format: {name:?} is no format of data files", map.path))
                    .remedy("write csv, outfile or bcp")
            };
            preset.ok_or_else(unknown).map(|preset| (*map, Some(preset)))
        };
        maps.iter().map(with_preset).collect::<Result<_>>().map(Maps)
    }

    /// The first map's value, from its key or its preset, or else the default.
    fn find<T>(
        &self,
        key: &'static str,
        default: T,
        of_key: impl Fn(&TextKeys<'c>) -> Option<T>,
        of_preset: impl Fn(&'static Preset) -> Option<T>,
    ) -> Found<T> {
        let found = self.0.iter().find_map(|(map, preset)| {
            if let Some(value) = of_key(&map.keys) {
                return Some((value, format!("{}.{key}", map.path)));
            }
            let preset = (*preset)?;
            Some((of_preset(preset)?, format!("{}.format: {}", map.path, preset.name)))
        });
        match found {
            Some((value, from)) => Found { key, value, from: Some(from) },
            None => Found { key, value: default, from: None },
        }
    }

    fn text(
        &self,
        key: &'static str,
        default: &str,
        of_key: impl Fn(&TextKeys<'c>) -> Option<&'c Text>,
        of_preset: impl Fn(&'static Preset) -> &'static str,
    ) -> Found<String> {
        let of_preset = |preset| Some(of_preset(preset).to_owned());
        self.find(key, default.to_owned(), |keys| owned(of_key(keys)), of_preset)
    }

    /// Whether the first format that is named is MySQL's.
    fn has_outfile(&self) -> bool {
        let named = self.0.iter().find_map(|(_, preset)| *preset);
        named.is_some_and(|preset| preset.name == "outfile")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ConfigFile;
    use crate::copy::input::format::EscapeKind;

    /// The format of the first dialect, or of all dumps.
    fn resolved(yaml: &str) -> Result<TextFormat> {
        let file: ConfigFile = serde_yaml::from_str(&format!("xport_cfg: {{{yaml}}}")).unwrap();
        let cfg = &file.xport_cfg;
        let of_all = Map { path: "xport_cfg", keys: cfg.text_keys() };
        match cfg.dialects.as_ref().and_then(|dialects| dialects.first()) {
            Some(entry) => {
                let entry = Map { path: "xport_cfg.dialects[0]", keys: entry.text_keys() };
                TextFormat::resolve(&[entry, of_all])
            }
            None => TextFormat::resolve(&[of_all]),
        }
    }

    fn format(yaml: &str) -> Format {
        resolved(yaml).unwrap().format
    }

    #[test]
    fn without_a_word_it_is_the_original_jobs() {
        let text = resolved("").unwrap();
        assert_eq!((text.format.clone(), text.description()), (Format::default(), None));
    }

    #[test]
    fn the_formats() {
        let csv = format("format: csv");
        assert_eq!((csv.separator.bytes(), csv.quote, csv.has_header), (&b","[..], Some(b'"'), true));
        assert_eq!((csv.null.as_slice(), csv.line_end, csv.escape), (&b""[..], None, None));
        let outfile = format("format: outfile");
        assert_eq!((outfile.separator.bytes(), outfile.quote, outfile.has_header), (&b"\t"[..], None, false));
        assert_eq!(outfile.null, b"\\N");
        assert_eq!(outfile.escape.map(|escape| (escape.byte, escape.kind)), Some((b'\\', EscapeKind::OfAll)));
        assert_eq!(outfile.line_end.unwrap().bytes(), b"\n");
        let bcp = format("format: BCP");
        assert_eq!((bcp.separator.bytes(), bcp.quote, bcp.escape), (&b"\t"[..], None, None));
        assert_eq!((bcp.nul_is_empty, bcp.has_header, bcp.null.as_slice()), (true, false, &b""[..]));
        assert_eq!(bcp.line_end.unwrap().bytes(), b"\r\n");
        let enclosed = format("format: outfile, dat_quote: '\"'");
        assert_eq!(enclosed.escape.unwrap().kind, EscapeKind::OfAll);
        assert_eq!(format("escape: '\\'").escape.unwrap().kind, EscapeKind::OfQuotes);
    }

    #[test]
    fn a_key_beats_the_format_beside_it_and_a_dialect_beats_both() {
        let dialect = "dialects: [{match: '*', types: mysql";
        let separator = |yaml: &str| format(yaml).separator.bytes().to_vec();
        assert_eq!(separator("field_separator: ';', format: bcp"), b";");
        assert_eq!(separator(&format!("field_separator: ';', {dialect}, format: bcp}}]")), b"\t");
        assert_eq!(separator(&format!("format: bcp, {dialect}, field_separator: '||'}}]")), b"||");
        assert_eq!(separator(&format!("field_separator: ';', {dialect}}}]")), b";");
        let mixed = resolved(&format!("encoding: cp850, {dialect}, format: bcp, header: true}}]")).unwrap();
        assert_eq!(
            mixed.description().unwrap(),
            "field_separator \"\\t\", dat_quote \"none\", quotes \"text\", escape \"none\", null_pattern \"\", nul \"empty\", \
             line_end \"\\r\\n\", trailing_separator \"false\" (xport_cfg.dialects[0].format: bcp); \
             header \"true\" (xport_cfg.dialects[0].header); encoding \"cp850\" (xport_cfg.encoding)"
        );
    }

    #[test]
    fn what_cannot_be_names_the_key_where_it_is_written() {
        for (yaml, what) in [
            (
                "format: tsv",
                "xport_cfg.format: \"tsv\" is no format of data files; write csv, outfile or bcp",
            ),
            ("quotes: txt", "xport_cfg.quotes: \"txt\" is neither text nor copy"),
            ("nul: 'null'", "xport_cfg.nul: \"null\" is neither reject nor empty"),
            (
                "quotes: copy, dat_quote: none",
                "xport_cfg.quotes: copy says what quotes do, but there is none",
            ),
            (
                "dialects: [{match: '*', types: mysql, format: bcp, quotes: copy}]",
                "xport_cfg.dialects[0].quotes: copy",
            ),
            ("quotes: copy, dat_quote: '\"', format: outfile", "xport_cfg.quotes: copy has no place"),
            ("field_separator: '\\t'", "write it in double quotes: field_separator: \"\\t\""),
            ("line_end: '\\r\\n'", "write it in double quotes: line_end: \"\\r\\n\""),
            ("line_end: \"|\\n\"", "xport_cfg.line_end: \"|\\n\" holds the separator"),
            ("escape: '|'", "xport_cfg.field_separator: \"|\" holds the escape (xport_cfg.escape: \"|\")"),
            ("null_pattern: []", "xport_cfg.null_pattern: the list names no text"),
            ("null_pattern: ['', 'a`']", "xport_cfg.null_pattern: \"a`\" holds the separator, the quote"),
            ("escape: ab", "xport_cfg.escape: \"ab\" is not a single-byte character"),
        ] {
            let error = resolved(yaml).unwrap_err().to_string();
            assert!(error.contains(what), "{error}");
        }
    }
}

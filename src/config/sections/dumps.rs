//! `xport_cfg:`, `limits:` and `decrypt:` in the configuration: the dumps.

use super::types::TypesCfg;
use crate::config::values::{Number, SecretSource, Several, Size, Text};
use serde::Deserialize;

/// The folder and the format of the dumps.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a map such as {zip_path: dumps}")]
pub struct XportCfg {
    /// Folder of the dumps.
    pub zip_path: Option<Text>,
    /// Folder for dumps whose units are all loaded, if `archive` is set.
    pub archive_path: Option<Text>,
    /// Whether loaded dumps move to `archive_path`.
    #[serde(default)]
    pub archive: bool,
    /// File extension of descriptors.
    pub fmt_extension: Option<Text>,
    /// File extension of data files.
    pub dat_extension: Option<Text>,
    /// A set of the keys below: `csv`, `outfile` or `bcp`.
    pub format: Option<Text>,
    /// Separator between fields.
    pub field_separator: Option<Text>,
    /// Quote around fields.
    pub dat_quote: Option<Text>,
    /// Which quotes open and close: `text` or `copy`.
    pub quotes: Option<Text>,
    /// The character that takes away, or gives, the meaning of the next one.
    pub escape: Option<Text>,
    /// The unquoted texts that mean NULL.
    #[serde(default, deserialize_with = "Several::optional")]
    pub null_pattern: Option<Several>,
    /// What a field is that holds nothing but a NUL: `reject` or `empty`.
    pub nul: Option<Text>,
    /// Whether the first line names the columns.
    pub header: Option<bool>,
    /// The end of rows.
    pub line_end: Option<Text>,
    /// Whether rows may end with a separator.
    pub trailing_separator: Option<bool>,
    /// Character encoding of data files.
    pub encoding: Option<Text>,
    /// The order of day, month and year in dates such as `01/02/2019`.
    pub date_order: Option<Text>,
    /// Pattern of the names of data files that are parts of a table.
    pub data_files: Option<Text>,
    /// Pattern of the names of dumps.
    pub dump_name: Option<Text>,
    /// Pattern of version-table names.
    pub child_name: Option<Text>,
    /// What counts for which dumps; the first match counts.
    pub dialects: Option<Vec<Dialect>>,
}

/// Limits against damaged and hostile dumps.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a map such as {max_row: 64MiB}")]
pub struct LimitsCfg {
    /// Members of a dump.
    pub max_members: Option<Number<usize>>,
    /// Tables of a dump.
    pub max_tables: Option<Number<usize>>,
    /// Columns of a data file or descriptor.
    pub max_columns: Option<Number<usize>>,
    /// Size of a descriptor, inflated.
    pub max_descriptor: Option<Size>,
    /// Size of a row.
    pub max_row: Option<Size>,
    /// Size of a dump's descriptors and data files together, inflated.
    pub max_total: Option<Size>,
    /// The ratio of inflated to compressed size of a member.
    pub max_ratio: Option<Number<u64>>,
    /// The least inflated size to which `max_ratio` applies.
    pub ratio_from: Option<Size>,
}

/// Rows that cannot be loaded.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a map such as {plain: true}")]
pub struct RejectsCfg {
    /// Whether rows of encrypted dumps may stand in the files of rejects, as plain text.
    #[serde(default)]
    pub plain: bool,
}

/// Secrets of encrypted dumps.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a map such as {passphrase: {env: LMS_PASSPHRASE}}")]
pub struct DecryptCfg {
    /// The passphrase of OpenPGP messages.
    pub passphrase: Option<SecretSource>,
    /// The file of the OpenPGP private key, armored or binary.
    pub key_file: Option<Text>,
    /// The passphrase of that key.
    pub key_passphrase: Option<SecretSource>,
    /// The password of zip members.
    pub zip_password: Option<SecretSource>,
    /// Folder for the unnamed files of plain text.
    pub temp_path: Option<Text>,
}

/// What counts for dumps whose file names match.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a map such as {match: '*', types: mysql}")]
pub struct Dialect {
    /// Shell pattern for the dump's file name.
    #[serde(rename = "match")]
    pub pattern: Text,
    /// The type map.
    pub types: TypesCfg,
    /// A set of the keys below: `csv`, `outfile` or `bcp`.
    pub format: Option<Text>,
    /// Separator between fields.
    pub field_separator: Option<Text>,
    /// Quote around fields.
    pub dat_quote: Option<Text>,
    /// Which quotes open and close: `text` or `copy`.
    pub quotes: Option<Text>,
    /// The character that takes away, or gives, the meaning of the next one.
    pub escape: Option<Text>,
    /// The unquoted texts that mean NULL.
    #[serde(default, deserialize_with = "Several::optional")]
    pub null_pattern: Option<Several>,
    /// What a field is that holds nothing but a NUL: `reject` or `empty`.
    pub nul: Option<Text>,
    /// Whether the first line names the columns.
    pub header: Option<bool>,
    /// The end of rows.
    pub line_end: Option<Text>,
    /// Whether rows may end with a separator.
    pub trailing_separator: Option<bool>,
    /// Character encoding of data files.
    pub encoding: Option<Text>,
    /// The order of day, month and year in dates such as `01/02/2019`.
    pub date_order: Option<Text>,
    /// Pattern of the names of data files that are parts of a table.
    pub data_files: Option<Text>,
}

/// How the data files of some dumps are written: what one map of the configuration says about it.
#[derive(Debug, Clone, Copy)]
pub struct TextKeys<'c> {
    /// `format`
    pub format: Option<&'c Text>,
    /// `field_separator`
    pub field_separator: Option<&'c Text>,
    /// `dat_quote`
    pub dat_quote: Option<&'c Text>,
    /// `quotes`
    pub quotes: Option<&'c Text>,
    /// `escape`
    pub escape: Option<&'c Text>,
    /// `null_pattern`
    pub null_pattern: Option<&'c Several>,
    /// `nul`
    pub nul: Option<&'c Text>,
    /// `header`
    pub header: Option<bool>,
    /// `line_end`
    pub line_end: Option<&'c Text>,
    /// `trailing_separator`
    pub trailing_separator: Option<bool>,
    /// `encoding`
    pub encoding: Option<&'c Text>,
    /// `date_order`
    pub date_order: Option<&'c Text>,
    /// `data_files`
    pub data_files: Option<&'c Text>,
}

/// The keys that two maps have.
macro_rules! text_keys {
    ($map:expr) => {
        TextKeys {
            format: $map.format.as_ref(),
            field_separator: $map.field_separator.as_ref(),
            dat_quote: $map.dat_quote.as_ref(),
            quotes: $map.quotes.as_ref(),
            escape: $map.escape.as_ref(),
            null_pattern: $map.null_pattern.as_ref(),
            nul: $map.nul.as_ref(),
            header: $map.header,
            line_end: $map.line_end.as_ref(),
            trailing_separator: $map.trailing_separator,
            encoding: $map.encoding.as_ref(),
            date_order: $map.date_order.as_ref(),
            data_files: $map.data_files.as_ref(),
        }
    };
}

impl XportCfg {
    /// How data files are written where no dialect says it.
    pub fn text_keys(&self) -> TextKeys<'_> {
        text_keys!(self)
    }
}

impl Dialect {
    /// How the data files of these dumps are written.
    pub fn text_keys(&self) -> TextKeys<'_> {
        text_keys!(self)
    }
}

//! Keys that `pghaul ingest` reads; other jobs read `datastore` and `max_workers`, too.

use super::key::{Entry, Variable, key};
use crate::config::{Config, Size, Text};
use crate::ingest::settings::secrets::{
    KEY_FILE_VARIABLE, KEY_PASSPHRASE_VARIABLE, PASSPHRASE_VARIABLE, ZIP_PASSWORD_VARIABLE,
};
use crate::ingest::settings::{DEFAULT_DIALECTS, Settings};
use crate::ingest::settings::{child_name, dump_name};

/// A key that says how data files are written.
macro_rules! of_all {
    ($key:literal, $text:literal) => {
        key(concat!("xport_cfg.", $key), $text).optional(|settings| settings.dialects.of_all($key))
    };
}

/// The same key of a dialect.
macro_rules! of_dialect {
    ($key:literal) => {
        key(concat!("xport_cfg.dialects[].", $key), concat!("as `xport_cfg.", $key, "`, for these dumps"))
            .default("as in `xport_cfg`")
    };
}

/// The keys, in the order in which they are shown.
pub static KEYS: &[Entry<Settings>] = &[
    key(
        "datastore.connection",
        "the kind of database: `postgresql`, perhaps with a driver's name behind a `+`",
    )
    .default("`postgresql`"),
    key("datastore.server", "host name, address, or folder of the unix socket")
        .default("without `datastore`: the embedded server"),
    key("datastore.port", "TCP port").default("`5432`"),
    key("datastore.user", "user name"),
    key("datastore.passwd", "password").secret(),
    key("datastore.db", "name of the database"),
    key("max_workers", "data files loaded at once, or streams of a large one; connections of jobs")
        .default("number of cores")
        .flag("--workers")
        .value(|settings| settings.workers.to_string()),
    key("verify", "whether to compare what the server holds [with what was sent](ingest.md#verification)")
        .flag("--verify")
        .value(|settings| settings.verify.to_string()),
    key("keep", "how long [the history of runs](ledger.md#the-history) goes back, for all jobs")
        .default("`400d`")
        .of_file(|config| config.file.keep.map(|keep| keep.to_string())),
    key("xport_cfg.zip_path", "folder of the dumps").default("the configuration's folder").value(
        |settings| settings.inputs.first().map(|folder| folder.display().to_string()).unwrap_or_default(),
    ),
    key("xport_cfg.archive", "whether loaded dumps [move to the archive](ingest.md#the-archive)")
        .value(|settings| settings.archive.is_some().to_string()),
    key("xport_cfg.archive_path", "folder of the archive")
        .of_file(|config| path(config, config.file.xport_cfg.archive_path.as_ref())),
    key("xport_cfg.fmt_extension", "file extension of descriptors")
        .value(|settings| settings.extensions.0.clone()),
    key("xport_cfg.dat_extension", "file extension of data files")
        .value(|settings| settings.extensions.1.clone()),
    key(
        "xport_cfg.format",
        "`csv`, `outfile` (MySQL) or `bcp` (SQL Server): [sets the keys below together](ingest.md#how-data-files-are-written)",
    ),
    of_all!("field_separator", "what stands between fields: up to 8 bytes"),
    of_all!("dat_quote", "the character around fields; `none` where values are not quoted"),
    of_all!("quotes", "`text`, or `copy`: [which quotes open and close](ingest.md#quotes)"),
    of_all!("escape", "the [escape character](ingest.md#escapes), or `none`"),
    of_all!("null_pattern", "the unquoted text that means NULL, or a list of such texts"),
    of_all!("nul", "`reject`, or `empty`: what a field is that holds nothing but a NUL byte"),
    of_all!("header", "whether the first line names the columns; else their order is the descriptor's"),
    of_all!("line_end", "what ends rows: up to 8 bytes; `auto`: LF, CR LF or CR, as the first line ends"),
    of_all!("trailing_separator", "whether lines may end with one separator more"),
    of_all!(
        "encoding",
        "`latin_1` (ISO-8859-1 exactly), `cp437`, `cp850`, `cp852`, or any label of the WHATWG Encoding Standard"
    ),
    key(
        "xport_cfg.date_order",
        "`mdy`, `dmy` or `ymd`: the order in [dates such as `01/02/2019`](ingest.md#dates)",
    )
    .default("`mdy`, with a warning"),
    key(
        "xport_cfg.data_files",
        "how data files are named that are parts of one table, without their extensions: a pattern of `{table}` and \
         `{part}`, such as [`{table}_{part}`](ingest.md#data-files-in-parts)",
    )
    .default("a table has one data file"),
    key(
        "xport_cfg.dump_name",
        "how names of dumps are read, without their ends: a pattern of `{app}`, `{version}` and perhaps \
         [`{date}`](ingest.md#which-dump-is-what)",
    )
    .of_file(|config| text(config.file.xport_cfg.dump_name.as_ref(), dump_name::DEFAULT)),
    key(
        "xport_cfg.child_name",
        "name of a version table: a pattern of `{version}`, `{table}`, `{app}` and \
         [`{folder}`](ingest.md#which-dump-is-what)",
    )
    .of_file(|config| text(config.file.xport_cfg.child_name.as_ref(), child_name::DEFAULT)),
    key(
        "xport_cfg.dialects",
        "kinds of dumps; the first that matches a dump's name says which [types](type-maps.md) \
         its descriptors hold, and how its data files are written",
    )
    .value(|_| {
        let dialects = DEFAULT_DIALECTS.iter().map(|(pattern, types)| format!("{pattern}: {types}"));
        dialects.collect::<Vec<_>>().join(", ")
    }),
    key("xport_cfg.dialects[].match", "shell pattern of dump file names, in any case").default("required"),
    key(
        "xport_cfg.dialects[].types",
        "`mssql`, `mysql`, a file such as `types.json`, or a map such as `{extends: mysql, geometry: text}`",
    )
    .default("required"),
    of_dialect!("format"),
    of_dialect!("field_separator"),
    of_dialect!("dat_quote"),
    of_dialect!("quotes"),
    of_dialect!("escape"),
    of_dialect!("null_pattern"),
    of_dialect!("nul"),
    of_dialect!("header"),
    of_dialect!("line_end"),
    of_dialect!("trailing_separator"),
    of_dialect!("encoding"),
    of_dialect!("date_order"),
    of_dialect!("data_files"),
    key("limits.max_members", "members that a dump lists")
        .value(|settings| settings.limits.members.to_string()),
    key("limits.max_tables", "tables that a dump has files of")
        .value(|settings| settings.limits.tables.to_string()),
    key("limits.max_columns", "columns of a descriptor or header; the default is PostgreSQL's own limit")
        .value(|settings| settings.limits.columns.to_string()),
    key("limits.max_descriptor", "size of a descriptor")
        .value(|settings| Size(settings.limits.descriptor_bytes).to_string()),
    key("limits.max_row", "size of a row, from 256 KiB to 512 MiB; memory may take four times as much")
        .value(|settings| Size(settings.limits.row_bytes as u64).to_string()),
    key("limits.max_total", "what all descriptors and data files of a dump inflate to")
        .value(|settings| Size(settings.limits.total_bytes).to_string()),
    key(
        "limits.max_ratio",
        "how many times larger a member may become, if it becomes larger than `ratio_from`",
    )
    .value(|settings| settings.limits.ratio.to_string()),
    key("limits.ratio_from", "the size from which on `max_ratio` counts")
        .value(|settings| Size(settings.limits.ratio_from_bytes).to_string()),
    key("decrypt.passphrase", "`{env: NAME}` or `{file: PATH}`: passphrase of OpenPGP messages")
        .variable(Variable::First(PASSPHRASE_VARIABLE))
        .secret_elsewhere(),
    key("decrypt.key_passphrase", "`{env: NAME}` or `{file: PATH}`: passphrase of the private key")
        .variable(Variable::First(KEY_PASSPHRASE_VARIABLE))
        .secret_elsewhere(),
    key("decrypt.zip_password", "`{env: NAME}` or `{file: PATH}`: password of zip members")
        .variable(Variable::First(ZIP_PASSWORD_VARIABLE))
        .secret_elsewhere(),
    key("decrypt.key_file", "file of the OpenPGP private key, armored or binary")
        .variable(Variable::First(KEY_FILE_VARIABLE))
        .of_file(|config| path(config, config.file.decrypt.key_file.as_ref())),
    key("decrypt.temp_path", "folder for unnamed files of plain text")
        .default("`TMPDIR`, else `/tmp`")
        .value(|settings| settings.secrets.temp_folder().display().to_string()),
    key(
        "rejects.plain",
        "whether [rejects](ingest.md#rejects) of encrypted dumps may be written, as plain text",
    )
    .value(|settings| settings.rejects.plain.to_string()),
    key(
        "mother_tables",
        "`auto`, or table → column → type, or table → `auto`; tables that it does not name are skipped",
    )
    .value(|_| "auto".to_owned()),
    key("views", "whether each mother gets a [union view](ingest.md#union-views)")
        .value(|settings| settings.views.to_string()),
    key("columns.TABLE.COLUMN.trim", "whether [blanks around a value](rules.md#trim) are left out").default("`false`"),
    key(
        "columns.TABLE.COLUMN.null_if",
        "a value, or a list of values and shell patterns, that [are loaded as NULL](rules.md#null_if)",
    ),
    key(
        "columns.TABLE.COLUMN.bad",
        "`reject`, or `null`: what becomes of [a value that the column cannot hold](rules.md#bad)",
    )
    .default("`reject`"),
    key(
        "columns.TABLE.COLUMN.max_bad",
        "how many values of a data file may be NULL by `bad: null`: a number, or a share such as `0.5%`",
    )
    .default("all"),
    key(
        "columns.TABLE.COLUMN.from",
        "version → [what the column is called there](rules.md#from), such as `{v2: email_address}`",
    ),
    key("columns.TABLE.COLUMN.skip", "whether [the column is left out](rules.md#skip)").default("`false`"),
    key(
        "columns.TABLE.COLUMN.value",
        "version → [the value of all its rows](rules.md#value), where it lacks the column",
    ),
    key("version_column", "a column of all mothers [that says the version of each row](rules.md#the-version-of-each-row)"),
    key(
        "guard.TABLE.rows",
        "[bounds of the number of rows](guards.md#rows), one or a list: `'>= 1000'`, `'1000..5000'`, \
         `'>= 90% of median(7)'`, `'>= 50% of last'`",
    )
    .default("a warning below half of the last load"),
    key("guard.TABLE.columns", "`same`: the data file has [the columns of the last load](guards.md#columns)"),
    key("guard.TABLE.not_null", "list of [columns without a NULL](guards.md#nulls)"),
    key("guard.TABLE.nulls", "column → [share of NULLs](guards.md#nulls), such as `'<= 5%'`"),
    key("guard.TABLE.unique", "list of [columns, or lists of columns](guards.md#unique), without a value twice"),
    key("guard.TABLE.range", "column → [least and greatest value](guards.md#ranges), such as `'18..120'`"),
    key("guard.TABLE.sql", "list of [queries that answer with one boolean](guards.md#queries)"),
    key(
        "after.TABLE.indexes",
        "list of [indexes](after.md#indexes) of each version table; each is a list of columns, or \
         a map",
    ),
    key("after.TABLE.indexes[].columns", "columns of the index").default("required"),
    key("after.TABLE.indexes[].unique", "whether no two rows may have the same values").default("`false`"),
    key("after.TABLE.indexes[].using", "access method").default("`btree`"),
    key("after.TABLE.indexes[].where", "condition of the rows that the index holds, as SQL"),
    key("after.TABLE.sql", "list of [SQL statements](after.md#statements) that follow the load"),
];

fn text(written: Option<&Text>, default: &str) -> Option<String> {
    Some(written.map_or_else(|| default.to_owned(), |text| text.0.clone()))
}

/// A file or folder as it counts: relative to the configuration's folder.
fn path(config: &Config, written: Option<&Text>) -> Option<String> {
    written.map(|path| config.path(&path.0).display().to_string())
}

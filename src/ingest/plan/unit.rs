//! Units: a data file, the version table that it becomes, and what to do for it.

use super::action::{self, Action, COMMENT};
use super::columns::{Fixed, UnitColumns};
use super::mothers::Mother;
use super::rules::UnitRules;
use super::state::State;
use crate::copy::input::format::{EscapeKind, Format};
use crate::copy::input::header::Header;
use crate::copy::notices::{Counts, Notice};
use crate::copy::rejects::lines::Rejects;
use crate::copy::rejects::places::RejectPlaces;
use crate::copy::verify::{Unsent, Verification};
use crate::ingest::advice;
use crate::ingest::catalogue::names::position;
use crate::ingest::catalogue::scan::ScannedTable;
use crate::ingest::settings::guards::Guard;
use crate::ingest::settings::{Settings, TextFormat};
use crate::ingest::source::TableSource;
use crate::ingest::types::TypeMap;
use crate::ingest::union::{self, Part, UnionView};
use crate::pg::catalog::Column;
use crate::pg::ident::{Qualified, literal, quote};
use crate::pg::type_name::{TypeName, TypeNames};
use crate::report::unit::Adjusted;
use crate::table::additions::Replacement;
use crate::{Error, Result};
use postgres::Client;
use serde_json::{Map, Value, json};
use std::collections::HashSet;
use std::sync::Arc;

/// What is noted about values that are not loaded as they are written.
pub const ADJUSTED: [Notice; 3] = [Notice::Cut, Notice::Nulled, Notice::Replaced];

/// A data file on its way to its version table.
#[derive(Debug)]
pub struct Unit {
    /// Where the rows come from.
    pub source: TableSource,
    /// The first line of the data file, or of each part of it.
    pub header: Header,
    /// Bytes before the rows, of all parts.
    pub header_bytes: u64,
    /// The type map that was used.
    pub types: Arc<TypeMap>,
    /// The version table.
    pub table: Qualified,
    /// The mother table.
    pub mother: Qualified,
    /// The mother's union view.
    pub view: UnionView,
    /// The version table's columns.
    pub columns: UnitColumns,
    /// How its data file is written.
    pub format: Format,
    /// What says so.
    pub text: Arc<TextFormat>,
    /// The mother's `CHECK` constraints.
    checks: Vec<String>,
    /// What the rows are made of.
    pub fingerprint: Value,
    /// What to do.
    pub action: Action,
    /// The guards of its mother whose columns it has, with the columns' names as they are here.
    pub guards: Vec<Guard>,
    /// Whether its table is unlogged.
    unlogged: bool,
    /// What the user wants of its columns.
    pub rules: UnitRules,
    /// Of each column of the data file, whether it is loaded; `None` for all.
    pub kept: Option<Arc<[bool]>>,
}

/// Makes units of the catalogue's tables, their mothers, and what the database holds.
///
/// # Errors
/// All at once: version tables whose names something else has, types that the server does not know, too many columns.
pub fn build(
    settings: &Settings,
    catalogue: Vec<ScannedTable>,
    mothers: &[Mother],
    state: &State,
    client: &mut Client,
    types: &mut TypeNames,
) -> Result<Vec<Unit>> {
    let mut units = Vec::with_capacity(catalogue.len());
    let mut faults = Vec::new();
    let children: HashSet<String> = catalogue.iter().map(|scanned| scanned.child.clone()).collect();
    for scanned in catalogue {
        let Some(mother) = mothers.iter().find(|mother| mother.name == scanned.source.table) else {
            continue;
        };
        let place = scanned.source.descriptor_place();
        if mothers.iter().any(|mother| mother.name == scanned.child) {
            let what =
                format!("its version table would be {}, which is the name of a mother table", scanned.child);
            faults.push(Error::refused(what).at(place).remedy("set xport_cfg.child_name"));
            continue;
        }
        match build_unit(settings, scanned, mother, state, &children, client, types) {
            Ok(unit) => units.push(unit),
            Err(error) => faults.push(error.into_refused().at(place)),
        }
    }
    if faults.is_empty() { Ok(units) } else { Err(Error::many(faults)) }
}

fn build_unit(
    settings: &Settings,
    scanned: ScannedTable,
    mother: &Mother,
    state: &State,
    children: &HashSet<String>,
    client: &mut Client,
    types: &mut TypeNames,
) -> Result<Unit> {
    let mut columns = UnitColumns::new(&scanned, mother, client, types)?;
    for column in &mut columns.copied {
        column.null_if = scanned.types.null_if(&column.type_name);
    }
    let rules = UnitRules::of(settings, &scanned, &mut columns)?;
    let schema = &state.rights.schema;
    let fingerprint = fingerprint(&scanned, &columns, &rules, schema);
    let action = action::decide(&scanned, mother, &fingerprint, state, settings, children)?;
    let mother_table = Qualified::new(schema, &mother.name);
    let guards = settings.guards.of(&mother.name).filter_map(|guard| of_columns(guard, &columns)).collect();
    Ok(Unit {
        table: Qualified::new(schema, &scanned.child),
        view: mother.view(schema, settings),
        mother: mother_table,
        columns,
        format: scanned.text.format.clone(),
        text: scanned.text,
        checks: mother.checks.clone(),
        fingerprint,
        action,
        guards,
        unlogged: settings.unlogged,
        rules,
        kept: scanned.kept,
        source: scanned.source,
        header: scanned.header,
        header_bytes: scanned.header_bytes,
        types: scanned.types,
    })
}

/// The guard of these columns; `None` where one that it asks about is missing.
fn of_columns(guard: &Guard, columns: &UnitColumns) -> Option<Guard> {
    let names: Vec<&str> = columns.all().map(|column| column.name.as_str()).collect();
    let find = |wanted: &str| Some(names[position(names.iter().copied(), wanted)?].to_owned());
    Some(Guard { rule: guard.rule.of_columns(find)?, ..guard.clone() })
}

/// What the rows are made of: the bytes, and everything that decides what becomes of them. A fingerprint that is written otherwise
/// makes the next run load everything again.
fn fingerprint(scanned: &ScannedTable, columns: &UnitColumns, rules: &UnitRules, schema: &str) -> Value {
    let pairs = |columns: &[Column]| -> Value {
        let pair = |column: &Column| json!([column.name, type_in_ledger(&column.type_name, schema)]);
        columns.iter().map(pair).collect()
    };
    let order: Vec<&str> = columns.copied.iter().map(|column| column.name.as_str()).collect();
    let format = &scanned.text.format;
    let mut parts = scanned.source.fingerprint();
    parts.extend(
        [
            ("dialect", json!(scanned.types.dialect())),
            ("mother", pairs(&columns.of_mother)),
            ("columns", pairs(&columns.own)),
            ("order", json!(order)),
            ("format", of_format(format)),
        ]
        .map(|(name, part)| (name.to_owned(), part)),
    );
    // What is as ever is not written: it leaves the units of earlier versions unchanged.
    if let Some(order) = format.date_order {
        parts.insert("date_order".to_owned(), json!(order.name()));
    }
    let further = further_format(format);
    if !further.is_empty() {
        parts.insert("text".to_owned(), Value::Object(further));
    }
    let null_if: Map<String, Value> = columns
        .copied
        .iter()
        .filter_map(|column| Some((column, scanned.types.own_null_if(&column.type_name)?)))
        .map(|(column, null_if)| (column.name.clone(), null_if.patterns().collect()))
        .collect();
    if !null_if.is_empty() {
        parts.insert("null_if".to_owned(), Value::Object(null_if));
    }
    if let Some(rules) = rules.in_ledger() {
        parts.insert("rules".to_owned(), rules);
    }
    Value::Object(parts)
}

/// The four settings of a format that fingerprints have always had.
fn of_format(format: &Format) -> Value {
    let separator =
        format.separator.single().map_or_else(|| json!(format.separator.bytes()), |byte| json!(byte));
    json!([separator, format.quote, format.null, format.charset.name()])
}

/// What else decides about the rows, where it is not the default.
fn further_format(format: &Format) -> Map<String, Value> {
    let default = Format::default();
    let parts = [
        // Rows that were loaded by COPY's rule are the same, but for quotes that were warned about.
        ("quotes", (format.quotes != default.quotes).then(|| json!("copy"))),
        ("escape", format.escape.map(|escape| json!([escape.byte, escape.kind == EscapeKind::OfAll]))),
        ("nulls", (!format.more_nulls.is_empty()).then(|| json!(format.more_nulls))),
        ("line_end", format.line_end.map(|token| json!(token.bytes()))),
        ("nul", format.nul_is_empty.then(|| json!("empty"))),
        ("trailing_separator", format.trailing_separator.then(|| json!(true))),
        ("header", (!format.has_header).then(|| json!(false))),
    ];
    parts.into_iter().filter_map(|(name, part)| Some((name.to_owned(), part?))).collect()
}

/// A type as fingerprints have it: one of the run's own schema without that, as when the schema was on the search path.
fn type_in_ledger<'t>(type_name: &'t TypeName, schema: &str) -> &'t str {
    let name = type_name.as_str();
    let of_schema = |quoted: &str| name.strip_prefix(quoted).and_then(|rest| rest.strip_prefix('.'));
    of_schema(schema).or_else(|| of_schema(&quote(schema))).unwrap_or(name)
}

impl Unit {
    /// The columns with adjusted values, and how many values.
    pub fn adjusted(&self, notices: &Counts) -> Adjusted {
        self.noted(notices, &ADJUSTED)
    }

    /// The columns with such notices, and how many values.
    pub fn noted(&self, notices: &Counts, wanted: &[Notice]) -> Adjusted {
        let mut columns = Adjusted::new();
        for ((_, column), count) in notices.iter().filter(|((notice, _), _)| wanted.contains(notice)) {
            *columns.entry(self.columns.copied[*column].name.clone()).or_default() += count.values;
        }
        columns
    }

    /// The statement that creates the version table under `name`, not yet attached to its mother. It spells out the
    /// mother's columns and constraints, which `INHERIT` asks for (PostgreSQL documentation, ALTER TABLE, `INHERIT`). `LIKE`
    /// would lock the mother until the end of the transaction, and two units of one mother would wait for each other to swap.
    pub fn create_statement(&self, name: &Qualified) -> String {
        let columns = self.columns.all().map(|column| self.columns.definition(column));
        let checks = self.checks.iter().chain(&self.rules.version_check).cloned();
        let clauses: Vec<String> = columns.chain(checks).collect();
        let kind = if self.unlogged { "UNLOGGED TABLE" } else { "TABLE" };
        format!("CREATE {kind} {name} ({})", clauses.join(", "))
    }

    /// The statement that takes away the defaults by which columns have got their one value; `None` where there are none. They
    /// would look like additions of users.
    pub fn drop_defaults_statement(&self, name: &Qualified) -> Option<String> {
        let drop = |fixed: &Fixed| format!("ALTER COLUMN {} DROP DEFAULT", quote(&fixed.name));
        let drops: Vec<String> = self.columns.fixed.iter().map(drop).collect();
        (!drops.is_empty()).then(|| format!("ALTER TABLE {name} {}", drops.join(", ")))
    }

    /// How many columns the data file has.
    pub fn width(&self) -> usize {
        self.kept.as_ref().map_or(self.columns.copied.len(), |kept| kept.len())
    }

    /// The version table's replacement by `new`.
    pub fn replacement(&self, new: &Qualified) -> Replacement {
        Replacement {
            old: self.table.clone(),
            mother: Some(self.mother.clone()),
            new: new.clone(),
            columns: self.columns.all().map(|column| column.name.clone()).collect(),
            follower: Some((self.view.name().clone(), union::COMMENT)),
        }
    }

    /// What the union view reads of it; `table` has its rows until they are published.
    pub fn part(&self, table: &Qualified) -> Part {
        Part::new(&self.table, table, self.columns.all())
    }

    /// A comparison of what is sent with what the version table holds.
    pub fn verification(&self) -> Verification {
        let sent = |name: &str| self.columns.copied.iter().any(|column| column.name == name);
        let unsent = self.columns.all().filter(|column| !sent(&column.name)).map(|column| {
            let fixed = self.columns.fixed.iter().find(|fixed| fixed.name == column.name);
            Unsent {
                name: column.name.clone(),
                value: fixed.map(|fixed| fixed.value.clone()),
                type_name: column.type_name.to_string(),
            }
        });
        Verification::new(self.columns.copied.clone(), unsent.collect())
    }

    /// An empty store of its rejects.
    pub fn rejects(&self, settings: &Settings) -> Rejects {
        let places = RejectPlaces {
            folder: settings.rejects.folder.clone(),
            name: self.table.name().to_owned(),
            origin: vec![("dump", self.source.dump.name.clone())],
            data_files: self.source.data.names().map(str::to_owned).collect(),
            header: self.header.line.clone(),
            charset: self.format.charset,
        };
        let (limit, columns) = (settings.rejects.limit, self.columns.copied.len());
        let bytes = self.source.bytes;
        Rejects::new(places, limit, bytes, columns, advice::of).adjusting(
            &self.rules.bad_limits,
            bytes,
            columns,
        )
    }

    /// The statement that marks a version table as ours.
    pub fn comment_statement(name: &Qualified) -> String {
        format!("COMMENT ON TABLE {name} IS {}", literal(COMMENT))
    }

    /// The statement that makes the rows visible through the mother.
    pub fn inherit_statement(&self) -> String {
        format!("ALTER TABLE {} INHERIT {}", self.table, self.mother)
    }
}

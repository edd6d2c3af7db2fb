//! An existing table: its columns, constraints and statistics.

use crate::pg::catalog;
use crate::pg::ident::Qualified;
use crate::{Error, Place, Result};
use postgres::{Client, Row};

/// A table that rows are made like.
#[derive(Debug)]
pub struct Table {
    /// Its name.
    pub name: Qualified,
    /// Whether the server has counted its values.
    pub is_analyzed: bool,
    /// Its columns, in order.
    pub columns: Vec<Column>,
    /// Its unique keys and exclusion constraints, the primary key first.
    pub keys: Vec<Key>,
    /// Its foreign keys, those of most columns first.
    pub references: Vec<Reference>,
    /// Its checks.
    pub checks: Vec<Check>,
    oid: u32,
}

/// A column.
#[derive(Debug)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type's `pg_type.oid`.
    pub type_oid: u32,
    /// The modifier of the type, -1 for none.
    pub modifier: i32,
    /// Its type as the server spells it.
    pub type_name: String,
    /// ` COLLATE …`, where that is not the type's own.
    pub collation: String,
    /// Whether it allows no NULL.
    pub not_null: bool,
    /// The expression that the server computes it by.
    pub generated: Option<String>,
    /// Its kind of identity, as a clause of `CREATE TABLE`.
    pub identity: Option<&'static str>,
    /// Whether it has a default, or an identity.
    pub has_default: bool,
    /// What the server has counted; none before the first ANALYZE.
    pub statistics: Option<Statistics>,
    number: i32,
}

/// What `pg_stats` says of a column.
#[derive(Debug)]
pub struct Statistics {
    /// The share of NULLs, from 0 to 1.
    pub null_share: f32,
    /// The number of distinct values; a negative one is a share of the rows.
    pub distinct: f32,
    /// The average size of a value (bytes).
    pub bytes: i32,
    /// Bounds of numbers and times; the first and the last one are the least and the greatest.
    pub bounds: Vec<String>,
    /// The common values with their shares of the rows, if they were asked for.
    pub common: Vec<(String, f32)>,
}

/// A unique key, or an exclusion constraint.
#[derive(Debug)]
pub struct Key {
    /// The name of its index.
    pub name: String,
    /// The positions of its columns; none for an expression.
    pub columns: Vec<Option<usize>>,
    /// The positions of all columns that it uses.
    pub uses: Vec<usize>,
    /// Whether two NULLs are equal.
    pub nulls_are_equal: bool,
    /// Whether it is an exclusion constraint.
    pub excludes: bool,
    /// Whether it is a constraint, and not only an index.
    pub is_constraint: bool,
    /// Whether it is the primary key.
    pub is_primary: bool,
    /// Its definition: what follows `ADD CONSTRAINT name`, or a whole `CREATE INDEX`.
    pub definition: String,
}

/// A foreign key.
#[derive(Debug)]
pub struct Reference {
    /// Its name.
    pub name: String,
    /// The positions of its columns.
    pub columns: Vec<usize>,
    /// The table that it refers to.
    pub table: Qualified,
    /// The names of the columns there.
    pub columns_there: Vec<String>,
    /// Whether it may be checked at the end of a transaction.
    pub is_deferrable: bool,
    /// What follows `ADD CONSTRAINT name`.
    pub definition: String,
}

/// A check.
#[derive(Debug)]
pub struct Check {
    /// Its name.
    pub name: String,
    /// The positions of its columns.
    pub columns: Vec<usize>,
    /// The condition.
    pub expression: String,
    /// What follows `CONSTRAINT name`.
    pub definition: String,
}

impl Table {
    /// The tables of these names. `common` asks for common values.
    ///
    /// # Errors
    /// All names of no table; what the server reports.
    pub fn read(client: &mut Client, names: &[(Option<String>, String)], common: bool) -> Result<Vec<Table>> {
        let (schemas, tables): (Vec<_>, Vec<_>) =
            names.iter().map(|(schema, name)| (schema.as_deref(), name.as_str())).unzip();
        let found = client.query(include_str!("tables.sql"), &[&schemas, &tables])?;
        let mut faults = Vec::new();
        let mut tables: Vec<Table> = Vec::new();
        for (row, (_, asked)) in found.iter().zip(names) {
            match Table::named(row) {
                Ok(table) if tables.iter().any(|known| known.oid == table.oid) => faults
                    .push(Error::refused("is named twice").at(Place::table(asked)).remedy("name it once")),
                Ok(table) => tables.push(table),
                Err(error) => faults.push(error.at(Place::table(asked))),
            }
        }
        if !faults.is_empty() {
            return Err(Error::many(faults));
        }
        let oids: Vec<u32> = tables.iter().map(|table| table.oid).collect();
        let of = |tables: &mut Vec<Table>, row: &Row| {
            let oid: u32 = row.get(0);
            tables.iter().position(|table| table.oid == oid)
        };
        for row in client.query(include_str!("columns.sql"), &[&oids, &common])? {
            if let Some(at) = of(&mut tables, &row) {
                tables[at].columns.push(Column::from_row(&row, common));
            }
        }
        for row in client.query(include_str!("keys.sql"), &[&oids])? {
            if let Some(at) = of(&mut tables, &row) {
                let key = tables[at].key(&row);
                tables[at].keys.push(key);
            }
        }
        for row in client.query(include_str!("references.sql"), &[&oids])? {
            if let Some(at) = of(&mut tables, &row) {
                let reference = tables[at].reference(&row);
                tables[at].references.push(reference);
            }
        }
        for row in client.query(include_str!("checks.sql"), &[&oids])? {
            if let Some(at) = of(&mut tables, &row) {
                let (columns, table) = (row.get::<_, Vec<i32>>(2), &mut tables[at]);
                let check = Check {
                    name: row.get(1),
                    columns: columns.iter().filter_map(|number| table.position(*number)).collect(),
                    expression: row.get(3),
                    definition: row.get(4),
                };
                table.checks.push(check);
            }
        }
        Ok(tables)
    }

    fn named(row: &Row) -> Result<Table> {
        let Some(oid) = row.get::<_, Option<u32>>(0) else {
            return Err(Error::refused("does not exist, or is in no schema of the search path")
                .remedy("name it as SCHEMA.TABLE, with its capitals"));
        };
        let kind = row.get::<_, &str>(3).chars().next().unwrap_or_default();
        if !matches!(kind, 'r' | 'p') {
            return Err(Error::refused(format!("is {}, not a table", catalog::kind_name(kind)))
                .remedy("name the tables that it is made of"));
        }
        Ok(Table {
            name: Qualified::new(row.get::<_, String>(1), row.get::<_, String>(2)),
            is_analyzed: row.get(4),
            columns: Vec::new(),
            keys: Vec::new(),
            references: Vec::new(),
            checks: Vec::new(),
            oid,
        })
    }

    /// The position of the column with this `attnum`.
    fn position(&self, number: i32) -> Option<usize> {
        self.columns.iter().position(|column| column.number == number)
    }

    fn positions(&self, numbers: &[i32]) -> Vec<usize> {
        numbers.iter().filter_map(|number| self.position(*number)).collect()
    }

    fn key(&self, row: &Row) -> Key {
        let (columns, uses): (Vec<i32>, Vec<i32>) = (row.get(2), row.get(3));
        Key {
            name: row.get(1),
            columns: columns.iter().map(|number| self.position(*number)).collect(),
            uses: self.positions(&uses),
            nulls_are_equal: row.get(4),
            excludes: row.get(5),
            is_constraint: row.get(6),
            definition: row.get(7),
            is_primary: row.get(8),
        }
    }

    fn reference(&self, row: &Row) -> Reference {
        let columns: Vec<i32> = row.get(2);
        Reference {
            name: row.get(1),
            columns: self.positions(&columns),
            table: Qualified::new(row.get::<_, String>(3), row.get::<_, String>(4)),
            columns_there: row.get(5),
            is_deferrable: row.get(6),
            definition: row.get(7),
        }
    }
}

impl Column {
    fn from_row(row: &Row, common: bool) -> Column {
        let identity = match row.get::<_, &str>(9) {
            "a" => Some(" GENERATED ALWAYS AS IDENTITY"),
            "d" => Some(" GENERATED BY DEFAULT AS IDENTITY"),
            _ => None,
        };
        Column {
            number: row.get(1),
            name: row.get(2),
            type_oid: row.get(3),
            modifier: row.get(4),
            type_name: row.get(5),
            collation: row.get::<_, Option<String>>(6).unwrap_or_default(),
            not_null: row.get(7),
            generated: row.get(8),
            identity,
            has_default: identity.is_some() || row.get::<_, bool>(10),
            statistics: Statistics::from_row(row, common),
        }
    }
}

impl Statistics {
    fn from_row(row: &Row, with_common: bool) -> Option<Statistics> {
        let texts = |column| row.get::<_, Option<Vec<Option<String>>>>(column).unwrap_or_default();
        let common: Vec<String> = texts(15).into_iter().flatten().collect();
        let shares: Vec<f32> = row.get::<_, Option<Vec<f32>>>(16).unwrap_or_default();
        let mut bounds: Vec<String> = texts(14).into_iter().flatten().collect();
        // Common values are not in the histogram; of numbers and times they are bounds as well.
        bounds.extend(common.iter().cloned());
        Some(Statistics {
            null_share: row.get::<_, Option<f32>>(11)?,
            distinct: row.get(12),
            bytes: row.get(13),
            bounds,
            common: if with_common { common.into_iter().zip(shares).collect() } else { Vec::new() },
        })
    }
}

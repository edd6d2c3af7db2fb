//! The columns of a version table: its mother's, then its own.

use super::mothers::Mother;
use super::origin::{Chosen, Origin};
use crate::copy::encode::CopyColumn;
use crate::error::{Advice, Hint};
use crate::ingest::advice::UNDONE;
use crate::ingest::catalogue::names::{match_names, position};
use crate::ingest::catalogue::scan::{Constant, ScannedColumn, ScannedTable};
use crate::ingest::settings::limits;
use crate::ingest::types::TypeMap;
use crate::ingest::types::common_type::{common_type, holds};
use crate::pg::catalog::Column;
use crate::pg::ident::{literal, quote};
use crate::pg::sqlstate::SqlState;
use crate::pg::type_name::{TypeName, TypeNames};
use crate::{Error, Place, Result};
use postgres::Client;

/// The columns of a version table, and how they differ from its mother's.
#[derive(Debug)]
pub struct UnitColumns {
    /// Columns that the version table has from its mother.
    pub of_mother: Vec<Column>,
    /// Columns of the version table that the mother lacks, behind the mother's own.
    pub own: Vec<Column>,
    /// Columns whose type in this version differs from the mother's, which counts.
    pub retyped: Vec<Retyped>,
    /// Mother columns that this version lacks; they are NULL.
    pub missing: Vec<String>,
    /// The data file's columns in its order, as the version table calls them.
    pub copied: Vec<CopyColumn>,
    /// Of each of them: where its type comes from.
    pub origins: Vec<Origin>,
    /// Columns that the descriptor lists and the data file lacks; they are NULL.
    pub only_described: Vec<String>,
    /// Columns that the data file lacks, with the value of all rows.
    pub fixed: Vec<Fixed>,
}

/// A column with the same value in all rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fixed {
    /// Its name in the version table.
    pub name: String,
    /// Its type there.
    pub type_name: String,
    /// The value, as text.
    pub value: String,
    /// The key that says so.
    key: String,
}

impl Fixed {
    /// Checks that the column can hold the value.
    ///
    /// # Errors
    /// What the server says against the value; a lost connection.
    fn check(&self, client: &mut Client) -> Result<()> {
        // A cast would cut off characters (see `questions/resolver.rs`).
        let sql = format!(
            "SELECT r.v::text FROM json_to_record(json_build_object('v', $1::text)) AS r(v {})",
            self.type_name
        );
        match client.query(&sql, &[&self.value]) {
            Ok(_) => Ok(()),
            Err(error) if SqlState::from(&error).is_a_verdict() => {
                let what = format!("{}: {}", self.key, Error::server_words(&error));
                Err(Error::refused(what).remedy(format!("write a value of the type {}", self.type_name)))
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// A column of another type than its mother's.
#[derive(Debug)]
pub struct Retyped {
    /// The mother's column.
    pub of_mother: Column,
    /// This version's type.
    pub own: TypeName,
    /// This version's type in the source database.
    pub source_type: String,
}

impl Retyped {
    /// Whether the mother's column holds all values of this version's type as they are written.
    pub fn is_held(&self) -> bool {
        holds(&self.of_mother.type_name, &self.own)
    }
}

impl UnitColumns {
    /// Matches a version's columns with its mother's.
    ///
    /// # Errors
    /// Types that the server does not know; more columns than PostgreSQL allows; a column of the mother that must not be NULL,
    /// and that this version lacks.
    pub fn new(
        scanned: &ScannedTable,
        mother: &Mother,
        client: &mut Client,
        types: &mut TypeNames,
    ) -> Result<UnitColumns> {
        let mother_names: Vec<&str> = mother.columns.iter().map(|column| column.name.as_str()).collect();
        let names: Vec<&str> = scanned.columns.iter().map(|column| column.name.as_str()).collect();
        let in_mother = match_names(&names, &mother_names);
        let mut columns = UnitColumns {
            of_mother: mother.columns.clone(),
            own: Vec::new(),
            retyped: Vec::new(),
            missing: Vec::new(),
            copied: Vec::new(),
            origins: Vec::new(),
            only_described: Vec::new(),
            fixed: Vec::new(),
        };
        for (column, matched) in scanned.columns.iter().zip(&in_mother) {
            match matched {
                Some(index) => columns.add_of_mother(column, &mother.columns[*index], mother, client, types),
                None => columns.add_own(column, client, types)?,
            }
        }
        columns.fix(scanned);
        columns.fixed.iter().try_for_each(|fixed| fixed.check(client))?;
        let count = columns.all().count();
        if count > limits::COLUMNS {
            let allowed = limits::COLUMNS;
            let what = format!("{} would have {count} columns; PostgreSQL allows {allowed}", scanned.child);
            return Err(Error::refused(what).remedy("remove columns from the descriptor and the data file"));
        }
        if in_mother.iter().all(Option::is_none) && !mother.columns.is_empty() && !names.is_empty() {
            let has = mother_names.join(", ");
            return Err(Error::refused(format!(
                "has none of the columns of the mother {}, which are {has}: the mother would show only NULLs",
                mother.name
            ))
            .remedy("load with --mothers recreate, or let mother_tables say the mother's columns"));
        }
        for (index, column) in mother.columns.iter().enumerate() {
            if !in_mother.contains(&Some(index)) {
                columns.add_missing(column, mother)?;
            }
        }
        Ok(columns)
    }

    /// The words for a hint about a value of a copied column, whose dump has the type map `map`.
    pub fn advice(&self, column: &str, hint: &Hint, map: &TypeMap) -> Option<Advice> {
        let number = self.copied.iter().position(|copied| copied.name == column)?;
        let advice = self.origins[number].advice(hint, map)?;
        Some(Advice { remedy: format!("{}; {UNDONE}", advice.remedy), ..advice })
    }

    /// All columns, in the version table's order.
    pub fn all(&self) -> impl Iterator<Item = &Column> {
        self.of_mother.iter().chain(&self.own)
    }

    /// Gives the columns that have one value in all rows that value.
    fn fix(&mut self, scanned: &ScannedTable) {
        for Constant { name, value, key } in &scanned.constants {
            let all: Vec<&Column> = self.all().collect();
            let place = position(all.iter().map(|column| column.name.as_str()), name);
            let Some(column) = place.map(|place| all[place]) else { continue };
            let (name, type_name) = (column.name.clone(), column.type_name.to_string());
            self.only_described.retain(|described| *described != name);
            // Its type is the mother's, whatever other versions have.
            self.retyped.retain(|retyped| retyped.of_mother.name != name);
            self.fixed.push(Fixed { name, type_name, value: value.clone(), key: key.clone() });
        }
    }

    /// The clause of a column in `CREATE TABLE`. What is not copied gets its value by default.
    pub fn definition(&self, column: &Column) -> String {
        match self.fixed.iter().find(|fixed| fixed.name == column.name) {
            Some(fixed) => format!("{} DEFAULT {}", column.definition(), literal(&fixed.value)),
            None => column.definition(),
        }
    }

    /// Adds a column that the mother has.
    fn add_of_mother(
        &mut self,
        column: &ScannedColumn,
        of_mother: &Column,
        mother: &Mother,
        client: &mut Client,
        types: &mut TypeNames,
    ) {
        // Its own type is not used, and need not exist here.
        let own = types.canonical(client, &column.type_name).ok();
        let Some(own) = own.filter(|own| *own != of_mother.type_name) else {
            return self.copy(column, of_mother, Chosen::Map);
        };
        let name = mother.name.clone();
        let chosen = match mother.is_declared {
            true => Chosen::Declared(name),
            false => Chosen::Mother {
                mother: name,
                by_map: own.to_string(),
                widened: common_type(&of_mother.type_name, &own).to_string(),
            },
        };
        self.copy(column, of_mother, chosen);
        let (of_mother, source_type) = (of_mother.clone(), column.source_type.clone());
        self.retyped.push(Retyped { of_mother, own, source_type });
    }

    /// Adds a column that the mother lacks: the type map has chosen its type.
    fn add_own(&mut self, column: &ScannedColumn, client: &mut Client, types: &mut TypeNames) -> Result<()> {
        let canonical = types
            .canonical(client, &column.type_name)
            .map_err(|error| error.at(Place::default().column(&column.name)))?;
        let own = Column::plain(&column.name, canonical);
        self.copy(column, &own, Chosen::Map);
        self.own.push(own);
        Ok(())
    }

    fn add_missing(&mut self, column: &Column, mother: &Mother) -> Result<()> {
        if column.not_null {
            return Err(Error::refused(
                "the mother table does not allow NULL here, but this version lacks the column",
            )
            .at(Place::default().column(&column.name))
            .remedy(format!(
                "a default or a serial of the mother does not fill it: drop the column, or ALTER TABLE {} ALTER COLUMN {} \
                 DROP NOT NULL and its primary key, or leave this dump out",
                quote(&mother.name),
                quote(&column.name)
            )));
        }
        self.missing.push(column.name.clone());
        Ok(())
    }

    fn copy(&mut self, column: &ScannedColumn, target: &Column, chosen: Chosen) {
        if column.in_data {
            let (source_type, type_name) = (column.source_type.clone(), target.type_name.to_string());
            self.copied.push(CopyColumn::new(&target.name, &type_name));
            self.origins.push(Origin { source_type, type_name, chosen });
        } else {
            self.only_described.push(target.name.clone());
        }
    }
}

//! A column of a generated table, and the spelling of its type in the source database.

use super::fields::values::Values;

/// A column in all versions of its table.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// Its type in the first version, in the second, and so on; later versions keep the last type. Values fit all types, so
    /// versions can be loaded in any order.
    pub types: &'static [SourceType],
    /// The values of its fields.
    pub values: Values,
    /// The number of NULLs in 256 fields.
    pub nulls: u32,
}

impl Column {
    /// Its type in the version at `position` (0 is the first).
    pub fn source_type(&self, position: usize) -> SourceType {
        self.types[position.min(self.types.len() - 1)]
    }
}

/// A column's type in the source database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of SQL Server's types")]
pub enum SourceType {
    Bit,
    SmallInt,
    Int,
    BigInt,
    Decimal(u32, u32),
    Float,
    Date,
    DateTime,
    VarChar(u32),
    NVarChar(u32),
    NVarCharMax,
    UniqueIdentifier,
}

/// The database whose types a dump's descriptors hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// SQL Server.
    Mssql,
    /// MySQL.
    Mysql,
}

impl Dialect {
    /// The dialect that `ingest` expects of a dump of this name by default (docs/configuration.md, `xport_cfg.dialects`).
    pub fn of_dump(name: &str) -> Dialect {
        if name.to_lowercase().contains("lms") { Dialect::Mssql } else { Dialect::Mysql }
    }
}

impl SourceType {
    /// The type's spelling, with SQL Server's usual capital letters.
    pub fn spelled(self, dialect: Dialect) -> String {
        let mysql = dialect == Dialect::Mysql;
        match self {
            SourceType::Bit => "Bit".to_owned(),
            SourceType::SmallInt => "SmallInt".to_owned(),
            SourceType::Int => "Int".to_owned(),
            SourceType::BigInt => "BigInt".to_owned(),
            SourceType::Decimal(precision, scale) => format!("Decimal({precision},{scale})"),
            SourceType::Float => "Float".to_owned(),
            SourceType::Date => "Date".to_owned(),
            SourceType::DateTime => "DateTime".to_owned(),
            SourceType::VarChar(length) => format!("VarChar({length})"),
            SourceType::NVarChar(length) => format!("NVarChar({length})"),
            SourceType::NVarCharMax if mysql => "LongText".to_owned(),
            SourceType::NVarCharMax => "NVarChar(Max)".to_owned(),
            SourceType::UniqueIdentifier if mysql => "Char(36)".to_owned(),
            SourceType::UniqueIdentifier => "UniqueIdentifier".to_owned(),
        }
    }

    /// The most characters of a value, if the type limits them.
    pub fn longest_text(self) -> Option<u32> {
        match self {
            SourceType::VarChar(length) | SourceType::NVarChar(length) => Some(length),
            _ => None,
        }
    }

    /// The smallest whole number that the type cannot hold.
    pub fn overflow(self) -> Option<&'static str> {
        match self {
            SourceType::SmallInt => Some("32768"),
            SourceType::Int => Some("2147483648"),
            SourceType::BigInt => Some("9223372036854775808"),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dump_s_name_decides_whose_types_it_has() {
        assert_eq!(Dialect::of_dump("big_LMS_v1.zip"), Dialect::Mssql);
        assert_eq!(Dialect::of_dump("crm_v1.zip"), Dialect::Mysql);
        assert_eq!(SourceType::NVarCharMax.spelled(Dialect::Mssql), "NVarChar(Max)");
        assert_eq!(SourceType::UniqueIdentifier.spelled(Dialect::Mysql), "Char(36)");
    }
}

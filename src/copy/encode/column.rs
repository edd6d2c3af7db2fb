//! A column that rows are copied into.

use super::rules::ValueRules;
use super::rules::null_if::NullIf;
use super::types::Pushed;
use super::value::ValueEncoder;
use crate::copy::input::charset::Charset;

/// A column of the rows that are copied, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyColumn {
    /// Its name in the target table.
    pub name: String,
    /// Its type there, as PostgreSQL's `format_type` spells it.
    pub type_name: String,
    /// Values that are loaded as NULL, by the type map.
    pub null_if: NullIf,
    /// What the user wants of its values.
    pub rules: ValueRules,
}

impl CopyColumn {
    /// A column whose values are all loaded as they are.
    pub fn new(name: impl Into<String>, type_name: impl Into<String>) -> Self {
        let (null_if, rules) = (NullIf::default(), ValueRules::default());
        CopyColumn { name: name.into(), type_name: type_name.into(), null_if, rules }
    }

    /// Whether its values can be sent in their binary form.
    pub fn has_encoder(&self) -> bool {
        ValueEncoder::for_type(&self.type_name).is_some()
    }

    /// Whether its encoder knows the form of a value; otherwise the server is asked.
    pub fn knows(&self, value: &[u8], charset: Charset) -> bool {
        let encoder = ValueEncoder::for_type(&self.type_name);
        encoder.is_some_and(|encoder| {
            encoder.push(&mut Vec::new(), value, charset).is_ok_and(|pushed| pushed != Pushed::Unknown)
        })
    }
}

//! A user as a row of COPY's binary format, and the columns that go with it.

use super::record::User;
use super::{csv, json};
use crate::copy::encode::CopyColumn;
use crate::copy::encode::binary::{
    begin_row, push_bytes, push_inet4, push_inet6, push_int4, push_jsonb, push_with,
};
use crate::generate::text::push_number;

/// How a user becomes a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A column for each field of the record: `address` and `device` are `jsonb`.
    Nested,
    /// A column for every field of the nested objects.
    Flat,
}

/// The record's own columns, with types as `format_type` spells them.
const NESTED: [(&str, &str); 9] = [
    ("user_id", "uuid"),
    ("user_name", "text"),
    ("first_name", "text"),
    ("last_name", "text"),
    ("age", "integer"),
    ("address", "jsonb"),
    ("email_address", "text"),
    ("phone_number", "text"),
    ("device", "jsonb"),
];

/// The flat columns that are not `text`; their names are those of the CSV header.
const FLAT_TYPES: [(&str, &str); 6] = [
    ("user_id", "uuid"),
    ("age", "integer"),
    ("device_ipv4_address", "inet"),
    ("device_ipv6_address", "inet"),
    ("device_mac_address", "macaddr"),
    ("device_uuid", "uuid"),
];

/// Fields of a flat row.
const FLAT_FIELDS: i16 = 17;

impl Shape {
    /// The columns, in the order of a row's fields.
    pub fn columns(self) -> Vec<CopyColumn> {
        let column = |name: &str, type_name: &str| CopyColumn::new(name, type_name);
        let flat_type =
            |name| FLAT_TYPES.iter().find(|(known, _)| *known == name).map_or("text", |found| found.1);
        match self {
            Shape::Nested => NESTED.iter().map(|(name, type_name)| column(name, type_name)).collect(),
            Shape::Flat => {
                csv::HEADER.trim_end().split(',').map(|name| column(name, flat_type(name))).collect()
            }
        }
    }

    /// Appends a user.
    #[inline]
    pub fn push(self, out: &mut Vec<u8>, user: &User) {
        begin_row(out, if self == Shape::Flat { FLAT_FIELDS } else { NESTED.len() as i16 });
        push_bytes(out, &user.user_id);
        push_with(out, |out| user.push_user_name(out));
        push_bytes(out, user.first_name.as_bytes());
        push_bytes(out, user.last_name.as_bytes());
        push_int4(out, i32::from(user.age));
        match self {
            Shape::Nested => push_jsonb(out, |out| json::push_address(out, user)),
            Shape::Flat => {
                push_with(out, |out| push_number(out, u32::from(user.house_number)));
                push_with(out, |out| user.push_street_name(out));
                push_bytes(out, user.city.as_bytes());
                push_bytes(out, user.country.as_bytes());
                push_with(out, |out| user.push_post_code(out));
            }
        }
        push_with(out, |out| user.push_email_address(out));
        push_with(out, |out| user.push_phone_number(out));
        match self {
            Shape::Nested => push_jsonb(out, |out| json::push_device(out, user)),
            Shape::Flat => {
                push_inet4(out, user.ipv4_address);
                push_inet6(out, &user.ipv6_address);
                push_bytes(out, &user.mac_address);
                push_bytes(out, &user.device_uuid);
                push_bytes(out, user.system_triplet.as_bytes());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flat_type_is_that_of_a_column() {
        let columns = Shape::Flat.columns();
        assert_eq!(columns.len(), FLAT_FIELDS as usize);
        for (name, type_name) in FLAT_TYPES {
            assert!(
                columns.iter().any(|column| column.name == name && column.type_name == type_name),
                "{name}"
            );
        }
    }
}

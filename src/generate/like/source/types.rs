//! Types of columns, and the forms of their values.

use super::table::Column;
use crate::Result;
use crate::generate::like::value::form::{Form, Zone};
use crate::generate::like::value::shapes::Shape;
use crate::generate::like::value::words::{Length, Wording};
use postgres::Client;
use std::collections::HashMap;

/// The types of all columns, and what they are made of.
#[derive(Debug, Default)]
pub struct Types(HashMap<u32, Type>);

/// A type.
#[derive(Debug)]
struct Type {
    is_built_in: bool,
    name: String,
    /// `pg_type.typtype`
    kind: char,
    /// The type of an array's elements; 0 for others.
    element: u32,
    below: u32,
    below_modifier: i32,
    not_null: bool,
    labels: Vec<String>,
    checks: Vec<String>,
    fields: Vec<(u32, i32)>,
    bounds: u32,
    is_multirange: bool,
}

/// Types within types that are followed; a deeper one is not made.
const DEEPEST: u32 = 16;
/// Up to so many thousandths, a `real` and a `double precision` tell one from the next: their fractions have 24 and 53 bits.
const EXACT_IN_REAL: i64 = 1 << 22;
const EXACT_IN_DOUBLE: i64 = 1 << 50;
/// The values of an array of unknown length.
const USUAL_ELEMENTS: u32 = 3;
/// Bytes of an array before its values (`ARR_OVERHEAD_NONULLS` of one dimension), and of a text before its bytes.
const ARRAY_BYTES: i32 = 24;
const VARLENA_BYTES: i32 = 4;

impl Types {
    /// The types of these oids.
    ///
    /// # Errors
    /// What the server reports.
    pub fn read(client: &mut Client, oids: &[u32]) -> Result<Types> {
        let rows = client.query(include_str!("types.sql"), &[&oids])?;
        let types = rows.iter().map(|row| {
            let (fields, modifiers): (Vec<u32>, Vec<i32>) = (row.get(10), row.get(11));
            let found = Type {
                is_built_in: row.get::<_, &str>(1) == "pg_catalog",
                name: row.get(2),
                kind: row.get::<_, &str>(3).chars().next().unwrap_or_default(),
                element: row.get(4),
                below: row.get(5),
                below_modifier: row.get(6),
                not_null: row.get(7),
                labels: row.get(8),
                checks: row.get(9),
                fields: fields.into_iter().zip(modifiers).collect(),
                bounds: row.get(12),
                is_multirange: row.get(13),
            };
            (row.get(0), found)
        });
        Ok(Types(types.collect()))
    }

    /// The form of a column's values; `None` where no value of its type can be made.
    pub fn form(&self, column: &Column) -> Option<Form> {
        let bytes = column.statistics.as_ref().map(|statistics| statistics.bytes);
        self.form_of(column.type_oid, column.modifier, &column.name.to_lowercase(), bytes, DEEPEST)
    }

    /// The checks of a column's domains, which speak of `VALUE`.
    pub fn domain_checks(&self, column: &Column) -> Vec<&str> {
        self.domains(column).flat_map(|domain| domain.checks.iter().map(String::as_str)).collect()
    }

    /// Whether a domain of the column allows no NULL.
    pub fn forbids_null(&self, column: &Column) -> bool {
        self.domains(column).any(|domain| domain.not_null)
    }

    /// Whether the column's type is PostgreSQL's own, or an array of such a type.
    pub fn is_built_in(&self, column: &Column) -> bool {
        self.0.get(&column.type_oid).is_some_and(|found| found.is_built_in)
    }

    fn domains(&self, column: &Column) -> impl Iterator<Item = &Type> {
        let mut oid = column.type_oid;
        std::iter::from_fn(move || {
            let domain = self.0.get(&oid).filter(|found| found.kind == 'd')?;
            oid = domain.below;
            Some(domain)
        })
    }

    fn form_of(&self, oid: u32, modifier: i32, name: &str, bytes: Option<i32>, depth: u32) -> Option<Form> {
        let found = self.0.get(&oid)?;
        let depth = depth.checked_sub(1)?;
        let part = |oid, modifier| self.form_of(oid, modifier, "", None, depth);
        match found.kind {
            'd' => {
                let modifier = if found.below_modifier >= 0 { found.below_modifier } else { modifier };
                return self.form_of(found.below, modifier, name, bytes, depth);
            }
            'e' => return (!found.labels.is_empty()).then(|| Form::Listed(found.labels.clone())),
            'c' => {
                let fields: Option<Vec<Form>> =
                    found.fields.iter().map(|(oid, modifier)| part(*oid, *modifier)).collect();
                return fields.filter(|fields| !fields.is_empty()).map(Form::Composite);
            }
            'r' | 'm' => {
                let element = part(found.bounds, -1).filter(Form::is_ordered)?;
                return Some(Form::Range(Box::new(element), found.is_multirange));
            }
            _ => {}
        }
        if found.element != 0 {
            let element = part(found.element, modifier)?;
            let values = match element {
                // Values of this type alone are separated otherwise, so there is one.
                Form::Shape(Shape::Box) => 1,
                _ => bytes.map_or(USUAL_ELEMENTS, |bytes| ((bytes - ARRAY_BYTES) / 8).clamp(1, 100) as u32),
            };
            return Some(Form::Array(Box::new(element), values));
        }
        found.base(modifier, name, bytes)
    }
}

impl Type {
    /// The form of a type that is made of no other.
    fn base(&self, modifier: i32, name: &str, bytes: Option<i32>) -> Option<Form> {
        let length = (modifier >= VARLENA_BYTES).then(|| (modifier - VARLENA_BYTES) as u32);
        let usual = bytes.map(|bytes| (bytes - 1).max(1) as u32);
        // Microseconds between two values of a type with so many digits of seconds.
        let unit = |modifier: i32| 10_i64.pow(6 - u32::try_from(modifier).map_or(6, |digits| digits.min(6)));
        let moment = |zone| Form::Moment(unit(modifier), zone);
        let text = |most| Form::Text(wording(name), Length::new(usual, most));
        if !self.is_built_in {
            return Some(match self.name.as_str() {
                "citext" => text(None),
                "hstore" => Form::Shape(Shape::HStore),
                "ltree" => Form::Shape(Shape::LTree),
                "cube" => Form::Shape(Shape::Cube),
                "geometry" | "geography" => Form::Shape(Shape::Geometry),
                "vector" => Form::Shape(Shape::Vector(u32::try_from(modifier).unwrap_or(3))),
                _ => return None,
            });
        }
        Some(match self.name.as_str() {
            "bool" => Form::Bool,
            "int2" => Form::Whole(i16::MIN.into(), i16::MAX.into()),
            "int4" => Form::Whole(i32::MIN.into(), i32::MAX.into()),
            // The last one is left out, so that each has a next one.
            "int8" => Form::Whole(i64::MIN, i64::MAX - 1),
            "oid" | "xid" | "cid" => Form::Whole(0, u32::MAX.into()),
            "xid8" => Form::Whole(0, i64::MAX - 1),
            // Whole amounts, since the sign of fractions depends on the server's locale.
            "money" => Form::Whole(-90_000_000_000_000, 90_000_000_000_000),
            "numeric" => numeric(modifier),
            "float4" => Form::Float(EXACT_IN_REAL),
            "float8" => Form::Float(EXACT_IN_DOUBLE),
            "text" => text(None),
            "varchar" | "bpchar" => text(length),
            "name" => text(Some(63)),
            "char" => text(Some(1)),
            "bytea" => Form::Bytes(usual.unwrap_or(8).clamp(8, 10_000) as usize),
            "date" => Form::Date,
            "time" => Form::Time(unit(modifier), Zone::Without),
            "timetz" => Form::Time(unit(modifier), Zone::Utc),
            "timestamp" => moment(Zone::Without),
            "timestamptz" => moment(Zone::Utc),
            "interval" => Form::Interval,
            "bit" => Form::Bits(u32::try_from(modifier).unwrap_or(1)),
            "varbit" => Form::Bits(u32::try_from(modifier).unwrap_or(16)),
            "uuid" => Form::Shape(Shape::Uuid),
            "inet" => Form::Shape(Shape::Inet),
            "cidr" => Form::Shape(Shape::Cidr),
            "macaddr" => Form::Shape(Shape::MacAddr),
            "macaddr8" => Form::Shape(Shape::MacAddr8),
            "json" | "jsonb" => Form::Shape(Shape::Json),
            "xml" => Form::Shape(Shape::Xml),
            "point" => Form::Shape(Shape::Point),
            "line" => Form::Shape(Shape::Line),
            "lseg" => Form::Shape(Shape::Lseg),
            "box" => Form::Shape(Shape::Box),
            "path" => Form::Shape(Shape::Path),
            "polygon" => Form::Shape(Shape::Polygon),
            "circle" => Form::Shape(Shape::Circle),
            "tsvector" => Form::Shape(Shape::TsVector),
            "tsquery" => Form::Shape(Shape::TsQuery),
            "pg_lsn" => Form::Shape(Shape::PgLsn),
            "tid" => Form::Shape(Shape::Tid),
            "pg_snapshot" | "txid_snapshot" => Form::Shape(Shape::Snapshot),
            "jsonpath" => Form::Shape(Shape::JsonPath),
            // Objects that every database has.
            "regclass" => listed(&["pg_class", "pg_type", "pg_proc", "pg_index"]),
            "regtype" => listed(&["integer", "text", "boolean", "numeric"]),
            "regproc" => listed(&["pg_backend_pid", "pg_postmaster_start_time", "pg_conf_load_time"]),
            "regprocedure" => listed(&["length(text)", "lower(text)", "upper(text)"]),
            "regnamespace" => listed(&["pg_catalog", "information_schema"]),
            "regrole" | "regcollation" => listed(&["-"]),
            "regoper" | "regoperator" => listed(&["0"]),
            "regconfig" => listed(&["simple", "english"]),
            "regdictionary" => listed(&["simple", "english_stem"]),
            _ => return None,
        })
    }
}

fn listed(texts: &[&str]) -> Form {
    Form::Listed(texts.iter().map(|text| (*text).to_owned()).collect())
}

/// Precision and scale of a `numeric` are in its modifier (`make_numeric_typmod`).
fn numeric(modifier: i32) -> Form {
    // 18 digits fit into a position.
    const DIGITS: i32 = 18;
    if modifier < VARLENA_BYTES {
        return Form::Decimal(DIGITS as u32, 2);
    }
    let modifier = modifier - VARLENA_BYTES;
    let (precision, scale) = (modifier >> 16 & 0xffff, (modifier & 0x7ff ^ 1024) - 1024);
    if scale < 0 {
        // Multiples of a power of ten.
        return listed(&["0"]);
    }
    // Of very many digits, those behind the point are left out first.
    let kept = scale.min(DIGITS);
    let digits = (precision - (scale - kept)).clamp(1, DIGITS);
    Form::Decimal(digits as u32, kept as u32)
}

/// What a column's name says of its texts.
fn wording(name: &str) -> Wording {
    let holds = |words: &[&str]| words.iter().any(|word| name.contains(word));
    if holds(&["email", "e_mail", "mail_address"]) {
        Wording::Mail
    } else if holds(&["url", "uri", "website", "homepage"]) {
        Wording::Page
    } else if holds(&["country_code", "currency", "iso_code"]) || name == "code" {
        Wording::Capitals
    } else {
        Wording::Words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numerics_have_their_digits() {
        let modifier = |precision: i32, scale: i32| (precision << 16 | scale & 0x7ff) + 4;
        assert_eq!(numeric(-1), Form::Decimal(18, 2));
        assert_eq!(numeric(modifier(10, 2)), Form::Decimal(10, 2));
        assert_eq!(numeric(modifier(3, 3)), Form::Decimal(3, 3));
        assert_eq!(numeric(modifier(38, 0)), Form::Decimal(18, 0));
        assert_eq!(numeric(modifier(30, 25)), Form::Decimal(18, 18));
        assert_eq!(numeric(modifier(2, -3)), listed(&["0"]));
    }

    #[test]
    fn names_say_what_texts_are() {
        let names = ["email", "contact_email", "website_url", "currency", "comment"];
        let expected = [Wording::Mail, Wording::Mail, Wording::Page, Wording::Capitals, Wording::Words];
        assert_eq!(names.map(wording), expected);
    }
}

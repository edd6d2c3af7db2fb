//! Kinds of types, as the server spells them.

use crate::pg::type_name::TypeName;

/// The most digits of a `numeric` that says how many (PostgreSQL documentation, "Arbitrary Precision Numbers").
const MOST_DIGITS: i32 = 1000;
/// Decimal digits that `real` and `double precision` hold in any case (PostgreSQL documentation, "Floating-Point Types").
const DIGITS_OF_FLOATS: [i32; 2] = [6, 15];

/// A type, as far as it has to do with others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Whole numbers of a fixed size.
    Integer(Integer),
    /// Digits before and behind the point; none for any number of them.
    Numeric(Option<Digits>),
    /// Binary fractions.
    Float(Float),
    /// `date`.
    Date,
    /// Digits of a second; none for all that there are, which is not spelled out.
    Timestamp(Option<u32>),
    /// The same.
    TimestampWithZone(Option<u32>),
    /// The same.
    Time(Option<u32>),
    /// The same.
    TimeWithZone(Option<u32>),
    /// With its fields or digits; none for all.
    Interval(Option<String>),
    /// Length in bits.
    Bit(u32),
    /// The same; none for any length.
    BitVarying(Option<u32>),
    /// Length in characters.
    Character(u32),
    /// The same; none for any length.
    CharacterVarying(Option<u32>),
    /// `text`, which holds everything.
    Text,
    /// `jsonb`, which keeps what JSON means.
    Jsonb,
    /// `json`, which keeps how it is written.
    Json,
    /// What has only itself and `text`.
    Other(String),
}

/// Whole numbers, the smaller ones first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Integer {
    /// `smallint`.
    Small,
    /// `integer`.
    Plain,
    /// `bigint`.
    Big,
}

/// Binary fractions, the smaller ones first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Float {
    /// `real`.
    Real,
    /// `double precision`.
    Double,
}

/// How many decimal digits there are on each side of the point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digits {
    /// Before the point.
    pub before: i32,
    /// Behind it.
    pub behind: i32,
}

impl Kind {
    /// Reads a name.
    pub fn of(name: &str) -> Kind {
        let (words, list) = parts(name);
        let numbers: Vec<i32> =
            list.unwrap_or_default().split(',').filter_map(|number| number.trim().parse().ok()).collect();
        let length = numbers.first().and_then(|number| u32::try_from(*number).ok());
        match (words.as_str(), numbers.as_slice()) {
            ("smallint", []) => Kind::Integer(Integer::Small),
            ("integer", []) => Kind::Integer(Integer::Plain),
            ("bigint", []) => Kind::Integer(Integer::Big),
            ("real", []) => Kind::Float(Float::Real),
            ("double precision", []) => Kind::Float(Float::Double),
            ("numeric", []) => Kind::Numeric(None),
            ("numeric", [digits, behind]) => {
                Kind::Numeric(Some(Digits { before: digits - behind, behind: *behind }))
            }
            ("date", []) => Kind::Date,
            ("timestamp without time zone", _) => Kind::Timestamp(length),
            ("timestamp with time zone", _) => Kind::TimestampWithZone(length),
            ("time without time zone", _) => Kind::Time(length),
            ("time with time zone", _) => Kind::TimeWithZone(length),
            ("interval", []) => Kind::Interval(None),
            ("bit varying", _) => Kind::BitVarying(length),
            ("character varying", _) => Kind::CharacterVarying(length),
            ("text", []) => Kind::Text,
            ("json", []) => Kind::Json,
            ("jsonb", []) => Kind::Jsonb,
            (words, _) => match length {
                Some(length) if words == "bit" => Kind::Bit(length),
                Some(length) if words == "character" => Kind::Character(length),
                _ if words.starts_with("interval") && !words.ends_with(']') => {
                    Kind::Interval(Some(name.to_owned()))
                }
                _ => Kind::Other(name.to_owned()),
            },
        }
    }

    /// The name.
    pub fn type_name(&self) -> TypeName {
        let with = |words: &str, number: Option<u32>| match number {
            Some(number) => format!("{words}({number})"),
            None => words.to_owned(),
        };
        let zoned = |words: &str, digits: Option<u32>, zone: &str| {
            format!("{} {zone} time zone", with(words, digits))
        };
        TypeName::from_server(match self {
            Kind::Integer(Integer::Small) => "smallint".to_owned(),
            Kind::Integer(Integer::Plain) => "integer".to_owned(),
            Kind::Integer(Integer::Big) => "bigint".to_owned(),
            Kind::Numeric(None) => "numeric".to_owned(),
            Kind::Numeric(Some(Digits { before, behind })) => {
                format!("numeric({},{behind})", before + behind)
            }
            Kind::Float(Float::Real) => "real".to_owned(),
            Kind::Float(Float::Double) => "double precision".to_owned(),
            Kind::Date => "date".to_owned(),
            Kind::Timestamp(digits) => zoned("timestamp", *digits, "without"),
            Kind::TimestampWithZone(digits) => zoned("timestamp", *digits, "with"),
            Kind::Time(digits) => zoned("time", *digits, "without"),
            Kind::TimeWithZone(digits) => zoned("time", *digits, "with"),
            Kind::Interval(None) => "interval".to_owned(),
            Kind::Bit(length) => with("bit", Some(*length)),
            Kind::BitVarying(length) => with("bit varying", *length),
            Kind::Character(length) => with("character", Some(*length)),
            Kind::CharacterVarying(length) => with("character varying", *length),
            Kind::Text => "text".to_owned(),
            Kind::Json => "json".to_owned(),
            Kind::Jsonb => "jsonb".to_owned(),
            Kind::Interval(Some(name)) | Kind::Other(name) => name.clone(),
        })
    }
}

impl Integer {
    /// The digits of its largest number.
    pub fn digits(self) -> Digits {
        let before = match self {
            Integer::Small => 5,
            Integer::Plain => 10,
            Integer::Big => 19,
        };
        Digits { before, behind: 0 }
    }
}

impl Float {
    /// The digits that it holds in any case, whatever they are.
    pub fn digits(self) -> i32 {
        match self {
            Float::Real => DIGITS_OF_FLOATS[0],
            Float::Double => DIGITS_OF_FLOATS[1],
        }
    }
}

impl Digits {
    /// As many as either has on each side of the point; none where that is more than a `numeric` can say.
    pub fn with(self, other: Digits) -> Option<Digits> {
        let both = Digits { before: self.before.max(other.before), behind: self.behind.max(other.behind) };
        (both.before + both.behind <= MOST_DIGITS).then_some(both)
    }
}

/// The words of a type's name, and what stands in parentheses: `timestamp(3) without time zone`.
fn parts(name: &str) -> (String, Option<&str>) {
    let parts = name.split_once('(').and_then(|(before, rest)| {
        let (list, after) = rest.split_once(')')?;
        Some((format!("{before}{after}"), Some(list)))
    });
    parts.unwrap_or_else(|| (name.to_owned(), None))
}

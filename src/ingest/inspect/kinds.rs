//! Types that hold all values of a column as they are written.

use super::dates::Written;
use jiff::civil::Date;

/// The type of a column, from the narrowest on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `true`, `false`, `t`, `f`
    Boolean,
    /// Up to 2,147,483,647.
    Integer,
    /// Up to 19 digits.
    Bigint,
    /// Digits with a point.
    Numeric,
    /// With an exponent.
    Double,
    /// `2019-02-27`, `2019/02/27`, `2019.02.27`
    Date,
    /// `2019-02-27 11:59:00`
    Timestamp,
    /// Eight, four, four, four and twelve hexadecimal digits.
    Uuid,
    /// `27/02/2019`
    LocalDate,
    /// `27/02/2019 11:59`
    LocalTimestamp,
}

impl Kind {
    const ALL: [Kind; 10] = [
        Kind::Boolean,
        Kind::Integer,
        Kind::Bigint,
        Kind::Numeric,
        Kind::Double,
        Kind::Date,
        Kind::Timestamp,
        Kind::Uuid,
        Kind::LocalDate,
        Kind::LocalTimestamp,
    ];

    /// The type's name in PostgreSQL.
    pub fn type_name(self) -> &'static str {
        match self {
            Kind::Boolean => "boolean",
            Kind::Integer => "integer",
            Kind::Bigint => "bigint",
            Kind::Numeric => "numeric",
            Kind::Double => "double precision",
            Kind::Date | Kind::LocalDate => "date",
            Kind::Timestamp | Kind::LocalTimestamp => "timestamp",
            Kind::Uuid => "uuid",
        }
    }

    /// Whether the order of day and month says what its values mean.
    pub fn needs_order(self) -> bool {
        matches!(self, Kind::LocalDate | Kind::LocalTimestamp)
    }

    fn holds(self, value: &str) -> bool {
        match self {
            Kind::Boolean => ["true", "false", "t", "f"].iter().any(|word| word.eq_ignore_ascii_case(value)),
            Kind::Integer => is_integer(value) && value.parse::<i32>().is_ok(),
            Kind::Bigint => is_integer(value) && value.parse::<i64>().is_ok(),
            Kind::Numeric => is_decimal(value),
            Kind::Double => value.split_once(['e', 'E']).map_or_else(
                || is_decimal(value),
                |(digits, exponent)| is_decimal(digits) && exponent.parse::<i8>().is_ok(),
            ),
            Kind::Date => is_date(value),
            Kind::Timestamp => {
                let parts = value.split_once([' ', 'T']);
                is_date(value) || parts.is_some_and(|(date, time)| is_date(date) && is_time(time))
            }
            Kind::Uuid => is_uuid(value),
            Kind::LocalDate => Written::parse(value).is_some_and(|written| written.rest.is_empty()),
            Kind::LocalTimestamp => {
                Written::parse(value).is_some_and(|Written { rest, .. }| rest.is_empty() || is_time(rest))
            }
        }
    }
}

/// The kinds that hold all values seen.
#[derive(Debug, Clone)]
pub struct Kinds {
    left: Vec<Kind>,
    /// Values seen.
    pub count: u64,
}

impl Default for Kinds {
    fn default() -> Self {
        Kinds { left: Kind::ALL.to_vec(), count: 0 }
    }
}

impl Kinds {
    /// Looks at a value.
    pub fn see(&mut self, value: &str) {
        self.left.retain(|kind| kind.holds(value));
        self.count += 1;
    }

    /// Takes in what was seen elsewhere.
    pub fn join(&mut self, other: &Kinds) {
        self.left.retain(|kind| other.left.contains(kind));
        self.count += other.count;
    }

    /// The narrowest kind; nothing for text, and where no value was seen.
    pub fn narrowest(&self) -> Option<Kind> {
        if self.count == 0 { None } else { self.left.first().copied() }
    }
}

/// Digits that an integer type gives back as they are: no leading zero, no plus.
fn is_integer(value: &str) -> bool {
    let digits = value.strip_prefix('-').unwrap_or(value);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number && (value == "0" || !digits.starts_with('0'))
}

fn is_decimal(value: &str) -> bool {
    let digits = value.strip_prefix('-').unwrap_or(value);
    match digits.split_once('.') {
        None => is_integer(value),
        Some((whole, rest)) => {
            let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            are_digits(whole) && are_digits(rest) && (whole == "0" || !whole.starts_with('0'))
        }
    }
}

fn is_date(value: &str) -> bool {
    let are_digits =
        |part: &str, length: usize| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
    let Some(separator) = value.chars().find(|c| "-/.".contains(*c)) else { return false };
    let parts: Vec<&str> = value.split(separator).collect();
    let [year, month, day] = parts.as_slice() else { return false };
    if !are_digits(year, 4) || !are_digits(month, 2) || !are_digits(day, 2) {
        return false;
    }
    // PostgreSQL has no year 0.
    let is_day = |year, month, day| year > 0 && Date::new(year, month, day).is_ok();
    matches!((year.parse(), month.parse(), day.parse()), (Ok(year), Ok(month), Ok(day)) if is_day(year, month, day))
}

/// Hours and minutes, and perhaps seconds with up to six digits behind the point.
fn is_time(value: &str) -> bool {
    let (time, fraction) = value.split_once('.').unwrap_or((value, "0"));
    let parts: Vec<&str> = time.split(':').collect();
    let is_part = |part: &&str, most: u32| {
        (1..=2).contains(&part.len())
            && part.bytes().all(|byte| byte.is_ascii_digit())
            && part.parse::<u32>().is_ok_and(|number| number <= most)
    };
    let is_fraction = (1..=6).contains(&fraction.len()) && fraction.bytes().all(|byte| byte.is_ascii_digit());
    let mosts = [23, 59, 59];
    matches!(parts.len(), 2 | 3)
        && is_fraction
        && parts.iter().zip(mosts).all(|(part, most)| is_part(part, most))
}

fn is_uuid(value: &str) -> bool {
    let parts: Vec<usize> = value.split('-').map(str::len).collect();
    parts == [8, 4, 4, 4, 12] && value.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(values: &[&str]) -> Option<Kind> {
        let mut kinds = Kinds::default();
        values.iter().for_each(|value| kinds.see(value));
        kinds.narrowest()
    }

    #[test]
    fn the_narrowest_type_that_holds_all() {
        for (values, expected) in [
            (&["1", "-20"][..], Some(Kind::Integer)),
            (&["1", "2147483648"], Some(Kind::Bigint)),
            (&["1", "2.50"], Some(Kind::Numeric)),
            (&["1", "92233720368547758070"], Some(Kind::Numeric)),
            (&["1.5", "2e-3"], Some(Kind::Double)),
            (&["t", "False"], Some(Kind::Boolean)),
            (&["2019-02-27", "2020-02-29"], Some(Kind::Date)),
            (&["2019-02-27", "2020-02-29 11:59:00.123"], Some(Kind::Timestamp)),
            (&["2019/02/27", "2019.02.27"], Some(Kind::Date)),
            (&["27/02/2019", "19/02/27"], Some(Kind::LocalDate)),
            (&["27.2.2019 11:59"], Some(Kind::LocalTimestamp)),
            (&["6ba7b810-9dad-11d1-80b4-00c04fd430c8"], Some(Kind::Uuid)),
            (&["007"], None),
            (&["1", "+2"], None),
            (&["2019-02-30"], None),
            (&["2019-02/27"], None),
            (&["27/13/2019"], None),
            (&["1,5"], None),
            (&["1", ""], None),
            (&[], None),
        ] {
            assert_eq!(kind(values), expected, "{values:?}");
        }
    }
}

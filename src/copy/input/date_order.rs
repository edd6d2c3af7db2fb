//! The order of day, month and year in dates such as `01/02/2019`.

/// The order of the three numbers of a date. Dates that begin with a year of four digits, and dates with the name of a month,
/// mean the same in every order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateOrder {
    /// `02/27/2019`, which is also how PostgreSQL reads where nothing else is said.
    Mdy,
    /// `27/02/2019`
    Dmy,
    /// `19/02/27`
    Ymd,
}

impl DateOrder {
    /// All of them.
    pub const ALL: [DateOrder; 3] = [DateOrder::Mdy, DateOrder::Dmy, DateOrder::Ymd];

    /// The order of this name, in any case.
    pub fn parse(name: &str) -> Option<DateOrder> {
        DateOrder::ALL.into_iter().find(|order| order.name().eq_ignore_ascii_case(name))
    }

    /// `mdy`, `dmy` or `ymd`.
    pub fn name(self) -> &'static str {
        match self {
            DateOrder::Mdy => "mdy",
            DateOrder::Dmy => "dmy",
            DateOrder::Ymd => "ymd",
        }
    }

    /// What PostgreSQL's `DateStyle` has to be, so that input functions read this order.
    pub fn date_style(self) -> &'static str {
        match self {
            DateOrder::Mdy => "ISO, MDY",
            DateOrder::Dmy => "ISO, DMY",
            DateOrder::Ymd => "ISO, YMD",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_in_any_case() {
        for order in DateOrder::ALL {
            assert_eq!(DateOrder::parse(order.name()), Some(order));
            assert_eq!(DateOrder::parse(&order.name().to_uppercase()), Some(order));
        }
        for name in ["", "dym", "iso", "dmy ", "day"] {
            assert_eq!(DateOrder::parse(name), None, "{name}");
        }
    }
}

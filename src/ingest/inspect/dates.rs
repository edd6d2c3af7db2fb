//! Dates whose numbers may stand in several orders: which orders their values allow.

use super::line::{Spot, quoted};

/// An order of the numbers of a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Day, month, year.
    Dmy,
    /// Month, day, year.
    Mdy,
    /// Year, month, day.
    Ymd,
}

impl Order {
    /// All of them.
    pub const ALL: [Order; 3] = [Order::Dmy, Order::Mdy, Order::Ymd];

    /// The value of `date_order`.
    pub fn name(self) -> &'static str {
        match self {
            Order::Dmy => "dmy",
            Order::Mdy => "mdy",
            Order::Ymd => "ymd",
        }
    }

    /// Where day, month and year stand.
    fn places(self) -> [usize; 3] {
        match self {
            Order::Dmy => [0, 1, 2],
            Order::Mdy => [1, 0, 2],
            Order::Ymd => [2, 1, 0],
        }
    }
}

/// The numbers of a date as they are written, none of which is a year that comes first in four digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written<'t> {
    numbers: [u32; 3],
    /// Whether the last one is a year of four digits.
    has_long_year: bool,
    /// What follows the date and a blank.
    pub rest: &'t str,
}

impl<'t> Written<'t> {
    /// Reads `27/02/2019`, whose year is last, or `27/02/19`, all of whose numbers have two digits: others may be versions. `None` for
    /// anything else, and for numbers that are a date in no order.
    pub fn parse(value: &'t str) -> Option<Written<'t>> {
        let (date, rest) = value.split_once(' ').unwrap_or((value, ""));
        let parts: Vec<&str> = date.split(['/', '.', '-']).collect();
        let [first, second, third] = parts.as_slice() else { return None };
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !parts.iter().all(|part| is_number(part)) {
            return None;
        }
        let has_long_year = third.len() == 4;
        let fits = match has_long_year {
            true => first.len() <= 2 && second.len() <= 2,
            false => parts.iter().all(|part| part.len() == 2),
        };
        let numbers = [first.parse().ok()?, second.parse().ok()?, third.parse().ok()?];
        let written = Written { numbers, has_long_year, rest };
        (fits && Order::ALL.into_iter().any(|order| written.date(order).is_some())).then_some(written)
    }

    /// Day, month and year in this order; `None` if there is no such day.
    fn date(&self, order: Order) -> Option<[u32; 3]> {
        let date = order.places().map(|place| self.numbers[place]);
        let [day, month, _] = date;
        let is_possible = (1..=31).contains(&day) && (1..=12).contains(&month);
        (is_possible && !(self.has_long_year && order == Order::Ymd)).then_some(date)
    }
}

/// What the dates of a column allow.
#[derive(Debug, Clone, Default)]
pub struct Orders {
    /// For each order, the first value that is no date in it, and where it is.
    excluded: [Option<(String, Spot)>; 3],
    /// For each set of orders, in bits, how many values are other dates in all of them.
    ambiguous: [u64; 8],
    has_long_years: bool,
}

impl Orders {
    /// Looks at a date.
    pub fn see(&mut self, written: &Written<'_>, text: &str, spot: Spot) {
        self.has_long_years |= written.has_long_year;
        let mut set = 0;
        let mut dates = Vec::new();
        for (number, order) in Order::ALL.into_iter().enumerate() {
            match written.date(order) {
                // The same day in two orders says nothing, and changes nothing.
                Some(date) if dates.contains(&date) => {}
                Some(date) => {
                    set |= 1 << number;
                    dates.push(date);
                }
                None => {
                    self.excluded[number].get_or_insert_with(|| (text.to_owned(), spot));
                }
            }
        }
        self.ambiguous[set] += 1;
    }

    /// Whether all values are dates in this order.
    pub fn allow(&self, order: Order) -> bool {
        self.excluded[order as usize].is_none()
    }

    /// How many values are a date in more than one of these orders.
    pub fn could_be(&self, orders: &[Order]) -> u64 {
        let wanted: usize = orders.iter().map(|order| 1 << *order as usize).sum();
        let counts = self.ambiguous.iter().enumerate();
        counts.filter(|(set, _)| (set & wanted).count_ones() > 1).map(|(_, count)| count).sum()
    }

    /// A value that is no date in this order, though its year may be anywhere that the order has it; for evidence.
    pub fn against(&self, order: Order, label: &str, column: &str) -> Option<String> {
        if order == Order::Ymd && self.has_long_years {
            return None;
        }
        let (value, spot) = self.excluded[order as usize].as_ref()?;
        Some(format!("{} {spot} of {label}, column {}", quoted(value), quoted(column)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The orders that all values allow, and how many could be several.
    fn orders(values: &[&str]) -> (Vec<&'static str>, u64) {
        let mut orders = Orders::default();
        for value in values {
            orders.see(&Written::parse(value).unwrap(), value, Spot::Line(1));
        }
        let left: Vec<Order> = Order::ALL.into_iter().filter(|order| orders.allow(*order)).collect();
        (left.iter().map(|order| order.name()).collect(), orders.could_be(&left))
    }

    #[test]
    fn values_leave_some_orders() {
        for (values, expected, either) in [
            (&["27/02/2019", "01.02.2019"][..], &["dmy"][..], 0),
            (&["02-27-2019 11:59"], &["mdy"], 0),
            (&["01/02/2019", "3/4/2019", "05/05/2019"], &["dmy", "mdy"], 2),
            (&["27/02/2019", "02/27/2019"], &[], 0),
            (&["01/02/03"], &["dmy", "mdy", "ymd"], 1),
            (&["99/12/31", "01/02/03"], &["ymd"], 0),
            (&["19/02/27"], &["dmy", "ymd"], 1),
            (&["27/02/33", "01/02/03"], &["dmy"], 0),
            (&["02/27/33", "01/02/03"], &["mdy"], 0),
        ] {
            assert_eq!(orders(values), (expected.to_vec(), either), "{values:?}");
        }
        for other in [
            "2019-02-27",
            "1.2.3",
            "27/13/2019",
            "00/00/00",
            "32/32/32",
            "10.20.30.40",
            "a/b/c",
            "1/02/19",
            "",
        ] {
            assert_eq!(Written::parse(other), None, "{other}");
        }
    }
}

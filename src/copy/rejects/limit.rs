//! How many rows may be rejected: a number, or a share.

use std::fmt;
use std::str::FromStr;

/// Decimals of a percentage that count.
const DECIMALS: usize = 4;
/// A percentage of 1 in units of its last decimal.
const ONE_PERCENT: u64 = 10_000;
/// All rows, in the same units.
const ALL: u64 = 100 * ONE_PERCENT;

/// How many rows may be rejected: so many, or a share of those that were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RejectLimit {
    /// This many rows.
    Rows(u64),
    /// A share, in 1/10,000 of a percent.
    Share(u64),
}

impl RejectLimit {
    /// No row: the first one that cannot be loaded is an error.
    pub const NONE: RejectLimit = RejectLimit::Rows(0);
    /// Every row may be rejected.
    pub const ANY: RejectLimit = RejectLimit::Share(ALL);

    /// Whether any row may be rejected.
    pub fn allows_any(self) -> bool {
        !matches!(self, RejectLimit::Rows(0) | RejectLimit::Share(0))
    }

    /// Whether `rejected` of `read` rows are not too many.
    pub fn allows(self, rejected: u64, read: u64) -> bool {
        match self {
            RejectLimit::Rows(most) => rejected <= most,
            RejectLimit::Share(share) => {
                u128::from(rejected) * u128::from(ALL) <= u128::from(share) * u128::from(read)
            }
        }
    }

    /// How many rows of a data file of `bytes` bytes may be rejected before they are certainly too many.
    ///
    /// A good row of `columns` fields has at least as many bytes (separators and a line end), a rejected one has at least one
    /// byte. So with r rejected rows, the file has at most r + (bytes - r) / columns rows.
    pub fn most(self, bytes: u64, columns: usize) -> u64 {
        match self {
            RejectLimit::Rows(most) => most,
            RejectLimit::Share(share) => {
                // The last row may lack its line end.
                let (bytes, columns) = (u128::from(bytes) + 1, columns.max(1) as u128);
                let most =
                    u128::from(share) * bytes / (columns * u128::from(ALL - share) + u128::from(share));
                u64::try_from(most).unwrap_or(u64::MAX)
            }
        }
    }
}

impl Default for RejectLimit {
    fn default() -> Self {
        RejectLimit::NONE
    }
}

impl FromStr for RejectLimit {
    type Err = &'static str;

    /// Reads `100`, `1%` or `0.5%`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = "use a number of rows, such as 100, or a share of them from 0% to 100%, such as 0.5%";
        let number = |digits: &str| match digits.bytes().all(|byte| byte.is_ascii_digit()) {
            true => digits.parse::<u64>().map_err(|_| wrong),
            false => Err(wrong),
        };
        let Some(share) = text.strip_suffix('%') else { return Ok(RejectLimit::Rows(number(text)?)) };
        let (whole, decimals) = share.split_once('.').unwrap_or((share, "0"));
        if decimals.len() > DECIMALS || decimals.is_empty() {
            return Err(wrong);
        }
        let whole = number(whole)?.checked_mul(ONE_PERCENT).ok_or(wrong)?;
        match whole.checked_add(number(&format!("{decimals:0<DECIMALS$}"))?) {
            Some(share) if share <= ALL => Ok(RejectLimit::Share(share)),
            _ => Err(wrong),
        }
    }
}

impl fmt::Display for RejectLimit {
    /// As it can be typed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RejectLimit::Rows(rows) => write!(f, "{rows}"),
            RejectLimit::Share(share) if share % ONE_PERCENT == 0 => write!(f, "{}%", share / ONE_PERCENT),
            RejectLimit::Share(share) => {
                let decimals = format!("{:0DECIMALS$}", share % ONE_PERCENT);
                write!(f, "{}.{}%", share / ONE_PERCENT, decimals.trim_end_matches('0'))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_and_shares_are_read_and_written_alike() {
        for text in ["0", "7", "18446744073709551615", "0%", "5%", "100%", "0.5%", "12.3456%"] {
            assert_eq!(text.parse::<RejectLimit>().unwrap().to_string(), text);
        }
        assert_eq!("1.50%".parse(), Ok(RejectLimit::Share(15_000)));
        for text in
            ["", "x", "-1", "+1", "1.5", "%", ".5%", "5.%", "120%", "100.0001%", "1.23456%", "5 %", "1e2"]
        {
            assert!(text.parse::<RejectLimit>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_share_is_exact() {
        let limit: RejectLimit = "0.7%".parse().unwrap();
        assert!(limit.allows(7, 1000) && !limit.allows(8, 1000) && !limit.allows(7, 999));
        assert!(limit.allows(0, 0));
        assert!("100%".parse::<RejectLimit>().unwrap().allows(u64::MAX, u64::MAX));
        assert!(RejectLimit::Rows(2).allows(2, 2) && !RejectLimit::Rows(2).allows(3, 1000));
    }

    #[test]
    fn a_share_of_a_file_that_can_no_longer_be_kept_to_is_known_early() {
        let most = |limit: &str, bytes, columns| limit.parse::<RejectLimit>().unwrap().most(bytes, columns);
        assert_eq!((most("10%", 90, 10), most("50%", 99, 9), most("100%", 99, 5)), (1, 10, 100));
        assert_eq!((most("7", 99, 5), most("0%", 99, 5), most("50%", u64::MAX, 1)), (7, 0, 1 << 63));
    }

    #[test]
    fn nothing_is_allowed_unless_it_was_asked_for() {
        assert!(!RejectLimit::default().allows_any());
        assert!(!"0%".parse::<RejectLimit>().unwrap().allows_any());
        assert!("0.0001%".parse::<RejectLimit>().unwrap().allows_any());
    }
}

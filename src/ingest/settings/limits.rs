//! Limits on what a dump may ask for, against damaged and hostile dumps. Each has a key in the configuration's section
//! `limits`, and no honest dump reaches its default.

use crate::config::{LimitsCfg, Size};
use crate::copy::input::batch::{MAX_ROW_BYTES, MIN_ROW_BYTES, ROW_BYTES};
use crate::{Error, Result};

/// Members of a dump: as many as a zip can list without Zip64.
const MEMBERS: usize = 65_535;
/// Tables of a dump. Each makes two relations in the database, so a dump of a few megabytes could fill its catalogs.
const TABLES: usize = 10_000;
/// Columns of a table (PostgreSQL documentation, "PostgreSQL Limits").
pub const COLUMNS: usize = 1600;
/// Size of a descriptor, bytes: 1600 columns have 655 bytes each. The YAML reader takes up to 150 times as much memory.
const DESCRIPTOR_BYTES: u64 = 1 << 20;
/// Inflated size of all that is read of a dump, bytes: two hours of loading on a fast machine.
const TOTAL_BYTES: u64 = 1 << 40;
/// How many times larger a member may become. Rows of one number and 30 NULLs become 50 times larger, rows of 1000 NULLs
/// 450 times. Deflate reaches 1032 times at best.
const RATIO: u64 = 500;
/// Inflated size from which the ratio counts, bytes: a smaller member does no harm.
const RATIO_FROM_BYTES: u64 = 1 << 30;

/// What a dump may ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Members that a dump lists.
    pub members: usize,
    /// Tables of a dump.
    pub tables: usize,
    /// Columns of a data file or descriptor.
    pub columns: usize,
    /// Size of a descriptor, bytes.
    pub descriptor_bytes: u64,
    /// Size of a row, bytes.
    pub row_bytes: usize,
    /// Inflated size of a dump's descriptors and data files together, bytes.
    pub total_bytes: u64,
    /// How many times larger a member may become.
    pub ratio: u64,
    /// Inflated size from which `ratio` counts, bytes.
    pub ratio_from_bytes: u64,
}

impl Limits {
    /// The configuration's limits, or else the defaults.
    ///
    /// # Errors
    /// A limit that no dump could keep, or that is beyond what PostgreSQL or memory can hold.
    pub fn resolve(cfg: &LimitsCfg) -> Result<Limits> {
        let bytes = |size: Option<Size>, default| size.map_or(default, |size| size.0);
        let limits = Limits {
            members: cfg.max_members.map_or(MEMBERS, |number| number.0),
            tables: cfg.max_tables.map_or(TABLES, |number| number.0),
            columns: cfg.max_columns.map_or(COLUMNS, |number| number.0),
            descriptor_bytes: bytes(cfg.max_descriptor, DESCRIPTOR_BYTES),
            row_bytes: usize::try_from(bytes(cfg.max_row, ROW_BYTES as u64)).unwrap_or(usize::MAX),
            total_bytes: bytes(cfg.max_total, TOTAL_BYTES),
            ratio: cfg.max_ratio.map_or(RATIO, |number| number.0),
            ratio_from_bytes: bytes(cfg.ratio_from, RATIO_FROM_BYTES),
        };
        let refused = |what: &str| Err(Error::refused(what).remedy("leave it out for the default"));
        if !(1..=COLUMNS).contains(&limits.columns) {
            return refused("limits.max_columns must be from 1 to 1600, which is PostgreSQL's own limit");
        }
        if !(MIN_ROW_BYTES..=MAX_ROW_BYTES).contains(&limits.row_bytes) {
            return refused("limits.max_row must be from 256KiB to 512MiB");
        }
        if limits.members == 0 || limits.tables == 0 || limits.ratio == 0 {
            return refused("limits.max_members, limits.max_tables and limits.max_ratio must be at least 1");
        }
        Ok(limits)
    }

    /// Checks how many members a dump lists: a `zip`, a `tar`, a `folder`.
    ///
    /// # Errors
    /// More than [`Limits::members`].
    pub fn check_members(&self, what: &str, count: usize) -> Result<()> {
        let most = self.members;
        check_count(count, most, || {
            format!("the {what} lists {count} members, and limits.max_members allows {most}")
        })
    }

    /// Checks for how many tables a dump has files.
    ///
    /// # Errors
    /// More than [`Limits::tables`].
    pub fn check_tables(&self, count: usize) -> Result<()> {
        let most = self.tables;
        check_count(count, most, || {
            format!("the dump has files of {count} tables, and limits.max_tables allows {most}")
        })
    }

    /// Checks the sizes that a member states. The reader holds the member to them.
    ///
    /// # Errors
    /// A member that would become [`Limits::ratio`] times larger.
    pub fn check_ratio(&self, compressed_bytes: u64, bytes: u64) -> Result<()> {
        if bytes <= self.ratio_from_bytes || bytes / self.ratio <= compressed_bytes {
            return Ok(());
        }
        let times = bytes / compressed_bytes.max(1);
        Err(Error::refused(format!(
            "{compressed_bytes} bytes would inflate to {bytes}, {times} times as many, and limits.max_ratio allows {} \
             above limits.ratio_from ({})",
            self.ratio,
            Size(self.ratio_from_bytes)
        ))
        .remedy("this is how a zip bomb looks; raise one of them if this dump is to be trusted"))
    }

    /// Checks the size of the plain text that a message of `message_bytes` has given so far.
    ///
    /// # Errors
    /// More than [`Limits::total_bytes`]; a plain text that is [`Limits::ratio`] times larger than the message.
    pub fn check_plain(&self, message_bytes: u64, bytes: u64) -> Result<()> {
        if bytes <= self.total_bytes {
            return self.check_ratio(message_bytes, bytes);
        }
        Err(Error::refused(format!(
            "its plain text has more bytes than limits.max_total allows ({})",
            Size(self.total_bytes)
        ))
        .remedy("raise it if this dump is to be trusted"))
    }

    /// Checks the size of a descriptor.
    ///
    /// # Errors
    /// More than [`Limits::descriptor_bytes`].
    pub fn check_descriptor(&self, bytes: u64) -> Result<()> {
        if bytes <= self.descriptor_bytes {
            return Ok(());
        }
        Err(Error::refused(format!(
            "the descriptor has {bytes} bytes, and limits.max_descriptor allows {}",
            Size(self.descriptor_bytes)
        ))
        .remedy("raise it if this is a list of columns"))
    }

    /// Checks the inflated size of all members that are read of a dump.
    ///
    /// # Errors
    /// More than [`Limits::total_bytes`].
    pub fn check_total(&self, bytes: u64) -> Result<()> {
        if bytes <= self.total_bytes {
            return Ok(());
        }
        Err(Error::refused(format!(
            "descriptors and data files would inflate to {bytes} bytes, and limits.max_total allows {}",
            Size(self.total_bytes)
        ))
        .remedy("raise it if this dump is to be trusted"))
    }
}

fn check_count(count: usize, most: usize, what: impl FnOnce() -> String) -> Result<()> {
    match count <= most {
        true => Ok(()),
        false => Err(Error::refused(what()).remedy("raise it if this dump is to be trusted")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(yaml: &str) -> Result<Limits> {
        Limits::resolve(&serde_yaml::from_str(yaml).unwrap())
    }

    #[test]
    fn the_ratio_counts_above_a_size_only() {
        let limits = limits("{max_ratio: 10, ratio_from: 1000}").unwrap();
        assert!(limits.check_ratio(1, 1000).is_ok());
        assert!(limits.check_ratio(101, 1019).is_ok());
        assert!(limits.check_ratio(100, 1010).is_err());
        assert!(limits.check_ratio(0, u64::MAX).is_err());
    }

    #[test]
    fn limits_that_make_no_sense_are_refused() {
        assert!(limits("{}").is_ok());
        for yaml in [
            "{max_columns: 1601}",
            "{max_columns: 0}",
            "{max_row: 1KiB}",
            "{max_row: 1GiB}",
            "{max_ratio: 0}",
            "{max_tables: 0}",
        ] {
            let error = limits(yaml).unwrap_err().to_string();
            assert!(error.contains("limits.max_"), "{error}");
        }
    }
}

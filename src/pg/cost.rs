//! What the server's settings cost a load, and what would help. pghaul changes none of them: they are the user's.

use crate::report::size;
use postgres::Client;
use tracing::Level;

/// The `wal_level` at which the rows of a table need no WAL if the same transaction has created it (PostgreSQL
/// documentation, `wal_level`).
const MINIMAL: &str = "minimal";

/// How much a load writes, roughly. Rows that need WAL make as many bytes of it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Volume {
    /// Bytes for tables that are created by the transaction that fills them. They need WAL unless `wal_level` is `minimal`.
    pub new_bytes: u64,
    /// Bytes for tables that were committed before. They always need WAL.
    pub old_bytes: u64,
    /// What spares WAL besides `wal_level`, in the words of the command.
    pub without_wal: Option<&'static str>,
}

/// The settings that matter.
#[derive(Debug)]
struct Settings {
    wal_level: String,
    max_wal_bytes: u64,
    /// A checkpoint begins after so many bytes of WAL at the latest.
    checkpoint_bytes: u64,
    synchronous_commit: String,
    standbys: String,
    fsync: String,
}

/// Logs, at `-v`, what the server's settings cost a load over this connection. Without `-v` the server is not asked; where
/// it does not answer, nothing is logged.
pub fn log_costs(client: &mut Client, volume: Volume) {
    if !tracing::enabled!(Level::DEBUG) {
        return;
    }
    let Ok(settings) = Settings::read(client) else { return };
    let costs = settings.costs(volume);
    if costs.is_empty() {
        tracing::debug!("server settings: fine for this load");
    }
    for cost in costs {
        tracing::debug!("server settings: {cost}");
    }
}

impl Settings {
    fn read(client: &mut Client) -> Result<Settings, postgres::Error> {
        let row = client.query_one(include_str!("cost.sql"), &[])?;
        let bytes = |index| u64::try_from(row.get::<_, i64>(index)).unwrap_or(0);
        Ok(Settings {
            wal_level: row.get(0),
            max_wal_bytes: bytes(1),
            checkpoint_bytes: bytes(2),
            synchronous_commit: row.get(3),
            standbys: row.get(4),
            fsync: row.get(5),
        })
    }

    /// A line for each setting that costs something.
    fn costs(&self, volume: Volume) -> Vec<String> {
        let of_new = if self.wal_level == MINIMAL { 0 } else { volume.new_bytes };
        let wal_bytes = of_new.saturating_add(volume.old_bytes);
        let mut costs = Vec::new();
        if of_new > 0 {
            costs.push(self.wal_level(volume));
        }
        if wal_bytes > 0 {
            costs.extend(self.max_wal_size(wal_bytes));
            costs.extend(self.synchronous_commit());
        }
        if self.fsync == "off" {
            costs.push(
                "fsync = off is fast, but a power failure may ruin the whole cluster, loaded rows included"
                    .to_owned(),
            );
        }
        costs
    }

    fn wal_level(&self, volume: Volume) -> String {
        let mut cost = format!(
            "wal_level = {} writes every row twice, to its table and to WAL; {MINIMAL} spares that (after a restart; \
             without standbys and archiving of WAL)",
            self.wal_level
        );
        if let Some(way) = volume.without_wal {
            cost.push_str(&format!(", and so does {way}"));
        }
        cost
    }

    fn max_wal_size(&self, wal_bytes: u64) -> Option<String> {
        let checkpoints = wal_bytes / self.checkpoint_bytes.max(1);
        let times = match checkpoints {
            0 => return None,
            1 => "a checkpoint".to_owned(),
            _ => format!("about {checkpoints} checkpoints"),
        };
        Some(format!(
            "max_wal_size = {} forces {times} while about {} of WAL are written; a larger one (after a reload; pg_wal \
             may grow up to it) spares them",
            size(self.max_wal_bytes),
            size(wal_bytes),
        ))
    }

    /// Without synchronous standbys a commit waits for the server's own disk, once per unit, and no load notices that.
    fn synchronous_commit(&self) -> Option<String> {
        let level = self.synchronous_commit.as_str();
        if matches!(level, "off" | "local") || self.standbys.is_empty() {
            return None;
        }
        Some(format!(
            "synchronous_commit = {level} lets each commit wait until the standbys of synchronous_standby_names have the \
             rows too; local, set for the role that loads, waits for this server alone"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1 << 30;
    const NEW: Volume = Volume { new_bytes: 4 * GIB, old_bytes: 0, without_wal: Some("--unlogged") };
    const OLD: Volume = Volume { new_bytes: 0, old_bytes: 4 * GIB, without_wal: None };

    /// As it comes from initdb, but for the level.
    fn server(wal_level: &str) -> Settings {
        Settings {
            wal_level: wal_level.to_owned(),
            max_wal_bytes: GIB,
            checkpoint_bytes: GIB * 10 / 19,
            synchronous_commit: "on".to_owned(),
            standbys: String::new(),
            fsync: "on".to_owned(),
        }
    }

    fn costs(settings: &Settings, volume: Volume) -> String {
        settings.costs(volume).join("\n")
    }

    #[test]
    fn a_default_server_writes_twice_and_makes_checkpoints() {
        insta::assert_snapshot!(costs(&server("replica"), NEW), @r"
        wal_level = replica writes every row twice, to its table and to WAL; minimal spares that (after a restart; without standbys and archiving of WAL), and so does --unlogged
        max_wal_size = 1.0 GiB forces about 7 checkpoints while about 4.0 GiB of WAL are written; a larger one (after a reload; pg_wal may grow up to it) spares them
        ");
    }

    #[test]
    fn what_writes_no_wal_costs_none() {
        assert_eq!(costs(&server("replica"), Volume::default()), "", "unlogged");
        assert_eq!(costs(&server("minimal"), NEW), "");
    }

    #[test]
    fn a_table_that_is_there_needs_wal_at_every_level() {
        for level in ["minimal", "logical"] {
            let text = costs(&server(level), OLD);
            assert!(text.starts_with("max_wal_size = 1.0 GiB forces about 7 checkpoints "), "{text}");
            assert_eq!(text.lines().count(), 1);
        }
    }

    #[test]
    fn checkpoints_are_counted_by_the_size_of_the_load() {
        let forced = |wal_bytes| server("replica").max_wal_size(wal_bytes);
        assert_eq!(forced(500_000_000), None);
        assert!(forced(600_000_000).unwrap().contains(" forces a checkpoint while about 572.2 MiB "));
        let unknown = Settings { checkpoint_bytes: 0, ..server("replica") };
        assert_eq!(unknown.max_wal_size(0), None);
    }

    #[test]
    fn commits_wait_for_synchronous_standbys_only() {
        let with = |level: &str| {
            let (synchronous_commit, standbys) = (level.to_owned(), "ANY 1 (a, b)".to_owned());
            Settings { synchronous_commit, standbys, ..server("replica") }.synchronous_commit()
        };
        assert_eq!(server("replica").synchronous_commit(), None);
        assert_eq!((with("off"), with("local")), (None, None));
        insta::assert_snapshot!(with("remote_apply").unwrap(), @"synchronous_commit = remote_apply lets each commit wait until the standbys of synchronous_standby_names have the rows too; local, set for the role that loads, waits for this server alone");
    }

    #[test]
    fn an_unsafe_server_is_named_whatever_is_loaded() {
        let server = Settings { fsync: "off".to_owned(), ..server("minimal") };
        assert!(costs(&server, Volume::default()).starts_with("fsync = off is fast, but "));
    }
}

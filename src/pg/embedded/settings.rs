//! The server's settings: private, safe, and tuned for bulk loading.

use super::paths::{Layout, PORT};
use nix::sys::statvfs::statvfs;
use std::fs;
use std::path::Path;

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// The memory and the disk of the machine, in bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Machine {
    /// Memory, or the limit of our control group.
    pub memory_bytes: u64,
    /// Free space on the disk of the data directory.
    pub free_bytes: u64,
}

impl Machine {
    /// Looks at this machine. What it does not tell is taken as small.
    pub fn here(data: &Path) -> Self {
        let total = fs::read_to_string("/proc/meminfo").ok().and_then(|text| memory_total(&text));
        // The file exists in a container with a limit (Linux, cgroup v2). It holds "max" where there is no limit.
        let limit = fs::read_to_string("/sys/fs/cgroup/memory.max").ok();
        let limit = limit.and_then(|text| text.trim().parse().ok()).unwrap_or(u64::MAX);
        Machine {
            // macOS has no /proc. Its machines have at least 2 GiB.
            memory_bytes: total.unwrap_or(2 * GIB).min(limit),
            free_bytes: free_bytes(data).unwrap_or(4 * GIB),
        }
    }
}

/// Free space in bytes on the disk of a directory, as far as an ordinary user may fill it.
pub(super) fn free_bytes(dir: &Path) -> Option<u64> {
    let disk = statvfs(dir).ok()?;
    // The types are u32 on macOS and u64 on Linux.
    #[allow(clippy::useless_conversion)]
    let (blocks, size) = (u64::from(disk.blocks_available()), u64::from(disk.fragment_size()));
    blocks.checked_mul(size)
}

/// The total memory in bytes from the text of `/proc/meminfo` (proc(5): kB means KiB).
fn memory_total(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// The text of `pghaul.conf`. The socket's directory needs no quoting: see [`super::paths`].
pub(super) fn text(layout: &Layout, machine: Machine) -> String {
    let mib = |bytes: u64| format!("{}MB", bytes / MIB);
    let settings: [(&str, String); 14] = [
        // The server is private: it has no TCP, and a socket that only the user and root can reach. The port is only a part
        // of the socket's name. It is set here, since PGPORT in the environment would change it.
        ("listen_addresses", "''".into()),
        ("port", PORT.to_string()),
        ("unix_socket_directories", format!("'{}'", layout.socket_dir.display())),
        ("unix_socket_permissions", "0700".into()),
        // A COPY into a table of the same transaction then writes almost no WAL: 3 million rows make 123 kB instead of
        // 200 MB. WAL senders need more than `minimal`.
        ("wal_level", "minimal".into()),
        ("max_wal_senders", "0".into()),
        // Fewer checkpoints within a load, and so fewer full pages in the WAL. It is at most a quarter of the free disk,
        // since PostgreSQL takes it as a wish and may keep somewhat more.
        ("max_wal_size", mib((machine.free_bytes / 4).clamp(64 * MIB, 8 * GIB))),
        // Long enough for the size to decide and not the time; short enough for recovery to take minutes.
        ("checkpoint_timeout", "30min".into()),
        // PostgreSQL's own advice is a quarter of the memory. Above 1 GiB a load gains nothing that we could measure, and
        // the page cache serves all programs.
        ("shared_buffers", mib((machine.memory_bytes / 4).clamp(32 * MIB, GIB))),
        // For CREATE INDEX after a load. The default is 64 MB.
        ("maintenance_work_mem", mib((machine.memory_bytes / 16).clamp(64 * MIB, GIB))),
        // A load that was reported as done survives a power cut.
        ("fsync", "on".into()),
        ("full_page_writes", "on".into()),
        // English messages can be looked up, whatever the user's language is.
        ("lc_messages", "'C'".into()),
        // It tells the processes from those of other servers in ps.
        ("cluster_name", "'pghaul'".into()),
    ];
    let mut text = String::from(
        "# Written by pghaul at every start: changes here are lost. Own settings belong below the include\n\
         # line in cluster/postgresql.conf.\n",
    );
    for (name, value) in settings {
        text.push_str(&format!("{name} = {value}\n"));
    }
    // The server inherits the log from pg_ctl. A collector would be one more process and one more file.
    text.push_str("log_destination = 'stderr'\nlogging_collector = off\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting(machine: Machine, name: &str) -> String {
        let text = text(&Layout::new("/data".into()), machine);
        let line = text.lines().find_map(|line| line.strip_prefix(&format!("{name} = "))).unwrap();
        line.to_owned()
    }

    #[test]
    fn sizes_follow_the_machine_within_limits() {
        let big = Machine { memory_bytes: 64 * GIB, free_bytes: 1000 * GIB };
        assert_eq!(setting(big, "shared_buffers"), "1024MB");
        assert_eq!(setting(big, "maintenance_work_mem"), "1024MB");
        assert_eq!(setting(big, "max_wal_size"), "8192MB");
        let small = Machine { memory_bytes: 2 * GIB, free_bytes: 4 * GIB };
        assert_eq!(setting(small, "shared_buffers"), "512MB");
        assert_eq!(setting(small, "maintenance_work_mem"), "128MB");
        assert_eq!(setting(small, "max_wal_size"), "1024MB");
        let tiny = Machine { memory_bytes: 64 * MIB, free_bytes: 0 };
        assert_eq!(setting(tiny, "shared_buffers"), "32MB");
        assert_eq!(setting(tiny, "max_wal_size"), "64MB");
    }

    #[test]
    fn the_socket_is_the_only_way_in_and_durability_stays_on() {
        let machine = Machine { memory_bytes: GIB, free_bytes: GIB };
        assert_eq!(setting(machine, "listen_addresses"), "''");
        assert_eq!(setting(machine, "unix_socket_directories"), "'/data/run'");
        assert_eq!(setting(machine, "fsync"), "on");
        assert_eq!(setting(machine, "full_page_writes"), "on");
    }

    #[test]
    fn meminfo_is_in_kibibytes() {
        assert_eq!(memory_total("MemTotal:        2048 kB\nMemFree: 1 kB\n"), Some(2 * MIB));
        assert_eq!(memory_total("nothing"), None);
    }
}

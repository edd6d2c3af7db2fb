//! Names of members.

use super::forged::LINK;
use super::{Hostile, described, whole};
use crate::dumps::{COLUMNS, DATA};
use pghaul_test_support::{Dump, descriptor};

fn leads_out(name: &'static str, path: &str) -> Hostile {
    let message = format!(
        "dumps/app_v1.zip/{path}: the member's name leads out of the dump; \
         export the dump again, with names relative to its root"
    );
    Hostile::refused(name, whole().member(path, DATA).bytes(), message)
}

/// The table of this name, whose version table cannot have the name that it would get.
fn version_table(name: &'static str, table: &str, message: &str) -> Hostile {
    Hostile::refused(name, Dump::new().table(table, &COLUMNS, DATA).bytes(), message)
}

pub fn list() -> Vec<Hostile> {
    let long = "t".repeat(61);
    vec![
        leads_out("a name that climbs", "../t.dat"),
        leads_out("a name that climbs later", "a/../../t.dat"),
        leads_out("a name that climbs by backslashes", "..\\..\\t.dat"),
        leads_out("an absolute name", "/etc/t.dat"),
        leads_out("a name with a drive", "C:\\t.dat"),
        leads_out("a name with a host", "\\\\host\\share\\t.dat"),
        leads_out("a name that climbs and is nobody's table", "../../etc/passwd"),
        Hostile::refused(
            "a name with a NUL",
            whole().member(b"t\0.dat", DATA).bytes(),
            "dumps/app_v1.zip/t\\u{0}.dat: the member's name holds a NUL character; export the dump again, \
             with another name",
        ),
        Hostile::refused(
            "a name twice",
            whole().member("t.dat", DATA).bytes(),
            "dumps/app_v1.zip: the zip lists a member twice; export the dump again",
        ),
        Hostile::refused(
            "a name twice but for its case",
            whole().member("T.DAT", DATA).bytes(),
            "dumps/app_v1.zip/T.DAT: two members are named for table t, the other is t.dat; \
             remove or rename one of them, and export the dump again",
        ),
        Hostile::refused(
            "a name twice but for its folder",
            whole().member("old/t.json", descriptor(&COLUMNS)).bytes(),
            "dumps/app_v1.zip/old/t.json: two members are named for table t, the other is t.json; \
             remove or rename one of them, and export the dump again",
        ),
        Hostile::refused(
            "a symbolic link",
            described().member("t.dat", "/etc/passwd").with(|member| member.attributes = LINK).bytes(),
            "dumps/app_v1.zip/t.dat: the member is a symbolic link; store the file itself in the zip \
             (zip does so without -y)",
        ),
        Hostile::refused(
            "a folder that is called like a data file",
            described().member("t.dat/", "").bytes(),
            "app_v1.zip/t.json: there is no t.dat beside it; every table needs a descriptor and a data file \
             in the same dump",
        ),
        Hostile::refused(
            "a descriptor alone",
            described().bytes(),
            "app_v1.zip/t.json: there is no t.dat beside it; every table needs a descriptor and a data file \
             in the same dump",
        ),
        Hostile::refused(
            "a data file alone",
            whole().member("u.dat", DATA).bytes(),
            "app_v1.zip/u.dat: there is no u.json beside it; every table needs a descriptor and a data file \
             in the same dump",
        ),
        version_table(
            "a name that commands the terminal",
            "t\u{1b}[2J",
            "app_v1.zip: the table t\\u{1b}[2j would have a name with a control character; rename its files in the dump",
        ),
        version_table(
            "a name of two lines",
            "t\nerror: all is well",
            "app_v1.zip: the table t\\nerror: all is well would have a name with a control character; rename its files in the dump",
        ),
        version_table(
            "a name that is too long with its version",
            &long,
            &format!(
                "app_v1.zip: the version table v1_{long} would have a name of 64 bytes; PostgreSQL allows 63; \
                 set xport_cfg.child_name to a shorter pattern, or rename the dump"
            ),
        ),
        Hostile::loads("resource forks of macOS", whole().member("__MACOSX/._t.dat", "no data").bytes()),
        Hostile::loads("bytes that are no text", whole().member(b"\xFF\xFE\x80.txt", "no data").bytes()),
    ]
}

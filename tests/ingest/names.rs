//! Which dump is what, and which tables are loaded: hidden files, dates in names, folders, `--table`, `mother_tables: auto`.

use crate::containers::{gzip, tar};
use crate::dumps::{COLUMNS, DATA};
use pghaul_test_support::{Dump, descriptor, ingest, says};

fn dump() -> Dump {
    Dump::new().table("t", &COLUMNS, DATA)
}

#[test]
fn hidden_files_are_no_dumps_and_no_members() {
    let ingest = ingest!();
    ingest.work.write("dumps/._app_v1.zip", "AppleDouble");
    ingest.dump("app_v1.zip", &dump().member("._t.dat", "AppleDouble").member(".git/t.json", "x"));
    let run = ingest.loads();
    says(&run.stderr, &["dumps: hidden files such as ._app_v1.zip are no dumps"]);
    assert_eq!(ingest.tables(), ["t", "v1_t"]);
}

#[test]
fn where_nothing_can_be_loaded_the_message_says_what_is_there() {
    let ingest = ingest!();
    for number in 0..7 {
        ingest.work.write(format!("dumps/t{number}.dat"), DATA);
    }
    says(
        &ingest.refused(),
        &[
            "dumps: the folder holds no dumps (",
            "it holds t0.dat, t1.dat, t2.dat, t3.dat, t4.dat and 2 more files",
        ],
    );
    let ingest = ingest!();
    ingest.dump("app_v1.zip", &Dump::new().member("t.csv", DATA).member("readme.txt", ""));
    says(
        &ingest.refused(),
        &["app_v1.zip: holds no json and dat files; it holds t.csv, readme.txt; set xport_cfg.fmt_extension"],
    );
    // Beside others it is worth a warning.
    ingest.dump("app_v2.zip", &dump());
    says(&ingest.loads().stderr, &["warning: app_v1.zip: holds no json and dat files"]);
}

#[test]
fn some_tables_can_be_loaded_alone() {
    let ingest = ingest!();
    ingest.config("xport_cfg: {archive_path: archive, archive: true}");
    let dump =
        dump().table("users", &COLUMNS, DATA).table("user_roles", &COLUMNS, DATA).member("lone.dat", "");
    ingest.dump("app_v1.zip", &dump);
    let table =
        |names: &[&str]| names.iter().fold(ingest.command(), |command, name| command.args(["--table", name]));
    let message = ingest.refuses(table(&["user*", "orders"]));
    says(&message, &["--table orders: no dump has such a table; the tables are lone, t, user_roles, users"]);
    table(&["Users"]).run().assert_code(0);
    assert_eq!(ingest.tables(), ["users", "v1_users"]);
    table(&["user*"]).run().assert_code(0);
    assert_eq!(ingest.tables(), ["user_roles", "users", "v1_user_roles", "v1_users"]);
    assert!(ingest.work.join("dumps/app_v1.zip").exists(), "a dump of which tables are left out stays");
    // A mother that is not selected stays as it is.
    let kept = ingest.db.one("SELECT 'users'::regclass::oid");
    table(&["user_roles"]).args(["--mothers", "purge"]).run().assert_code(0);
    assert_eq!(ingest.tables(), ["users", "v1_users"]);
    table(&["t"]).args(["--mothers", "recreate"]).run().assert_code(0);
    assert_eq!(ingest.db.one("SELECT 'users'::regclass::oid"), kept);
}

#[test]
fn a_recreated_mother_needs_all_its_versions_whatever_is_selected() {
    let ingest = ingest!();
    ingest.dump("app_v1.zip", &dump());
    ingest.dump("app_v2.zip", &dump().table("users", &COLUMNS, DATA));
    ingest.loads();
    std::fs::remove_file(ingest.work.join("dumps/app_v1.zip")).expect("remove a dump");
    let recreate = |table: &str| ingest.command().args(["--mothers", "recreate", "--table", table]);
    says(&ingest.refuses(recreate("t")), &["table t: would lose v1_t"]);
    recreate("users").run().assert_code(0);
    assert_eq!(ingest.db.one("SELECT count(*) FROM t"), "4");
}

#[test]
fn declared_tables_may_have_the_columns_of_their_versions() {
    let ingest = ingest!();
    ingest.config("mother_tables: {t: auto, users: {id: bigint}, gone: auto}");
    ingest.dump("app_v1.zip", &dump().table("users", &COLUMNS, DATA).table("other", &COLUMNS, DATA));
    let run = ingest.loads();
    says(&run.stderr, &["table other is not in mother_tables"]);
    says(&run.stderr, &["mother_tables.gone: no dump has this table"]);
    assert_eq!(ingest.tables(), ["t", "users", "v1_t", "v1_users"]);
    let columns = |table: &str| {
        ingest.db.one(&format!(
            "SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum) \
             FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attnum > 0"
        ))
    };
    assert_eq!(columns("t"), "id integer, name character varying(20)");
    assert_eq!(columns("users"), "id bigint");
    // `auto` does not make a mother of somebody else's table.
    let ingest = ingest!();
    ingest.config("mother_tables: {t: auto}");
    ingest.dump("app_v1.zip", &dump());
    ingest.db.execute("CREATE TABLE t (id int, name text)");
    says(&ingest.refused(), &["table t: is there, and pghaul did not create it"]);
}

#[test]
fn the_newest_dump_of_a_version_counts() {
    let ingest = ingest!();
    ingest.config("xport_cfg: {dump_name: '{app}_{version}_{date}'}");
    ingest.dump("lms_v1_20240131.zip", &dump());
    ingest.dump("lms_v2_2024-01-31.zip", &dump());
    ingest.loads();
    assert_eq!(ingest.tables(), ["t", "v1_t", "v2_t"]);
    ingest.dump("lms_v1_2024-02-01.zip", &Dump::new().table("t", &COLUMNS, "id|name\n9|new\n"));
    let run = ingest.loads();
    says(&run.stderr, &["dumps/lms_v1_20240131.zip: superseded by dumps/lms_v1_2024-02-01.zip"]);
    assert_eq!(ingest.db.one("SELECT string_agg(name, ',') FROM v1_t"), "new");
    ingest.dump("lms_v1_20240201.zip", &dump());
    let run = ingest.command().run();
    run.assert_code(2);
    says(&run.stderr, &["lms_v1_2024-02-01.zip and dumps/lms_v1_20240201.zip are the same version of lms"]);
    std::fs::remove_file(ingest.work.join("dumps/lms_v1_20240201.zip")).expect("remove a dump");
    ingest.dump("lms_v3.zip", &dump());
    says(
        &ingest.command().run().stderr,
        &["lms_v3.zip: the name does not fit xport_cfg.dump_name, {app}_{version}_{date}"],
    );
}

#[test]
fn tables_of_one_name_in_several_folders() {
    let ingest = ingest!();
    let columns = descriptor(&COLUMNS);
    let both = Dump::new()
        .member("dbo/t.json", &columns)
        .member("dbo/t.dat", DATA)
        .member("Sales/t.json", &columns)
        .member("Sales/t.dat", "id|name\n7|seven\n");
    ingest.dump("app_v1.zip", &both);
    says(&ingest.refuses_all(ingest.command())[0], &["two members are named for table t"]);
    ingest.config("xport_cfg: {child_name: '{version}_{folder}_{table}'}");
    ingest.loads();
    assert_eq!(ingest.tables(), ["t", "v1_dbo_t", "v1_sales_t"]);
    assert_eq!(ingest.db.one("SELECT string_agg(name, ',' ORDER BY id) FROM t"), "one,two,seven");
    ingest.loads();
    ingest.command().args(["--mothers", "recreate"]).run().assert_code(0);
    assert_eq!(ingest.tables(), ["t", "v1_dbo_t", "v1_sales_t"]);
    // A folder that is gone must not take its rows along.
    ingest.dump("app_v1.zip", &Dump::new().member("dbo/t.json", &columns).member("dbo/t.dat", DATA));
    let message = ingest.refuses(ingest.command().args(["--mothers", "recreate"]));
    says(&message, &["table t: would lose v1_"]);
    // At the top of the dump, the folder is that of the dump.
    let ingest = ingest!();
    ingest.config("xport_cfg: {child_name: '{version}_{folder}_{table}'}");
    ingest.dump("app_v1.zip", &dump());
    ingest.loads();
    assert_eq!(ingest.tables(), ["t", "v1_dumps_t"]);
}

#[test]
fn a_copy_of_a_dump_is_refused_with_both_names() {
    let ingest = ingest!();
    ingest.dump("lms_v1.zip", &dump().table("empty", &COLUMNS, "id|name\n"));
    // Packed otherwise, and without the table that has no rows.
    ingest.dump(
        "lms_v1 (1).zip",
        &Dump::new().member("t.json", descriptor(&COLUMNS)).member("t.dat", DATA).stored(),
    );
    let message = ingest.refused();
    says(&message, &["dumps/lms_v1 (1).zip and dumps/lms_v1.zip hold the same rows; remove one of them"]);
    // Versions may be alike.
    std::fs::remove_file(ingest.work.join("dumps/lms_v1 (1).zip")).expect("remove a dump");
    ingest.dump("lms_v2.zip", &dump());
    ingest
        .loads()
        .assert_stderr_has("dumps/lms_v1.zip, dumps/lms_v2.zip hold the same rows, which count as often");
    assert_eq!(ingest.db.one("SELECT count(*) FROM t"), "4");
}

/// However it is packed, and whatever says that it is a copy.
#[test]
fn copies_are_known_in_every_container() {
    let (descriptor, data) = (descriptor(&COLUMNS), DATA);
    let members: [(&str, &[u8]); 2] = [("x/t.json", descriptor.as_bytes()), ("x/t.dat", data.as_bytes())];
    for (name, bytes) in [
        ("lms_v1.old.zip", dump().bytes()),
        ("Copy of lms_v1.tar", tar(&members)),
        ("lms_v1_backup.tar.gz", gzip(&tar(&members))),
        (
            "LMS_V1 - Copy.zip",
            Dump::new().member("t.json", &descriptor).member("t.dat.gz", gzip(data.as_bytes())).bytes(),
        ),
    ] {
        let ingest = ingest!();
        ingest.dump("lms_v1.zip", &dump());
        ingest.work.write(format!("dumps/{name}"), bytes);
        let message = ingest.refused();
        says(&message, &["hold the same rows; remove one of them"]);
        assert!(message.contains(name) && message.contains("dumps/lms_v1.zip"), "{message}");
    }
    let ingest = ingest!();
    ingest.dump("lms_v1.zip", &dump());
    ingest.work.write("dumps/lms_v1 (2)/t.json", &descriptor);
    ingest.work.write("dumps/lms_v1 (2)/t.dat", data);
    says(&ingest.refused(), &["dumps/lms_v1 (2) and dumps/lms_v1.zip hold the same rows"]);
}

#[test]
fn only_all_rows_of_a_dump_make_it_equal_to_another() {
    let ingest = ingest!();
    let region = |name: &str| {
        dump().table("empty", &COLUMNS, "id|name\n").table("people", &COLUMNS, format!("id|name\n1|{name}\n"))
    };
    ingest.dump("north_v1.zip", &region("Ann"));
    ingest.dump("south_v1.zip", &region("Bob"));
    // A name like that of a copy, and other rows.
    ingest.dump("north_v1 (1).zip", &region("Cid"));
    ingest.config("xport_cfg: {child_name: '{app}_{version}_{table}'}");
    let run = ingest.loads();
    run.assert(!run.stderr.contains("the same rows"), "no word of equal tables");
    assert_eq!(
        ingest.db.one("SELECT concat((SELECT count(*) FROM people), ' ', (SELECT count(*) FROM t))"),
        "3 6"
    );
    // Of one table alone, nothing can be said, unless a name says it.
    std::fs::remove_file(ingest.work.join("dumps/north_v1 (1).zip")).expect("remove a dump");
    let run = ingest.command().args(["--table", "t", "--force"]).run();
    run.assert_code(0).assert(!run.stderr.contains("the same rows"), "no word of equal tables");
    // Dumps without rows are no copies.
    let ingest = ingest!();
    for name in ["lms_v1.zip", "lms_v1 (1).zip"] {
        ingest.dump(name, &Dump::new().table("t", &COLUMNS, "id|name\n"));
    }
    ingest.loads();
}

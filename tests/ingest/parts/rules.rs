//! Which data files are parts, and what is refused.

use super::{CONFIG, in_parts, with_parts};
use crate::dumps::{COLUMNS, DATA};
use pghaul_test_support::{Dump, Ingest, descriptor, ingest, says};

/// The message of a run with this dump and [`CONFIG`], which is refused.
#[track_caller]
fn refused(dump: &Dump) -> String {
    let ingest = ingest!();
    ingest.config(CONFIG);
    ingest.dump("app_v1.zip", dump);
    ingest.refused()
}

#[test]
fn a_data_file_with_a_descriptor_of_its_own_is_no_part() {
    let ingest = with_parts(&[("1", "1|a\n")]);
    let dump = in_parts(&[("1", "1|a\n"), ("x_1", "2|b\n")]);
    let dump =
        dump.table("t_2", &COLUMNS, DATA).table("t_x", &COLUMNS, "id|name\n").member("t_x_2.dat", DATA);
    ingest.dump("app_v1.zip", &dump);
    // `t_x_1` would be a part of `t`, too; `t_x` has a data file, which cannot have parts.
    let message = ingest.refused();
    says(
        &message,
        &["app_v1.zip/t_x_1.dat: table t_x has a data file, t_x.dat, and a part of one, t_x_1.dat"],
    );
    ingest.dump("app_v1.zip", &in_parts(&[("1", "1|a\n"), ("3", "3|c\n")]).table("t_2", &COLUMNS, DATA));
    let run = ingest.loads();
    says(&run.stderr, &["app_v1.zip: table t: part 2 between 1 and 3 is missing"]);
    assert_eq!(ingest.tables(), ["t", "t_2", "v1_t", "v1_t_2"]);
    assert_eq!(ingest.db.one("SELECT string_agg(name, ',' ORDER BY id) FROM t"), "a,c");
    assert_eq!(ingest.db.one("SELECT string_agg(name, ',' ORDER BY id) FROM t_2"), "one,two");
}

#[test]
fn parts_that_do_not_fit_together_are_refused_with_both_names() {
    let with = |name: &str, data: &str| in_parts(&[("1", "1|a\n")]).member(name, data);
    says(
        &refused(&with("t_2.dat", "name|id\nb|2\n")),
        &[
            "app_v1.zip/t_2.dat, line 1: its header names name, id, that of t_1.dat names id, name; export all parts",
        ],
    );
    says(
        &refused(&with("t_2.dat", "2|b\n")),
        &[
            "app_v1.zip/t_2.dat, line 1: its header names 2, b, that of t_1.dat names id, name",
            "header: false",
        ],
    );
    says(&refused(&with("t_2.dat", "")), &["app_v1.zip/t_2.dat, line 1: no header line"]);
    says(
        &refused(&with("t_2.dat", "id|name\r\n2|b\r\n")),
        &[
            "app_v1.zip/t_2.dat: its first line ends with CR LF, that of t_1.dat with LF; export all parts alike",
        ],
    );
    says(
        &refused(&with("t.dat", DATA)),
        &[
            "app_v1.zip/t_1.dat: table t has a data file, t.dat, and a part of one, t_1.dat; remove one of them",
        ],
    );
    says(
        &refused(&with("b/t_2.dat", "id|name\n2|b\n")),
        &[
            "app_v1.zip/b/t_2.dat: is a part of table t, and t_1.dat in another folder is one, too",
            "{folder}",
        ],
    );
    says(&refused(&with("x/t_1.dat", DATA)), &["app_v1.zip/x/t_1.dat: two members are named for table t_1"]);
    says(
        &refused(&Dump::new().member("t.json", descriptor(&COLUMNS))),
        &["app_v1.zip/t.json: there is no t.dat beside it", "every table needs"],
    );
}

#[test]
fn folders_have_parts_of_their_own_where_they_name_tables() {
    let ingest = ingest!();
    ingest.config("xport_cfg: {data_files: '{table}_{part}', child_name: '{version}_{folder}_{table}'}");
    let columns = descriptor(&COLUMNS);
    let dump = ["dbo", "sales"].into_iter().fold(Dump::new(), |dump, folder| {
        let part = |number: u32| format!("id|name\n{number}|{folder}\n");
        let dump = dump.member(&format!("{folder}/t.json"), &columns);
        dump.member(&format!("{folder}/t_1.dat"), part(1)).member(&format!("{folder}/t_2.dat"), part(2))
    });
    ingest.dump("app_v1.zip", &dump);
    ingest.loads();
    assert_eq!(ingest.tables(), ["t", "v1_dbo_t", "v1_sales_t"]);
    let rows = "SELECT string_agg(id || name, ' ' ORDER BY ctid) FROM v1_sales_t";
    assert_eq!(ingest.db.one(rows), "1sales 2sales");
}

#[test]
fn without_the_setting_one_message_names_it() {
    let ingest = ingest!();
    ingest.dump("app_v1.zip", &in_parts(&[("000", "1|a\n"), ("001", "2|b\n"), ("002", "3|c\n")]).good());
    let message = ingest.refused();
    says(
        &message,
        &[
            "app_v1.zip/t.json: there is no t.dat beside it, but t_000.dat and 2 more files; if they are the parts of one \
             data file, set xport_cfg.data_files: '{table}_{part}'",
        ],
    );
    // The line that it names helps.
    ingest.config(CONFIG);
    ingest.loads();
    assert_eq!(ingest.db.one("SELECT count(*) FROM v1_t"), "3");
}

#[test]
fn a_pattern_that_cannot_be_is_refused_with_its_key() {
    let ingest: Ingest = with_parts(&[("1", "1|a\n")]);
    for (config, path) in [
        ("xport_cfg: {data_files: '{table}'}", "xport_cfg.data_files: \"{table}\""),
        (
            "xport_cfg: {dialects: [{match: '*', types: mysql, data_files: '{table}{part}'}]}",
            "xport_cfg.dialects[0].data_files: \"{table}{part}\"",
        ),
    ] {
        ingest.config(config);
        says(&ingest.refused(), &[path, "does not say where table and part stand; use {table} and {part}"]);
    }
}

#[test]
fn a_dialect_says_it_for_its_dumps_alone() {
    let ingest = ingest!();
    ingest.config(
        "xport_cfg: {dialects: [{match: '*app*', types: mysql, data_files: '{table}_{part}'}, \
         {match: '*', types: mysql}]}",
    );
    ingest.dump("app_v1.zip", &in_parts(&[("1", "1|a\n"), ("2", "2|b\n")]));
    ingest.dump("crm_v2.zip", &Dump::new().table("t", &COLUMNS, DATA));
    ingest.loads();
    assert_eq!(ingest.db.one("SELECT string_agg(name, ',' ORDER BY name) FROM t"), "a,b,one,two");
    ingest.dump("crm_v2.zip", &in_parts(&[("1", "1|a\n")]));
    says(&ingest.refused(), &["crm_v2.zip/t.json: there is no t.dat beside it, but t_1.dat"]);
}

#[test]
fn some_tables_alone_have_all_of_their_parts() {
    let ingest = with_parts(&[]);
    let dump = in_parts(&[("1", "1|a\n"), ("2", "2|b\n")]);
    ingest.dump("app_v1.zip", &dump.table("t_3", &COLUMNS, DATA).good());
    ingest.command().args(["--table", "t"]).run().assert_code(0);
    assert_eq!(ingest.tables(), ["t", "v1_t"]);
    assert_eq!(ingest.db.one("SELECT count(*) FROM t"), "2");
    // A part is no table, and not among those that are named.
    let message = ingest.refuses(ingest.command().args(["--table", "t_1"]));
    says(&message, &["--table t_1: no dump has such a table; the tables are good, t, t_3"]);
    assert!(!message.contains("t_2"), "{message}");
}

#[test]
fn limits_count_all_parts() {
    let ingest = with_parts(&[("1", "1|a\n"), ("2", "2|b\n"), ("3", "3|c\n")]);
    let limits = |limits: &str| ingest.config(&format!("{CONFIG}\nlimits: {{{limits}}}"));
    limits("max_members: 3");
    says(&ingest.refused(), &["the zip lists 4 members, and limits.max_members allows 3"]);
    limits("max_total: 120");
    says(&ingest.refused(), &["would inflate to ", "limits.max_total allows 120"]);
    // They are one table.
    limits("max_tables: 1");
    ingest.loads();
}

#[test]
fn a_part_among_numbers_that_has_none_is_warned_of() {
    let ingest = with_parts(&[("1", "1|a\n"), ("2", "2|b\n"), ("old", "3|c\n")]);
    let run = ingest.loads();
    says(
        &run.stderr,
        &["app_v1.zip: table t: its part old has no number, as 1 has; if it is no part, move it away"],
    );
}

#[test]
fn a_value_is_named_with_the_part_and_its_line_there() {
    let ingest = with_parts(&[("1", "1|a\n"), ("2", "2|b\n3|`c\nd`\nx|e\n")]);
    ingest.dump("app_v1.zip", &in_parts(&[("1", "1|a\n"), ("2", "2|b\n3|`c\nd`\nx|e\n")]).good());
    for flags in [&["--workers", "1"][..], &["--workers", "1", "--mothers", "recreate"]] {
        let run = ingest.command().args(flags).run();
        run.assert_code(1);
        says(
            &run.stderr,
            &["app_v1.zip/t_2.dat, line 5, column id: invalid input syntax for type integer: \"x\""],
        );
    }
}

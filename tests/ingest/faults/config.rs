//! `pghaul ingest`: wrong usage and configuration. Refused before anything is touched.

use crate::dumps::two_rows;
use pghaul_test_support::{Dump, ingest, says};
use std::os::unix::fs::PermissionsExt;

/// The message about a good dump with this `config.yml`.
#[track_caller]
fn refused(yaml: &str) -> String {
    let ingest = two_rows();
    ingest.config(yaml);
    ingest.refused()
}

/// What clap says about these arguments: a message, and a word on how to find out more.
#[track_caller]
fn refused_usage(args: &[&str]) -> String {
    let ingest = two_rows();
    let run = ingest.command().args(args).run();
    run.assert_code(2).assert_stderr_has("--help");
    assert_eq!(ingest.tables(), [""; 0]);
    run.stderr
}

#[test]
fn flags_that_do_not_exist_or_make_no_sense() {
    says(&refused_usage(&["--frobnicate"]), &["error: unexpected argument '--frobnicate'"]);
    says(&refused_usage(&["--worker", "2"]), &["error: ", "'--worker'", "'--workers'"]);
    says(
        &refused_usage(&["--workers", "0"]),
        &["error: invalid value '0' for '--workers <N>'", "from 1 to 1024"],
    );
    says(
        &refused_usage(&["--workers", "many"]),
        &["error: invalid value 'many' for '--workers <N>'", "number"],
    );
    says(
        &refused_usage(&["--mothers", "drop"]),
        &["error: invalid value 'drop'", "keep, widen, recreate, purge"],
    );
    says(
        &refused_usage(&["--plan", "--report", "r"]),
        &["error: ", "'--plan' cannot be used with '--report"],
    );
}

#[test]
fn an_unknown_key() {
    let message = refused("max_workers: 2\nxport_cfg:\n  zip_pth: here\n");
    says(&message, &["config.yml", "unknown field `zip_pth`", "line 3", "did you mean `zip_path`?"]);
    let message = refused("xport_cfg: {}\nfrobnicate: 1\n");
    says(&message, &["config.yml", "unknown field `frobnicate`", "expected one of", "line 2"]);
}

#[test]
fn bad_yaml() {
    says(&refused("max_workers: 2\nxport_cfg: {\n"), &["config.yml", "line 3"]);
    says(
        &refused("max_workers: many\n"),
        &["config.yml: max_workers: `many` is not a whole number", "line 1"],
    );
    let message = refused("datastore:\n  port: 70000\n");
    says(&message, &["config.yml: datastore.port: `70000` is not a whole number, or out of range", "line 2"]);
    says(&refused("max_workers: 0\n"), &["max_workers is 0", "at least one worker"]);
    says(&refused("max_workers: 1\nmax_workers: 2\n"), &["config.yml", "duplicate field `max_workers`"]);
    says(&refused("xport_cfg: nothing\n"), &["config.yml", "xport_cfg", "expected a map such as", "line 1"]);
}

#[test]
fn a_configuration_that_is_not_there() {
    let ingest = two_rows();
    let message = ingest.refuses(ingest.command().args(["--config", "nightly.yml"]));
    says(&message, &["nightly.yml: ", "No such file", "--config"]);
    let message = ingest.refuses(ingest.command().args(["--config", "dumps"]));
    says(&message, &["dumps: ", "s a directory", "--config"]);
}

#[test]
fn a_missing_environment_variable() {
    let message = refused("datastore:\n  user: me\n  passwd: ${PGHAUL_NO_SUCH_VARIABLE}\n");
    says(
        &message,
        &["config.yml", "environment variable `PGHAUL_NO_SUCH_VARIABLE` is not set", "line 3", "set it"],
    );
    says(
        &refused("xport_cfg:\n  zip_path: ${HOME\n"),
        &["config.yml", "`${` without `}`", "`$${`", "line 2"],
    );
}

#[test]
fn bad_separators_and_quotes() {
    for (cfg, texts) in [
        (
            "field_separator: '123456789'",
            ["xport_cfg.field_separator: \"123456789\" is no separator of 1 to 8 bytes", "use for example"],
        ),
        (
            "field_separator: ''",
            ["xport_cfg.field_separator: \"\" is no separator of 1 to 8 bytes", "use for example"],
        ),
        ("field_separator: '\\t'", ["holds a backslash and a letter", "field_separator: \"\\t\""]),
        ("dat_quote: \"\\n\"", ["xport_cfg.dat_quote: \"\\n\" is not a single-byte", "use one character"]),
        (
            "{dat_quote: '¬', encoding: utf-8}",
            ["xport_cfg.dat_quote: \"¬\" is not a single-byte", "of utf-8"],
        ),
        ("dat_quote: '|'", ["field_separator and dat_quote are both \"|\"", "must differ"]),
        ("null_pattern: 'a|b'", ["xport_cfg.null_pattern: \"a|b\" holds the separator", "choose"]),
        ("null_pattern: '€'", ["xport_cfg.null_pattern: \"€\" cannot be written in latin_1", "choose"]),
        ("encoding: klingon", ["xport_cfg.encoding: \"klingon\" is not a known encoding", "latin_1"]),
        ("{fmt_extension: dat}", ["fmt_extension and dat_extension must be two different", "json and dat"]),
        ("child_name: '{version}'", ["xport_cfg.child_name: \"{version}\"", "'{version}_{table}'"]),
        ("child_name: '{table}_{region}'", ["xport_cfg.child_name", "'{version}_{table}'"]),
    ] {
        let cfg = if cfg.starts_with('{') { cfg.to_owned() } else { format!("{{{cfg}}}") };
        let message = refused(&format!("xport_cfg: {cfg}"));
        says(&message, &[&["config.yml: "], &texts[..]].concat());
    }
}

#[test]
fn dialects_that_lead_nowhere() {
    let dialect = |pattern: &str, types: &str| {
        refused(&format!("xport_cfg: {{dialects: [{{match: '{pattern}', types: '{types}'}}]}}"))
    };
    says(
        &dialect("*", "oracle.json"),
        &["oracle.json: cannot read this type map", "xport_cfg.dialects", "mssql, mysql"],
    );
    says(&dialect("crm*", "mysql"), &["app_v1.zip: no pattern in xport_cfg.dialects matches", "{match: '*'"]);
    says(&dialect("[", "mysql"), &["config.yml: ", "xport_cfg.dialects: \"[\" is no shell pattern", "*lms*"]);
}

#[test]
fn a_type_map_of_ones_own() {
    let ingest = ingest!();
    ingest.work.write("conf/maps/oracle.json", "{\"number(p,s)\": \"numeric(p,s)\", \"clob\": \"text\"}");
    ingest.work.write("conf/nightly.yml", "xport_cfg: {dialects: [{match: '*', types: maps/oracle.json}]}");
    let table = Dump::new().table("t", &[("a", "NUMBER(7, 2)"), ("b", "CLOB")], "a|b\n12.340|x\n");
    ingest.dump("app_v1.zip", &table);
    ingest.command().args(["--config", "conf/nightly.yml"]).run().assert_code(0);
    assert_eq!(ingest.db.one("SELECT a || ' ' || b FROM v1_t"), "12.34 x");
}

#[test]
fn a_broken_type_map() {
    for (json, texts) in [
        ("{\"clob\": ", ["is no JSON object", "line 1 column 9"]),
        ("[\"clob\"]", ["is no JSON object", "like {\"varchar(n)\": "]),
        ("{\"clob\": 5}", ["\"clob\" maps to 5", "like {\"varchar(n)\": "]),
        (
            "{\"clob\": \"text; drop table t\"}",
            ["\"text; drop table t\" is not the name of a type", "numeric(10,2)"],
        ),
        ("{\"clob(\": \"text\"}", ["\"clob(\" is not written like a type", "like {\"varchar(n)\": "]),
    ] {
        let ingest = two_rows();
        ingest.work.write("own.json", json);
        ingest.config("xport_cfg: {dialects: [{match: '*', types: own.json}]}");
        says(&ingest.refused(), &[&["own.json"], &texts[..]].concat());
    }
    // A type that only the server can judge.
    let ingest = two_rows();
    ingest.work.write("own.json", "{\"int\": \"widget\", \"varchar(n)\": \"text\"}");
    ingest.config("xport_cfg: {dialects: [{match: '*', types: own.json}]}");
    let messages = ingest.refuses_all(ingest.command());
    says(
        &messages[0],
        &[
            "app_v1.zip/",
            ", column id: ",
            "type \"widget\" does not exist",
            "choose a type that this database has",
        ],
    );
}

#[test]
fn declared_mothers_that_cannot_be() {
    for (tables, texts) in [
        ("{T: {id: int}}", ["mother_tables.T", "lower case", "write t"]),
        ("{t: {}}", ["mother_tables.t", "declares no columns", "auto"]),
        (
            "{t: {id: 'int; drop table x'}}",
            ["mother_tables.t, column id", "is not the name of a type", "text"],
        ),
        ("{t: {id: int, id: int}}", ["mother_tables.t", "`id` stands here twice", "line 1"]),
        ("{t: {xmin: int}}", ["mother_tables.t, column xmin", "PostgreSQL's own", "rename"]),
        ("all", ["`auto`, or a map of tables", "line 1", ""]),
    ] {
        says(&refused(&format!("mother_tables: {tables}")), &[&["config.yml"], &texts[..]].concat());
    }
    let message = refused("mother_tables: {t: {id: widget}}");
    says(
        &message,
        &["table t, column id: type \"widget\" does not exist", "choose a type that this database has"],
    );
}

#[test]
fn a_report_that_cannot_be_written() {
    let ingest = two_rows();
    let message = ingest.refuses(ingest.command().args(["--report", "nowhere/report.json"]));
    says(&message, &["nowhere/report.json: cannot write the report: No such file", "--report"]);
    let message = ingest.refuses(ingest.command().args(["--report", "dumps"]));
    says(&message, &["dumps: cannot write the report: ", "--report"]);
}

#[test]
fn the_report_of_a_refused_run_says_why() {
    let ingest = two_rows();
    ingest.dump("app.zip", &Dump::new());
    ingest.work.write("dumps/app_v2.zip", "no zip");
    let messages = ingest.refuses_all(ingest.command().args(["--report", "report.json"]));
    let report: serde_json::Value = serde_json::from_str(&ingest.work.read("report.json")).expect("JSON");
    assert_eq!(report["status"], "refused");
    assert_eq!(report["error"], messages.join("\n"));
    assert_eq!(report["units"], serde_json::json!([]));
    // To standard output, too.
    let run = ingest.command().args(["--report", "-"]).run();
    let report: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON and nothing else");
    assert_eq!((report["status"].as_str(), run.code), (Some("refused"), 2));
}

#[test]
fn a_data_directory_that_may_not_be_used() {
    let ingest = two_rows();
    let closed = ingest.work.join("closed");
    std::fs::create_dir(&closed).expect("create a folder");
    // The owner may not write; as root, who may, the server's user may not even enter.
    let root = std::fs::metadata("/proc/self").is_ok_and(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0);
    let mode = if root { 0o700 } else { 0o500 };
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(mode)).expect("own folder");
    let run = ingest.bare_command().args(["dumps", "--data-dir", "closed/data"]).run();
    run.assert_code(2);
    let messages = pghaul_test_support::messages(&run);
    assert_eq!(messages.len(), 1);
    says(&messages[0], &["closed", "--data-dir"]);
    let run = ingest.bare_command().args(["dumps", "--data-dir", "dumps/app_v1.zip"]).run();
    run.assert_code(2);
    says(&pghaul_test_support::messages(&run)[0], &["dumps/app_v1.zip", "directory", "--data-dir"]);
}

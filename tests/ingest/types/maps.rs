//! Type maps: the built-in ones, and those of one's own.

use super::{MSSQL, MYSQL, dump_of, types_of_t};
use pghaul_test_support::{Dump, ingest, repository, says};
use std::collections::BTreeMap;
use std::fs;

#[test]
fn maps_of_ones_own_add_to_a_built_in_one() {
    let ingest = ingest!();
    ingest.dump(MYSQL, &dump_of(&["tinyint(1)", "geometry", "bigint"]));
    ingest.config("xport_cfg: {dialects: [{match: 'shop*', types: {extends: mysql, 'tinyint(1)': smallint, geometry: bytea}}]}");
    ingest.loads();
    assert_eq!(types_of_t(&ingest), ["smallint", "bytea", "bigint"]);

    let ingest = ingest!();
    ingest.dump(MYSQL, &dump_of(&["tinyint(1)", "geometry", "bigint"]));
    ingest.config("xport_cfg: {dialects: [{match: '*', types: own.json}]}");
    ingest.work.write("own.json", r#"{"extends": "mysql", "geometry": "bytea"}"#);
    ingest.loads();
    assert_eq!(types_of_t(&ingest), ["boolean", "bytea", "bigint"]);

    ingest.work.write("own.json", r#"{"extends": "oracle"}"#);
    says(&ingest.refused(), &["own.json: extends \"oracle\"", "mssql, mysql"]);
    ingest.config("xport_cfg: {dialects: [{match: '*', types: {geometry: 'text; x'}}]}");
    says(&ingest.refused(), &["xport_cfg.dialects[0].types, column geometry: ", "is not the name of a type"]);
}

/// A list of one's own replaces the built-in one: SQL Server's `float` would lose digits as MySQL's.
#[test]
fn a_pattern_that_takes_the_dumps_of_another_map_is_said() {
    let ingest = ingest!();
    ingest.dump(
        "lms_v1.zip",
        &Dump::new().table("t", &[("score", "float"), ("n", "int")], "score|n\n0.1234567890123|1\n"),
    );
    for (dialects, warns, stored) in [
        ("[{match: '*', types: mysql}]", true, "0.12345679"),
        ("[{match: '*lms*', types: mysql}]", false, "0.12345679"),
        ("[{match: 'LMS_*', types: mysql}, {match: '*', types: mysql}]", false, "0.12345679"),
        ("[{match: '*', types: {extends: mysql, float: 'double precision'}}]", false, "0.1234567890123"),
        ("[{match: '*', types: mssql}]", false, "0.1234567890123"),
    ] {
        ingest.config(&format!("xport_cfg: {{dialects: {dialects}}}"));
        let run = ingest.command().args(["--mothers", "recreate"]).run();
        run.assert_code(0);
        let said = "lms_v1.zip: its types are read by mysql, since the pattern \"*\" of xport_cfg.dialects takes it; without \
                    dialects it would be mssql, and column score of t (float) double precision instead of real";
        run.assert(
            run.stderr.contains(said) == warns,
            "a warning only where the pattern knows nothing of such dumps",
        );
        assert_eq!(ingest.db.one("SELECT score FROM v1_t"), stored, "{dialects}");
    }
    // Without a type that differs, there is nothing to say.
    ingest.dump("lms_v1.zip", &Dump::new().table("t", &[("n", "int")], "n\n1\n"));
    ingest.config("xport_cfg: {dialects: [{match: '*', types: mysql}]}");
    let run = ingest.command().args(["--mothers", "recreate"]).run();
    run.assert_code(0).assert(!run.stderr.contains("its types are read by"), "no warning");
}

/// Otherwise everybody's next night would load everything again.
#[test]
fn units_whose_columns_stay_are_unchanged_whatever_else_a_map_gets() {
    let ingest = ingest!();
    let columns = [("id", "int"), ("mail", "varchar(20)")];
    ingest.dump(
        MYSQL,
        &Dump::new().table("t", &columns, "id|mail\n1|a\n").table("u", &[("g", "geometry")], "g\nab\n"),
    );
    ingest.loads();
    ingest.config("xport_cfg: {dialects: [{match: '*', types: {extends: mysql, geometry: bytea}}]}\nmother_tables: auto");
    let again = ingest.command().args(["--mothers", "keep"]).run();
    again.assert_code(0);
    again.assert(
        again.stdout.contains("2 unchanged"),
        "the mother of u keeps its type, so both units are as they were",
    );
}

/// Names of source types and of PostgreSQL's, as a built-in map has them.
fn built_in(map: &str) -> BTreeMap<String, String> {
    let path = repository().join(format!("src/ingest/types/{map}.json"));
    let mut map: BTreeMap<String, serde_json::Value> =
        serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    map.remove("null_if");
    map.into_iter().map(|(key, target)| (key, target.as_str().unwrap().to_owned())).collect()
}

#[test]
fn every_type_of_the_built_in_maps_exists() {
    for (map, dump) in [("mssql", MSSQL), ("mysql", MYSQL)] {
        let keys = built_in(map);
        // Numbers in the place of letters.
        let number = |part: &str| match part {
            "p" => "12".to_owned(),
            "n" | "s" => "4".to_owned(),
            "*" => "'a','b'".to_owned(),
            other => other.to_owned(),
        };
        let sources: Vec<String> = keys
            .keys()
            .map(|key| match key.split_once('(') {
                Some((before, rest)) => {
                    let (list, after) = rest.split_once(')').unwrap();
                    let list: Vec<String> = list.split(',').map(number).collect();
                    format!("{before}({}){after}", list.join(","))
                }
                None => key.clone(),
            })
            .collect();
        let sources: Vec<&str> = sources.iter().map(String::as_str).collect();
        let ingest = ingest!();
        ingest.dump(dump, &dump_of(&sources));
        ingest.loads();
        let found = types_of_t(&ingest);
        assert_eq!(found.len(), keys.len());
        for ((key, target), found) in keys.iter().zip(&found) {
            let is_text = target == "text" || target.starts_with("varchar") || target.starts_with("char");
            assert_eq!(
                is_text,
                found == "text" || found.starts_with("char"),
                "{map}: {key} is {target}, became {found}"
            );
        }
    }
}

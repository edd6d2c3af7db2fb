//! Data files that look like parts of one table.

use crate::containers::gzip;
use pghaul_test_support::{Dump, descriptor, ingest, pghaul, says};

fn part(first: u32, last: &str) -> String {
    (first..first + 20).fold("id;txt\n".to_owned(), |part, id| part + &format!("{id};text {id}\n")) + last
}

#[test]
fn parts_of_a_table_with_a_descriptor_are_proposed_and_load() {
    for (first, second, pattern) in [
        ("t_1.dat", "t_2.dat", "{table}_{part}"),
        ("t-north.dat", "t-south.dat.gz", "{table}-{part}"),
        ("t.a.dat", "t.b.dat", "{table}.{part}"),
    ] {
        let ingest = ingest!();
        let bytes = |name: &str, text: String| {
            if name.ends_with("gz") { gzip(text.as_bytes()) } else { text.into_bytes() }
        };
        let dump = Dump::new()
            .member("t.json", descriptor(&[("id", "integer"), ("txt", "text")]))
            .member(first, bytes(first, part(1, "")))
            .member(second, bytes(second, part(21, "")));
        ingest.dump("crm_v1.zip", &dump);
        let config = super::inspected(&ingest, &["dumps/crm_v1.zip"]);
        says(&config, &["field_separator: ';'"]);
        says(&config, &[&format!("data_files: '{pattern}'")]);
        says(&config, &[&format!("t has a descriptor and no data file but {first} and 1 more")]);
        assert!(!config.contains("has no descriptor"), "{config}");
        assert_eq!(ingest.db.one("SELECT concat(count(*), ' ', sum(id)) FROM v1_t"), "40 820");
    }
}

#[test]
fn parts_without_a_descriptor_are_a_doubt_and_get_one_descriptor() {
    let ingest = ingest!();
    // Only the second part says that `id` is no integer.
    let parts = [("t_1.dat", part(1, "")), ("t_2.dat", part(21, "x;y\n"))];
    for (name, text) in &parts {
        ingest.work.write(format!("exports/{name}"), text);
    }
    ingest.work.write("exports/roles.dat", "a;b\n1;2\n3;4\n");
    let run = pghaul!(ingest.work).args(["inspect", "exports", "--descriptors", "exports"]).run();
    run.assert_code(0);
    println!("{}", run.stdout);
    says(&run.stdout, &["t has no descriptor", "data_files: '{table}_{part}'"]);
    says(&run.stdout, &["DOUBT: t_1.dat and 1 more have the same columns and no descriptor"]);
    assert_eq!(ingest.work.read("exports/t.json"), descriptor(&[("id", "text"), ("txt", "text")]));
    assert!(!ingest.work.join("exports/t_1.json").exists());
    ingest.config(&run.stdout);
    let dump = parts.iter().fold(Dump::new(), |dump, (name, text)| dump.member(name, text));
    let dump = dump.member("t.json", ingest.work.read("exports/t.json"));
    ingest.dump(
        "crm_v1.zip",
        &dump
            .member("roles.json", ingest.work.read("exports/roles.json"))
            .member("roles.dat", "a;b\n1;2\n3;4\n"),
    );
    ingest.command().args(["--verify"]).run().assert_code(0);
    assert_eq!(ingest.db.one("SELECT concat(count(*), ' ', count(DISTINCT id)) FROM v1_t"), "41 41");
    assert_eq!(ingest.db.one("SELECT sum(a) FROM v1_roles"), "4");
    // The same data files, named one by one.
    let named = pghaul!(ingest.work).args(["inspect", "exports/t_1.dat", "exports/t_2.dat"]).run();
    named.assert_code(0).assert_stdout_has("data_files: '{table}_{part}'");
    named.assert(!named.stdout.contains("has no descriptor"), "the descriptor beside them to be used");
}

#[test]
fn data_files_with_numbers_that_differ_are_tables() {
    for (second, name) in
        [("id;name\n1;2\n", "t_2.dat"), ("id;txt\n1;2\n", "t_two.dat"), ("id;txt\n1;2\n", "s_2.dat")]
    {
        let ingest = ingest!();
        ingest.work.write("exports/t_1.dat", part(1, ""));
        ingest.work.write(format!("exports/{name}"), second);
        let run = pghaul!(ingest.work).args(["inspect", "exports"]).run();
        run.assert_code(0);
        says(&run.stdout, &["t_1 has no descriptor"]);
        run.assert(!run.stdout.contains("data_files"), "no parts");
    }
}

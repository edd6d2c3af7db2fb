//! `pghaul inspect`: what it prints loads the dump, and the rows are those that were written.

mod containers;
mod late;
mod parts;
mod writers;

use pghaul_test_support::{Dump, Ingest, descriptor, ingest, pghaul, says};

const COLUMNS: [(&str, &str); 3] = [("id", "int"), ("txt", "nvarchar(100)"), ("born", "date")];
use writers::WRITERS;

/// A row: a number, a text, a date.
type Row<'t> = (u32, Option<&'t str>, Option<&'t str>);

/// Enough rows for a guess, these first.
fn rows<'t>(special: &[Option<&'t str>]) -> Vec<Row<'t>> {
    let of = |(number, text): (usize, &Option<&'t str>)| {
        (number as u32 + 1, *text, if number % 3 == 2 { None } else { Some("2019-02-27") })
    };
    special.iter().chain(&[Some("Ann"), Some("Bob"), Some("Cid"), Some("Dan")]).enumerate().map(of).collect()
}

/// The configuration that `pghaul inspect` prints for the dump, which loads it.
#[track_caller]
fn inspected(ingest: &Ingest, arguments: &[&str]) -> String {
    let run = pghaul!(ingest.work).args(["inspect"]).args(arguments).run();
    run.assert_code(0).assert(run.stderr.is_empty(), "no warning");
    println!("{}", run.stdout);
    ingest.config(&run.stdout);
    ingest.command().args(["--verify"]).run().assert_code(0);
    run.stdout
}

/// The configuration says all of these, in any order: a long comment stands above its key, in several lines.
#[track_caller]
fn says_all(config: &str, texts: &[&str]) {
    let config = config.replace("\n      # ", " ");
    texts.iter().for_each(|text| says(&config, &[text]));
}

#[track_caller]
fn has_rows(ingest: &Ingest, table: &str, expected: &[Row<'_>]) {
    let sql = format!("SELECT id::text, txt, born::text FROM {table} ORDER BY id");
    let text = |text: Option<&str>| text.map(str::to_owned);
    let expected: Vec<Vec<Option<String>>> =
        expected.iter().map(|(id, txt, born)| vec![Some(id.to_string()), text(*txt), text(*born)]).collect();
    assert_eq!(ingest.db.rows(&sql), expected);
}

#[test]
fn the_configuration_loads_the_dump_and_gives_the_rows_that_were_written() {
    for (writer, special) in WRITERS {
        println!("{}", writer.name);
        let ingest = ingest!();
        let rows = rows(special);
        ingest.dump("crm_v1.zip", &Dump::new().table("t", &COLUMNS, writer.write(&rows)));
        says(&inspected(&ingest, &["dumps/crm_v1.zip"]), writer.says);
        has_rows(&ingest, "v1_t", &rows);
    }
}

/// Without a descriptor, the first line and the values must say what the columns are.
#[test]
fn a_data_file_alone_gets_a_descriptor() {
    for (writer, special) in WRITERS {
        println!("{}", writer.name);
        let ingest = ingest!();
        let rows = rows(special);
        let data = writer.write(&rows);
        ingest.work.write("t.dat", &data);
        let printed = pghaul!(ingest.work).args(["inspect", "t.dat", "--descriptors", "."]).run();
        printed.assert_code(0);
        says(&printed.stdout, &["t has no descriptor", "\"column_type\": \"integer\"", "xport_cfg:"]);
        let written = ingest.work.read("t.json");
        let names: &[&str] =
            if writer.header { &["id", "txt", "born"] } else { &["column_1", "column_2", "column_3"] };
        let types = ["integer", "text", "date"];
        let columns: Vec<(&str, &str)> = names.iter().copied().zip(types).collect();
        assert_eq!(written, descriptor(&columns), "{}", printed.stdout);
        ingest.config(&printed.stdout);
        ingest.dump("crm_v1.zip", &Dump::new().member("t.json", written).member("t.dat", data));
        ingest.command().args(["--verify"]).run().assert_code(0);
        let aliases =
            format!("(SELECT {} AS id, {} AS txt, {} AS born FROM v1_t) t", names[0], names[1], names[2]);
        has_rows(&ingest, &aliases, &rows);
        // A descriptor that is there is not replaced.
        let again = pghaul!(ingest.work).args(["inspect", "t.dat", "--descriptors", "."]).run();
        again.assert_code(0);
        again.assert(!again.stdout.contains("has no descriptor"), "the descriptor beside it to be used");
    }
}

#[test]
fn dumps_of_the_generator() {
    let ingest = ingest!();
    let folder = ingest.work.join("dumps");
    let generate =
        pghaul!(ingest.work).args(["generate", "dump", "--rows", "300", "--versions", "v1,v2", "--out"]);
    generate.args([&folder]).run().assert_code(0);
    let config = inspected(&ingest, &["dumps"]);
    says(
        &config,
        &["zip_path: dumps", "match: '*'", "field_separator: '|'", "dat_quote: '`'", "header: true"],
    );
    let mut loaded = 0;
    for table in ingest.tables().iter().filter(|table| table.starts_with("v1_") || table.starts_with("v2_")) {
        assert_eq!(ingest.db.one(&format!("SELECT count(*) FROM {table}")), "300", "{table}");
        loaded += 1;
    }
    assert!(loaded > 1);
}

/// What the dates of a data file without a descriptor are taken for, and what is loaded.
#[test]
fn the_order_of_dates_is_said_by_the_values_or_not_at_all() {
    let either = "DOUBT: 2 values could be either; say ";
    for (dates, lines, kind, loaded) in [
        (
            ["27/02/2019", "01/03/2019"],
            &["date_order: dmy", "\"27/02/2019\" in line 2 of t.dat"][..],
            "date",
            "2019-02-27",
        ),
        (
            ["02-27-2019", "03-01-2019"],
            &["date_order: mdy", "\"02-27-2019\" in line 2"],
            "date",
            "2019-02-27",
        ),
        (["01/02/2019", "03/04/2019"], &["date_order:", either, "dmy or mdy"], "text", "01/02/2019"),
        (["2019/02/27", "2019/03/01"], &[], "date", "2019-02-27"),
        (["2019.02.27", "2019-03-01"], &[], "date", "2019-02-27"),
        (
            ["99/02/27", "19/03/01"],
            &["date_order: ymd", "\"99/02/27\" in line 2 of t.dat, column \"d\""],
            "date",
            "1999-02-27",
        ),
        (["27.02.99", "01.03.19"], &["date_order: dmy"], "date", "1999-02-27"),
        (["01/02/03", "03/04/05"], &["date_order:", either, "dmy or mdy or ymd"], "text", "01/02/03"),
        (["19/02/27", "19/03/01"], &["date_order:", either, "dmy or ymd"], "text", "19/02/27"),
        (
            ["27/02/2019", "02/27/2019"],
            &["date_order:", "DOUBT: no order fits all dates", "not dmy by \"02/27/2019\" in line 3"],
            "text",
            "27/02/2019",
        ),
        (["1.2.3", "1.2.13"], &[], "text", "1.2.3"),
    ] {
        let ingest = ingest!();
        let data = format!("id|d\n1|{}\n2|{}\n", dates[0], dates[1]);
        ingest.work.write("t.dat", &data);
        let run = pghaul!(ingest.work).args(["inspect", "t.dat", "--descriptors", "."]).run();
        run.assert_code(0);
        says_all(&run.stdout, lines);
        run.assert(lines.is_empty() != run.stdout.contains("date_order"), "a line only for such dates");
        let descriptor = ingest.work.read("t.json");
        says(&descriptor, &["\"d\"", &format!("\"column_type\": \"{kind}\"")]);
        ingest.config(&run.stdout);
        ingest.dump("crm_v1.zip", &Dump::new().member("t.json", descriptor).member("t.dat", data));
        ingest.command().args(["--verify"]).run().assert_code(0);
        assert_eq!(ingest.db.one("SELECT d FROM v1_t WHERE id = 1"), loaded, "{dates:?}");
    }
}

#[test]
fn dumps_that_differ_have_a_dialect_each() {
    let ingest = ingest!();
    let columns = [("id", "int"), ("txt", "varchar(20)")];
    ingest.dump("a_v1.zip", &Dump::new().table("t", &columns, "id,txt\n1,\"x, y\"\n2,\n"));
    ingest.dump("b_v2.zip", &Dump::new().table("t", &columns, "id|txt\n1|x\n2|NULL\n"));
    let config = inspected(&ingest, &["dumps"]);
    says(
        &config,
        &["match: 'a_v1.zip'", "field_separator: ','", "match: 'b_v2.zip'", "field_separator: '|'"],
    );
    assert_eq!(ingest.db.one("SELECT string_agg(txt, ';' ORDER BY txt) FROM t"), "x;x, y");
}

#[test]
fn what_cannot_be_read_is_exit_code_1_and_wrong_usage_2() {
    let ingest = ingest!();
    ingest.work.write("dumps/x_v1.zip.gpg", "x");
    ingest.work.write("dumps/broken_v1.zip", "no zip");
    ingest.work.write("prose.dat", "just\nsome words\n");
    ingest.work.write("empty.dat", "");
    for (path, what) in [
        ("nowhere.dat", "nowhere.dat: No such file"),
        ("dumps/x_v1.zip.gpg", "the dump is encrypted"),
        ("dumps/broken_v1.zip", "broken_v1.zip"),
        ("prose.dat", "prose.dat: no separator gives rows"),
        ("empty.dat", "empty.dat"),
        ("dumps", "the dump is encrypted"),
    ] {
        let run = pghaul!(ingest.work).args(["inspect", path]).run();
        run.assert_code(1).assert_stderr_has(what);
        run.assert(run.stdout.is_empty(), "nothing on standard output");
    }
    pghaul!(ingest.work).args(["inspect"]).run().assert_code(2);
}

//! `pghaul ingest --verify`: what the server holds is what was sent, or nothing of the unit is published.

mod mistakes;

use pghaul_test_support::families::{self, Family};
use pghaul_test_support::{Case, Outcome, case, messages, pghaul, says, write_dump};
use serde_json::json;

/// Puts the trigger function `tamper` on each table that comes up, for each row before it is inserted, and
/// `tamper_after` once behind all of them.
const TAMPERING: &str = "
    CREATE OR REPLACE FUNCTION public.tamper() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
    CREATE OR REPLACE FUNCTION public.tamper_after() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
    CREATE FUNCTION public.tamper_with_new() RETURNS event_trigger LANGUAGE plpgsql AS $$
    DECLARE made record;
    BEGIN
        FOR made IN SELECT * FROM pg_event_trigger_ddl_commands() WHERE command_tag = 'CREATE TABLE'
                    AND schema_name = 'public' LOOP
            EXECUTE format('CREATE TRIGGER tamper BEFORE INSERT ON %s FOR EACH ROW EXECUTE FUNCTION public.tamper()',
                           made.object_identity);
            EXECUTE format('CREATE TRIGGER tamper_after AFTER INSERT ON %s EXECUTE FUNCTION public.tamper_after()',
                           made.object_identity);
        END LOOP;
    END $$;
    CREATE EVENT TRIGGER tampering ON ddl_command_end EXECUTE FUNCTION public.tamper_with_new()";

/// What the triggers do from now on: to each row, and behind all.
fn tamper(case: &Case, each_row: &str, after: &str) {
    case.db.execute(&format!(
        "CREATE OR REPLACE FUNCTION public.tamper() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {each_row} RETURN NEW; END $$;
         CREATE OR REPLACE FUNCTION public.tamper_after() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN IF pg_trigger_depth() = 1 THEN {after} END IF; RETURN NULL; END $$"
    ));
}

/// A statement on the table that fires the trigger.
fn on_table(statement: &str) -> String {
    format!(
        "EXECUTE format({}, TG_RELID::regclass);",
        format_args!("'{}'", statement.replace('%', "%%").replace("TABLE", "%1$s").replace('\'', "''"))
    )
}

const COLUMNS: &str = "id:int a:int b:int name:varchar(20) made:datetime";
const ROWS: &str = "1|10|100|one|Feb 27 2019 11:59AM\n2|20|200|two|NULL\n3|30|300|NULL|2019-02-28\n\
                    4|40|400|`fo``ur`|2020-02-29 01:02:03.004\n";

fn small() -> Case {
    let case = case!();
    case.dump("lms_v1", &[("t", COLUMNS, ROWS)]);
    case
}

/// Each row of a table as text, in order.
fn content(case: &Case, table: &str) -> Vec<Vec<Option<String>>> {
    case.db.rows(&format!("SELECT t::text FROM {table} t ORDER BY 1"))
}

#[test]
fn what_is_verified_says_so_by_the_flag_or_by_the_configuration() {
    let case = small();
    let plain = case.ends_with(0, "");
    assert_eq!(plain.units()[0]["verified"], json!(false));
    let outcome = case.ends_with(0, "--verify --force -v");
    assert_eq!(
        (&outcome.units()[0]["verified"], &outcome.units()[0]["status"]),
        (&json!(true), &json!("loaded"))
    );
    outcome.run.assert_stderr_has("verified 4 rows in ");
    // What has not changed is not looked at.
    assert_eq!(case.ends_with(0, "--verify").units()[0]["verified"], json!(false));
    case.config("verify: true\n");
    assert_eq!(case.ends_with(0, "--force --unlogged").units()[0]["verified"], json!(true));
    let args = ["ingest", "dumps", "--force", "--db", &case.db.url()];
    pghaul!(case.work).args(args).run().assert_code(0).assert_stdout_has("loaded, verified");
}

#[test]
fn every_difference_fails_the_unit_and_names_the_columns_and_the_old_rows_stay() {
    let case = small();
    case.load("");
    // Another first row shows that these are the old ones; and a column that the mother has and the version lacks.
    case.db.execute("ALTER TABLE t ADD COLUMN more int");
    let before = content(&case, "t");
    case.dump("lms_v1", &[("t", COLUMNS, &ROWS.replacen("1|10", "9|90", 1))]);
    case.db.execute(TAMPERING);
    let doubled = on_table("INSERT INTO TABLE SELECT * FROM TABLE WHERE id = 4");
    let dropped = on_table("DELETE FROM TABLE WHERE id = 3");
    let other_rows = on_table("UPDATE TABLE SET a = CASE a WHEN 20 THEN 30 ELSE 20 END WHERE a IN (20, 30)");
    for (each_row, after, expected) in [
        ("NEW.a := NEW.a + 1;", "", "values differ in column a"),
        ("NEW.made := NEW.made + interval '1 microsecond';", "", "values differ in column made"),
        (
            "IF NEW.id = 2 THEN NEW.name := NULL; END IF;",
            "",
            "values differ in column name (1 NULL sent, 2 there)",
        ),
        ("IF NEW.id = 2 THEN NEW.name := 'two '; END IF;", "", "values differ in column name"),
        ("SELECT NEW.a, NEW.b INTO NEW.b, NEW.a;", "", "values differ in column a, column b"),
        ("NEW.more := 1;", "", "there are values in more, which the data file does not have"),
        ("", other_rows.as_str(), "values stand in other rows than they were sent in"),
        ("", doubled.as_str(), "4 rows sent, 5 there; values differ in column id"),
        ("", dropped.as_str(), "4 rows sent, 3 there; values differ in column id"),
        // As many rows as before.
        (
            "",
            &format!("{dropped} {doubled}"),
            "does not hold what was sent: values differ in column id, column a",
        ),
    ] {
        tamper(&case, each_row, after);
        let run = case.ingest("--verify").run();
        run.assert_code(1);
        let messages = messages(&run);
        assert_eq!(messages.len(), 1);
        says(
            &messages[0],
            &["lms_v1.zip/t.dat: verification failed: v1_t does not hold what was sent: ", "event trigger"],
        );
        assert!(messages[0].contains(expected), "{expected}: {}", messages[0]);
        let outcome = Outcome::of(run);
        assert_eq!(
            (outcome.statuses()["v1_t"].as_str(), &outcome.units()[0]["verified"]),
            ("failed", &json!(false))
        );
        assert_eq!(content(&case, "t"), before, "{expected}");
        assert_eq!(case.tables(), "t v1_t");
    }
    tamper(&case, "", "");
    assert_eq!(case.ends_with(0, "--verify").units()[0]["verified"], json!(true));
    assert_eq!(case.db.one("SELECT max(id) FROM t"), "9");
}

#[test]
fn without_the_flag_nobody_looks() {
    let case = small();
    case.db.execute(TAMPERING);
    tamper(&case, "NEW.a := NEW.a + 1;", "");
    case.load("");
    assert_eq!(case.db.one("SELECT sum(a) FROM t"), "104");
}

#[test]
fn a_unit_that_is_sent_as_text_is_compared_too() {
    let case = case!();
    case.db.execute(
        "CREATE TYPE mood AS ENUM ('sad', 'happy'); CREATE DOMAIN positive AS numeric(10,2) CHECK (VALUE > 0);
         CREATE TABLE t (id int, m mood, d positive, l int[], p money, x xml, j jsonb, c char(5), n numeric(10,2),
                         ts timestamp(3), sp interval minute to second, doc json, bytes bytea)",
    );
    let columns =
        "id:int m:text d:text l:text p:text x:text j:text c:text n:text ts:text sp:text doc:text bytes:text";
    let rows = "007|happy|1.010|{1, 2}|$1,234.5|<a  b='1'/>|`{\"b\": 1, \"a\":[1e2 , null]}`|x|2.6800|Feb 27 2019 11:59:59.9990AM|02:03|`{ \"a\":1}`|0xBEEF\n\
                +8|sad|2|{}|NULL|NULL|`[1.50,\"\\u00e4\"]`|NULL|.5|epoch|1:02|NULL|NULL\n";
    case.config("xport_cfg: {dialects: [{match: '*', types: types.json}]}\nmother_tables: {t: {id: int}}\n");
    case.work.write("types.json", r#"{"int": "int", "text": "text"}"#);
    case.dump("lms_v1", &[("t", columns, rows)]);
    let outcome = case.ends_with(0, "--verify");
    assert_eq!(outcome.units()[0]["verified"], json!(true));
    assert_eq!(
        case.db.one("SELECT concat_ws(' ', id, d, j, n, sp) FROM t WHERE m = 'happy'"),
        "7 1.01 {\"a\": [100, null], \"b\": 1} 2.68 00:02:03"
    );
    case.db.execute(TAMPERING);
    for (each_row, expected) in [
        ("IF NEW.id = 7 THEN NEW.m := 'sad'; END IF;", "values differ in column m;"),
        ("NEW.d := NEW.d + 1;", "column d;"),
        ("NEW.l := NEW.l || 3;", "column l;"),
        ("NEW.n := NEW.n + 0.01;", "column n;"),
        ("NEW.ts := NEW.ts + interval '1 day';", "column ts;"),
        ("NEW.j := NEW.j || '[1]';", "column j;"),
        ("NEW.c := ' ' || NEW.c;", "column c;"),
        ("NEW.sp := NEW.sp * 60;", "column sp;"),
        ("NEW.bytes := NULL;", "column bytes (1 NULL sent, 2 there);"),
    ] {
        tamper(&case, each_row, "");
        let run = case.ingest("--verify --force").run();
        run.assert_code(1).assert_stderr_has(expected);
    }
}

#[test]
fn rejected_rows_count_on_neither_side_whoever_refuses_them() {
    for (mother, refused) in [
        ("id int, name varchar(5), note text", 12),
        // The server's own refusals lead to the careful way.
        ("id int CHECK (id % 1000 <> 7), name varchar(5), note text", 24),
        ("id int, name varchar(5), note xml CHECK (id % 1000 <> 7)", 24),
    ] {
        let case = case!();
        case.db.execute(&format!("CREATE TABLE t ({mother})"));
        case.config("mother_tables: {t: {id: int}}\n");
        let rows: String = (1..=12_000)
            .map(|id| match id % 1000 {
                8 => format!("{id}|too long|\n"),
                _ => format!("{id}|1|some more bytes\n"),
            })
            .collect();
        case.dump("lms_v1", &[("t", "id:int name:varchar(20) note:varchar(50)", &rows)]);
        let outcome = case.ends_with(3, "--verify --max-rejects 1%");
        assert_eq!(outcome.units()[0]["verified"], json!(true), "{mother}");
        assert_eq!(outcome.units()[0]["rows_rejected"], json!(refused), "{mother}");
        case.db.execute(TAMPERING);
        tamper(&case, "IF NEW.id = 17 THEN NEW.name := '2'; END IF;", "");
        let run = case.ingest("--verify --force --max-rejects 1%").run();
        run.assert_code(1).assert_stderr_has("values differ in column name; ");
        assert_eq!(case.db.one("SELECT count(*) FROM t"), (12_000 - refused).to_string());
        assert_eq!(case.db.one("SELECT name FROM t WHERE id = 17"), "1");
    }
}

#[test]
fn a_large_file_is_compared_before_its_many_streams_are_published() {
    const ROWS: u64 = 135_000;
    let case = case!();
    write_dump(&case.dump_path("lms_v1"), |dump| {
        dump.table("events", "id:bigint number:varchar(9) name:varchar(500)", |out| {
            let filler = "x".repeat(490);
            (1..=ROWS).try_for_each(|id| writeln!(out, "{id:08}|{}|{filler}", id % 7))
        })
    });
    let outcome = case.ends_with(0, "--workers 3 --verify -v");
    outcome.run.assert_stderr_has(&format!("copied {ROWS} rows by 3 streams"));
    outcome.run.assert_stderr_has(&format!("verified {ROWS} rows in "));
    assert_eq!(outcome.units()[0]["verified"], json!(true));
    let before = case.everything();
    // Each row would take too long.
    case.db.execute(&TAMPERING.replace("BEFORE INSERT ON %s FOR EACH ROW", "AFTER INSERT ON %s"));
    // Each stream has a COPY of its own.
    let dropped = on_table("DELETE FROM TABLE WHERE ctid = (SELECT ctid FROM TABLE LIMIT 1)");
    let doubled = on_table("INSERT INTO TABLE SELECT * FROM TABLE LIMIT 1");
    tamper(&case, "", &format!("{dropped} {doubled}"));
    let run = case.ingest("--workers 3 --verify --force").run();
    // Two streams that delete the same row at once delete one, and then the number of rows differs as well.
    run.assert_code(1)
        .assert_stderr_has("verification failed: v1_events does not hold what was sent: ")
        .assert_stderr_has("values differ in column id");
    assert_eq!(case.everything(), before);
}

/// Types as PostgreSQL names them, and what their columns get.
const TYPES: [(&str, &Family); 37] = [
    ("boolean", &families::BOOLEAN),
    ("smallint", &families::INT2),
    ("integer", &families::INT4),
    ("bigint", &families::INT8),
    ("real", &families::FLOAT4),
    ("double precision", &families::FLOAT8),
    ("numeric", &families::NUMERIC),
    ("numeric(10,2)", &families::NUMERIC_OF_10),
    ("numeric(20)", &families::NUMERIC),
    ("numeric(38,10)", &families::NUMERIC),
    ("numeric(60,5)", &families::NUMERIC),
    ("date", &families::TIMESTAMP),
    ("time", &families::TIME),
    ("time(3)", &families::TIME),
    ("time(0)", &families::TIME),
    ("timetz", &families::TIMETZ),
    ("timetz(2)", &families::TIMETZ),
    ("timestamp", &families::TIMESTAMP),
    ("timestamp(3)", &families::TIMESTAMP),
    ("timestamp(0)", &families::TIMESTAMP),
    ("timestamptz", &families::TIMESTAMP),
    ("timestamptz(3)", &families::TIMESTAMP),
    ("interval", &families::INTERVAL),
    ("interval(3)", &families::INTERVAL),
    ("interval(0)", &families::INTERVAL),
    ("interval minute to second", &families::INTERVAL),
    ("uuid", &families::UUID),
    ("inet", &families::INET),
    ("cidr", &families::CIDR),
    ("macaddr", &families::MACADDR),
    ("bytea", &families::BYTEA),
    ("text", &families::TEXT),
    ("varchar(5)", &families::TEXT_OF_5),
    ("char(5)", &families::TEXT_OF_5),
    ("json", &families::JSON),
    ("jsonb", &families::JSON),
    ("money", &families::NUMERIC),
];

#[test]
fn whatever_a_type_makes_of_its_values_is_no_difference() {
    let case = case!();
    let named: Vec<String> = TYPES
        .iter()
        .enumerate()
        .map(|(number, (type_name, _))| format!("t{number}: {{v: '{type_name}'}}"))
        .collect();
    case.config(&format!("xport_cfg: {{encoding: utf-8}}\nmother_tables: {{{}}}\n", named.join(", ")));
    write_dump(&case.dump_path("lms_v1"), |dump| {
        TYPES.iter().enumerate().try_for_each(|(number, (type_name, family))| {
            case.db.execute(&format!("CREATE TABLE t{number} (v {type_name})"));
            dump.table(&format!("t{number}"), "v:varchar(max)", |out| {
                let values =
                    family.known.iter().map(|value| value.as_bytes()).chain(family.nasty.iter().copied());
                for value in values {
                    let quoted: Vec<u8> =
                        value.iter().flat_map(|byte| vec![*byte; 1 + usize::from(*byte == b'`')]).collect();
                    out.write_all(&[b"`", &quoted[..], b"`\n"].concat())?;
                }
                out.write_all(b"NULL\n")
            })
        })
    });
    let outcome = case.ends_with(3, "--verify --max-rejects 100%");
    assert_eq!(outcome.units().len(), TYPES.len());
    for unit in outcome.units() {
        assert_eq!(unit["verified"], json!(true), "{unit}");
        let number: usize = unit["mother"].as_str().unwrap()[1..].parse().unwrap();
        let (type_name, family) = TYPES[number];
        let loaded = unit["rows_loaded"].as_u64().unwrap();
        assert!(loaded > family.known.len() as u64 / 2, "{type_name}: {loaded} rows");
    }
}

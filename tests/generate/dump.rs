//! `pghaul generate dump`: the same dumps every time, which `ingest` loads in full, but for the rows that are broken.
//!
//! `PGHAUL_ZIP64_TEST=1 cargo test --release --test generate dump::` also writes and reads a data file beyond 4 GiB.

use pghaul_test_support::{Case, Dump, Run, Workdir, case, member, messages, names, pghaul, says};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};
use zip::write::{SimpleFileOptions, ZipWriter};

/// Enough for every special value of a text to come up.
const ROWS: u64 = 3000;

fn generate(work: &Workdir, args: &str) -> Run {
    pghaul!(work).args(["generate", "dump"]).args(args.split_whitespace()).run()
}

#[track_caller]
fn generated(work: &Workdir, args: &str) -> Run {
    let run = generate(work, args);
    run.assert_code(0);
    run
}

/// Name and bytes of each file in a folder.
fn files(work: &Workdir, folder: &str) -> Vec<(String, Vec<u8>)> {
    let folder = work.join(folder);
    let bytes = |name: &String| fs::read(folder.join(name)).unwrap();
    names(&folder).into_iter().map(|name| (name.clone(), bytes(&name))).collect()
}

/// The list of broken rows beside a dump.
fn broken(work: &Workdir, list: &str) -> Vec<Value> {
    work.read(list).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The first of `bytes` up to the end of the row: a line end that is not within quotes, or the end of the file.
fn first_row(bytes: &[u8]) -> &[u8] {
    let mut inside = false;
    let end = bytes.iter().position(|byte| {
        inside ^= *byte == b'`';
        *byte == b'\n' && !inside
    });
    end.map_or(bytes, |end| &bytes[..=end])
}

#[test]
fn the_bytes_depend_on_the_seed_and_nothing_else() {
    let work = Workdir::new();
    let args = "--versions v1,v2,v3 --rows 2000 --dirty 0.01";
    generated(&work, &format!("--out one {args} --workers 1"));
    generated(&work, &format!("--out deep/three {args} --workers 3"));
    let one = files(&work, "one");
    assert_eq!(one, files(&work, "deep/three"));
    generated(&work, &format!("--out one {args} --workers 2"));
    assert_eq!(one, files(&work, "one"));
    let expected = ["dirty.jsonl", "zip"].map(|end| ["v1", "v2", "v3"].map(|v| format!("lms_{v}.{end}")));
    assert_eq!(
        names(work.join("one")).into_iter().collect::<BTreeSet<_>>(),
        expected.into_iter().flatten().collect()
    );

    // A version's rows do not depend on those made with it, but another seed gives others.
    generated(&work, "--out alone --versions v1 --rows 2000 --dirty 0.01 --tables users");
    let users = |folder: &str| member(&work.join(folder).join("lms_v1.zip"), "users.dat");
    assert_eq!(users("alone"), users("one"));
    generated(&work, "--out alone --versions v1 --rows 2000 --dirty 0.01 --tables users --seed 1");
    assert_ne!(users("alone"), users("one"));
    // Fewer rows are the first ones.
    generated(&work, "--out many --versions v1 --rows 2000");
    generated(&work, "--out few --versions v1 --rows 1999");
    let (many, few) = (users("many"), users("few"));
    assert!(many.starts_with(&few) && first_row(&many[few.len()..]).len() == many.len() - few.len());
}

#[test]
fn everything_is_loaded_and_means_what_it_should() {
    let case = case!();
    let versions = ["v1", "v2", "v3", "v4", "v5"];
    generated(&case.work, &format!("--out dumps --rows {ROWS} --versions {}", versions.join(",")));
    let outcome = case.ends_with(0, "");
    assert_eq!(outcome.units().len(), 15);
    outcome.run.assert(!outcome.run.stderr.contains("warning"), "no warning");
    for table in ["users", "courses", "user_assigned_courses"] {
        assert_eq!(case.db.one(&format!("SELECT count(*) FROM {table}")), (5 * ROWS).to_string());
        let rows = case.db.rows(&format!("SELECT count(*) FROM {table} GROUP BY tableoid"));
        assert_eq!(rows, vec![vec![Some(ROWS.to_string())]; versions.len()]);
    }
    assert_eq!(
        case.columns("users"),
        "user_id integer, instancecode character varying(50), first_name character varying(80), \
         last_name character varying(80), email character varying(160), \
         phone character varying(30), active boolean, created timestamp without time zone, notes text"
    );
    assert_eq!(
        case.columns("courses"),
        "course_id integer, title character varying(200), price numeric(12,2), starts_on date, \
         rating double precision, online boolean"
    );
    for version in versions {
        assert_eq!(
            case.db.one(&format!("SELECT count(DISTINCT user_id) FROM {version}_users")),
            ROWS.to_string()
        );
        let has = |what: &str| {
            let sql = format!("SELECT count(*) FROM {version}_users WHERE {what}");
            assert!(case.db.one(&sql).parse::<u64>().unwrap() > 0, "{sql}");
        };
        has("notes IS NULL");
        has("notes = ''");
        has("notes = 'NULL'");
        has("notes = 'null'");
        has("first_name LIKE '%é%'");
        has("notes = '½ day on Fridays'");
        has("notes = 'paid 10 ¤'");
        has("notes = E'C:\\\\temp\\\\new'");
        has("notes LIKE '%|ß'");
        has("notes LIKE '% `Zoë`'");
        has(if ["v2", "v5"].contains(&version) {
            "notes LIKE E'%\\r\\né'"
        } else {
            "notes LIKE E'%_\\né'"
        });
        has("active AND created BETWEEN '2015-01-01' AND '2025-01-01'");
    }
}

/// Pinned: the same seed gives the same rows in every release.
#[test]
fn rows_of_the_seed_0() {
    let work = Workdir::new();
    generated(&work, "--out dumps --versions v1,v2,v3 --rows 3");
    let text = |version: &str, name: &str| -> String {
        member(&work.join(format!("dumps/lms_{version}.zip")), name).into_iter().map(char::from).collect()
    };
    insta::assert_snapshot!(text("v1", "users.dat"), @r#"
    user_id|instancecode|first_name|last_name|email|city|phone|active|created|notes
    1|GB-04|Aaliyah|Bruen|aaliyah.1@example.org|London|+44 161 496 0965|1|Jan 30 2015  12:00AM|alias perferendis dolores laboriosam
    2|GB-16|Janet|`Hackett`|janet.2@example.org|Leeds|+44 151 496 0123|1|Jan 22 2015   7:10PM|explicabo
    3|FR-09|Agathe|Mas|agathe.3@example.net|Lyon|+33 5 36 49 0242|0|Jan  9 2015  12:00AM|inventore neque animi ipsa
    "#);
    insta::assert_snapshot!(text("v2", "data/courses.dat").replace("\r\n", "<CRLF>\n"), @r#"
    starts_on|rating|seats|online|category|course_id|title|price<CRLF>
    2023-01-14|3.82|79|1|Software|1|Broadcast Media & Maritime|241.77<CRLF>
    2024-06-06|1e-5|153|1|Compliance|2|Individual & Family Services & Publishing|633.29<CRLF>
    2019-06-19|3.56|14|0|Software|3|Alternative Medicine|1348.78<CRLF>
    "#);
    insta::assert_snapshot!(text("v3", "user_assigned_courses.dat"), @r#"
    attempts|score|status|assigned_by|grade|assignment_id|user_id|course_id|assigned_at|due_at|completed_at
    1|245|completed|Guignard|92.35|1|1|1|20200124 02:20:00|NULL|20200228 09:45:00
    4|702|completed|Åkesson|NULL|2|1|2|20200106 20:25:00|20200228 06:30:00|20200113 13:10:00
    4|606|completed|Mouton|27.21|3|1|3|20200105 04:50:00|20200214 21:25:00|20200220 20:50:00
    "#);
    insta::assert_snapshot!(text("v3", "courses.json").replace('\t', "<TAB>"), @r#"
    [
    <TAB>{"column_name": "category",<TAB>"column_type": "VARCHAR(40)",},
    <TAB>{"column_name": "minutes",<TAB>"column_type": "SMALLINT",},
    <TAB>{"column_name": "course_id",<TAB>"column_type": "INT",},
    <TAB>{"column_name": "title",<TAB>"column_type": "NVARCHAR(200)",},
    <TAB>{"column_name": "price",<TAB>"column_type": "DECIMAL(12,2)",},
    <TAB>{"column_name": "starts_on",<TAB>"column_type": "DATE",},
    <TAB>{"column_name": "rating",<TAB>"column_type": "FLOAT",},
    <TAB>{"column_name": "online",<TAB>"column_type": "BIT",},
    ]
    "#);
}

#[test]
fn each_version_is_loaded_alone_and_in_any_order() {
    let case = case!();
    for app in ["lms", "crm"] {
        // The second time, the mothers are there, with the types of another version.
        for versions in ["v1,v2,v3,v4", "w1,w2,w3,w4"] {
            generated(&case.work, &format!("--out made_{app} --app {app} --rows 400 --versions {versions}"));
        }
        for version in ["v3", "w1", "v2", "w2", "v4", "w3"] {
            let folder = case.work.join("dumps");
            let _ = fs::remove_dir_all(&folder);
            fs::create_dir(&folder).unwrap();
            let name = format!("{app}_{version}.zip");
            fs::copy(case.work.join(format!("made_{app}/{name}")), folder.join(&name)).unwrap();
            assert_eq!(case.load("").len(), 3, "{name}");
        }
        case.db.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public; DROP SCHEMA pghaul CASCADE");
    }
}

/// Every broken row of the lists in `dumps` becomes a dump of its own; gives what must be said of each.
fn single_out(case: &Case, folder: &str) -> Vec<(String, Value)> {
    let mut singled = Vec::new();
    let lists = names(case.work.join(folder)).into_iter().filter(|name| name.ends_with(".jsonl"));
    for list in lists {
        let mut kinds = BTreeSet::new();
        for row in broken(&case.work, &format!("{folder}/{list}")) {
            let text = |key: &str| row[key].as_str().unwrap().to_owned();
            let table = text("data_file").trim_start_matches("data/").trim_end_matches(".dat").to_owned();
            if !kinds.insert((table.clone(), text("kind"))) {
                continue;
            }
            let source = case.work.join(folder).join(text("dump"));
            let data = member(&source, &text("data_file"));
            let offset = row["byte_offset"].as_u64().unwrap() as usize;
            let lines = data[..offset].iter().filter(|byte| **byte == b'\n').count() as u64;
            assert_eq!(row["line"].as_u64(), Some(lines + 1), "{row}");
            let alone = [first_row(&data), first_row(&data[offset..])].concat();
            let name = format!("lms_k{}.zip", singled.len());
            let dump = Dump::new()
                .member(&format!("{table}.json"), member(&source, &format!("{table}.json")))
                .member(&format!("{table}.dat"), alone);
            case.work.write(Path::new("dumps").join(&name), dump.bytes());
            singled.push((format!("{name}/{table}.dat, line 2"), row));
        }
    }
    singled
}

#[test]
fn every_kind_of_broken_row_is_refused_by_itself() {
    let case = case!();
    generated(&case.work, "--out dirty --versions v1,v2,v3 --rows 60 --dirty 0.2");
    let singled = single_out(&case, "dirty");
    let kinds: BTreeSet<&str> = singled.iter().map(|(_, row)| row["kind"].as_str().unwrap()).collect();
    let expected = "bad_boolean bad_integer bad_number bad_timestamp extra_field integer_overflow missing_field nul \
                    too_long unclosed_quote";
    assert_eq!(kinds.into_iter().collect::<Vec<_>>().join(" "), expected);
    let outcome = case.ends_with(1, "");
    assert_eq!(outcome.report["totals"]["failed"].as_u64(), Some(singled.len() as u64));
    let said = messages(&outcome.run);
    assert_eq!(said.len(), singled.len());
    for (place, row) in &singled {
        let message = said.iter().find(|message| message.starts_with(place)).unwrap();
        if let Some(column) = row["column"].as_str() {
            says(message, &[place, &format!("column {column}: ")]);
        }
        let what = match row["kind"].as_str().unwrap() {
            "missing_field" | "extra_field" => "fields, the header names",
            "bad_integer" => "invalid input syntax for type",
            "integer_overflow" => "out of range for type",
            "bad_timestamp" => "date/time field value out of range",
            "bad_boolean" => "invalid input syntax for type boolean",
            "bad_number" => "invalid input syntax for type",
            "too_long" => "value too long for type",
            "nul" => "NUL",
            _ => "holds a quote that is never closed",
        };
        says(message, &[what]);
    }
}

#[test]
fn the_list_names_the_first_row_that_ingest_refuses_and_counts_are_known() {
    let case = case!();
    generated(&case.work, &format!("--out dumps --versions v1,v2 --rows {ROWS} --dirty 0.01"));
    for version in ["v1", "v2"] {
        let list = broken(&case.work, &format!("dumps/lms_{version}.dirty.jsonl"));
        assert_eq!(list.len() as u64, 3 * ROWS / 100);
        for table in ["users", "courses", "user_assigned_courses"] {
            let data_file =
                if version == "v1" { format!("{table}.dat") } else { format!("data/{table}.dat") };
            let rows: Vec<u64> = list
                .iter()
                .filter(|row| row["data_file"].as_str() == Some(&data_file))
                .map(|row| row["row"].as_u64().unwrap())
                .collect();
            assert_eq!(rows.len() as u64, ROWS / 100);
            assert!(rows.is_sorted_by(|a, b| a < b) && rows.last() == Some(&ROWS), "{rows:?}");
        }
    }
    let said = messages(&case.ends_with(1, "").run);
    assert_eq!(said.len(), 6);
    for message in &said {
        let lists = ["v1", "v2"]
            .map(|version| broken(&case.work, &format!("dumps/lms_{version}.dirty.jsonl")))
            .concat();
        let source = message.split(", line").next().unwrap();
        let first = lists.iter().find(|row| {
            format!("{}/{}", row["dump"].as_str().unwrap(), row["data_file"].as_str().unwrap()) == source
        });
        says(message, &[&format!("{source}, line {}", first.unwrap()["line"])]);
    }
    assert_eq!(case.db.one("SELECT count(*) FROM users"), "0");

    // Clean dumps in their place have no list, and load.
    generated(&case.work, &format!("--out dumps --versions v1,v2 --rows {ROWS}"));
    assert_eq!(names(case.work.join("dumps")), ["lms_v1.zip", "lms_v2.zip"]);
    assert_eq!(case.load("").len(), 6);
}

#[test]
fn ingest_reads_the_fields_of_zip64() {
    let case = case!();
    generated(&case.work, "--out made --versions v1 --rows 10 --tables courses");
    let mut zip = ZipWriter::new(File::create(case.dump_path("lms_v1")).unwrap());
    for name in ["courses.json", "courses.dat"] {
        zip.start_file(name, SimpleFileOptions::default().large_file(true)).unwrap();
        zip.write_all(&member(&case.work.join("made/lms_v1.zip"), name)).unwrap();
    }
    zip.finish().unwrap();
    case.load("");
    assert_eq!(case.db.one("SELECT count(*) FROM courses"), "10");
}

/// Takes some minutes, most of them the server's, and 10 GB of disk; so only on demand.
#[test]
fn a_data_file_beyond_4_gib_is_written_and_read() {
    if std::env::var_os("PGHAUL_ZIP64_TEST").is_none() {
        return;
    }
    let case = case!();
    const MANY: u64 = 40_000_000;
    generated(&case.work, &format!("--out dumps --versions v1 --rows {MANY} --tables user_assigned_courses"));
    let outcome = case.ends_with(0, "");
    let unit = &outcome.units()[0];
    assert_eq!(unit["rows_loaded"].as_u64(), Some(MANY));
    assert!(unit["bytes_read"].as_u64().unwrap() > 4 << 30, "{unit}");
    println!("{} bytes", unit["bytes_read"]);
}

#[test]
fn the_summary_and_the_report_count_what_was_made() {
    let work = Workdir::new();
    let run = generated(&work, "--out dumps --versions v1,v2 --rows 20 --tables courses,users --dirty 0.5");
    run.assert_stdout_has("data file")
        .assert_stdout_has("lms_v2.zip/data/users.dat")
        .assert_stdout_has("\n2 dumps made; 80 rows, 40 of them broken; ");
    run.assert(run.stderr.is_empty(), "nothing on stderr");
    let run = generated(&work, "--out dumps --versions v1 --rows 20 --tables users --report -");
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    let bytes = member(&work.join("dumps/lms_v1.zip"), "users.dat").len();
    assert_eq!(report["command"], "generate");
    let unit = &report["units"][0];
    assert_eq!(
        (unit["name"].as_str(), unit["source"].as_str()),
        (Some("v1_users"), Some("lms_v1.zip/users.dat"))
    );
    assert_eq!((unit["rows_loaded"].as_u64(), unit["bytes_read"].as_u64()), (Some(20), Some(bytes as u64)));
    assert!(unit["mother"].is_null());
    let run = generated(&work, "--out dumps --versions v1 --rows 0 --dirty 1 --quiet");
    assert_eq!(run.stdout, "");
    let header = member(&work.join("dumps/lms_v1.zip"), "courses.dat");
    assert_eq!(header, b"course_id|title|price|starts_on|rating|seats|online\n");
    assert_eq!(work.read("dumps/lms_v1.dirty.jsonl"), "");
    // As any new file, by the umask.
    fs::write(work.join("other"), "").unwrap();
    let mode = |name: &str| work.join(name).metadata().unwrap().permissions().mode();
    assert_eq!(mode("dumps/lms_v1.zip"), mode("other"));
}

#[test]
fn what_cannot_work_is_refused_before_anything_is_written() {
    let work = Workdir::new();
    work.write("file", "");
    work.write("taken/lms_v1.zip/inside", "");
    for (args, parts) in [
        (
            "--out new --versions v1 --rows 1 --tables users,pupils",
            ["no table \"pupils\"", "use users, courses, user_assigned_courses"],
        ),
        ("--out new --versions v1,,v2 --rows 1", ["--versions: \"\" is empty", "v1,v2,v3"]),
        ("--out new --versions v1,V1 --rows 1", ["--versions: \"V1\" stands there twice", "v1,v2,v3"]),
        ("--out new --versions v_1 --rows 1", ["--versions: \"v_1\" holds an underscore", "v1,v2,v3"]),
        ("--out new --versions v1 --rows 1 --app a/b", ["--app \"a/b\" holds a character", "such as lms"]),
        (
            "--out new --versions v1 --rows 1 --dirty 1.01",
            ["a rate of 1.01 is not between 0 and 1", "--dirty 0.01"],
        ),
        (
            "--out new --versions v1 --rows 1 --dirty -0.1",
            ["a rate of -0.1 is not between 0 and 1", "--dirty 0.01"],
        ),
        ("--out file --versions v1 --rows 1", ["file: is no folder", "--out"]),
        ("--out taken --versions v1 --rows 1", ["taken/lms_v1.zip: is a folder", "--out"]),
        ("--out file/under --versions v1 --rows 1", ["file/under: cannot write into this folder", "--out"]),
    ] {
        let run = generate(&work, args);
        run.assert_code(2);
        let said = messages(&run);
        assert_eq!(said.len(), 1, "{said:?}");
        says(&said[0], &parts);
    }
    for args in [
        "--out new --versions v1",
        "--out new --rows 1",
        "--versions v1 --rows 1",
        "--out new --versions v1 --rows -1",
    ] {
        generate(&work, args).assert_code(2);
    }
    assert!(!work.join("new").exists());
    assert_eq!(names(work.join("taken/lms_v1.zip")), ["inside"]);
}

#[test]
fn what_cannot_be_written_fails_and_what_was_there_stays() {
    let work = Workdir::new();
    generated(&work, "--out dumps --versions v1 --rows 10");
    let before = files(&work, "dumps");
    // The limit is half of what the dump needs. Its signal is ignored, so that a write fails as on a full disk.
    let mut command = pghaul!(work)
        .args(["generate", "dump", "--out", "dumps", "--versions", "v1", "--rows", "100000"])
        .command();
    let program = command.get_program().to_owned();
    let args: Vec<_> = command.get_args().map(ToOwned::to_owned).collect();
    command = std::process::Command::new("sh");
    command
        .current_dir(work.path())
        .args(["-c", "trap '' XFSZ; ulimit -f 200; exec \"$0\" \"$@\""])
        .arg(program)
        .args(args);
    let output = command.output().unwrap();
    let run = Run::new(&command, output);
    run.assert_code(1);
    let said = messages(&run);
    assert_eq!(said.len(), 1, "{said:?}");
    says(&said[0], &["dumps/lms_v1.zip: ", "File too large", "--out"]);
    run.assert_stdout_has("FAILED").assert_stdout_has("0 dumps made, 1 failed");
    assert_eq!(before, files(&work, "dumps"));
}

#[test]
fn ctrl_c_leaves_no_half_dump() {
    let work = Workdir::new();
    let mut command = pghaul!(work)
        .args(["generate", "dump", "--out", "dumps", "--versions", "v1", "--rows", "100000000"])
        .command();
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let give_up = Instant::now() + Duration::from_secs(60);
    let started = || fs::read_dir(work.join("dumps")).is_ok_and(|mut entries| entries.next().is_some());
    while !started() {
        assert!(Instant::now() < give_up, "no file appeared");
        std::thread::sleep(Duration::from_millis(2));
    }
    let pid = nix::unistd::Pid::from_raw(child.id().try_into().unwrap());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT).unwrap();
    let run = Run::new(&command, child.wait_with_output().unwrap());
    run.assert_code(130);
    assert_eq!(messages(&run).len(), 1);
    assert_eq!(names(work.join("dumps")), [""; 0]);
}

//! What a run of `pghaul ingest` says, where, and how much of it.

use pghaul_test_support::{Case, Outcome, Pghaul, Run, case, pghaul};
use serde_json::Value;

/// A dump with two rows of users and three of orders.
fn two_units() -> Case {
    let case = case!();
    case.dump(
        "crm_v1",
        &[("users", "id:int name:varchar(50)", "1|Ann\n2|Bob\n"), ("orders", "id:int", "1\n2\n3\n")],
    );
    case
}

/// `pghaul ingest dumps` without a report.
fn plain(case: &Case) -> Pghaul {
    pghaul!(case.work).args(["ingest", "dumps", "--db", &case.db.url()])
}

/// A report's text, without the times that differ from run to run.
fn without_times(mut report: Value) -> String {
    let zero = |value: &mut Value| {
        assert!(value.as_f64().is_some_and(|seconds| (0.0..60.0).contains(&seconds)), "{value}");
        *value = 0.into();
    };
    zero(&mut report["seconds"]);
    for unit in report["units"].as_array_mut().unwrap() {
        zero(&mut unit["seconds"]);
    }
    let at: jiff::Timestamp = report["started_at"].as_str().unwrap().parse().unwrap();
    assert!(jiff::Timestamp::now().duration_since(at).as_secs() < 60, "{at}");
    report["started_at"] = "then".into();
    serde_json::to_string_pretty(&report).unwrap()
}

#[test]
fn the_report_has_the_agreed_shape() {
    let case = case!();
    case.dump("crm_v1", &[("users", "id:int name:varchar(50)", "1|Ann\n2|Bob\n")]);
    insta::assert_snapshot!(without_times(case.ends_with(0, "").report), @r#"
    {
      "command": "ingest",
      "status": "ok",
      "started_at": "then",
      "seconds": 0,
      "units": [
        {
          "name": "v1_users",
          "source": "crm_v1.zip/users.dat",
          "mother": "users",
          "schema": "public",
          "status": "loaded",
          "rows_read": 2,
          "rows_loaded": 2,
          "rows_rejected": 0,
          "bytes_read": 20,
          "verified": false,
          "seconds": 0,
          "error": null
        }
      ],
      "totals": {
        "units": 1,
        "loaded": 1,
        "unchanged": 0,
        "failed": 0,
        "refused": 0,
        "not_loaded": 0,
        "rows_read": 2,
        "rows_loaded": 2,
        "rows_rejected": 0,
        "adjusted": 0,
        "bytes_read": 20
      },
      "error": null
    }
    "#);
    insta::assert_snapshot!(without_times(case.ends_with(0, "").report), @r#"
    {
      "command": "ingest",
      "status": "ok",
      "started_at": "then",
      "seconds": 0,
      "units": [
        {
          "name": "v1_users",
          "source": "crm_v1.zip/users.dat",
          "mother": "users",
          "schema": "public",
          "status": "unchanged",
          "rows_read": 0,
          "rows_loaded": 0,
          "rows_rejected": 0,
          "bytes_read": 0,
          "verified": false,
          "seconds": 0,
          "error": null
        }
      ],
      "totals": {
        "units": 1,
        "loaded": 0,
        "unchanged": 1,
        "failed": 0,
        "refused": 0,
        "not_loaded": 0,
        "rows_read": 0,
        "rows_loaded": 0,
        "rows_rejected": 0,
        "adjusted": 0,
        "bytes_read": 0
      },
      "error": null
    }
    "#);
}

#[test]
fn a_failed_unit_has_its_error_in_the_report_and_on_stderr() {
    let case = case!();
    case.dump("crm_v1", &[("good", "id:int", "1\n"), ("bad", "id:int", "1\nx\n")]);
    let outcome = case.ends_with(1, "");
    assert_eq!(outcome.report["status"], "failed");
    let bad = &outcome.units()[0];
    assert_eq!((&bad["name"], &bad["status"]), (&"v1_bad".into(), &"failed".into()));
    assert_eq!(
        (&bad["rows_read"], &bad["rows_loaded"], &bad["bytes_read"]),
        (&0.into(), &0.into(), &0.into())
    );
    let error = bad["error"].as_str().unwrap();
    assert!(error.starts_with("crm_v1.zip/bad.dat, line 3, column id: "), "{error}");
    outcome.run.assert_stderr_has(&format!("error: {error}\n"));
    assert_eq!(case.tables(), "bad good v1_good");
}

#[test]
fn a_refused_run_writes_a_report_too() {
    let case = case!();
    case.work.write("dumps/readme.txt", "nothing to load");
    let outcome = case.ends_with(2, "");
    assert_eq!(
        (&outcome.report["status"], &outcome.report["units"]),
        (&"refused".into(), &Value::Array(vec![]))
    );
    let error = outcome.report["error"].as_str().unwrap();
    assert!(error.contains("holds no dumps"), "{error}");
    outcome.run.assert_stderr_has(error);
}

#[test]
fn a_report_goes_to_a_file_beside_the_summary() {
    let case = two_units();
    let run = plain(&case).args(["--report", "report.json"]).run();
    run.assert_code(0).assert_stdout_has("2 units: 2 loaded, 0 unchanged, 0 failed; 5 rows");
    let report: Value = serde_json::from_str(&case.work.read("report.json")).unwrap();
    assert_eq!(report["totals"]["rows_loaded"], 5);
    let run = plain(&case).args(["--report", "nowhere/report.json"]).run();
    run.assert_code(2).assert_stderr_has("nowhere/report.json: cannot write the report");
}

#[test]
fn the_summary_has_a_line_per_unit() {
    let case = two_units();
    let run = plain(&case).run();
    run.assert_code(0);
    run.assert(run.stderr.is_empty(), "nothing on stderr, which is no terminal");
    assert_eq!(
        words(&run)[..4],
        [
            "unit from into status rows size seconds",
            "v1_orders crm_v1.zip/orders.dat orders loaded 3 9 B",
            "v1_users crm_v1.zip/users.dat users loaded 2 20 B",
            "",
        ]
    );
    run.assert_stdout_has("2 units: 2 loaded, 0 unchanged, 0 failed; 5 rows, 29 B in ");
    let run = plain(&case).run();
    assert_eq!(words(&run)[1], "v1_orders crm_v1.zip/orders.dat orders unchanged - - -");
    run.assert_code(0).assert_stdout_has("2 units: 0 loaded, 2 unchanged, 0 failed; 0 rows, 0 B in ");
}

/// Standard output's lines with single blanks and without seconds.
fn words(run: &Run) -> Vec<String> {
    let is_seconds = |word: &&str| word.parse::<f64>().is_ok() && word.contains('.');
    let line =
        |line: &str| line.split_whitespace().filter(|word| !is_seconds(word)).collect::<Vec<_>>().join(" ");
    run.stdout.lines().map(line).collect()
}

#[test]
fn quiet_is_silent_but_for_errors() {
    let case = two_units();
    let run = plain(&case).args(["-q"]).run();
    run.assert_code(0).assert(run.stdout.is_empty() && run.stderr.is_empty(), "no output at all");
    case.dump("crm_v2", &[("users", "id:int name:varchar(50)", "x|Ann\n")]);
    let run = plain(&case).args(["-q"]).run();
    run.assert_code(1).assert_stderr_has("error: crm_v2.zip/users.dat, line 2, column id: ");
    run.assert(run.stdout.is_empty() && run.stderr.lines().count() == 1, "one line in all");
}

#[test]
fn verbose_shows_what_each_worker_did_and_how_long_each_step_took() {
    let case = two_units();
    let run = plain(&case).args(["-v", "--workers", "2", "--report", "-"]).run();
    run.assert_code(0);
    let outcome = Outcome::of(run);
    for step in ["begins", "created in ", "copied 3 rows in ", "published in ", "analyzed in "] {
        let of_worker =
            |line: &str| line.contains(" s worker-") && line.contains(&format!("] v1_orders: {step}"));
        outcome.run.assert(outcome.run.stderr.lines().any(of_worker), &format!("a worker's line {step:?}"));
    }
    outcome.run.assert_stderr_has(" s main] scanned 2 data files in ");
    outcome.run.assert_stderr_has("CREATE TABLE \"public\".\"users\"");
}

#[test]
fn a_plan_shows_everything_and_changes_nothing() {
    let case = two_units();
    case.dump("crm_v2", &[("users", "id:int email:text", "1|a@b\n")]);
    let before = case.everything();
    let run = plain(&case).args(["--plan"]).run();
    run.assert_code(0);
    insta::assert_snapshot!(run.stdout, @r#"
    -- Units
    -- load      v1_orders from crm_v1.zip/orders.dat (9 bytes, types: mysql)
    -- load      v1_users from crm_v1.zip/users.dat (20 bytes, types: mysql)
    -- load      v2_users from crm_v2.zip/users.dat (15 bytes, types: mysql)

    -- Columns
    -- orders: id integer
    --   v1_orders, the same columns
    -- users: id integer
    --   v1_users, adds name character varying(50)
    --   v2_users, adds email text

    -- Statements
    CREATE TABLE "public"."orders" ("id" integer);
    CREATE TABLE "public"."users" ("id" integer);
    CREATE TABLE "public"."v1_orders" ("id" integer);
    ALTER TABLE "public"."v1_orders" INHERIT "public"."orders";
    CREATE TABLE "public"."v1_users" ("id" integer, "name" character varying(50));
    ALTER TABLE "public"."v1_users" INHERIT "public"."users";
    CREATE TABLE "public"."v2_users" ("id" integer, "email" text);
    ALTER TABLE "public"."v2_users" INHERIT "public"."users";
    "#);
    assert_eq!(case.everything(), before);
    assert_eq!(case.db.one("SELECT to_regnamespace('pghaul') IS NULL"), "t");
    plain(&case).run().assert_code(0);
    let run = plain(&case).args(["--plan"]).run();
    run.assert_code(0)
        .assert_stdout_has("-- unchanged v1_orders from crm_v1.zip/orders.dat (9 bytes, types: mysql)");
    run.assert(!run.stdout.contains("CREATE TABLE"), "no statement when there is nothing to do");
}

#[test]
fn a_full_standard_error_ends_no_run() {
    let case = case!();
    case.dump("crm_v1", &[("users", "id:int", "1\n")]);
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let status = case.ingest("-v").command().stderr(full).status().unwrap();
    assert_eq!((status.code(), case.db.one("SELECT count(*) FROM users")), (Some(0), "1".to_owned()));
}

#[test]
fn a_process_that_may_open_too_few_files_says_so_and_touches_nothing() {
    let case = case!();
    case.dump("crm_v1", &[("users", "id:int", "1\n")]);
    let command = case.ingest("").command();
    let mut limited = std::process::Command::new("sh");
    limited
        .args(["-c", "ulimit -n 8; exec \"$@\"", "sh"])
        .arg(command.get_program())
        .args(command.get_args());
    limited.current_dir(command.get_current_dir().unwrap());
    let output = limited.output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && text.contains("too few files"), "{:?}: {text}", output.status);
    assert_eq!(case.tables(), "");
}

#[test]
fn a_role_with_few_connections_loads_or_says_what_helps() {
    let case = case!();
    // The server is asked about its values, by a connection of its own.
    case.dump("crm_v1", &[("users", "id:int at:datetime", "1|2019-Feb-27\n"), ("groups", "id:int", "1\n")]);
    let role = case.db.role("hunter2");
    case.db.execute(&format!(
        "ALTER DATABASE {} OWNER TO {role}; ALTER SCHEMA public OWNER TO {role}",
        case.db.name()
    ));
    for limit in 1..=3 {
        case.db.execute(&format!("ALTER ROLE {role} CONNECTION LIMIT {limit}"));
        let url = case.db.tcp_url(&role, "hunter2");
        let run = pghaul!(case.work)
            .args(["ingest", "dumps", "--db", &url, "--retries", "0", "--workers", "4", "--force"])
            .run();
        match run.code {
            0 => {}
            1 => {
                run.assert_stderr_has("use fewer --workers");
            }
            _ => panic!("exit code {}: {}", run.code, run.stderr),
        }
    }
}

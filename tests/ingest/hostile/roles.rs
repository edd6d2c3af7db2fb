//! Another role of the database puts code where a run of a superuser would execute it, or a table where a dump would come into it.

use pghaul_test_support::{Case, case, messages, says};

const USERS: (&str, &str, &str) = ("users", "id:int name:varchar(20)", "1|Ann\n2|Bob\n");

/// A database in which the role `app` of this name may create, with functions that make it a superuser if one executes them.
fn attacked() -> (Case, String) {
    let case = case!();
    let app = case.db.role("hunter2");
    case.db.execute(&format!(
        "CREATE SCHEMA app AUTHORIZATION {app}; GRANT CREATE ON SCHEMA public TO {app}; SET ROLE {app};
         CREATE FUNCTION app.g(int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN
             IF (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN
                 ALTER ROLE {app} SUPERUSER;
             END IF;
             RETURN $1; END $$;
         CREATE FUNCTION app.f(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT app.g($1)';
         CREATE FUNCTION app.t() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN PERFORM app.g(1); RETURN new; END $$"
    ));
    case.dump("lms_v1", &[USERS]);
    (case, app)
}

#[track_caller]
fn is_no_superuser(case: &Case, app: &str) {
    assert_eq!(case.db.one(&format!("SELECT rolsuper FROM pg_roles WHERE rolname = '{app}'")), "f");
}

/// A run is refused with these texts, and nothing is touched.
#[track_caller]
fn refused(case: &Case, texts: &[&str]) {
    // No look into a planted table: that would execute what is in it.
    let before = case.tables();
    for flags in ["--plan", ""] {
        let run = match flags {
            "" => case.ingest("-q").run(),
            _ => {
                let db = case.db.url();
                pghaul_test_support::pghaul!(case.work)
                    .args(["ingest", "dumps", "-q", "--plan", "--db", &db])
                    .run()
            }
        };
        run.assert_code(2);
        says(&messages(&run).join("\n"), texts);
    }
    assert_eq!(case.tables(), before);
}

#[test]
fn code_on_a_version_table_of_another_role_is_not_executed() {
    for code in [
        "ALTER TABLE v1_users ADD CHECK (app.f(id) >= 0)",
        "CREATE INDEX ON v1_users (app.f(id))",
        "CREATE INDEX ON v1_users (id) WHERE app.f(id) > 0",
        "ALTER TABLE v1_users ALTER id SET DEFAULT app.f(1)",
        "CREATE TRIGGER t BEFORE INSERT ON v1_users FOR EACH ROW EXECUTE FUNCTION app.t()",
    ] {
        let (case, app) = attacked();
        case.load("");
        case.db.execute(&format!("ALTER TABLE v1_users OWNER TO {app}; SET ROLE {app}; {code}"));
        case.dump("lms_v1", &[("users", USERS.1, "3|Cy\n")]);
        refused(&case, &["table public.v1_users belongs to role", &app, "drop the table", "GRANT"]);
        is_no_superuser(&case, &app);
    }
}

#[test]
fn a_role_is_trusted_that_this_one_is_a_member_of() {
    let (case, app) = attacked();
    case.load("");
    case.db.execute(&format!("ALTER TABLE v1_users OWNER TO {app}; CREATE INDEX ON v1_users (name)"));
    case.dump("lms_v1", &[("users", USERS.1, "3|Cy\n")]);
    let run = case.ingest("-q").run();
    run.assert_code(2);
    let (_, remedy) = run.stderr.split_once("have a superuser run: ").unwrap();
    case.db.execute(remedy);
    case.load("");
    assert_eq!(case.db.one("SELECT string_agg(name, ' ') FROM users"), "Cy");
    assert_eq!(
        case.db.one("SELECT relowner::regrole::text FROM pg_class WHERE oid = 'v1_users'::regclass"),
        app
    );
}

#[test]
fn a_mother_that_another_role_has_planted_gets_no_version() {
    let (case, app) = attacked();
    case.db
        .execute(&format!("SET ROLE {app}; CREATE TABLE users (id int CHECK (app.f(id) >= 0), name text)"));
    refused(&case, &["table public.users belongs to role", &app]);
    case.config("mother_tables: {users: {id: int}}\n");
    refused(&case, &["table public.users belongs to role", &app]);
    is_no_superuser(&case, &app);
}

#[test]
fn a_ledger_that_another_role_has_planted_is_not_used() {
    for table in ["loads", "mothers", "syncs"] {
        let (case, app) = attacked();
        case.db.execute(&format!(
            "CREATE SCHEMA pghaul AUTHORIZATION {app}; SET ROLE {app}; \
             CREATE VIEW pghaul.{table} AS SELECT app.f(1)::text AS schema_name, 'users' AS mother"
        ));
        refused(&case, &["schema pghaul belongs to role", &app, "GRANT"]);
        is_no_superuser(&case, &app);
        let status = pghaul_test_support::pghaul!(case.work).args(["status", "--db", &case.db.url()]).run();
        status.assert_code(if table == "loads" { 2 } else { 0 });
        is_no_superuser(&case, &app);
    }
}

#[test]
fn functions_that_fit_better_than_postgresqls_own_are_not_found() {
    let (case, app) = attacked();
    case.db.execute(&format!(
        "SET ROLE {app};
         CREATE FUNCTION public.has_schema_privilege(name, text) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN
             PERFORM app.g(1); RETURN pg_catalog.has_schema_privilege($1::text, $2); END $$;
         CREATE FUNCTION public.e(varchar, varchar) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN
             PERFORM app.g(1); RETURN pg_catalog.texteq($1::text, $2::text); END $$;
         CREATE OPERATOR public.= (LEFTARG = varchar, RIGHTARG = varchar, FUNCTION = public.e)"
    ));
    case.plan();
    is_no_superuser(&case, &app);
    case.load("--verify");
    is_no_superuser(&case, &app);
}

#[test]
fn a_domain_that_another_role_has_planted_is_no_type_of_a_dump() {
    let (case, app) = attacked();
    case.db.execute(&format!(
        "SET ROLE {app}; CREATE DOMAIN public.mail AS text CHECK (app.f(length(VALUE)) > 0)"
    ));
    case.dump("lms_v1", &[("users", "id:int mail:mail", "1|a@b\n")]);
    refused(&case, &["mail"]);
    case.config("mother_tables: {users: {id: int, mail: mail}}\n");
    case.dump("lms_v1", &[("users", "id:int mail:text", "1|a@b\n")]);
    refused(&case, &["column mail", "type public.mail belongs to role", &app]);
    is_no_superuser(&case, &app);
}

#[test]
fn a_dump_adds_no_rows_to_a_table_of_the_application() {
    let (case, _) = attacked();
    case.db.execute("CREATE TABLE users (id int, name text); INSERT INTO users VALUES (0, 'mine')");
    refused(&case, &["table users: is there, and pghaul did not create it", "mother_tables", "rename it"]);
    assert_eq!(case.db.one("SELECT count(*) FROM users"), "1");
    // Either way out leads out.
    case.config("mother_tables: {users: {id: int}}\n");
    case.load("");
    assert_eq!(case.db.one("SELECT count(*) FROM users"), "3");
    case.config("");
    case.load("--force");
    case.db.execute("DROP TABLE v1_users; ALTER TABLE users RENAME TO people; DELETE FROM pghaul.loads");
    case.load("");
    assert_eq!(
        case.db.one("SELECT (SELECT count(*) FROM users) || ' ' || (SELECT count(*) FROM people)"),
        "2 1"
    );
}

#[test]
fn a_superuser_is_told_once_that_less_would_do() {
    let case = case!();
    case.dump("lms_v1", &[USERS]);
    assert_eq!(case.ingest("--workers 3").run().superuser_notices, 1);
    assert_eq!(case.ingest("-q").run().superuser_notices, 0);
    let role = case.db.role("hunter2");
    case.db.execute(&format!(
        "CREATE SCHEMA lms AUTHORIZATION {role}; DROP SCHEMA pghaul CASCADE; CREATE SCHEMA pghaul AUTHORIZATION {role}; \
         ALTER ROLE {role} SET search_path = lms"
    ));
    let url = case.db.tcp_url(&role, "hunter2");
    let run = pghaul_test_support::pghaul!(case.work).args(["ingest", "dumps", "--db", &url]).run();
    run.assert_code(0);
    assert_eq!(run.superuser_notices, 0);
    assert_eq!(case.db.one("SELECT count(*) FROM lms.users"), "2");
}

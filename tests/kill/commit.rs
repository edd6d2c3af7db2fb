//! Runs that lose their server, or their life, in the moment of a commit: when the rejects have taken their places and the
//! rows have not, and when the rows are there and nobody has said so.

use crate::wait_until_gone;
use nix::sys::signal::Signal;
use pghaul_test_support::{Case, OTHERS, Outcome, Running, Server, ServerOptions, case, names};
use std::sync::OnceLock;

/// What a test holds so that commits wait.
const LOCK: &str = "4711";
const WAITING: &str = "FROM pg_locks JOIN pg_database d ON d.oid = database \
                       WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()";
const REJECTS: &str = "--max-rejects 1";

/// An old load of one row and one reject; a new dump of two rows and one reject; and a commit of the ledger that does
/// `first`, in PL/pgSQL.
fn prepared(case: Case, first: &str) -> Case {
    case.dump("crm_v1", &[("notes", "id:int text:varchar(9)", "1|old\nold|old\n")]);
    case.ends_with(3, REJECTS);
    case.dump("crm_v1", &[("notes", "id:int text:varchar(9)", "1|new\nnew|new\n2|new\n")]);
    case.db.execute(&format!(
        "CREATE FUNCTION first() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {first}; RETURN NULL; END $$; \
         CREATE CONSTRAINT TRIGGER first AFTER INSERT OR UPDATE ON pghaul.loads DEFERRABLE INITIALLY DEFERRED \
         FOR EACH ROW EXECUTE FUNCTION first()"
    ));
    case
}

/// The rows through the mother, what the ledger counts, and which rejects lie there.
fn state(case: &Case) -> String {
    wait_until_gone(&case.db);
    let rows =
        "SELECT concat_ws(' ', count(*), min(text), max(text), (SELECT rows FROM pghaul.loads)) FROM notes";
    let rejects = case.work.read("rejects/v1_notes.dat");
    let reasons = case.work.read("rejects/v1_notes.jsonl");
    let value = rejects.lines().last().unwrap().split('|').next().unwrap();
    assert!(reasons.contains(&format!("\"value\":\"{value}\"")), "{reasons}");
    format!("{}, rejected {value}", case.db.one(rows))
}

const OLD: &str = "1 old old 1, rejected old";
const NEW: &str = "2 new new 2, rejected new";

/// The folder of rejects holds two files, and nothing that is unfinished.
#[track_caller]
fn assert_nothing_is_left_over(case: &Case) {
    assert_eq!(names(case.work.join("rejects")).len(), 2);
    assert_eq!(case.tables(), "notes v1_notes");
}

/// A run that is killed while its commit waits.
fn killed_in_commit() -> (Case, postgres::Client) {
    let case = prepared(case!(), &format!("PERFORM pg_advisory_xact_lock({LOCK})"));
    assert_eq!(state(&case), OLD);
    let mut holder = case.db.client();
    holder.batch_execute(&format!("SELECT pg_advisory_lock({LOCK})")).unwrap();
    let running = Running::start(case.ingest(REJECTS).command());
    case.wait_until(&format!("SELECT count(*) = 1 {WAITING}"));
    running.signal(Signal::SIGKILL);
    running.wait().assert_code(137);
    (case, holder)
}

#[test]
fn killed_before_the_commit_rejects_without_their_rows_are_replaced_by_the_next_run() {
    let (case, mut holder) = killed_in_commit();
    let terminate = format!("SELECT pg_terminate_backend(pid) {WAITING}");
    holder.batch_execute(&terminate).unwrap();
    drop(holder);
    assert_eq!(state(&case), "1 old old 1, rejected new");
    case.dump("crm_v1", &[("notes", "id:int text:varchar(9)", "1|newer\nnewer|newer\n")]);
    case.ends_with(3, REJECTS);
    assert_eq!(state(&case), "1 newer newer 1, rejected newer");
    assert_nothing_is_left_over(&case);
}

#[test]
fn killed_in_the_commit_the_server_may_complete_it_and_the_next_run_has_nothing_to_do() {
    let (case, holder) = killed_in_commit();
    drop(holder);
    assert_eq!(state(&case), NEW);
    assert_eq!(case.load(REJECTS)["v1_notes"], "unchanged");
    assert_nothing_is_left_over(&case);
}

/// A server on which a commit waits for ever after it has happened, where `first` asks for it.
fn server_without_answers() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        let settings =
            ["synchronous_standby_names = 'nobody'", "synchronous_commit = local"].map(str::to_owned);
        Server::start(ServerOptions { settings: settings.into(), ..Default::default() })
    })
}

/// A run whose rows are committed, and which does not know it yet.
fn committed_without_an_answer(args: &str) -> (Case, Running) {
    let case = Case::on(server_without_answers(), env!("CARGO_BIN_EXE_pghaul"));
    let case = prepared(case, "PERFORM set_config('synchronous_commit', 'on', true)");
    let running = Running::start(case.ingest(&format!("{REJECTS} {args}")).command());
    case.wait_until(&format!("SELECT count(*) = 1 FROM {OTHERS} AND wait_event = 'SyncRep'"));
    (case, running)
}

/// Ends the connection that waits.
fn terminate(case: &Case) {
    let terminated =
        format!("SELECT count(pg_terminate_backend(pid)) FROM {OTHERS} AND wait_event = 'SyncRep'");
    assert_eq!(case.db.one(&terminated), "1");
}

#[test]
fn a_commit_whose_answer_is_lost_is_a_load_with_its_rejects() {
    answer_is_lost("");
}

#[test]
fn a_mother_made_anew_whose_commit_is_not_answered_is_reported_as_loaded() {
    answer_is_lost("--mothers recreate");
}

fn answer_is_lost(args: &str) {
    let (case, running) = committed_without_an_answer(args);
    terminate(&case);
    let run = running.wait();
    run.assert_code(3)
        .assert_stderr_has("trying again in ")
        .assert_stderr_has("1 row rejected, see rejects/");
    let outcome = Outcome::of(run);
    let unit = &outcome.units()[0];
    assert_eq!((&unit["status"], &unit["rows_loaded"]), (&"loaded".into(), &2.into()), "{unit}");
    assert_eq!((&unit["rows_read"], &unit["rows_rejected"]), (&3.into(), &1.into()), "{unit}");
    assert_eq!(state(&case), NEW);
    assert_nothing_is_left_over(&case);
}

#[test]
fn without_a_retry_a_lost_answer_is_a_failure_and_the_next_run_has_nothing_to_do() {
    let (case, running) = committed_without_an_answer("--retries 0");
    terminate(&case);
    running.wait().assert_code(1).assert_stderr_has("run again to load what is missing");
    assert_eq!(state(&case), NEW);
    assert_eq!(case.load(REJECTS)["v1_notes"], "unchanged");
    assert_nothing_is_left_over(&case);
}

#[test]
fn killed_before_the_answer_the_rows_are_there() {
    let (case, running) = committed_without_an_answer("");
    running.signal(Signal::SIGKILL);
    running.wait().assert_code(137);
    terminate(&case);
    assert_eq!(state(&case), NEW);
    assert_eq!(case.load(REJECTS)["v1_notes"], "unchanged");
    assert_nothing_is_left_over(&case);
}

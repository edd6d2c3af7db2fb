//! A job with a mock API, a database and a folder of its own.

use pghaul_mock_api::{MockApi, Options};
use pghaul_test_support::{Database, Pghaul, Run, Workdir, messages, pghaul, server};

/// One job, `fetch.job`.
pub struct Job {
    pub api: MockApi,
    pub db: Database<'static>,
    pub work: Workdir,
}

/// What a job has in common with most others: numbered requests, and rows of objects with an `id`.
pub const IDS: &str = "rows: '.[]'\n    into: {table: t, mode: append, columns: {id: bigint}}";

impl Job {
    pub fn new(options: Options) -> Job {
        Job { api: MockApi::start(0, options).unwrap(), db: server().database(), work: Workdir::new() }
    }

    /// Writes `config.yml` with these keys of the job, in which `BASE` is the API, and `requests.ndjson`.
    pub fn config(&self, requests: &str, keys: &str) {
        self.work.write("requests.ndjson", requests);
        let keys = keys.replace("BASE", self.api.base());
        self.work.write(
            "config.yml",
            format!("fetch:\n  job:\n    requests: {{file: requests.ndjson}}\n    {keys}\n"),
        );
    }

    /// One request to this path, whose rows are objects with an `id`.
    pub fn one(&self, path: &str, keys: &str) {
        self.config("{}\n", &format!("url: 'BASE{path}'\n    {IDS}\n    {keys}"));
    }

    pub fn command(&self, args: &[&str]) -> Pghaul {
        self.command_for("job", args)
    }

    pub fn command_for(&self, job: &str, args: &[&str]) -> Pghaul {
        let mut pghaul = pghaul!(self.work).args(["fetch", job, "--db", &self.db.url()]).args(args);
        for name in [
            "HTTPS_PROXY",
            "https_proxy",
            "ALL_PROXY",
            "all_proxy",
            "http_proxy",
            "NO_PROXY",
            "SSL_CERT_FILE",
        ] {
            pghaul = pghaul.env(name, "");
        }
        pghaul
    }

    #[track_caller]
    pub fn run(&self, args: &[&str], code: i32) -> Run {
        let run = self.command(args).run();
        run.assert_code(code);
        run
    }

    /// Runs it; it must end so, with one message at least; gives them all.
    #[track_caller]
    pub fn fails(&self, args: &[&str], code: i32) -> String {
        messages(&self.run(&[&["-q"], args].concat(), code)).join("\n")
    }

    /// The numbers in a column of `t`, in order.
    pub fn ids(&self) -> String {
        self.db.one("SELECT coalesce(string_agg(id::text, ' ' ORDER BY id), '') FROM t")
    }
}

/// So many requests to `/small/…`, with one row each.
pub fn numbered(count: u64) -> String {
    (1..=count).map(|id| format!("{{\"id\": {id}}}\n")).collect()
}

/// The keys of a job whose requests are [`numbered`]: each gives its number.
pub fn small(more: &str) -> String {
    format!("url: 'BASE/small/{{id}}'\n    rows: '.[] | [.]'\n    {more}")
}

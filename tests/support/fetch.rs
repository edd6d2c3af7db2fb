//! `pghaul fetch` with a mock API, a database and a folder of its own.

use crate::{Database, Pghaul, Run, Workdir, messages, server};
use pghaul_mock_api::{MockApi, Options};

/// What a job has in common with most others: rows of objects with an `id`.
pub const IDS: &str = "rows: '.[]'\n    into: {table: t, mode: append, columns: {id: bigint}}";

/// An API, and the database that one job, `fetch.job`, brings its rows into; see [`crate::fetch!`].
pub struct Fetch {
    binary: &'static str,
    /// What is asked.
    pub api: MockApi,
    /// The target database.
    pub db: Database<'static>,
    /// The current folder of the runs.
    pub work: Workdir,
}

impl Fetch {
    /// For the binary at this path, with an API of this kind.
    pub fn new(binary: &'static str, options: Options) -> Fetch {
        let api = MockApi::start(0, options).expect("start the API");
        Fetch { binary, api, db: server().database(), work: Workdir::new() }
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

    /// `pghaul fetch job --db …` with these arguments besides.
    pub fn command(&self, args: &[&str]) -> Pghaul {
        self.command_for("job", args)
    }

    /// The same for another job.
    pub fn command_for(&self, job: &str, args: &[&str]) -> Pghaul {
        let mut pghaul =
            Pghaul::new(self.binary, &self.work).args(["fetch", job, "--db", &self.db.url()]).args(args);
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

    /// Runs it; it must end with this exit code.
    #[track_caller]
    pub fn run(&self, args: &[&str], code: i32) -> Run {
        let run = self.command(args).run();
        run.assert_code(code);
        run
    }

    /// Runs it; it must end with this exit code, with one message at least; gives them all.
    #[track_caller]
    pub fn fails(&self, args: &[&str], code: i32) -> String {
        messages(&self.run(&[&["-q"], args].concat(), code)).join("\n")
    }

    /// The numbers in the column `id` of `t`, in order.
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

//! Secrets stay secret: canaries in every place where a secret may stand × every form in which a server may give it back × every
//! output. None may be found.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod api;
mod cache;
mod dumps;
mod forms;
mod hostile;
mod postgres;
mod serve;
mod sync;

use forms::{forms, found};
use pghaul_test_support::{Database, Pghaul, Run, Workdir, server};
use std::fs;
use std::path::Path;

/// A canary: what a URL, a shell, JSON, base64 or a regular expression writes otherwise is in it.
fn canary(name: &str) -> String {
    format!("q9/{name}\"x k+&=Z~%7é")
}

/// A canary that may stand in a header.
fn ascii_canary(name: &str) -> String {
    match name {
        // It stands in a URL as it is.
        "query" => "q9-query.x~k_Z7".to_owned(),
        _ => format!("q9/{name}\"x k+&=Z~%7"),
    }
}

fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// Some secrets, a folder, a database, and what was found in the outputs of all runs.
struct Matrix {
    work: Workdir,
    db: Database<'static>,
    secrets: Vec<(&'static str, String)>,
    /// Files of the test, which hold secrets.
    inputs: Vec<String>,
    found: Vec<String>,
    runs: usize,
}

impl Matrix {
    fn new(secrets: &[&'static str], canary: impl Fn(&str) -> String) -> Matrix {
        let secrets = secrets.iter().map(|name| (*name, canary(name))).collect();
        let (work, db) = (Workdir::new(), server().database());
        Matrix { work, db, secrets, inputs: Vec::new(), found: Vec::new(), runs: 0 }
    }

    fn secret(&self, name: &str) -> &str {
        &self.secrets.iter().find(|(known, _)| *known == name).unwrap().1
    }

    /// All forms of all secrets.
    fn all_forms(&self) -> Vec<String> {
        self.secrets.iter().flat_map(|(_, value)| forms(value)).map(|(_, form)| form).collect()
    }

    fn write(&mut self, name: &str, content: impl AsRef<[u8]>) {
        self.work.write(name, content);
        self.inputs.push(name.to_owned());
    }

    fn pghaul(&self, args: &str) -> Pghaul {
        Pghaul::new(env!("CARGO_BIN_EXE_pghaul"), &self.work).args(args.split_whitespace())
    }

    /// Runs it, and looks for the secrets in all that it has written: standard output and error, files, the ledger.
    fn look(&mut self, what: &str, command: Pghaul) -> Run {
        let run = command.run();
        self.runs += 1;
        let mut outputs = vec![("stdout", run.stdout.clone()), ("stderr", run.stderr.clone())];
        outputs.extend(run.database.clone().map(|line| ("the first line", line)));
        let mut files = Vec::new();
        self.files(self.work.path(), &mut files);
        outputs.extend(files.into_iter().map(|text| ("a file", text)));
        let tables = self.db.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'pghaul'");
        for table in tables.into_iter().flatten().flatten() {
            let rows = self.db.rows(&format!("SELECT t::text FROM pghaul.{table} t"));
            outputs.extend(rows.into_iter().flatten().flatten().map(|row| ("the ledger", row)));
        }
        self.judge(what, outputs);
        run
    }

    /// Looks for the secrets in these outputs.
    fn judge(&mut self, what: &str, outputs: Vec<(&str, String)>) {
        for (output, text) in outputs {
            self.found
                .extend(found(&text, &self.secrets).iter().map(|found| format!("{what}, {output}: {found}")));
        }
    }

    fn files(&self, folder: &Path, texts: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            let name = path.strip_prefix(self.work.path()).unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                self.files(&path, texts);
            } else if !self.inputs.contains(&name) {
                texts.push(String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned());
            }
        }
    }

    #[track_caller]
    fn conclude(self, at_least: usize) {
        assert!(self.runs >= at_least, "{} runs", self.runs);
        assert!(
            self.found.is_empty(),
            "{} found in {} runs:\n{}",
            self.found.len(),
            self.runs,
            self.found.join("\n")
        );
    }
}

//! A key of the configuration: its description, and how `config show` shows its value.

use crate::config::Config;

/// The description of a key.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// The keys that lead to it. A part in capitals stands for a name that people choose, `[]` for each element of a
    /// list: `fetch.JOB.url`, `xport_cfg.dialects[].match`.
    pub path: &'static str,
    /// What it means: Markdown, with links that are relative to `docs/`.
    pub meaning: &'static str,
    /// The value that counts if the file lacks it.
    pub default: Default,
    /// The flag that takes precedence over the file.
    pub flag: Option<&'static str>,
    /// An environment variable for the value.
    pub variable: Option<Variable>,
    /// Whether it may be shown.
    pub secrecy: Secrecy,
}

/// The value that counts if the file lacks a key.
#[derive(Debug, Clone, Copy)]
pub enum Default {
    /// The value that `config show` shows, or none.
    Shown,
    /// A constant of the job, which `config show` does not show.
    Constant(fn() -> String),
    /// Words (Markdown): it depends on the machine or on other keys, or is no value.
    Words(&'static str),
}

/// Whether a value may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secrecy {
    /// It is no secret.
    Open,
    /// The value is a secret, or may hold one.
    Secret,
    /// The file says only where the secret is: `{env: NAME}` or `{file: PATH}`.
    Elsewhere,
}

/// An environment variable for the value of a key.
#[derive(Debug, Clone, Copy)]
pub enum Variable {
    /// It takes precedence over the file.
    First(&'static str),
    /// It counts if the file lacks the key.
    Fallback(&'static str),
}

/// A key with the way to its value, for a job whose settings are `S`.
pub struct Entry<S> {
    /// The key.
    pub key: Key,
    value: Value<S>,
}

/// The way to the value that counts, from the file or by default. It is never a secret.
enum Value<S> {
    /// The text of the file is shown as it is written.
    AsWritten,
    /// The job's settings have it.
    Resolved(fn(&S) -> String),
    /// There is none without the file.
    Optional(fn(&S) -> Option<String>),
    /// The job's settings keep it in another form, so it is taken from the file.
    OfFile(fn(&Config) -> Option<String>),
}

/// A key without a default, whose value is shown as it is written.
pub const fn key<S>(path: &'static str, meaning: &'static str) -> Entry<S> {
    let key =
        Key { path, meaning, default: Default::Shown, flag: None, variable: None, secrecy: Secrecy::Open };
    Entry { key, value: Value::AsWritten }
}

impl<S> Entry<S> {
    /// Shows the value that the job has made of file and default.
    pub const fn value(self, value: fn(&S) -> String) -> Entry<S> {
        Entry { key: self.key, value: Value::Resolved(value) }
    }

    /// Shows the value that the job has made of the file, if any.
    pub const fn optional(self, value: fn(&S) -> Option<String>) -> Entry<S> {
        Entry { key: self.key, value: Value::Optional(value) }
    }

    /// Shows the text of the file, or the default.
    pub const fn of_file(self, value: fn(&Config) -> Option<String>) -> Entry<S> {
        Entry { key: self.key, value: Value::OfFile(value) }
    }

    /// Says the default in words.
    pub const fn default(mut self, words: &'static str) -> Entry<S> {
        self.key.default = Default::Words(words);
        self
    }

    /// Names the constant that is the default.
    pub const fn constant(mut self, constant: fn() -> String) -> Entry<S> {
        self.key.default = Default::Constant(constant);
        self
    }

    /// Names the flag that takes precedence over the file.
    pub const fn flag(mut self, flag: &'static str) -> Entry<S> {
        self.key.flag = Some(flag);
        self
    }

    /// Names the environment variable for the value.
    pub const fn variable(mut self, variable: Variable) -> Entry<S> {
        self.key.variable = Some(variable);
        self
    }

    /// Says that the value is a secret, or may hold one.
    pub const fn secret(mut self) -> Entry<S> {
        self.key.secrecy = Secrecy::Secret;
        self
    }

    /// Says that the file only has the place of a secret.
    pub const fn secret_elsewhere(mut self) -> Entry<S> {
        self.key.secrecy = Secrecy::Elsewhere;
        self
    }

    /// The value that counts; none if it is shown as it is written, or is missing.
    pub fn shown(&self, settings: &S, config: &Config) -> Option<String> {
        match self.value {
            Value::AsWritten => None,
            Value::Resolved(value) => Some(value(settings)),
            Value::Optional(value) => value(settings),
            Value::OfFile(value) => value(config),
        }
    }
}

impl Key {
    /// Whether this is the key of a path, or a key above it.
    pub fn leads_to(&self, path: &str) -> bool {
        let parts = |path: &'static str| path.split('.').collect::<Vec<_>>();
        leads(&parts(self.path), &path.split('.').collect::<Vec<_>>())
    }
}

/// A name that people choose may hold dots itself, so it stands for any number of parts.
fn leads(pattern: &[&str], path: &[&str]) -> bool {
    let is_name = |part: &str| part.bytes().all(|byte| byte.is_ascii_uppercase());
    let without_index = |part: &str| part.split('[').next().unwrap_or_default().to_owned();
    match (pattern, path) {
        ([], _) => true,
        ([name, rest @ ..], path) if is_name(name) => {
            (1..=path.len()).any(|count| leads(rest, &path[count..]))
        }
        ([part, rest @ ..], [first, others @ ..]) => {
            without_index(part) == without_index(first) && leads(rest, others)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_indexes_are_those_of_any_file() {
        let leads = |pattern, path| key::<()>(pattern, "").key.leads_to(path);
        assert!(leads("fetch.JOB.headers", "fetch.users.headers.X-Key"));
        assert!(leads("fetch.JOB.headers", "fetch.of.users.headers"));
        assert!(leads("xport_cfg.dialects[].match", "xport_cfg.dialects[3].match"));
        assert!(!leads("xport_cfg.dialects[].match", "xport_cfg.dialects[3].types"));
        assert!(!leads("fetch.JOB.headers", "fetch.headers"));
        assert!(!leads("max_workers", "max_workers_"));
    }
}

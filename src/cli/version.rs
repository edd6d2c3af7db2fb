//! The text of `pghaul --version`: the commit of the binary, and how it was built.

use std::sync::LazyLock;

/// The number of the version.
pub const NUMBER: &str = env!("CARGO_PKG_VERSION");

/// The commit, in full; none in a binary that was built outside of a repository.
const COMMIT: Option<&str> = option_env!("PGHAUL_BUILD_COMMIT");
/// Its day.
const DATE: Option<&str> = option_env!("PGHAUL_BUILD_COMMIT_DATE");
/// Whether the sources differed from the commit: `yes`, or `unknown` where there was no git to compare them; none if not.
const CHANGED: Option<&str> = option_env!("PGHAUL_BUILD_CHANGED");
/// Letters of a commit in `-V`.
const SHORT_COMMIT: usize = 9;

/// Features of this binary, with the libraries behind them.
const FEATURES: [&str; 7] =
    ["TLS (rustls, ring)", "zip (zlib-rs)", "AES", "OpenPGP", "jq (jaq)", "Redis", "embedded server"];

static SHORT: LazyLock<String> = LazyLock::new(|| format!("{NUMBER}{}", in_brackets()));
static LONG: LazyLock<String> = LazyLock::new(|| {
    let mut lines = vec![SHORT.clone()];
    let commit = COMMIT.map(|commit| match CHANGED {
        Some("yes") => format!("{commit}, and changes that are not committed"),
        Some(_) => format!("{commit}, perhaps with changes: it was built without git"),
        None => commit.to_owned(),
    });
    let build = [
        option_env!("PGHAUL_BUILD_PROFILE"),
        option_env!("PGHAUL_BUILD_TARGET"),
        option_env!("PGHAUL_BUILD_RUSTC"),
    ];
    for (name, value) in [
        ("commit", commit),
        ("date", DATE.map(str::to_owned)),
        ("build", Some(build.into_iter().flatten().collect::<Vec<_>>().join(", "))),
        ("features", Some(FEATURES.join(", "))),
        ("processor", Some(processor())),
    ] {
        lines.extend(value.filter(|value| !value.is_empty()).map(|value| format!("{name}: {value}")));
    }
    lines.join("\n")
});

/// For `-V`: `0.1.0 (4d068ab12 2026-11-21)`.
pub fn short() -> &'static str {
    &SHORT
}

/// For `--version`: lines for a bug report.
pub fn long() -> &'static str {
    &LONG
}

/// The day of the commit, `YYYY-MM-DD`, where it is known.
pub fn date() -> Option<&'static str> {
    DATE
}

fn in_brackets() -> String {
    let commit = COMMIT.map(|commit| commit.get(..SHORT_COMMIT).unwrap_or(commit));
    let changed = if CHANGED == Some("yes") { "+changes" } else { "" };
    match (commit, DATE) {
        (Some(commit), Some(date)) => format!(" ({commit}{changed} {date})"),
        (Some(commit), None) => format!(" ({commit}{changed})"),
        _ => String::new(),
    }
}

/// The features of the processor that make inflating and encryption fast.
#[cfg(target_arch = "x86_64")]
fn processor() -> String {
    let found = [
        ("sse4.2", std::arch::is_x86_feature_detected!("sse4.2")),
        ("avx2", std::arch::is_x86_feature_detected!("avx2")),
        ("bmi2", std::arch::is_x86_feature_detected!("bmi2")),
        ("aes", std::arch::is_x86_feature_detected!("aes")),
    ];
    let names: Vec<&str> = found.iter().filter(|(_, is_there)| *is_there).map(|(name, _)| *name).collect();
    if names.is_empty() { "sse2".to_owned() } else { names.join(", ") }
}

#[cfg(not(target_arch = "x86_64"))]
fn processor() -> String {
    std::env::consts::ARCH.to_owned()
}

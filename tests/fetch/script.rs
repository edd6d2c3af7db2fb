//! An API whose answers a test writes itself.

use pghaul_mock_api::{Answer, Options, Request, Script};
use pghaul_test_support::fetch;
use pghaul_test_support::fetch::Fetch;

/// A job whose API answers so.
pub fn scripted(answer: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Fetch {
    fetch!(Options { script: Some(Script::new(answer)), ..Options::default() })
}

/// Writes a job of one request with these keys.
pub fn configure(job: &Fetch, keys: &str, mode: &str) {
    let into = format!("into: {{table: t, mode: {mode}, columns: {{id: bigint}}}}");
    job.config("{}\n", &format!("url: 'BASE/x'\n    {keys}\n    retries: 0\n    {into}"));
}

/// Objects with these ids, as JSON.
pub fn list(ids: impl IntoIterator<Item = u64>) -> String {
    let items: Vec<String> = ids.into_iter().map(|id| format!("{{\"id\": {id}}}")).collect();
    format!("[{}]", items.join(", "))
}

/// The ids that a job loads from this API, or the message with which it fails.
pub fn outcome(
    keys: &str,
    answer: impl Fn(&Request) -> Answer + Send + Sync + 'static,
) -> Result<String, String> {
    let job = scripted(answer);
    configure(&job, keys, "append");
    let run = job.command(&["-q"]).run();
    match run.code {
        0 => Ok(job.ids()),
        1 => Err(run.stderr.clone()),
        _ => panic!("{run:?}"),
    }
}

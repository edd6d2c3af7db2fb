//! How fast responses become rows: the job of `scripts/demo fetch`, on one core, without network and database.
//!
//! `cargo bench --bench shape` prints megabytes (10^6 bytes) of JSON per second.

use pghaul::config::Config;
use pghaul::copy::encode::CopyColumn;
use pghaul::copy::values::batch::ValueColumns;
use pghaul::fetch::api::client::Response;
use pghaul::fetch::requests::Request;
use pghaul::fetch::requests::maker::Maker;
use pghaul::fetch::response::shape::{Meaning, Shaper};
use pghaul::fetch::settings::{RunRequest, Settings};
use pghaul_mock_api::{answer, character_id, request_line};
use std::path::Path;
use std::time::Instant;
use ureq::http::{HeaderMap, StatusCode};

/// Characters whose responses are shaped in each round.
const CHARACTERS: u64 = 40;
const ROUNDS: usize = 7;

fn main() -> pghaul::Result<()> {
    // The job's file of requests is made by the demo; here, the requests are.
    let folder = tempfile::tempdir()?;
    let file = include_str!("../fixtures/fetch/config.yml")
        .replace("${DEMO_API}", "http://localhost:1")
        .replace("${DEMO_API_KEY}", "demo");
    std::fs::write(folder.path().join("config.yml"), file)?;
    std::fs::write(folder.path().join("characters.ndjson"), "")?;
    let config = Config::load(Some(Path::new(&folder.path().join("config.yml"))))?;
    let request = RunRequest { job: "activity_stats".to_owned(), ..RunRequest::default() };
    let settings = Settings::resolve(request, &config)?;
    let columns: Vec<CopyColumn> = ["integer", "integer", "integer", "bigint", "bigint", "text", "jsonb"]
        .into_iter()
        .enumerate()
        .map(|(number, type_name)| CopyColumn::new(number.to_string(), type_name))
        .collect();
    let mut shaper = Shaper::new(settings.response_rules(), ValueColumns::new(&columns))?;
    let responses: Vec<(Request, Response)> = (0..CHARACTERS).map(|number| pair(&settings, number)).collect();
    let bytes: usize = responses.iter().map(|(_, response)| response.body.len()).sum();
    let mut best = f64::MAX;
    for _ in 0..ROUNDS {
        let started = Instant::now();
        let mut rows = 0;
        for (request, response) in &responses {
            match shaper.meaning(request, response) {
                Meaning::Rows { batch, .. } => rows += batch.rows(),
                Meaning::Again { why, .. } | Meaning::Failed(why) => return Err(pghaul::Error::failed(why)),
            }
        }
        assert!(rows as u64 >= CHARACTERS * 1220, "{rows} rows");
        best = best.min(started.elapsed().as_secs_f64());
    }
    println!("{:.1} MB/s", bytes as f64 / 1e6 / best);
    Ok(())
}

fn pair(settings: &Settings, number: u64) -> (Request, Response) {
    let request = Maker::new(settings.request_rules(None)).request(&request_line(number)).expect("a request");
    let response = Response {
        status: StatusCode::OK,
        headers: HeaderMap::new(),
        url: "http://localhost:1/".to_owned(),
        body: answer(character_id(number)).into_bytes(),
        share: None,
    };
    (request, response)
}

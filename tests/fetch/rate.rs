//! The limit is kept to, as the server counts, and nearly reached; and the server's own requests to slow down are heard.

use pghaul_mock_api::{Options, Throttle};
use pghaul_test_support::Running;
use pghaul_test_support::fetch;
use pghaul_test_support::fetch::{numbered, small};
use std::time::{Duration, Instant};

const INTO: &str = "into: {table: t, mode: append, columns: {id: bigint}}\n    concurrency: 8\n    ";

fn limited(throttle: Throttle) -> Options {
    Options {
        latency: Duration::from_millis(100),
        limit: Some((10, Duration::from_secs(1))),
        throttle,
        ..Options::default()
    }
}

#[test]
fn no_window_of_the_servers_ever_holds_more_and_each_is_full() {
    for (strict, least_seconds) in [("", 4.0), (", strict: true", 4.4)] {
        let job = fetch!(limited(Throttle::Status));
        job.config(
            &numbered(45),
            &small(&format!("{INTO}rate: {{requests: 5, per: 500ms, window: 1s{strict}}}")),
        );
        let started = Instant::now();
        job.run(&[], 0);
        let seconds = started.elapsed().as_secs_f64();
        let (requests, violations, most) = job.api.window();
        assert_eq!((requests, violations, most), (45, 0, 10));
        assert!(seconds > least_seconds, "{seconds}");
        assert_eq!(job.db.one("SELECT count(DISTINCT id) FROM t"), "45");
    }
}

#[test]
fn when_the_server_says_slow_down_everybody_does() {
    for throttle in [Throttle::Status, Throttle::Body] {
        let job = fetch!(limited(throttle));
        // Without a rate of its own.
        let filters = "rows: '.[] | [.]'\n    success: 'type == \"array\"'\n    wait: '.ThrottleSeconds?'";
        job.config(
            &numbered(30),
            &small(&format!("{INTO}retries: 10")).replace("rows: '.[] | [.]'", filters),
        );
        job.run(&[], 0);
        assert_eq!(job.db.one("SELECT count(DISTINCT id) || ' ' || count(*) FROM t"), "30 30");
        let (requests, violations, _) = job.api.window();
        assert_eq!(requests, 30 + violations);
        // Those that were under way when the first one was refused, each time.
        assert!((1..=30).contains(&violations), "{throttle:?}: {violations}");
    }
}

#[test]
fn three_processes_that_share_a_limit_keep_it_together() {
    let window = Duration::from_millis(1000);
    let job = fetch!(Options { limit: Some((20, window)), ..Options::default() });
    let share = "rate: {requests: 20, per: 1s, share: key of x}\n    into: {table: NAME, mode: append, columns: {id: bigint}}";
    job.config(&numbered(30), &small(&share.replace("NAME", "a")));
    let one = job.work.read("config.yml");
    let [b, c] = ["b", "c"].map(|name| {
        one.replace("fetch:\n  job:", &format!("  {name}:")).replace("table: a", &format!("table: {name}"))
    });
    job.work.write("config.yml", one + &b + &c);
    let begun = Instant::now();
    let runs: Vec<Running> =
        ["job", "b", "c"].iter().map(|name| Running::start(job.command_for(name, &[]).command())).collect();
    for run in runs {
        run.wait().assert_code(0);
    }
    let (requests, violations, most) = job.api.window();
    assert_eq!((requests, violations), (90, 0), "at most {most}");
    // 90 requests take four windows and a bit; the database costs something, too.
    assert!(begun.elapsed() < 8 * window, "{:?}", begun.elapsed());
    assert_eq!(
        job.db.one("SELECT (SELECT count(*) FROM a) + (SELECT count(*) FROM b) + (SELECT count(*) FROM c)"),
        "90"
    );
    // What a killed process has begun counts until its time is over, and no longer.
    job.db.execute("INSERT INTO pghaul.fetch_turns (share, started_at) SELECT 'key of x', now() - interval '1 hour' FROM generate_series(1, 30)");
    job.command_for("b", &[]).run().assert_code(0);
    assert_eq!(job.api.window().1, 0);
}

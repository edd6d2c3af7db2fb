//! The mock API as a program: prints its URL, and serves until its standard input ends.

use pghaul_mock_api::{CHARACTERS, MockApi, Options, Throttle, request_line};
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

const USAGE: &str = "usage: pghaul-mock-api [--listen ADDRESS:PORT] [--latency-ms N] [--limit N] [--window-ms N] [--throttle status|body] [--gzip]
       pghaul-mock-api --requests     print the request objects of the demo, one per line";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments == ["--requests"] {
        let lines: Vec<String> = (0..CHARACTERS).map(|number| request_line(number) + "\n").collect();
        // Nobody reads it: there is nothing else to do.
        let _ = std::io::stdout().write_all(lines.concat().as_bytes());
        return ExitCode::SUCCESS;
    }
    let Some((address, options)) = options(&arguments) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match MockApi::listen(address, options) {
        Err(error) => {
            eprintln!("error: cannot listen: {error}");
            ExitCode::FAILURE
        }
        Ok(api) => {
            println!("{}", api.base());
            let _ = std::io::stdin().read_to_end(&mut Vec::new());
            let (requests, violations, most) = api.window();
            println!("{requests} requests, {violations} violations, at most {most} in a window");
            if let Some((first, last)) = api.times() {
                println!("first request at {first:.3}, last answer at {last:.3}");
            }
            ExitCode::SUCCESS
        }
    }
}

fn options(arguments: &[String]) -> Option<(SocketAddr, Options)> {
    let (mut address, mut options) = (SocketAddr::from(([127, 0, 0, 1], 0)), Options::default());
    let (mut limit, mut window) = (None, 10_000);
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let mut number = || arguments.next()?.parse::<u64>().ok();
        match argument.as_str() {
            "--listen" => address = arguments.next()?.parse().ok()?,
            "--latency-ms" => options.latency = Duration::from_millis(number()?),
            "--limit" => limit = Some(usize::try_from(number()?).ok()?),
            "--window-ms" => window = number()?,
            "--throttle" => {
                options.throttle = match arguments.next()?.as_str() {
                    "status" => Throttle::Status,
                    "body" => Throttle::Body,
                    _ => return None,
                }
            }
            "--gzip" => options.gzip = true,
            _ => return None,
        }
    }
    options.limit = limit.map(|limit| (limit, Duration::from_millis(window)));
    Some((address, options))
}

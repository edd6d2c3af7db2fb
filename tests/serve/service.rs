//! A running service.

use crate::client::{Answer, send};
use nix::sys::signal::Signal;
use pghaul_test_support::{Case, Pghaul, Run, Running};
use std::time::{Duration, Instant};

/// A running service, with the database behind it.
pub struct Service {
    pub case: Case,
    pub port: u16,
    running: Option<Running>,
}

/// What to start it with.
pub struct Options<'o> {
    /// `serve:` of the configuration, without `tables`.
    pub settings: &'o str,
    /// Environment variables.
    pub env: &'o [(&'o str, &'o str)],
}

/// The token of tests that need one.
pub const TOKEN: &str = "hunter2-hunter2-hunter2";

impl Service {
    /// Starts a service for these tables, without a limit for clients.
    #[track_caller]
    pub fn start(case: Case, tables: &str) -> Service {
        Service::with(case, tables, Options { settings: "rate: {requests: 0}", env: &[] })
    }

    /// Starts a service with other settings.
    #[track_caller]
    pub fn with(case: Case, tables: &str, options: Options<'_>) -> Service {
        configure(&case, tables, options.settings);
        let mut command = command(&case).args(["--listen", "127.0.0.1:0"]);
        for (name, value) in options.env {
            command = command.env(name, value);
        }
        let mut running = Running::start(command.command());
        let line = running.read_lines_and_close(1).pop();
        let port = line.as_deref().and_then(|line| line.rsplit_once(':')?.1.parse().ok());
        let Some(port) = port else { panic!("no address: {line:?}, {:?}", running.wait()) };
        Service { case, port, running: Some(running) }
    }

    /// Sends a request without a body: `GET /users/`.
    #[track_caller]
    pub fn ask(&self, head: &str) -> Answer {
        self.send(head, &[], None)
    }

    /// Sends a request with a JSON body.
    #[track_caller]
    pub fn tell(&self, head: &str, body: &str) -> Answer {
        self.send(head, &[], Some(body))
    }

    /// Sends a request.
    #[track_caller]
    pub fn send(&self, head: &str, headers: &[(&str, &str)], body: Option<&str>) -> Answer {
        send(self.port, head, headers, body).unwrap_or_else(|error| panic!("{head}: {error}"))
    }

    /// The process.
    pub fn process(&mut self) -> &mut Running {
        self.running.as_mut().expect("it runs until the end of the test")
    }

    /// Sends a signal, and waits for the end.
    pub fn stop(&mut self, signal: Signal) -> Run {
        let running = self.running.take().expect("it is stopped once");
        running.signal(signal);
        running.wait()
    }

    /// Waits until this holds.
    #[track_caller]
    pub fn wait_until(&self, what: &str, holds: impl Fn(&Service) -> bool) {
        let give_up = Instant::now() + Duration::from_secs(30);
        while !holds(self) {
            assert!(Instant::now() < give_up, "waited too long for: {what}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            running.signal(Signal::SIGKILL);
            running.wait();
        }
    }
}

/// Writes the configuration.
pub fn configure(case: &Case, tables: &str, settings: &str) {
    let indented: String = tables.lines().map(|line| format!("    {line}\n")).collect();
    case.config(&format!("serve:\n  {settings}\n  tables:\n{indented}"));
}

/// `pghaul serve` on the database of the test.
pub fn command(case: &Case) -> Pghaul {
    Pghaul::new(env!("CARGO_BIN_EXE_pghaul"), &case.work).args(["serve"]).env("DATABASE_URL", case.db.url())
}

//! The server: a thread for each connection.

use crate::answers::answer;
use crate::faults::Counts;
use crate::http::{Answer, Request};
use crate::window::Window;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::fmt;
use std::io::{self, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How the API behaves.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Time until an answer begins.
    pub latency: Duration,
    /// So many requests in any time of this length.
    pub limit: Option<(usize, Duration)>,
    /// What those get that are too many.
    pub throttle: Throttle,
    /// Whether answers are compressed for those who take that.
    pub gzip: bool,
    /// Certificates and key: https.
    pub tls: Option<Arc<ServerConfig>>,
    /// Answers of a test's own, in place of all others.
    pub script: Option<Script>,
}

/// Gives the answer to a request; none where the connection just ends.
type Give = dyn Fn(&Request) -> Option<Answer> + Send + Sync;

/// Answers of a test's own.
#[derive(Clone)]
pub struct Script(pub Arc<Give>);

impl Script {
    /// One that always gives an answer.
    pub fn new(answer: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Script {
        Script(Arc::new(move |request| Some(answer(request))))
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Script")
    }
}

/// What a request gets that is one too many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Throttle {
    /// Status 429 and `Retry-After`.
    #[default]
    Status,
    /// Status 200, and what the original's API said.
    Body,
}

/// A running API; it ends with the process.
pub struct MockApi {
    shared: Arc<Shared>,
    address: SocketAddr,
}

/// What the connections share.
pub struct Shared {
    pub options: Options,
    pub base: String,
    pub counts: Counts,
    window: Mutex<Window>,
}

impl Shared {
    pub fn window(&self) -> MutexGuard<'_, Window> {
        self.window.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl MockApi {
    /// Starts it on a port of 127.0.0.1; 0 for any that is free.
    ///
    /// # Errors
    /// A port that is taken.
    pub fn start(port: u16, options: Options) -> io::Result<MockApi> {
        MockApi::listen(("127.0.0.1", port), options)
    }

    /// Starts it where other machines may ask it, too.
    ///
    /// # Errors
    /// An address that is taken, or that is none of this machine's.
    pub fn listen(address: impl ToSocketAddrs, options: Options) -> io::Result<MockApi> {
        let listener = TcpListener::bind(address)?;
        let address = listener.local_addr()?;
        let scheme = if options.tls.is_some() { "https" } else { "http" };
        let base = format!("{scheme}://localhost:{}", address.port());
        let window = Mutex::new(Window::new(options.limit));
        let shared = Arc::new(Shared { options, base, counts: Counts::default(), window });
        let accepting = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&accepting);
                // A client that goes away is no fault of ours.
                std::thread::spawn(move || drop(serve(stream, &shared)));
            }
        });
        Ok(MockApi { shared, address })
    }

    /// `http://localhost:PORT`.
    pub fn base(&self) -> &str {
        &self.shared.base
    }

    /// The same by address, which is another host to a client.
    pub fn other_base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Requests, violations of the window, and the most requests in any window.
    pub fn window(&self) -> (u64, u64, usize) {
        let window = self.shared.window();
        (window.requests, window.violations, window.most)
    }

    /// When the first request came, and when the last answer was sent: seconds since 1970.
    pub fn times(&self) -> Option<(f64, f64)> {
        self.shared.window().times
    }

    /// How often a path, with its query, was asked for.
    pub fn count(&self, target: &str) -> u64 {
        self.shared.counts.of(target)
    }
}

fn serve(stream: TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_nodelay(true)?;
    match &shared.options.tls {
        None => talk(BufReader::new(stream.try_clone()?), stream, shared),
        Some(config) => {
            let connection = ServerConnection::new(Arc::clone(config)).map_err(io::Error::other)?;
            let both = Arc::new(Mutex::new(StreamOwned::new(connection, stream)));
            talk(BufReader::new(Half(Arc::clone(&both))), Half(both), shared)
        }
    }
}

fn talk(mut input: BufReader<impl Read>, mut out: impl Write, shared: &Shared) -> io::Result<()> {
    while let Some(request) = Request::read(&mut input)? {
        let Some(answer) = answer(&request, shared) else { return Ok(()) };
        let kept = answer.write(&mut out)?;
        shared.window().answered();
        if !kept {
            return Ok(());
        }
    }
    Ok(())
}

/// One direction of a connection that is encrypted; the two are never used at once.
struct Half(Arc<Mutex<StreamOwned<ServerConnection, TcpStream>>>);

impl Read for Half {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).read(bytes)
    }
}

impl Write for Half {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).flush()
    }
}

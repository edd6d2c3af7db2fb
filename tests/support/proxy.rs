//! A network between pghaul and a server, which fails at a chosen message of PostgreSQL's protocol (PostgreSQL documentation,
//! "Message Formats"). Connections through it must not be encrypted.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// After so long a kernel gives up a peer that has gone, as a session of pghaul asks the server for it while it holds locks
/// (`tcp_keepalives_*`). No packet is really lost here, so the proxy plays that.
const KEEPALIVE: Duration = Duration::from_secs(25);
const POLL: Duration = Duration::from_millis(10);

/// What happens to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Both ends of the connection are closed in its place.
    Cut,
    /// It is held back, and all that follows on its connection, in both directions.
    Stall,
    /// It is held back, and all that follows on every connection, new ones included.
    Silence,
    /// It is lost, alone.
    Lose,
    /// It comes late by this time.
    Delay(Duration),
}

/// The network. It ends when it is dropped.
pub struct Proxy {
    port: u16,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    server: String,
    /// The type of each message, in both directions; a client's first one has none.
    passed: Mutex<Vec<u8>>,
    fault: Mutex<Option<(u64, Fault)>>,
    silent: AtomicBool,
    /// The number of connections so far, and of those that are forgotten.
    links: AtomicU64,
    forgotten: AtomicU64,
    closed: AtomicBool,
}

/// One connection.
struct Link {
    number: u64,
    client: TcpStream,
    server: TcpStream,
    stalled: AtomicBool,
}

impl Proxy {
    /// A network to the server at this port of 127.0.0.1.
    pub fn to(port: u16) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let own = listener.local_addr().expect("an address").port();
        let state = Arc::new(State { server: format!("127.0.0.1:{port}"), ..State::default() });
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if shared.closed.load(Ordering::Relaxed) {
                    return;
                }
                let state = Arc::clone(&shared);
                thread::spawn(move || connect(client, &state));
            }
        });
        Proxy { port: own, state }
    }

    /// The port of 127.0.0.1 that leads to the server.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// From here on counts messages anew, and lets `fault` happen to this one, the first being number 1.
    pub fn fail_at(&self, message: u64, fault: Fault) {
        *self.state.fault.lock().unwrap_or_else(PoisonError::into_inner) = Some((message, fault));
        self.state.silent.store(false, Ordering::Relaxed);
        self.state.passed.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The types of the messages that have come by since then, in both directions. A client's first one has 0.
    pub fn messages(&self) -> Vec<u8> {
        self.state.passed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether [`Fault::Silence`] has happened.
    pub fn is_silent(&self) -> bool {
        self.state.silent.load(Ordering::Relaxed)
    }

    /// Holds back all that follows on the connections that are open now, as a firewall does that forgets them.
    pub fn forget_connections(&self) {
        self.state.forgotten.store(self.state.links.load(Ordering::Relaxed), Ordering::Relaxed);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.state.closed.store(true, Ordering::Relaxed);
        // The listener looks when someone comes.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

fn connect(client: TcpStream, state: &Arc<State>) {
    let Ok(server) = TcpStream::connect(&state.server) else { return };
    for stream in [&client, &server] {
        let _ = stream.set_nodelay(true);
    }
    let (Ok(from_client), Ok(from_server)) = (client.try_clone(), server.try_clone()) else { return };
    let number = state.links.fetch_add(1, Ordering::Relaxed);
    let link = Arc::new(Link { number, client, server, stalled: AtomicBool::new(false) });
    for (from, to_server) in [(from_client, true), (from_server, false)] {
        let (link, state) = (Arc::clone(&link), Arc::clone(state));
        thread::spawn(move || {
            let _ = pump(from, to_server, &link, &state);
            // A stalled connection stays open on both sides, whoever closes one.
            if !link.is_stalled(&state) {
                link.close();
            }
        });
    }
}

impl Link {
    fn is_stalled(&self, state: &State) -> bool {
        self.stalled.load(Ordering::Relaxed)
            || state.silent.load(Ordering::Relaxed)
            || self.number < state.forgotten.load(Ordering::Relaxed)
    }

    fn close(&self) {
        let _ = self.client.shutdown(Shutdown::Both);
        let _ = self.server.shutdown(Shutdown::Both);
    }

    /// Holds all back. After a while the server's kernel gives up; the client's side stays open.
    fn stall(&self, state: &State) {
        let gives_up = Instant::now() + KEEPALIVE;
        while !state.closed.load(Ordering::Relaxed) {
            if Instant::now() > gives_up {
                let _ = self.server.shutdown(Shutdown::Both);
            }
            thread::sleep(POLL);
        }
        self.close();
    }
}

fn pump(mut from: TcpStream, to_server: bool, link: &Link, state: &State) -> io::Result<()> {
    let mut to = if to_server { &link.server } else { &link.client };
    let mut is_first = to_server;
    loop {
        let was_first = std::mem::take(&mut is_first);
        let message = read_message(&mut from, was_first)?;
        let number = {
            let mut passed = state.passed.lock().unwrap_or_else(PoisonError::into_inner);
            passed.push(if message.len() >= 5 && !was_first { message[0] } else { 0 });
            passed.len() as u64
        };
        let fault = {
            let mut fault = state.fault.lock().unwrap_or_else(PoisonError::into_inner);
            fault.take_if(|(at, _)| *at == number).map(|(_, fault)| fault)
        };
        match fault {
            Some(Fault::Cut) => {
                link.close();
                return Ok(());
            }
            Some(Fault::Stall) => link.stalled.store(true, Ordering::Relaxed),
            Some(Fault::Silence) => state.silent.store(true, Ordering::Relaxed),
            Some(Fault::Lose) => continue,
            Some(Fault::Delay(time)) => thread::sleep(time),
            None => {}
        }
        if link.is_stalled(state) {
            link.stall(state);
            return Ok(());
        }
        to.write_all(&message)?;
    }
}

/// The next message: a byte for its type, unless it is a client's first one, four for its length, and the rest.
fn read_message(from: &mut TcpStream, is_first: bool) -> io::Result<Vec<u8>> {
    let mut message = vec![0; if is_first { 4 } else { 5 }];
    from.read_exact(&mut message)?;
    let length = message.last_chunk().map_or(0, |length| u32::from_be_bytes(*length) as usize);
    let rest = length.checked_sub(4).ok_or(io::ErrorKind::InvalidData)?;
    let start = message.len();
    message.resize(start + rest, 0);
    from.read_exact(&mut message[start..])?;
    Ok(message)
}

//! Connections: accepted up to a limit in all and for one client, each with limits of time and size, and closed in order at the end.

use super::clients::Clients;
use super::routes;
use super::write_timeout::WriteTimeout;
use crate::report::print;
use crate::run::interrupt;
use crate::serve::settings::{Limits, Reload, Settings};
use crate::serve::shared::peer::Peer;
use crate::serve::shared::state::State;
use crate::serve::signals::{Asked, Signals};
use crate::{Error, Result};
use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::Signal;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// Connections that wait to be accepted.
const BACKLOG: u32 = 4096;
/// The answer to a client that has too many connections.
const TOO_MANY: &[u8] =
    b"HTTP/1.1 429 Too Many Requests\r\nretry-after: 1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
/// The longest head of a request (bytes).
const MAX_HEAD: usize = 64 << 10;
/// The pause after a connection could not be accepted, as when the process has no file descriptor left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A socket that listens.
pub struct Listener {
    listener: TcpListener,
    address: SocketAddr,
    limits: Limits,
}

/// Raises this process's limit of open files as far as the system allows: each connection takes one.
pub fn allow_many_files() {
    if let Ok((_, most)) = getrlimit(Resource::RLIMIT_NOFILE) {
        // If this is refused, the old limit stays, which is enough for some connections.
        let _ = setrlimit(Resource::RLIMIT_NOFILE, most, most);
    }
}

impl Listener {
    /// Listens on the address of the settings.
    ///
    /// # Errors
    /// An address that is taken, or that this machine does not have.
    pub async fn bind(settings: &Settings) -> Result<Listener> {
        let bind = || {
            let socket = match settings.listen {
                SocketAddr::V4(_) => TcpSocket::new_v4()?,
                SocketAddr::V6(_) => TcpSocket::new_v6()?,
            };
            socket.set_reuseaddr(true)?;
            socket.bind(settings.listen)?;
            let listener = socket.listen(BACKLOG)?;
            let address = listener.local_addr()?;
            Ok::<_, std::io::Error>(Listener { listener, address, limits: settings.limits })
        };
        bind().map_err(|error| {
            Error::refused(format!("cannot listen on {}: {error}", settings.listen))
                .remedy("name another address with --listen")
        })
    }

    /// Prints the address to standard output, for scripts, and logs the tables.
    ///
    /// # Errors
    /// A standard output that cannot be written.
    pub fn announce(&self, state: &State) -> Result<()> {
        let snapshot = state.snapshot();
        let tables: Vec<&str> =
            snapshot.tables.all().iter().map(|table| table.settings.path.as_str()).collect();
        tracing::info!("{}; tables: {}", snapshot.settings.who.describe(), tables.join(", "));
        print(&format!("listening on http://{}\n", self.address))
    }

    /// Accepts connections until a signal asks to stop, waits for running requests, and returns the signal.
    pub async fn serve(self, state: Arc<State>, mut signals: Signals, reload: Reload) -> i32 {
        let clients = Clients::new(self.limits.connections, self.limits.per_client);
        let graceful = GracefulShutdown::new();
        let service = TowerToHyperService::new(routes::router(Arc::clone(&state)));
        let reload = Arc::new(reload);
        loop {
            tokio::select! {
                asked = signals.next() => match asked {
                    Asked::Stop => break,
                    Asked::Reload => drop(tokio::spawn(reload_settings(Arc::clone(&state), Arc::clone(&reload)))),
                },
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, address)) => {
                        let peer = Peer::of(address.ip());
                        let service = ClientService { inner: service.clone(), peer };
                        let (clients, watcher, limits) = (Arc::clone(&clients), graceful.watcher(), self.limits);
                        tokio::spawn(async move {
                            let Ok(Some(place)) = tokio::time::timeout(limits.time, clients.enter(peer)).await else {
                                // As far as it can be sent at once.
                                let _ = stream.try_write(TOO_MANY);
                                return;
                            };
                            let connection = watcher.watch(connection(stream, service, limits));
                            tokio::select! {
                                ended = connection => if let Err(error) = ended {
                                    tracing::debug!("connection of {address}: {error}");
                                },
                                () = place.lost() => tracing::debug!("connection of {address}: others need the place"),
                            }
                        });
                    }
                    Err(error) => {
                        tracing::warn!("cannot take a connection: {error}");
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                    }
                },
            }
        }
        drop(self.listener);
        clients.close();
        tracing::info!("no more requests are taken; those that run come to their end");
        if tokio::time::timeout(self.limits.time, graceful.shutdown()).await.is_err() {
            tracing::warn!("requests that took longer than {:?} were cut off", self.limits.time);
        }
        interrupt::requested().unwrap_or(Signal::SIGTERM as i32)
    }
}

async fn reload_settings(state: Arc<State>, reload: Arc<Reload>) {
    let read = tokio::task::spawn_blocking(move || reload()).await;
    let replaced = match read.map_err(Error::failed).and_then(|settings| settings) {
        Ok(settings) => state.replace(settings).await,
        Err(error) => Err(error),
    };
    match replaced {
        Ok(()) => tracing::info!("the configuration was read again"),
        Err(error) => error.messages().iter().for_each(|message| {
            tracing::error!("the configuration was read again, and the one before stays: {message}");
        }),
    }
}

fn connection(
    stream: TcpStream,
    service: ClientService,
    limits: Limits,
) -> http1::Connection<TokioIo<WriteTimeout>, ClientService> {
    // Answers are written whole; waiting for more bytes would only delay them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!("{error}");
    }
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.time)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(WriteTimeout::new(stream, limits.time)), service)
}

/// The service for the requests of one client: it adds the client's address to each.
#[derive(Clone)]
struct ClientService {
    inner: TowerToHyperService<Router>,
    peer: Peer,
}

impl Service<Request<Incoming>> for ClientService {
    type Response = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Response;
    type Error = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Error;
    type Future = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Future;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        request.extensions_mut().insert(self.peer);
        self.inner.call(request)
    }
}

//! The way to a watched stream. The client library opens its sockets by itself and gives them away only to TLS; so this poses as TLS
//! that begins at once, watches the socket, and asks the server for TLS itself (PostgreSQL documentation, "SSL Session Encryption").

use super::pulse::Pulse;
use super::stream::{MaybeTls, Watched};
use postgres::Socket;
use std::error::Error;
use std::pin::Pin;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_postgres::Config;
use tokio_postgres::config::{SslMode, SslNegotiation};
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres_rustls::MakeRustlsConnect;

type Rustls = <MakeRustlsConnect as MakeTlsConnect<Watched<Socket>>>::TlsConnect;
type Stream = MaybeTls<Watched<Socket>, <MakeRustlsConnect as MakeTlsConnect<Watched<Socket>>>::Stream>;
type AnyError = Box<dyn Error + Send + Sync>;

/// SSLRequest: its length, and its code.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];
/// The server's answer if it has TLS. It is one byte, and what follows is encrypted.
const WILLING: u8 = b'S';

/// Opens watched streams, with TLS where that is asked for.
#[derive(Clone)]
pub struct Connector {
    tls: Option<MakeRustlsConnect>,
    must_encrypt: bool,
    pulse: Arc<Pulse>,
}

impl Connector {
    /// A connector with the TLS that `config` asks for. From here on the library leaves TLS to it.
    pub fn new(config: &mut Config, tls: Option<MakeRustlsConnect>, pulse: Arc<Pulse>) -> Self {
        let mode = config.get_ssl_mode();
        config.ssl_mode(SslMode::Require).ssl_negotiation(SslNegotiation::Direct);
        let tls = tls.filter(|_| mode != SslMode::Disable);
        Connector { tls, must_encrypt: mode == SslMode::Require, pulse }
    }
}

impl MakeTlsConnect<Socket> for Connector {
    type Stream = Stream;
    type TlsConnect = Opening;
    type Error = AnyError;

    fn make_tls_connect(&mut self, host: &str) -> Result<Opening, AnyError> {
        let tls = match &mut self.tls {
            Some(tls) => Some(MakeTlsConnect::<Watched<Socket>>::make_tls_connect(tls, host)?),
            None => None,
        };
        Ok(Opening { tls, must_encrypt: self.must_encrypt, pulse: Arc::clone(&self.pulse) })
    }
}

/// The connector for one host.
pub struct Opening {
    tls: Option<Rustls>,
    must_encrypt: bool,
    pulse: Arc<Pulse>,
}

impl TlsConnect<Socket> for Opening {
    type Stream = Stream;
    type Error = AnyError;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, AnyError>> + Send>>;

    fn connect(self, socket: Socket) -> Self::Future {
        Box::pin(async move {
            let mut stream = Watched::new(socket, self.pulse);
            let Some(tls) = self.tls else { return Ok(MaybeTls::Plain(stream)) };
            stream.write_all(&SSL_REQUEST).await?;
            match stream.read_u8().await? {
                WILLING => Ok(MaybeTls::Tls(tls.connect(stream).await?)),
                _ if self.must_encrypt => Err("server does not support TLS".into()),
                _ => Ok(MaybeTls::Plain(stream)),
            }
        })
    }
}

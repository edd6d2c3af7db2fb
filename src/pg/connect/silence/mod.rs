//! A network that falls silent. The kernel notices a peer that acknowledges nothing; but a proxy or a firewall between can keep a
//! connection open and let nothing through. So where a call has waited for a while and no byte has moved, another connection
//! asks the server what it is doing for this one. A server that waits for us, too, has not got what we sent, or we have not got its
//! answer: the connection is lost, and says so.

mod connector;
mod open;
mod pulse;
mod stream;
mod watch;

pub(super) use open::{Opened, cancel, open, within};
pub use pulse::Pulse;
pub(super) use watch::Watch;

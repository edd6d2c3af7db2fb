//! The open connections of each client. One client has so many at most, and where all places are taken, the client with the most
//! connections loses its oldest one to a client that has fewer.

use crate::serve::shared::peer::Peer;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// The places for connections.
pub struct Clients {
    most: usize,
    most_each: usize,
    open: Mutex<Open>,
    left: Notify,
}

#[derive(Default)]
struct Open {
    by_peer: HashMap<Peer, VecDeque<(u64, Arc<Notify>)>>,
    all: usize,
    next: u64,
    waiting: usize,
    closed: bool,
}

/// What a connection finds.
enum Found {
    Place(Place),
    /// Its client has too many connections.
    TooMany,
    /// All places are taken, by clients with no more connections.
    Full,
}

/// A connection's place, until it is dropped.
pub struct Place {
    clients: Arc<Clients>,
    peer: Peer,
    number: u64,
    /// Notified when the connection has to end.
    lost: Arc<Notify>,
}

impl Clients {
    /// So many places in all, and for one client.
    pub fn new(most: usize, most_each: usize) -> Arc<Clients> {
        Arc::new(Clients { most, most_each, open: Mutex::default(), left: Notify::new() })
    }

    /// A place for one more connection of a client; none if it has too many, or as many connections wait as there are places.
    /// Where all places are taken by clients with no more connections, it waits.
    pub async fn enter(self: &Arc<Clients>, peer: Peer) -> Option<Place> {
        let mut waits = None;
        loop {
            let left = self.left.notified();
            match self.find(peer) {
                Found::Place(place) => return Some(place),
                Found::TooMany => {
                    // The place that it has waited for is another one's.
                    self.left.notify_one();
                    return None;
                }
                Found::Full if waits.is_none() => waits = Some(self.wait()?),
                Found::Full => {}
            }
            left.await;
        }
    }

    /// Lets no more in, and sends away those that wait.
    pub fn close(&self) {
        self.lock().closed = true;
        self.left.notify_waiters();
    }

    fn wait(&self) -> Option<Waiting<'_>> {
        let mut open = self.lock();
        if open.waiting >= self.most {
            return None;
        }
        open.waiting += 1;
        Some(Waiting(self))
    }

    fn find(self: &Arc<Clients>, peer: Peer) -> Found {
        let mut open = self.lock();
        let has = open.by_peer.get(&peer).map_or(0, VecDeque::len);
        if has >= self.most_each || open.closed {
            return Found::TooMany;
        }
        if open.all >= self.most && !open.evict_for(has) {
            return Found::Full;
        }
        let (number, lost) = (open.next, Arc::new(Notify::new()));
        open.next += 1;
        open.all += 1;
        open.by_peer.entry(peer).or_default().push_back((number, Arc::clone(&lost)));
        Found::Place(Place { clients: Arc::clone(self), peer, number, lost })
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection that waits for a place, until it is dropped.
struct Waiting<'c>(&'c Clients);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.lock().waiting -= 1;
    }
}

impl Open {
    /// Ends the oldest connection of the client with the most, if these are more than `has`.
    fn evict_for(&mut self, has: usize) -> bool {
        let heaviest = self
            .by_peer
            .iter()
            .max_by_key(|(_, open)| (open.len(), open.front().map(|one| u64::MAX - one.0)));
        let Some((peer, _)) = heaviest.filter(|(_, open)| open.len() > has) else { return false };
        let peer = *peer;
        let oldest = self.by_peer.get_mut(&peer).and_then(VecDeque::pop_front);
        if let Some((_, lost)) = oldest {
            self.all -= 1;
            lost.notify_one();
        }
        true
    }
}

impl Place {
    /// Waits until the place is lost.
    pub async fn lost(&self) {
        self.lost.notified().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.clients.lock();
        let Some(numbers) = open.by_peer.get_mut(&self.peer) else { return };
        let before = numbers.len();
        numbers.retain(|(number, _)| *number != self.number);
        let gone = before - numbers.len();
        if numbers.is_empty() {
            open.by_peer.remove(&self.peer);
        }
        open.all -= gone;
        drop(open);
        self.clients.left.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;
    use std::time::Duration;
    use tokio::time::timeout;

    fn peer(number: u8) -> Peer {
        Peer::of(Ipv4Addr::new(10, 0, 0, number).into())
    }

    #[tokio::test]
    async fn the_client_with_the_most_connections_loses_its_oldest() {
        let clients = Clients::new(5, 4);
        let mut first = Vec::new();
        for _ in 0..4 {
            first.push(clients.enter(peer(1)).await.unwrap());
        }
        assert!(clients.enter(peer(1)).await.is_none(), "one client has four at most");
        let other = clients.enter(peer(2)).await.unwrap();
        let third = clients.enter(peer(3)).await.unwrap();
        first[0].lost().await;
        let second = clients.enter(peer(2)).await.unwrap();
        first[1].lost().await;
        // All have two, or one: no client takes a place from one that has no more than itself. It waits.
        let waiting = Arc::clone(&clients);
        let mut waits = tokio::spawn(async move { waiting.enter(peer(2)).await });
        assert!(timeout(Duration::from_millis(50), &mut waits).await.is_err());
        assert_eq!(clients.lock().waiting, 1);
        drop(third);
        let waited = waits.await.unwrap();
        assert!(waited.is_some());
        drop((first, other, second, waited));
        let open = clients.lock();
        assert_eq!((open.all, open.by_peer.len(), open.waiting), (0, 0, 0));
    }
}

//! Whether the database answers, as a connection of its own shows: no request has to ask, and none has to wait for that.

use super::manager::AsyncDial;
use crate::pg::connect::{Target, of_this_process};
use crate::{Error, Result};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::time::{sleep, timeout};
use tokio_postgres::Client;

/// The time between two looks at a database that answers.
const PAUSE: Duration = Duration::from_secs(1);
/// The time between two tries to reach one that does not.
const RETRY: Duration = Duration::from_millis(200);
/// How long the database may take to answer.
const ANSWER_TIME: Duration = Duration::from_secs(5);

/// What is known of the database.
#[derive(Default)]
pub struct Readiness(RwLock<Option<Arc<Client>>>);

impl Readiness {
    /// Whether the database answered a moment ago, and its connection is still open.
    pub fn holds(&self) -> bool {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .as_ref()
            .is_some_and(|client| !client.is_closed())
    }

    fn set(&self, client: Option<Arc<Client>>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = client;
    }

    /// Opens the connection.
    ///
    /// # Errors
    /// As the server reports them.
    pub async fn connect(&self, target: &Target) -> Result<()> {
        let (target, dial) = (target.clone(), AsyncDial(Handle::current()));
        let connect = move || target.connect_by(&dial, &of_this_process);
        let ((client, _), _) = tokio::task::spawn_blocking(connect).await.map_err(Error::failed)??;
        self.set(Some(Arc::new(client)));
        Ok(())
    }

    /// Looks at the database again and again; it never returns.
    pub async fn watch(&self, target: Target) {
        loop {
            let client = self.0.read().unwrap_or_else(PoisonError::into_inner).clone();
            let answered = match client {
                Some(client) => {
                    timeout(ANSWER_TIME, client.simple_query("")).await.is_ok_and(|answer| answer.is_ok())
                }
                None => {
                    timeout(ANSWER_TIME, self.connect(&target)).await.is_ok_and(|connected| connected.is_ok())
                }
            };
            if !answered {
                self.set(None);
            }
            sleep(if answered { PAUSE } else { RETRY }).await;
        }
    }
}

//! The first connection of a stream.

use std::time::Duration;

use http::StatusCode;
use tokio::time::Instant;

use super::open::StreamSettings;
use crate::client::Mastodon;
use crate::error::Error;
use crate::http::retry::{AttemptError, Attempts, RetryPolicy, retry};
use crate::streaming::connection::Connection;
use crate::streaming::connection::backoff::{is_permanent, stream_backoff};
use crate::streaming::connection::connector::Connector;

/// Time after which the first connection is not attempted again. A server that does not respond lets each attempt take
/// as long as the timeout of requests.
const MAX_OPENING: Duration = Duration::from_secs(10);

/// Opens the first connection. Retries temporary failures up to the client's `max_retries`, as calls do, but only for
/// [`MAX_OPENING`].
pub(super) async fn open_first(
    connector: &mut Connector,
    client: &Mastodon,
    settings: &StreamSettings,
) -> Result<Connection, Error> {
    let policy = RetryPolicy {
        backoff: stream_backoff(settings.max_backoff),
        ..RetryPolicy::new(client.core().settings.max_retries)
    };
    let mut attempts = ConnectAttempts {
        connector,
        started: Instant::now(),
    };
    let opened = retry(policy, &mut attempts).await;
    opened.map_err(|error| match error {
        // A server with streaming rejects a channel with other status codes.
        Error::Api(mut error) if error.status == StatusCode::NOT_FOUND => {
            error.message = "the server does not support streaming".to_owned();
            Error::Api(error)
        }
        error => error,
    })
}

/// The attempts to open the first connection.
struct ConnectAttempts<'a> {
    connector: &'a mut Connector,
    started: Instant,
}

impl Attempts for ConnectAttempts<'_> {
    type Output = Connection;

    async fn attempt(&mut self) -> Result<Connection, AttemptError> {
        self.connector.open(None).await.map_err(|error| {
            if is_permanent(&error) || self.started.elapsed() >= MAX_OPENING {
                AttemptError::Final(error)
            } else {
                AttemptError::transient(error)
            }
        })
    }
}

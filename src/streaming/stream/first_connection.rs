//! The first connection of a stream.

use http::StatusCode;

use super::open::StreamSettings;
use crate::client::Mastodon;
use crate::error::Error;
use crate::http::retry::{AttemptError, Attempts, RetryPolicy, retry};
use crate::streaming::connection::Connection;
use crate::streaming::connection::backoff::{is_permanent, stream_backoff};
use crate::streaming::connection::connector::Connector;

/// Opens the first connection. Retries temporary failures up to the client's `max_retries`, as calls do.
pub(super) async fn open_first(
    connector: &mut Connector,
    client: &Mastodon,
    settings: &StreamSettings,
) -> Result<Connection, Error> {
    let policy = RetryPolicy {
        backoff: stream_backoff(settings.max_backoff),
        ..RetryPolicy::new(client.core().settings.max_retries)
    };
    retry(policy, ConnectAttempts(connector))
        .await
        .map_err(|error| match error {
            // A server with streaming rejects a channel with other status codes.
            Error::Api(mut error) if error.status == StatusCode::NOT_FOUND => {
                error.message = "the server does not support streaming".to_owned();
                Error::Api(error)
            }
            error => error,
        })
}

/// The attempts to open the first connection.
struct ConnectAttempts<'a>(&'a mut Connector);

impl Attempts for ConnectAttempts<'_> {
    type Output = Connection;

    async fn attempt(&mut self) -> Result<Connection, AttemptError> {
        self.0.open(None).await.map_err(|error| {
            if is_permanent(&error) {
                AttemptError::Final(error)
            } else {
                AttemptError::transient(error)
            }
        })
    }
}

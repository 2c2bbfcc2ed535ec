//! Queue of push messages to deliver, and log of delivered ones.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use axum::http::HeaderMap;
use tokio::sync::watch;

use crate::ids::Id;
use crate::server::Shared;

/// Maximum number of logged messages. Older ones are dropped.
const MAX_LOGGED: usize = 1000;

/// Notification to deliver to a push subscription.
#[derive(Clone, Debug)]
pub(crate) struct PushJob {
    /// Access token of the subscription, and the ID of the subscription. A token can replace its subscription.
    pub(crate) token: String,
    pub(crate) subscription: Id,
    pub(crate) notification: Id,
}

/// Push message that the server sent.
#[derive(Clone, Debug)]
pub struct PushMessage {
    /// Endpoint URL of the subscription.
    pub endpoint: String,
    /// Headers of the request.
    pub headers: HeaderMap,
    /// Encrypted body of the request.
    pub body: Bytes,
    /// Content before the encryption: JSON.
    pub payload: String,
    /// HTTP status of the response. `None` if there was no response: the connection failed, the endpoint did not
    /// respond in time, or it is not on a loopback address. The server never contacts other addresses.
    pub response_status: Option<u16>,
}

/// Queue and log of push messages.
#[derive(Debug, Default)]
pub(crate) struct PushQueue {
    messages: Mutex<Messages>,
    /// Number of messages that are queued or being delivered.
    pending: watch::Sender<usize>,
}

#[derive(Debug, Default)]
struct Messages {
    queued: VecDeque<PushJob>,
    sent: VecDeque<PushMessage>,
}

impl PushQueue {
    fn messages(&self) -> MutexGuard<'_, Messages> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn enqueue(&self, job: PushJob) {
        self.messages().queued.push_back(job);
        self.pending.send_modify(|pending| *pending += 1);
    }

    /// Forgets the sent messages.
    pub(crate) fn clear(&self) {
        self.messages().sent.clear();
    }

    /// Waits for the next job.
    pub(super) async fn next(&self) -> PushJob {
        let mut pending = self.pending.subscribe();
        loop {
            if let Some(job) = self.messages().queued.pop_front() {
                return job;
            }
            // The sender is owned by `self`, so waiting cannot fail.
            let _closed = pending.changed().await;
        }
    }

    /// Marks a message as pending again for another attempt.
    pub(super) fn begin_retry(&self) {
        self.pending.send_modify(|pending| *pending += 1);
    }

    /// Finishes an attempt and logs the message, if there is one.
    pub(super) fn finish_attempt(&self, message: Option<PushMessage>) {
        if let Some(message) = message {
            let sent = &mut self.messages().sent;
            sent.push_back(message);
            if sent.len() > MAX_LOGGED {
                sent.pop_front();
            }
        }
        self.pending.send_modify(|pending| *pending -= 1);
    }
}

/// Push messages that a server sent. Returned by [`TestServer::push_messages`](crate::TestServer::push_messages).
///
/// ```no_run
/// # async fn example() -> std::io::Result<()> {
/// use mastodon_test_server::TestServer;
///
/// let server = TestServer::start().await?;
/// // … after a client has subscribed and a notification was created:
/// for message in server.push_messages().wait_until_idle().await {
///     println!("{}: {:?}", message.endpoint, message.response_status);
/// }
/// # Ok(())
/// # }
/// ```
pub struct PushMessages<'s>(pub(crate) &'s Shared);

impl PushMessages<'_> {
    /// Returns the messages sent so far, in the order in which the attempts finished. Every attempt is listed. Only
    /// the last 1000 are kept.
    pub fn sent(&self) -> Vec<PushMessage> {
        self.0.push_queue.messages().sent.iter().cloned().collect()
    }

    /// Waits until all pending messages were attempted, then returns the [sent messages](Self::sent). Retries of
    /// failed attempts are not waited for.
    pub async fn wait_until_idle(&self) -> Vec<PushMessage> {
        let mut pending = self.0.push_queue.pending.subscribe();
        // The sender is owned by the server, so waiting cannot fail.
        let _closed = pending.wait_for(|pending| *pending == 0).await;
        self.sent()
    }
}

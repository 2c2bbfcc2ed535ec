//! What is to be pushed, and what was.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use axum::http::HeaderMap;
use tokio::sync::watch;

use crate::ids::Id;
use crate::server::Shared;

/// How many messages are remembered; older ones are forgotten.
const MAX_REMEMBERED: usize = 1000;

/// A notification for a subscription.
#[derive(Clone, Debug)]
pub(crate) struct PushJob {
    /// The token whose subscription it is, and which one of those that the token had.
    pub(crate) token: String,
    pub(crate) subscription: Id,
    /// What the message says.
    pub(crate) payload: String,
}

/// A push message as the server sent it.
#[derive(Clone, Debug)]
pub struct PushMessage {
    /// The address that it is for.
    pub endpoint: String,
    /// The headers of the request.
    pub headers: HeaderMap,
    /// The body, encrypted.
    pub body: Bytes,
    /// The status that the endpoint answered. `None` where it could not be asked: nobody listens there, it did not
    /// answer in time, or it is not on this machine, which the server never leaves.
    pub response_status: Option<u16>,
}

/// What waits, and what is done.
#[derive(Debug, Default)]
pub(crate) struct PushQueue {
    record: Mutex<Record>,
    /// How many messages wait or are under way.
    pending: watch::Sender<usize>,
}

#[derive(Debug, Default)]
struct Record {
    waiting: VecDeque<PushJob>,
    sent: VecDeque<PushMessage>,
}

impl PushQueue {
    fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn enqueue(&self, job: PushJob) {
        self.record().waiting.push_back(job);
        self.pending.send_modify(|pending| *pending += 1);
    }

    /// The next notification to push.
    pub(super) async fn next(&self) -> PushJob {
        let mut pending = self.pending.subscribe();
        loop {
            if let Some(job) = self.record().waiting.pop_front() {
                return job;
            }
            // The sender lives as long as this.
            let _changed = pending.changed().await;
        }
    }

    /// Another attempt begins of a message that was counted as done.
    pub(super) fn begin_retry(&self) {
        self.pending.send_modify(|pending| *pending += 1);
    }

    /// An attempt is over, with this message where one was sent.
    pub(super) fn finish_attempt(&self, message: Option<PushMessage>) {
        if let Some(message) = message {
            let sent = &mut self.record().sent;
            sent.push_back(message);
            if sent.len() > MAX_REMEMBERED {
                sent.pop_front();
            }
        }
        self.pending.send_modify(|pending| *pending -= 1);
    }
}

/// The push messages of a server as a test sees them from inside.
///
/// ```no_run
/// # async fn example() -> std::io::Result<()> {
/// use mastodon_test_server::TestServer;
///
/// let server = TestServer::start().await?;
/// // … let a program subscribe and something happen, then:
/// for message in server.push_messages().wait_until_idle().await {
///     println!("{}: {:?}", message.endpoint, message.response_status);
/// }
/// # Ok(())
/// # }
/// ```
pub struct PushMessages<'s>(pub(crate) &'s Shared);

impl PushMessages<'_> {
    /// The messages that were sent so far, in the order in which they were answered; of those that were sent again
    /// each attempt. Only the last 1000 are remembered.
    pub fn sent(&self) -> Vec<PushMessage> {
        self.0.push_queue.record().sent.iter().cloned().collect()
    }

    /// Waits until everything that happened so far was pushed to whoever wants it, and tells what
    /// [was sent](Self::sent). What an endpoint did not take is sent again later and is not waited for.
    pub async fn wait_until_idle(&self) -> Vec<PushMessage> {
        let mut pending = self.0.push_queue.pending.subscribe();
        // The sender lives as long as the server.
        let _settled = pending.wait_for(|pending| *pending == 0).await;
        self.sent()
    }
}

//! The stream as a program has it.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use tokio::task::AbortHandle;

use super::generated::{Channel, StreamEvent};
use super::progress::{Progress, ResumePoint};
use super::queue::{Item, Queue};
use crate::error::Error;

/// A stream that is open: a [`Stream`] of what comes.
///
/// It reconnects, and tells what happened between two connections, until it is dropped, closed through
/// its [`handle`](Self::handle), or refused by the server. What cannot be read, or is not known, is an
/// event like others; an `Err` is the last item, and tells why the stream ended for good.
///
/// ```
/// # async fn example(mastodon: mastodon_sdk::Mastodon) -> Result<(), mastodon_sdk::Error> {
/// use mastodon_sdk::StreamEvent;
/// let mut events = mastodon.stream_user().await?;
/// while let Some(event) = events.try_next().await? {
///     match event {
///         StreamEvent::Update(status) => println!("{}: {}", status.account.acct, status.content),
///         StreamEvent::Disconnected(lost) => eprintln!("{}; again in {:?}", lost.why, lost.retry_in),
///         _ => {}
///     }
/// }
/// # Ok(())
/// # }
/// ```
///
/// Programs that are not async go through it as an iterator, with the feature `blocking`:
///
#[cfg_attr(feature = "blocking", doc = "```no_run")]
#[cfg_attr(not(feature = "blocking"), doc = "```ignore")]
/// # fn example(mastodon: mastodon_sdk::Mastodon) -> Result<(), mastodon_sdk::Error> {
/// use mastodon_sdk::StreamEvent;
/// use mastodon_sdk::blocking::{Wait, WaitIter};
/// for event in mastodon.stream_user().wait()?.wait_iter() {
///     if let StreamEvent::Notification(told) = event? {
///         println!("{} by {}", told.kind.as_str(), told.account.acct);
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "a stream that is dropped is closed"]
pub struct EventStream {
    channel: Channel,
    queue: Arc<Queue>,
    task: AbortHandle,
    told: Progress,
    catching_up: bool,
}

impl EventStream {
    pub(super) fn new(
        channel: Channel,
        queue: Arc<Queue>,
        task: AbortHandle,
        told: Progress,
    ) -> Self {
        Self {
            channel,
            queue,
            task,
            told,
            catching_up: false,
        }
    }

    /// What it listens to.
    pub fn channel(&self) -> &Channel {
        &self.channel
    }

    /// The next event; `None` once the stream is closed.
    ///
    /// # Errors
    ///
    /// What ended the stream for good: the server refuses it, or [`max_attempts`] attempts to reach the
    /// server failed.
    ///
    /// [`max_attempts`]: crate::StreamCall::max_attempts
    pub async fn try_next(&mut self) -> Result<Option<StreamEvent>, Error> {
        std::future::poll_fn(|context| self.poll_event(context))
            .await
            .transpose()
    }

    /// Whether the last event was told late: it happened while there was no connection.
    pub fn is_catching_up(&self) -> bool {
        self.catching_up
    }

    /// How far the program got: to just after the last event that it took. A later start that is given
    /// it with [`resume`](crate::StreamCall::resume) goes on from there.
    pub fn resume_point(&self) -> ResumePoint {
        ResumePoint::new(&self.channel, self.told.clone())
    }

    /// Means to look after it from elsewhere, or to close it.
    pub fn handle(&self) -> StreamHandle {
        StreamHandle {
            queue: Arc::clone(&self.queue),
            task: self.task.clone(),
        }
    }

    fn poll_event(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<StreamEvent, Error>>> {
        loop {
            match ready!(self.queue.poll_next(context)) {
                Some(Ok(Item::Event(event))) => {
                    match &event {
                        StreamEvent::CatchingUp => self.catching_up = true,
                        StreamEvent::CaughtUp(_) => self.catching_up = false,
                        event => self.told.told(event),
                    }
                    return Poll::Ready(Some(Ok(event)));
                }
                Some(Ok(Item::Known(kind, positions))) => self.told.learn(kind, positions),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}

impl Stream for EventStream {
    type Item = Result<StreamEvent, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_event(context)
    }
}

impl Drop for EventStream {
    fn drop(&mut self) {
        self.handle().close();
    }
}

/// Looks after a stream from elsewhere.
#[derive(Clone, Debug)]
pub struct StreamHandle {
    queue: Arc<Queue>,
    task: AbortHandle,
}

impl StreamHandle {
    /// Ends the stream. What the program has not taken yet is not told any more; a later start that
    /// resumes gets it.
    pub fn close(&self) {
        self.task.abort();
        self.queue.close();
    }

    /// Whether the stream goes on, be it that it is waiting to reconnect.
    pub fn is_alive(&self) -> bool {
        self.queue.is_alive()
    }

    /// Whether a connection is open.
    pub fn is_receiving(&self) -> bool {
        self.queue.is_receiving()
    }
}

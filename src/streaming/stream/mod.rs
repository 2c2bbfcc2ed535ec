//! An open stream.

pub(crate) mod event;
mod first_connection;
mod held_back;
mod item;
mod link;
pub(crate) mod listener;
pub(crate) mod open;
mod queue;
mod session;

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use tokio::task::AbortHandle;

use self::item::Item;
use self::queue::Queue;
use super::backfill::checkpoint::{Checkpoint, Progress};
use super::generated::{Channel, StreamEvent};
use crate::error::Error;

/// An open stream: a [`Stream`] of events.
///
/// It reconnects after a failure and backfills the events that it missed. It ends when it is
/// dropped, when it is closed through its [`handle`](Self::handle), or when the server rejects it. Unknown
/// and malformed events are items like all others. An `Err` is the last item: the error that ended the
/// stream.
///
/// ```
/// # async fn example(mastodon: mastodon_sdk::Mastodon) -> Result<(), mastodon_sdk::Error> {
/// use mastodon_sdk::streaming::StreamEvent;
/// let mut events = mastodon.stream_user().await?;
/// while let Some(event) = events.try_next().await? {
///     match event {
///         StreamEvent::Update(status) => println!("{}: {}", status.account.acct, status.content),
///         StreamEvent::Disconnected(disconnected) => {
///             eprintln!("{}; retrying in {:?}", disconnected.error, disconnected.retry_in);
///         }
///         _ => {}
///     }
/// }
/// # Ok(())
/// # }
/// ```
///
/// Blocking code can use it as an iterator, with the feature `blocking`:
///
#[cfg_attr(feature = "blocking", doc = "```no_run")]
#[cfg_attr(not(feature = "blocking"), doc = "```ignore")]
/// # fn example(mastodon: mastodon_sdk::Mastodon) -> Result<(), mastodon_sdk::Error> {
/// use mastodon_sdk::streaming::StreamEvent;
/// use mastodon_sdk::blocking::{Wait, WaitIter};
/// for event in mastodon.stream_user().wait()?.wait_iter() {
///     if let StreamEvent::Notification(notification) = event? {
///         println!("{} by {}", notification.kind.as_str(), notification.account.acct);
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[doc(alias("websocket", "server sent events", "sse", "listen", "real time"))]
#[derive(Debug)]
#[must_use = "a dropped stream is closed"]
pub struct EventStream {
    channel: Channel,
    queue: Arc<Queue>,
    task: AbortHandle,
    /// What the application has taken.
    progress: Progress,
    is_backfilling: bool,
    is_polled: bool,
}

impl EventStream {
    fn new(
        channel: Channel,
        queue: Arc<Queue>,
        task: AbortHandle,
        progress: Progress,
        is_polled: bool,
    ) -> Self {
        Self {
            channel,
            queue,
            task,
            progress,
            is_backfilling: false,
            is_polled,
        }
    }

    /// Returns the number of queued items and their size in bytes.
    #[cfg(test)]
    pub(crate) fn queued(&self) -> (usize, usize) {
        self.queue.queued()
    }

    /// Returns the channel of the stream.
    pub fn channel(&self) -> &Channel {
        &self.channel
    }

    /// Returns the next event, or `None` after the stream was closed.
    ///
    /// # Errors
    ///
    /// The error that ended the stream: the server rejected it, or [`max_attempts`] consecutive attempts to
    /// reconnect failed.
    ///
    /// [`max_attempts`]: crate::streaming::StreamCall::max_attempts
    #[doc(alias("receive", "next event"))]
    pub async fn try_next(&mut self) -> Result<Option<StreamEvent>, Error> {
        std::future::poll_fn(|context| self.poll_event(context))
            .await
            .transpose()
    }

    /// Returns whether the last event is part of a backfill, that is, whether it happened while the stream
    /// was disconnected.
    pub fn is_backfilling(&self) -> bool {
        self.is_backfilling
    }

    /// Returns whether the events come from the timeline of the REST API, which is requested every 30 seconds, because
    /// the server does not stream them. Mastodon streams no status for a hashtag that contains vowel signs or tone marks,
    /// as hashtags in Hindi, Tamil, Bengali and Thai do.
    pub fn is_polled(&self) -> bool {
        self.is_polled
    }

    /// Returns the position after the last event that the application took. Pass it to
    /// [`resume`](crate::streaming::StreamCall::resume) to continue there at the next start.
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint::new(&self.channel, self.progress.clone())
    }

    /// Returns a handle that observes or closes the stream from another task.
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
                    self.is_backfilling = matches!(event, StreamEvent::Backfilling);
                    self.progress.record(&event);
                    return Poll::Ready(Some(Ok(event)));
                }
                Some(Ok(Item::Missed(event))) => {
                    self.is_backfilling = true;
                    self.progress.record(&event);
                    return Poll::Ready(Some(Ok(event)));
                }
                Some(Ok(Item::Baseline(kind, positions))) => {
                    self.progress.positions.record_many(kind, positions);
                }
                Some(Ok(Item::Reset(kind, position))) => {
                    self.progress.positions.reset_to(kind, position);
                }
                Some(Ok(Item::Gap(kind, after))) => {
                    self.progress.unfilled.insert(kind, after);
                }
                Some(Ok(Item::Filled(kind))) => {
                    self.progress.unfilled.remove(&kind);
                }
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

/// Observes or closes an [`EventStream`] from another task.
#[doc(alias("close stream", "stop"))]
#[derive(Clone, Debug)]
pub struct StreamHandle {
    queue: Arc<Queue>,
    task: AbortHandle,
}

impl StreamHandle {
    /// Closes the stream and discards its queued events. A stream that resumes from the last
    /// [`checkpoint`](EventStream::checkpoint) receives them again.
    pub fn close(&self) {
        self.task.abort();
        self.queue.close();
    }

    /// Returns whether the stream is running, including the time in which it waits to reconnect.
    pub fn is_alive(&self) -> bool {
        self.queue.is_alive()
    }

    /// Returns whether the stream is connected.
    pub fn is_receiving(&self) -> bool {
        self.queue.is_receiving()
    }
}

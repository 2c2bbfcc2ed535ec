//! Closures as listeners, and running a listener.

use std::pin::Pin;

use super::generated::StreamListener;
use super::stream::EventStream;
use crate::error::Error;

/// A closure that is told of one kind of event, if there is one.
pub(super) type Callback<T> =
    Option<Box<dyn FnMut(T) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send>>;

/// A closure that looks at what others are told of, if there is one.
pub(super) type Watcher<T> = Option<Box<dyn FnMut(&T) + Send>>;

/// Calls the closure, if there is one.
pub(super) async fn call<T>(callback: &mut Callback<T>, event: T) {
    if let Some(callback) = callback {
        callback(event).await;
    }
}

impl EventStream {
    /// Tells a listener of everything, one event after the other, until the stream ends.
    ///
    /// [`handle`](Self::handle) gives the means to end it from elsewhere; `tokio::spawn` lets it run
    /// beside the program.
    ///
    /// # Errors
    ///
    /// What ended the stream for good, of which the listener was told, too.
    pub async fn listen<L: StreamListener>(mut self, mut listener: L) -> Result<(), Error> {
        loop {
            match self.try_next().await {
                Ok(Some(event)) => event.tell(&mut listener).await,
                Ok(None) => return Ok(()),
                Err(error) => {
                    listener.on_abort(&error).await;
                    return Err(error);
                }
            }
        }
    }
}

//! Runs a listener on a stream; types of the closures that can be used as a listener.

use std::pin::Pin;

use super::EventStream;
use crate::error::Error;
use crate::streaming::generated::StreamListener;

/// An optional asynchronous closure for one kind of event.
pub(crate) type Callback<T> =
    Option<Box<dyn FnMut(T) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send>>;

/// An optional closure that borrows the event.
pub(crate) type Observer<T> = Option<Box<dyn FnMut(&T) + Send>>;

/// Calls the closure, if it is set.
pub(crate) async fn call<T>(callback: &mut Callback<T>, event: T) {
    if let Some(callback) = callback {
        callback(event).await;
    }
}

impl EventStream {
    /// Calls the listener for each event, one after the other, until the stream ends.
    ///
    /// To run it in the background, pass the returned future to `tokio::spawn`. [`handle`](Self::handle)
    /// returns a handle that closes the stream from another task.
    ///
    /// # Errors
    ///
    /// The error that ended the stream. The listener's `on_abort` is called with it first.
    pub async fn listen<L: StreamListener>(mut self, mut listener: L) -> Result<(), Error> {
        loop {
            match self.try_next().await {
                Ok(Some(event)) => event.dispatch(&mut listener).await,
                Ok(None) => return Ok(()),
                Err(error) => {
                    listener.on_abort(&error).await;
                    return Err(error);
                }
            }
        }
    }
}

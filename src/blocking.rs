//! Blocking calls, pages and streams, for code that is not async. Feature `blocking`.
//!
//! ```no_run
//! use mastodon_sdk::Mastodon;
//! use mastodon_sdk::blocking::{Wait, WaitIter};
//!
//! fn main() -> Result<(), mastodon_sdk::Error> {
//!     let mastodon = Mastodon::builder("mastodon.social").access_token("…").build()?;
//!     let home = mastodon.timeline_home().limit(40).wait()?;
//!     let older = home.next().wait()?;
//!     for account in mastodon.account_followers("23972").items().wait_iter() {
//!         println!("{}", account?.acct);
//!     }
//!     Ok(())
//! }
//! ```

use std::future::{IntoFuture, poll_fn};
use std::pin::Pin;
use std::sync::OnceLock;

use futures_core::Stream;
use tokio::runtime::{Builder, Handle, Runtime};

use crate::error::Error;

/// Blocking alternative to `.await`: for calls, pages, logins and everything else that can be awaited.
pub trait Wait: IntoFuture + Sized {
    /// Value that the future returns if it succeeds.
    type Value;

    /// Blocks this thread until the future has finished.
    ///
    /// # Errors
    ///
    /// Those of the future, and [`Error::BlockingInAsync`] inside an async runtime, whose tasks it would block:
    /// use `.await` there.
    fn wait(self) -> Result<Self::Value, Error>;
}

impl<T, F: IntoFuture<Output = Result<T, Error>>> Wait for F {
    type Value = T;

    fn wait(self) -> Result<T, Error> {
        runtime()?.block_on(async { self.await })
    }
}

/// Blocking iteration over a stream, such as events, or the items or pages of a list.
pub trait WaitIter: Stream + Unpin + Sized {
    /// Converts the stream to an iterator that blocks this thread until the next item is available. Inside an
    /// async runtime, whose tasks it would block, its only item is an [`Error::BlockingInAsync`].
    fn wait_iter(self) -> Iter<Self>;
}

impl<T, S: Stream<Item = Result<T, Error>> + Unpin> WaitIter for S {
    fn wait_iter(self) -> Iter<S> {
        Iter(Some(self))
    }
}

/// Iterator over a stream, created by [`WaitIter::wait_iter`].
#[derive(Debug)]
#[must_use = "iterators are lazy and do nothing unless consumed"]
pub struct Iter<S>(Option<S>);

impl<S> Iter<S> {
    /// Returns the stream; `None` after an [`Error::BlockingInAsync`].
    pub fn into_inner(self) -> Option<S> {
        self.0
    }

    /// Returns the stream, for example to call [`Items::retry`](crate::call::Items::retry). `None` after an
    /// [`Error::BlockingInAsync`].
    pub fn get_mut(&mut self) -> Option<&mut S> {
        self.0.as_mut()
    }
}

impl<T, S: Stream<Item = Result<T, Error>> + Unpin> Iterator for Iter<S> {
    type Item = Result<T, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let stream = self.0.as_mut()?;
        match runtime() {
            Ok(runtime) => {
                runtime.block_on(poll_fn(|context| Pin::new(&mut *stream).poll_next(context)))
            }
            Err(error) => {
                self.0 = None;
                Some(Err(error))
            }
        }
    }
}

/// Returns the runtime of all blocking calls. Its worker thread keeps connections alive between calls.
fn runtime() -> Result<&'static Runtime, Error> {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    if Handle::try_current().is_ok() {
        return Err(Error::BlockingInAsync);
    }
    if let Some(runtime) = RUNTIME.get() {
        return Ok(runtime);
    }
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(1).enable_all();
    let runtime = builder
        .thread_name("mastodon-sdk")
        .build()
        .map_err(|error| Error::internal(format!("cannot start a thread: {error}")))?;
    Ok(RUNTIME.get_or_init(|| runtime))
}

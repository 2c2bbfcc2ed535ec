//! The same calls, pages and streams for programs that are not async: feature `blocking`.
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

/// Waits for what an async program awaits: a call, the next page, a login.
pub trait Wait: IntoFuture + Sized {
    /// What comes of it.
    type Value;

    /// Blocks this thread until it is done.
    ///
    /// # Errors
    ///
    /// As awaiting it does, and [`Error::BlockingInAsync`] inside an async runtime, whose tasks would stand
    /// still meanwhile: use `.await` there.
    fn wait(self) -> Result<Self::Value, Error>;
}

impl<T, F: IntoFuture<Output = Result<T, Error>>> Wait for F {
    type Value = T;

    fn wait(self) -> Result<T, Error> {
        runtime()?.block_on(async { self.await })
    }
}

/// Goes through a stream, such as the items or the pages of a list.
pub trait WaitIter: Stream + Unpin + Sized {
    /// An iterator that blocks this thread until the next item is there. Inside an async runtime,
    /// whose tasks would stand still meanwhile, its only item is an [`Error::BlockingInAsync`].
    fn wait_iter(self) -> Iter<Self>;
}

impl<T, S: Stream<Item = Result<T, Error>> + Unpin> WaitIter for S {
    fn wait_iter(self) -> Iter<S> {
        Iter(Some(self))
    }
}

/// A stream as an iterator: see [`WaitIter::wait_iter`].
#[derive(Debug)]
#[must_use = "an iterator does nothing until it is asked"]
pub struct Iter<S>(Option<S>);

impl<S> Iter<S> {
    /// The stream again; `None` if it could not be waited for.
    pub fn into_inner(self) -> Option<S> {
        self.0
    }

    /// The stream behind it, such as for [`Items::retry`](crate::call::Items::retry).
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

/// The runtime of all that waits. Its own thread keeps connections alive in between.
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

//! Blocking calls, pages and streams, for code that is not async. Feature `blocking`.
//!
//! [`Wait::wait`] is for everything that can be awaited: calls, logins, pages, downloads, helpers, leases.
//! [`WaitIter::wait_iter`] is for everything that is a stream: items and pages of lists, events,
//! [`Bulk`](crate::methods::Bulk).
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

use crate::endpoints::BulkItem;
use crate::error::Error;

/// What the futures and streams of this crate return: a result, or a value that cannot be an error.
pub trait WaitOutput {
    /// The value.
    type Value;

    /// Returns the value or the error.
    ///
    /// # Errors
    ///
    /// The error, if it is one.
    fn into_result(self) -> Result<Self::Value, Error>;
}

impl<T> WaitOutput for Result<T, Error> {
    type Value = T;

    fn into_result(self) -> Self {
        self
    }
}

/// Implements the output of functions that do not fail.
macro_rules! outputs {
    ($(<$($param:ident),*> $output:ty;)*) => {$(
        impl<$($param),*> WaitOutput for $output {
            type Value = Self;

            fn into_result(self) -> Result<Self, Error> {
                Ok(self)
            }
        }
    )*};
}

outputs! {
    <> ();
    <> u64;
    <T> Option<T>;
    <T> Vec<T>;
    <I, T> BulkItem<I, T>;
}

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

impl<F: IntoFuture<Output: WaitOutput>> Wait for F {
    type Value = <F::Output as WaitOutput>::Value;

    fn wait(self) -> Result<Self::Value, Error> {
        runtime()?.block_on(async { self.await }).into_result()
    }
}

/// Blocking iteration over a stream, such as events, or the items or pages of a list.
pub trait WaitIter: Stream + Unpin + Sized {
    /// Converts the stream to an iterator that blocks this thread until the next item is available. Inside an
    /// async runtime, whose tasks it would block, its only item is an [`Error::BlockingInAsync`].
    fn wait_iter(self) -> Iter<Self>;
}

impl<S: Stream<Item: WaitOutput> + Unpin> WaitIter for S {
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

impl<S: Stream<Item: WaitOutput> + Unpin> Iterator for Iter<S> {
    type Item = Result<<S::Item as WaitOutput>::Value, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let stream = self.0.as_mut()?;
        match runtime() {
            Ok(runtime) => runtime
                .block_on(poll_fn(|context| Pin::new(&mut *stream).poll_next(context)))
                .map(WaitOutput::into_result),
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

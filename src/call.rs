//! Calls: nothing happens until one is awaited; then one future serves them all.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use serde::de::DeserializeOwned;

use crate::client::Mastodon;
use crate::decode;
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::page::{Page, PageBody};
use crate::params::Value;
use crate::request::{Request, Sending};
use crate::response::Response;
use crate::transport::RawResponse;
use crate::version::VersionCheck;

/// What a call can answer: an entity, a [`Page`], either of them in a [`Response`], or the
/// [`RawResponse`].
pub trait Answer: sealed::Read {}

impl<A: sealed::Read> Answer for A {}

pub(crate) mod sealed {
    use super::{Error, RawResponse, Request};

    /// How an answer is read.
    pub trait Read: Sized {
        /// Reads it.
        fn read(raw: RawResponse, request: Request) -> Result<Self, Error>;
    }
}

impl<T: DeserializeOwned> sealed::Read for T {
    fn read(raw: RawResponse, request: Request) -> Result<Self, Error> {
        decode::read(request.endpoint, &raw)
    }
}

impl<T, W: PageBody<Item = T>> sealed::Read for Page<T, W> {
    fn read(raw: RawResponse, request: Request) -> Result<Self, Error> {
        Self::read(&raw, request)
    }
}

impl sealed::Read for RawResponse {
    fn read(raw: RawResponse, _: Request) -> Result<Self, Error> {
        Ok(raw)
    }
}

impl<A: Answer> sealed::Read for Response<A> {
    fn read(raw: RawResponse, request: Request) -> Result<Self, Error> {
        let (status, headers) = (raw.status, raw.headers.clone());
        Ok(Self::new(A::read(raw, request)?, status, headers))
    }
}

/// A call under way. It owns all that it needs, so it can be spawned.
#[must_use = "a call does nothing until it is awaited"]
pub struct CallFuture<A> {
    sending: Sending,
    answer: PhantomData<fn() -> A>,
}

impl<A> CallFuture<A> {
    pub(crate) fn new(request: Request) -> Self {
        Self::of(request.send())
    }

    pub(crate) fn of(sending: Sending) -> Self {
        Self {
            sending,
            answer: PhantomData,
        }
    }
}

impl<A: Answer> Future for CallFuture<A> {
    type Output = Result<A, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let (raw, request) = ready!(self.sending.as_mut().poll(context))?;
        Poll::Ready(A::read(raw, request))
    }
}

impl<A> fmt::Debug for CallFuture<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallFuture").finish_non_exhaustive()
    }
}

/// What every call has, its request being its first field.
macro_rules! call_methods {
    ($answer:ty) => {
        /// How long each attempt of this call may take, its answer read.
        #[inline]
        pub fn timeout(mut self, timeout: std::time::Duration) -> Self {
            self.0.timeout = Some(timeout);
            self
        }

        /// How long this call may take in all, with its repetitions and the waiting for rate limits.
        #[inline]
        pub fn deadline(mut self, deadline: std::time::Duration) -> Self {
            self.0.deadline = Some(deadline);
            self
        }

        /// Facts about the endpoint.
        #[inline]
        pub fn endpoint(&self) -> &'static $crate::Endpoint {
            self.0.endpoint
        }

        /// The request that would be sent, without the token.
        ///
        /// # Errors
        ///
        /// When an argument cannot be sent, or a file cannot be read.
        #[inline]
        pub fn http_request(&self) -> Result<http::Request<bytes::Bytes>, $crate::Error> {
            self.0.http()
        }

        /// Sends it and returns the answer with its status, its headers and the rate limit.
        ///
        /// # Errors
        ///
        /// As awaiting it does.
        #[inline]
        pub fn response(self) -> $crate::CallFuture<$crate::Response<$answer>> {
            $crate::CallFuture::new(self.0)
        }

        /// Sends it and returns the answer as it came: status, headers, bytes.
        ///
        /// # Errors
        ///
        /// As awaiting it does, but for what the decoding may find.
        #[inline]
        pub fn raw(self) -> $crate::CallFuture<$crate::RawResponse> {
            $crate::CallFuture::new(self.0)
        }

        /// Sends it and returns the answer as plain JSON.
        ///
        /// # Errors
        ///
        /// As awaiting it does.
        #[inline]
        pub fn json(self) -> $crate::CallFuture<serde_json::Value> {
            $crate::CallFuture::new(self.0)
        }
    };
}

/// What every call of a list has.
macro_rules! page_methods {
    ($item:ty, $wrapper:ty) => {
        /// How many items a page has at the most; the server has a maximum of its own.
        #[inline]
        pub fn limit(mut self, limit: u32) -> Self {
            self.0.set("limit", limit);
            self
        }

        /// All items from here on, fetched page by page as they are wanted.
        #[inline]
        pub fn items(self) -> $crate::Items<$item, $wrapper> {
            $crate::Items::new(self.pages())
        }

        /// All pages from here on, fetched as they are wanted.
        #[inline]
        pub fn pages(self) -> $crate::Pages<$item, $wrapper> {
            $crate::Pages::new(self.0)
        }
    };
}

/// What calls of lists have that are paged by cursors.
macro_rules! cursor_methods {
    () => {
        /// Only items that are older than this position.
        #[inline]
        pub fn max_id(mut self, cursor: impl Into<$crate::Cursor>) -> Self {
            self.0.set("max_id", cursor.into().into_string());
            self
        }

        /// Only items that are newer than this position, the newest of them first.
        #[inline]
        pub fn since_id(mut self, cursor: impl Into<$crate::Cursor>) -> Self {
            self.0.set("since_id", cursor.into().into_string());
            self
        }

        /// Only items that are newer than this position, those next to it.
        #[inline]
        pub fn min_id(mut self, cursor: impl Into<$crate::Cursor>) -> Self {
            self.0.set("min_id", cursor.into().into_string());
            self
        }
    };
}

/// What calls of lists have that are paged by counting items.
macro_rules! offset_methods {
    () => {
        /// How many items to skip from the beginning.
        #[inline]
        pub fn offset(mut self, offset: u32) -> Self {
            self.0.set("offset", offset);
            self
        }
    };
}

/// Lets a call with options of its own be awaited.
macro_rules! call_builder {
    ($builder:ident, $answer:ty) => {
        impl $builder {
            call_methods!($answer);
        }

        impl std::future::IntoFuture for $builder {
            type Output = Result<$answer, $crate::Error>;
            type IntoFuture = $crate::CallFuture<$answer>;

            #[inline]
            fn into_future(self) -> Self::IntoFuture {
                $crate::CallFuture::new(self.0)
            }
        }
    };
}

/// The same where it answers pages that are paged by cursors.
macro_rules! paged_builder {
    ($builder:ident, $item:ty, $wrapper:ty) => {
        call_builder!($builder, $crate::Page<$item, $wrapper>);
        impl $builder {
            page_methods!($item, $wrapper);
            cursor_methods!();
        }
    };
}

/// The same where it answers pages that are paged by counting items.
macro_rules! offset_builder {
    ($builder:ident, $item:ty, $wrapper:ty) => {
        call_builder!($builder, $crate::Page<$item, $wrapper>);
        impl $builder {
            page_methods!($item, $wrapper);
            offset_methods!();
        }
    };
}

/// Declares a call without options of its own, for whatever it answers.
macro_rules! call {
    ($(#[$docs:meta])* $name:ident<$($param:ident $(= $default:ty)?),+> -> $answer:ty where $bounded:ident: $bound:path { $($methods:tt)* }) => {
        $(#[$docs])*
        #[must_use = "a call does nothing until it is awaited"]
        pub struct $name<$($param $(= $default)?),+>(pub(crate) Request, PhantomData<fn() -> ($($param,)+)>);

        impl<$($param),+> Clone for $name<$($param),+> {
            #[inline]
            fn clone(&self) -> Self {
                Self(self.0.clone(), PhantomData)
            }
        }

        impl<$($param),+> fmt::Debug for $name<$($param),+> {
            #[inline]
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl<$($param),+> $name<$($param),+> {
            pub(crate) fn new(client: &Mastodon, endpoint: &'static Endpoint) -> Self {
                Self(Request::new(client, endpoint), PhantomData)
            }

            pub(crate) fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
                self.0.set(name, value);
                self
            }
        }

        impl<$($param),+> $name<$($param),+>
        where
            $bounded: $bound,
        {
            call_methods!($answer);
            $($methods)*
        }

        impl<$($param),+> IntoFuture for $name<$($param),+>
        where
            $bounded: $bound,
        {
            type Output = Result<$answer, Error>;
            type IntoFuture = CallFuture<$answer>;

            #[inline]
            fn into_future(self) -> Self::IntoFuture {
                CallFuture::new(self.0)
            }
        }
    };
}

call! {
    /// A call that answers a `T`. It does nothing until it is awaited.
    Call<T> -> T where T: Answer {}
}

call! {
    /// A call that answers a [`Page`], paged by cursors.
    PagedCall<T, W = Vec<T>> -> Page<T, W> where W: PageBody<Item = T> {
        page_methods!(T, W);
        cursor_methods!();
    }
}

call! {
    /// A call that answers a [`Page`], paged by counting items.
    OffsetCall<T, W = Vec<T>> -> Page<T, W> where W: PageBody<Item = T> {
        page_methods!(T, W);
        offset_methods!();
    }
}

impl<T> Call<T> {
    /// Sends it whatever the server's version.
    pub(crate) fn unchecked(mut self) -> Self {
        self.0.check = VersionCheck::Off;
        self
    }
}

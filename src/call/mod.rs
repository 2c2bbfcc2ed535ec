//! Calls: plain data until they are awaited. All calls share one future type.
//!
//! Each method of [`Mastodon`](crate::Mastodon) returns a call: [`Call`], [`PagedCall`], [`OffsetCall`], or a
//! type of its own in [`methods`](crate::methods) if it has optional parameters. A request to an endpoint that the SDK does
//! not know is a [`RequestCall`].
//!
//! Every call has the method `param`, for parameters that the SDK does not know:
//!
//! ```
//! # async fn example(mastodon: mastodon_sdk::Mastodon) -> Result<(), mastodon_sdk::Error> {
//! mastodon.status_post("*Hello*").param("content_type", "text/markdown").await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Optional values
//!
//! Each call has a method `maybe`, which sets a parameter from an `Option` without breaking the chain:
//!
//! ```
//! # fn example(mastodon: mastodon_sdk::Mastodon, language: Option<String>, ids: Option<Vec<String>>) {
//! use mastodon_sdk::methods::StatusPostCall;
//!
//! let call = mastodon
//!     .status_post("Hello")
//!     .maybe(language, StatusPostCall::language)
//!     .maybe(ids, StatusPostCall::media_ids);
//! # }
//! ```
//!
//! `scheduled_at` changes the type of the result, so it has a method of its own:
//! [`maybe_scheduled_at`](crate::methods::StatusPostCall::maybe_scheduled_at).

mod already_applied;
mod chunks;
pub(crate) mod core;
pub(crate) mod custom;
pub(crate) mod decode;
pub(crate) mod encode;
pub(crate) mod endpoint;
pub(crate) mod exchange;
/// The endpoint tables.
#[rustfmt::skip]
#[path = "../../generated/endpoints/mod.rs"]
pub(crate) mod endpoints;
pub(crate) mod local_checks;
pub(crate) mod lost_response;
pub(crate) mod page;
pub(crate) mod params;
pub(crate) mod pipeline;
pub(crate) mod request;
pub(crate) mod response;
#[rustfmt::skip]
#[path = "../../generated/values.rs"]
mod values;
pub(crate) mod version_check;

use std::fmt;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use mastodon_types::json::Decoded;
use serde::de::DeserializeOwned;

use self::core::Core;
use self::decode::decode_reporting;
use self::endpoint::Endpoint;
use self::request::{PrepareHook, Request, SendFuture};
use self::response::ResponseHead;
use self::sealed::Converted;
use self::version_check::VersionCheck;
use crate::error::Error;

pub use self::page::{Items, Page, PageBody, Pages, StoredPage};
pub use self::params::Value;
pub use self::request_call::RequestCall;
pub use self::response::{Deprecation, PendingRefresh, Response};
pub use crate::http::RawResponse;

/// Names that the generated endpoint tables use.
#[allow(
    unused_imports,
    reason = "some are used only for servers other than Mastodon"
)]
mod prelude {
    pub(crate) use http::Method;

    pub(crate) use super::endpoint::{
        AlreadyApplied, AlternativeRoute, Auth, Encoding, Endpoint, LostResponse, OnDuplicate,
        Paging, Param, Verification,
    };
    pub(crate) use super::params::{Value, string_values};
    pub(crate) use crate::entities::*;
    pub(crate) use crate::facts::{RateLimitBucket, Scope, ServerSupport, servers};
}

/// Output of a call: an entity, a [`Page`], either of them in a [`Response`], or a [`RawResponse`].
pub trait CallOutput: sealed::FromResponse {}

impl<T: sealed::FromResponse> CallOutput for T {}

pub(crate) mod sealed {
    use mastodon_types::json::{Problem, RejectedItem};

    use super::{Error, RawResponse, Request};

    /// A converted response, and what was tolerated.
    #[derive(Debug)]
    pub struct Converted<T> {
        pub(crate) value: T,
        pub(crate) problems: Vec<Problem>,
        pub(crate) rejected: Vec<RejectedItem>,
    }

    impl<T> Converted<T> {
        pub(crate) fn new(value: T) -> Self {
            Self {
                value,
                problems: Vec::new(),
                rejected: Vec::new(),
            }
        }
    }

    /// Converts a response.
    pub trait FromResponse: Sized {
        /// Decodes the response to a request.
        fn from_response(raw: RawResponse, request: Request) -> Result<Converted<Self>, Error>;
    }
}

impl<T: DeserializeOwned> sealed::FromResponse for T {
    fn from_response(raw: RawResponse, request: Request) -> Result<Converted<Self>, Error> {
        let Decoded {
            value,
            problems,
            rejected,
            ..
        } = decode_reporting(&request, &raw)?;
        Ok(Converted {
            value,
            problems,
            rejected,
        })
    }
}

impl<T, W: PageBody<Item = T>> sealed::FromResponse for Page<T, W> {
    fn from_response(raw: RawResponse, request: Request) -> Result<Converted<Self>, Error> {
        Self::decode(&raw, request)
    }
}

impl sealed::FromResponse for RawResponse {
    fn from_response(raw: RawResponse, _: Request) -> Result<Converted<Self>, Error> {
        Ok(Converted::new(raw))
    }
}

impl<T: CallOutput> sealed::FromResponse for Response<T> {
    fn from_response(raw: RawResponse, request: Request) -> Result<Converted<Self>, Error> {
        let head = ResponseHead {
            status: raw.status,
            headers: raw.headers.clone(),
            secrets: raw.secrets.clone(),
        };
        let converted = T::from_response(raw, request)?;
        Ok(Converted::new(Self::new(converted, head)))
    }
}

/// Future of a call. It owns its data, so it can be spawned as a task.
#[must_use = "a call does nothing until it is awaited"]
pub struct CallFuture<T> {
    future: SendFuture,
    output: PhantomData<fn() -> T>,
}

impl<T> CallFuture<T> {
    pub(crate) fn new(request: Request) -> Self {
        Self::from_future(request.send())
    }

    pub(crate) fn from_future(future: SendFuture) -> Self {
        Self {
            future,
            output: PhantomData,
        }
    }
}

impl<T: CallOutput> Future for CallFuture<T> {
    type Output = Result<T, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let (raw, request) = ready!(self.future.as_mut().poll(context))?;
        Poll::Ready(T::from_response(raw, request).map(|converted| converted.value))
    }
}

impl<T> fmt::Debug for CallFuture<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallFuture").finish_non_exhaustive()
    }
}

/// The method that sets an optional parameter from an `Option`.
macro_rules! maybe_method {
    () => {
        /// Calls a setter with a value if there is one, such as `call.maybe(language, StatusPostCall::language)`. See
        /// [`call`]($crate::call#optional-values).
        #[inline]
        pub fn maybe<V>(self, value: Option<V>, setter: impl FnOnce(Self, V) -> Self) -> Self {
            match value {
                Some(value) => setter(self, value),
                None => self,
            }
        }
    };
}

/// The methods of every call. Its request is its first field.
macro_rules! call_methods {
    ($output:ty) => {
        maybe_method!();

        /// Maximum duration of each attempt of this call, reading the response included.
        #[inline]
        pub fn timeout(mut self, timeout: std::time::Duration) -> Self {
            self.0.timeout = Some(timeout);
            self
        }

        /// Maximum duration of this call, including its retries and waiting for rate limits.
        #[inline]
        pub fn deadline(mut self, deadline: std::time::Duration) -> Self {
            self.0.deadline = Some(deadline);
            self
        }

        /// Calls a function whenever this call begins to wait for a rate limit, in addition to that of the client.
        #[inline]
        pub fn on_wait(
            mut self,
            callback: impl Fn(&$crate::rate_limit::RateLimitWait) + Send + Sync + 'static,
        ) -> Self {
            self.0.on_wait = Some($crate::http::rate_limit::OnWait::new(callback));
            self
        }

        /// Returns the HTTP request without sending it. The request does not contain the access token.
        ///
        /// # Errors
        ///
        /// If an argument cannot be encoded, or a file cannot be read.
        #[inline]
        pub fn http_request(&self) -> Result<http::Request<bytes::Bytes>, $crate::Error> {
            self.0.http()
        }

        /// Sends the call and returns its result with status, headers and rate limit.
        ///
        /// # Errors
        ///
        /// The same as awaiting the call.
        #[inline]
        pub fn response(self) -> $crate::call::CallFuture<$crate::call::Response<$output>> {
            $crate::call::CallFuture::new(self.0)
        }

        /// Sends the call and returns the response undecoded: status, headers, body.
        ///
        /// # Errors
        ///
        /// The same as awaiting the call, except decoding errors.
        #[doc(alias("response body", "headers"))]
        #[inline]
        pub fn raw(self) -> $crate::call::CallFuture<$crate::call::RawResponse> {
            $crate::call::CallFuture::new(self.0)
        }

        /// Sends the call and returns the response as untyped JSON.
        ///
        /// # Errors
        ///
        /// The same as awaiting the call.
        #[inline]
        pub fn json(self) -> $crate::call::CallFuture<serde_json::Value> {
            $crate::call::CallFuture::new(self.0)
        }
    };
}

/// The methods of every call of an endpoint that the SDK knows.
macro_rules! endpoint_methods {
    () => {
        /// What is checked against the server's version before this call is sent, instead of the setting of the client.
        /// With [`VersionCheck::Off`]($crate::server::VersionCheck::Off) the call is sent in any case.
        #[inline]
        pub fn version_check(mut self, check: $crate::call::version_check::VersionCheck) -> Self {
            self.0.version_check = check;
            self
        }

        /// Sets a parameter that the SDK does not know, or another value for one that it knows. It is sent where the
        /// parameters of the endpoint are: in the query or in the body. [`Value`]($crate::call::Value) can be nested.
        #[inline]
        pub fn param(
            mut self,
            name: impl Into<std::borrow::Cow<'static, str>>,
            value: impl Into<$crate::call::Value>,
        ) -> Self {
            self.0.set(name, value);
            self
        }

        /// Returns the metadata of the endpoint.
        #[inline]
        pub fn endpoint(&self) -> &'static $crate::endpoint::Endpoint {
            self.0.endpoint
        }
    };
}

/// The methods of every call that returns a list.
macro_rules! page_methods {
    ($item:ty, $wrapper:ty) => {
        /// Maximum number of items per page. The server limits it further.
        #[inline]
        pub fn limit(mut self, limit: u32) -> Self {
            self.0.set("limit", limit);
            self
        }

        /// Returns a stream of the items of all pages. Each page is fetched when it is needed.
        #[doc(alias("pagination_iterator", "all items", "iterate"))]
        #[inline]
        pub fn items(self) -> $crate::call::Items<$item, $wrapper> {
            $crate::call::Items::new(self.pages())
        }

        /// Returns a stream of all pages. Each page is fetched when it is needed.
        #[doc(alias("pagination_page_iterator"))]
        #[inline]
        pub fn pages(self) -> $crate::call::Pages<$item, $wrapper> {
            $crate::call::Pages::new(self.0)
        }
    };
}

/// The methods of calls that return a list paged by cursors.
macro_rules! cursor_methods {
    () => {
        /// Only items newer than this position, the oldest first: `items()` returns them up to the newest item of the
        /// list, each once, and `pages()` goes in the same direction. In a page itself, the newest item is the first.
        ///
        /// The position is an ID of the list, such as that of the last item that was processed, an entity, a
        /// [time](crate::Cursor::at) in lists of statuses, or
        /// [`Page::newest_cursor`](crate::Page::newest_cursor) of an earlier page. Items that the server inserts later at
        /// an older position, such as statuses that arrive late from other servers, are not found.
        ///
        /// Some lists, such as those of accounts, can only be requested from the newest item on. `items()` and
        /// `pages()` then fetch all pages before they return the first, up to 64 MiB of JSON, and awaiting the call
        /// itself returns the newest page.
        #[inline]
        pub fn newer_than(mut self, position: impl Into<$crate::Cursor>) -> Self {
            self.0.set_newer_than(position.into());
            self
        }

        /// Only items older than this position, the newest first.
        ///
        /// The position is an ID of the list, an entity, a [time](crate::Cursor::at) in lists of statuses, or
        /// [`Page::oldest_cursor`](crate::Page::oldest_cursor) of an earlier page.
        #[inline]
        pub fn older_than(self, position: impl Into<$crate::Cursor>) -> Self {
            self.max_id(position)
        }

        /// Only items newer than the first position and older than the second, the oldest first: the same as
        /// [`newer_than`](Self::newer_than) and [`older_than`](Self::older_than) together.
        #[inline]
        pub fn between(
            self,
            newer_than: impl Into<$crate::Cursor>,
            older_than: impl Into<$crate::Cursor>,
        ) -> Self {
            self.newer_than(newer_than).older_than(older_than)
        }

        /// Only items older than this cursor. The same as [`older_than`](Self::older_than).
        #[inline]
        pub fn max_id(mut self, cursor: impl Into<$crate::Cursor>) -> Self {
            self.0.set_cursor("max_id", cursor.into());
            self
        }

        /// Only items newer than this cursor, the newest first. All following pages stay within this bound.
        #[inline]
        pub fn since_id(mut self, cursor: impl Into<$crate::Cursor>) -> Self {
            self.0.set_cursor("since_id", cursor.into());
            self
        }

        /// Only items newer than this cursor, the oldest first. The same as [`newer_than`](Self::newer_than), but an
        /// error for lists that the server only returns from the newest item on.
        #[inline]
        pub fn min_id(mut self, cursor: impl Into<$crate::Cursor>) -> Self {
            self.0.set_cursor("min_id", cursor.into());
            self
        }
    };
}

/// The methods of calls that return a list paged by offset.
macro_rules! offset_methods {
    () => {
        /// Number of items to skip.
        #[inline]
        pub fn offset(mut self, offset: u32) -> Self {
            self.0.set("offset", offset);
            self
        }
    };
}

/// Implements a call with optional parameters.
macro_rules! call_builder {
    ($builder:ident, $output:ty) => {
        impl $builder {
            call_methods!($output);
            endpoint_methods!();
        }

        impl std::future::IntoFuture for $builder {
            type Output = Result<$output, $crate::Error>;
            type IntoFuture = $crate::call::CallFuture<$output>;

            #[inline]
            fn into_future(self) -> Self::IntoFuture {
                $crate::call::CallFuture::new(self.0)
            }
        }
    };
}

/// Implements a call with optional parameters, one of which changes the type of its result.
macro_rules! generic_call_builder {
    ($builder:ident) => {
        impl<T> Clone for $builder<T> {
            fn clone(&self) -> Self {
                Self(self.0.clone(), std::marker::PhantomData)
            }
        }

        impl<T> std::fmt::Debug for $builder<T> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl<T: $crate::call::CallOutput> $builder<T> {
            call_methods!(T);
            endpoint_methods!();
        }

        impl<T: $crate::call::CallOutput> std::future::IntoFuture for $builder<T> {
            type Output = Result<T, $crate::Error>;
            type IntoFuture = $crate::call::CallFuture<T>;

            fn into_future(self) -> Self::IntoFuture {
                $crate::call::CallFuture::new(self.0)
            }
        }
    };
}

/// Implements a call with optional parameters that returns pages, paged by cursors.
macro_rules! paged_builder {
    ($builder:ident, $item:ty, $wrapper:ty) => {
        call_builder!($builder, $crate::Page<$item, $wrapper>);
        impl $builder {
            page_methods!($item, $wrapper);
            cursor_methods!();
        }
    };
}

/// Implements a call with optional parameters that returns pages, paged by offset.
macro_rules! offset_builder {
    ($builder:ident, $item:ty, $wrapper:ty) => {
        call_builder!($builder, $crate::Page<$item, $wrapper>);
        impl $builder {
            page_methods!($item, $wrapper);
            offset_methods!();
        }
    };
}

/// Declares a call without optional parameters, generic over its result.
macro_rules! call {
    ($(#[$docs:meta])* $name:ident<$($param:ident $(= $default:ty)?),+> -> $output:ty where $bounded:ident: $bound:path { $($methods:tt)* }) => {
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
            pub(crate) fn new(core: &Arc<Core>, endpoint: &'static Endpoint) -> Self {
                Self(Request::new(core, endpoint), PhantomData)
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
            call_methods!($output);
            endpoint_methods!();
            $($methods)*
        }

        impl<$($param),+> IntoFuture for $name<$($param),+>
        where
            $bounded: $bound,
        {
            type Output = Result<$output, Error>;
            type IntoFuture = CallFuture<$output>;

            #[inline]
            fn into_future(self) -> Self::IntoFuture {
                CallFuture::new(self.0)
            }
        }
    };
}

// It uses the macros above.
mod request_call;

call! {
    /// A call that returns a `T`. It does nothing until it is awaited.
    Call<T> -> T where T: CallOutput {}
}

call! {
    /// A call that returns a [`Page`], paged by cursors.
    PagedCall<T, W = Vec<T>> -> Page<T, W> where W: PageBody<Item = T> {
        page_methods!(T, W);
        cursor_methods!();
    }
}

call! {
    /// A call that returns a [`Page`], paged by offset.
    OffsetCall<T, W = Vec<T>> -> Page<T, W> where W: PageBody<Item = T> {
        page_methods!(T, W);
        offset_methods!();
    }
}

impl<T> Call<T> {
    /// Adds a hook that completes or checks the request before it is sent.
    pub(crate) fn prepare_with(self, hook: impl PrepareHook + 'static) -> Self {
        Self(self.0.prepare_with(hook), PhantomData)
    }

    /// Disables the check of the server's version.
    pub(crate) fn without_version_check(mut self) -> Self {
        self.0.version_check = VersionCheck::Off;
        self
    }
}

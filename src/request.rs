//! Calls: what will be sent, as data, until they are awaited.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use serde::de::DeserializeOwned;

use crate::client::Mastodon;
use crate::complete::Reply;
use crate::decode;
use crate::encode;
use crate::endpoint::{Endpoint, Style};
use crate::error::Error;
use crate::id::Cursor;
use crate::page::{Items, Page, PageBody, Pages};
use crate::params::{Group, Value};
use crate::response::Response;
use crate::send;
use crate::transport::RawResponse;
use crate::version::VersionCheck;

/// A request as data: the endpoint, the values, the client that will send it.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) client: Mastodon,
    pub(crate) endpoint: &'static Endpoint,
    pub(crate) values: Group,
    pub(crate) timeout: Option<Duration>,
    pub(crate) deadline: Option<Duration>,
    pub(crate) check: VersionCheck,
    /// A reply whose mentions are not settled yet.
    pub(crate) reply: Option<Arc<Reply>>,
    /// What an edit is not to carry over from the status as it is.
    pub(crate) dropped: Vec<&'static str>,
}

impl Request {
    fn new(client: &Mastodon, endpoint: &'static Endpoint) -> Self {
        let settings = &client.inner.settings;
        Self {
            client: client.clone(),
            endpoint,
            values: Group::new(),
            timeout: None,
            deadline: settings.deadline,
            check: settings.version_check,
            reply: None,
            dropped: Vec::new(),
        }
    }

    /// The request that would travel, without the token.
    pub(crate) fn http(&self) -> Result<http::Request<Bytes>, Error> {
        let language = self.client.language();
        encode::request(
            &self.client.inner.base,
            self.endpoint,
            &self.values,
            language,
        )
    }

    pub(crate) fn send(self) -> Sending {
        Box::pin(send::send(self))
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(self.endpoint.name)
            .field("values", &self.values)
            .finish_non_exhaustive()
    }
}

/// The part of a call that does not depend on its type; the one box of a whole call.
pub(crate) type Sending =
    Pin<Box<dyn Future<Output = Result<(RawResponse, Request), Error>> + Send>>;

/// A call that answers a `T`. It does nothing until it is awaited.
#[must_use = "a call does nothing until it is awaited"]
pub struct Call<T> {
    pub(crate) request: Request,
    answer: PhantomData<fn() -> T>,
}

impl<T> Clone for Call<T> {
    fn clone(&self) -> Self {
        Self {
            request: self.request.clone(),
            answer: PhantomData,
        }
    }
}

impl<T> fmt::Debug for Call<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.request.fmt(f)
    }
}

impl<T> Call<T> {
    pub(crate) fn new(client: &Mastodon, endpoint: &'static Endpoint) -> Self {
        Self {
            request: Request::new(client, endpoint),
            answer: PhantomData,
        }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.set(name, value);
        self
    }

    pub(crate) fn set(&mut self, name: &'static str, value: impl Into<Value>) {
        self.request.values.set(name, value);
    }

    /// Sends it whatever the server's version.
    pub(crate) fn unchecked(mut self) -> Self {
        self.request.check = VersionCheck::Off;
        self
    }

    /// Facts about the endpoint.
    pub fn endpoint(&self) -> &'static Endpoint {
        self.request.endpoint
    }

    /// How long each attempt of this call may take, its answer read.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.request.timeout = Some(timeout);
        self
    }

    /// How long this call may take in all, with its repetitions and the waiting for rate limits.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.request.deadline = Some(deadline);
        self
    }

    /// The request that would be sent, without the token.
    ///
    /// # Errors
    ///
    /// When an argument cannot be sent, or a file cannot be read.
    pub fn http_request(&self) -> Result<http::Request<Bytes>, Error> {
        self.request.http()
    }

    /// Sends it and returns the answer as it came: status, headers, bytes.
    ///
    /// # Errors
    ///
    /// As awaiting it does, but for what the decoding may find.
    pub async fn raw(self) -> Result<RawResponse, Error> {
        self.request.send().await.map(|(response, _)| response)
    }

    /// Sends it and returns the answer with its status, its headers and the rate limit.
    ///
    /// # Errors
    ///
    /// As awaiting it does.
    pub async fn response(self) -> Result<Response<T>, Error>
    where
        T: DeserializeOwned,
    {
        let (raw, request) = self.request.send().await?;
        Ok(Response::new(decode::read(request.endpoint, &raw)?, raw))
    }

    /// Sends it and returns the answer as plain JSON.
    ///
    /// # Errors
    ///
    /// As awaiting it does.
    pub async fn json(self) -> Result<serde_json::Value, Error> {
        let endpoint = self.request.endpoint;
        decode::read(endpoint, &self.raw().await?)
    }
}

impl<T: DeserializeOwned> IntoFuture for Call<T> {
    type Output = Result<T, Error>;
    type IntoFuture = CallFuture<T>;

    fn into_future(self) -> CallFuture<T> {
        CallFuture {
            sending: self.request.send(),
            answer: PhantomData,
        }
    }
}

/// A call under way. It owns all that it needs, so it can be spawned.
#[must_use = "a call does nothing until it is awaited"]
pub struct CallFuture<T> {
    sending: Sending,
    answer: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> Future for CallFuture<T> {
    type Output = Result<T, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let (response, request) = ready!(self.sending.as_mut().poll(context))?;
        Poll::Ready(decode::read(request.endpoint, &response))
    }
}

impl<T> fmt::Debug for CallFuture<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallFuture").finish_non_exhaustive()
    }
}

/// Declares a call that answers pages.
macro_rules! paged_call {
    ($(#[$docs:meta])* $name:ident { $($(#[$setter_docs:meta])* $setter:ident: $ty:ty => $value:expr;)* }) => {
        $(#[$docs])*
        #[must_use = "a call does nothing until it is awaited"]
        pub struct $name<T, W = Vec<T>> {
            pub(crate) call: Call<W>,
            item: PhantomData<fn() -> T>,
        }

        impl<T, W> Clone for $name<T, W> {
            fn clone(&self) -> Self {
                Self { call: self.call.clone(), item: PhantomData }
            }
        }

        impl<T, W> fmt::Debug for $name<T, W> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.call.fmt(f)
            }
        }

        impl<T, W> $name<T, W> {
            pub(crate) fn new(client: &Mastodon, endpoint: &'static Endpoint) -> Self {
                Self { call: Call::new(client, endpoint), item: PhantomData }
            }

            pub(crate) fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
                self.call.set(name, value);
                self
            }

            pub(crate) fn set(&mut self, name: &'static str, value: impl Into<Value>) {
                self.call.set(name, value);
            }

            $(
                $(#[$setter_docs])*
                pub fn $setter(mut self, $setter: $ty) -> Self {
                    #[allow(clippy::redundant_closure_call, reason = "the macro is given a conversion")]
                    self.call.set(stringify!($setter), ($value)($setter));
                    self
                }
            )*

            /// How long each attempt of this call may take, its answer read.
            pub fn timeout(mut self, timeout: Duration) -> Self {
                self.call = self.call.timeout(timeout);
                self
            }

            /// How long this call may take in all, with its repetitions and the waiting for rate limits.
            pub fn deadline(mut self, deadline: Duration) -> Self {
                self.call = self.call.deadline(deadline);
                self
            }

            /// The request that would be sent, without the token.
            ///
            /// # Errors
            ///
            /// When an argument cannot be sent.
            pub fn http_request(&self) -> Result<http::Request<Bytes>, Error> {
                self.call.http_request()
            }

            /// Facts about the endpoint.
            pub fn endpoint(&self) -> &'static Endpoint {
                self.call.endpoint()
            }

            /// Sends it and returns the answer as it came.
            ///
            /// # Errors
            ///
            /// As awaiting it does, but for what the decoding may find.
            pub async fn raw(self) -> Result<RawResponse, Error> {
                self.call.raw().await
            }

            /// Sends it and returns the answer as plain JSON.
            ///
            /// # Errors
            ///
            /// As awaiting it does.
            pub async fn json(self) -> Result<serde_json::Value, Error> {
                self.call.json().await
            }
        }

        impl<T, W: PageBody<Item = T>> $name<T, W> {
            /// All items from here on, fetched page by page as they are wanted.
            pub fn items(self) -> Items<T, W> {
                Items::new(self.pages())
            }

            /// All pages from here on.
            pub fn pages(self) -> Pages<T, W> {
                Pages::new(self.call.request)
            }

            /// Sends it and returns the page with its status, its headers and the rate limit.
            ///
            /// # Errors
            ///
            /// As awaiting it does.
            pub async fn response(self) -> Result<Response<Page<T, W>>, Error> {
                let (raw, request) = self.call.request.send().await?;
                Ok(Response::new(Page::read(&raw, &request)?, raw))
            }
        }

        impl<T, W: PageBody<Item = T>> IntoFuture for $name<T, W> {
            type Output = Result<Page<T, W>, Error>;
            type IntoFuture = PageFuture<T, W>;

            fn into_future(self) -> PageFuture<T, W> {
                PageFuture::new(self.call.request)
            }
        }
    };
}

paged_call! {
    /// A call that answers a [`Page`], paged by cursors.
    PagedCall {
        /// How many items the page has at the most; the server has a maximum of its own.
        limit: u32 => |limit| limit;
        /// Only items that are older than this position.
        max_id: impl Into<Cursor> => |cursor| Into::<Cursor>::into(cursor).into_text();
        /// Only items that are newer than this position, the newest of them first.
        since_id: impl Into<Cursor> => |cursor| Into::<Cursor>::into(cursor).into_text();
        /// Only items that are newer than this position, those next to it.
        min_id: impl Into<Cursor> => |cursor| Into::<Cursor>::into(cursor).into_text();
    }
}

paged_call! {
    /// A call that answers a [`Page`], paged by counting items.
    OffsetCall {
        /// How many items the page has at the most; the server has a maximum of its own.
        limit: u32 => |limit| limit;
        /// How many items to skip from the beginning.
        offset: u32 => |offset| offset;
    }
}

/// A page under way.
#[must_use = "a call does nothing until it is awaited"]
pub struct PageFuture<T, W = Vec<T>> {
    sending: Sending,
    item: PhantomData<fn() -> (T, W)>,
}

impl<T, W> PageFuture<T, W> {
    pub(crate) fn new(request: Request) -> Self {
        Self {
            sending: request.send(),
            item: PhantomData,
        }
    }
}

impl<T, W: PageBody<Item = T>> Future for PageFuture<T, W> {
    type Output = Result<Page<T, W>, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let (response, request) = ready!(self.sending.as_mut().poll(context))?;
        Poll::Ready(Page::read(&response, &request))
    }
}

impl<T, W> fmt::Debug for PageFuture<T, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PageFuture").finish_non_exhaustive()
    }
}

/// The parameters that name a position in a list.
pub(crate) const CURSORS: [&str; 3] = ["max_id", "since_id", "min_id"];

/// Arguments that the endpoint cannot take, found before anything is sent.
pub(crate) fn check_arguments(request: &Request) -> Result<(), Error> {
    let Request {
        endpoint, values, ..
    } = request;
    let Some(paging) = &endpoint.paging else {
        return Ok(());
    };
    if paging.style == Style::Offset {
        return Ok(());
    }
    for cursor in CURSORS {
        if values.get(cursor).is_some() && !paging.cursors.contains(&cursor) {
            let reads = paging.cursors.join(", ");
            return Err(Error::argument(
                endpoint,
                cursor,
                format!("this list does not read it; it reads {reads}"),
            ));
        }
    }
    Ok(())
}

/// Makes a builder with options behave as the call inside it.
macro_rules! builder {
    ($builder:ident, $call:ty, $future:ty, $answer:ty) => {
        impl $builder {
            /// How long each attempt of this call may take, its answer read.
            pub fn timeout(mut self, timeout: std::time::Duration) -> Self {
                self.0 = self.0.timeout(timeout);
                self
            }

            /// How long this call may take in all, with its repetitions and the waiting for rate limits.
            pub fn deadline(mut self, deadline: std::time::Duration) -> Self {
                self.0 = self.0.deadline(deadline);
                self
            }

            /// The request that would be sent, without the token.
            ///
            /// # Errors
            ///
            /// When an argument cannot be sent, or a file cannot be read.
            pub fn http_request(&self) -> Result<http::Request<bytes::Bytes>, $crate::Error> {
                self.0.http_request()
            }

            /// Sends it and returns the answer as it came.
            ///
            /// # Errors
            ///
            /// As awaiting it does, but for what the decoding may find.
            pub async fn raw(self) -> Result<$crate::RawResponse, $crate::Error> {
                self.0.raw().await
            }

            /// Sends it and returns the answer as plain JSON.
            ///
            /// # Errors
            ///
            /// As awaiting it does.
            pub async fn json(self) -> Result<serde_json::Value, $crate::Error> {
                self.0.json().await
            }

            /// Sends it and returns the answer with its status, its headers and the rate limit.
            ///
            /// # Errors
            ///
            /// As awaiting it does.
            pub async fn response(self) -> Result<$crate::Response<$answer>, $crate::Error> {
                self.0.response().await
            }

            /// Facts about the endpoint.
            pub fn endpoint(&self) -> &'static $crate::Endpoint {
                self.0.endpoint()
            }
        }

        impl std::future::IntoFuture for $builder {
            type Output = Result<$answer, $crate::Error>;
            type IntoFuture = $future;

            fn into_future(self) -> $future {
                self.0.into_future()
            }
        }
    };
}

macro_rules! call_builder {
    ($builder:ident, $answer:ty) => {
        builder!(
            $builder,
            $crate::request::Call<$answer>,
            $crate::request::CallFuture<$answer>,
            $answer
        );
    };
}

macro_rules! paged_builder {
    ($builder:ident, $item:ty) => {
        paged_builder!($builder, $item, Vec<$item>);
    };
    ($builder:ident, $item:ty, $wrapper:ty) => {
        builder!(
            $builder,
            $crate::request::PagedCall<$item, $wrapper>,
            $crate::request::PageFuture<$item, $wrapper>,
            $crate::page::Page<$item, $wrapper>
        );
        page_streams!($builder, $item, $wrapper);

        impl $builder {
            /// Only items that are older than this position.
            pub fn max_id(mut self, cursor: impl Into<$crate::Cursor>) -> Self {
                self.0 = self.0.max_id(cursor);
                self
            }

            /// Only items that are newer than this position, the newest of them first.
            pub fn since_id(mut self, cursor: impl Into<$crate::Cursor>) -> Self {
                self.0 = self.0.since_id(cursor);
                self
            }

            /// Only items that are newer than this position, those next to it.
            pub fn min_id(mut self, cursor: impl Into<$crate::Cursor>) -> Self {
                self.0 = self.0.min_id(cursor);
                self
            }
        }
    };
}

macro_rules! offset_builder {
    ($builder:ident, $item:ty) => {
        offset_builder!($builder, $item, Vec<$item>);
    };
    ($builder:ident, $item:ty, $wrapper:ty) => {
        builder!(
            $builder,
            $crate::request::OffsetCall<$item, $wrapper>,
            $crate::request::PageFuture<$item, $wrapper>,
            $crate::page::Page<$item, $wrapper>
        );
        page_streams!($builder, $item, $wrapper);

        impl $builder {
            /// How many items to skip from the beginning.
            pub fn offset(mut self, offset: u32) -> Self {
                self.0 = self.0.offset(offset);
                self
            }
        }
    };
}

macro_rules! page_streams {
    ($builder:ident, $item:ty, $wrapper:ty) => {
        impl $builder {
            /// How many items the page has at the most; the server has a maximum of its own.
            pub fn limit(mut self, limit: u32) -> Self {
                self.0 = self.0.limit(limit);
                self
            }

            /// All items from here on, fetched page by page as they are wanted.
            pub fn items(self) -> $crate::page::Items<$item, $wrapper> {
                self.0.items()
            }

            /// All pages from here on.
            pub fn pages(self) -> $crate::page::Pages<$item, $wrapper> {
                self.0.pages()
            }
        }
    };
}

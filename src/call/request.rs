//! Requests before they are encoded and sent.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;
use url::Url;

use super::core::{BoxFuture, Core};
use super::encode;
use super::endpoint::{Endpoint, PagingStyle};
use super::lost_response::FindHook;
use super::page::ListRange;
use super::params::{Group, Value};
use super::pipeline;
use super::version_check::VersionCheck;
use crate::error::Error;
use crate::http::RawResponse;
use crate::http::body::Body;
use crate::http::rate_limit::OnWait;

/// Names of the cursor parameters.
pub(crate) const CURSORS: [&str; 3] = ["max_id", "since_id", "min_id"];

/// Future of a request that is being sent. It does not depend on the type of the result.
pub(crate) type SendFuture = BoxFuture<'static, Result<(RawResponse, Request), Error>>;

/// A request before it is encoded and sent: endpoint, parameters, options, and the client's state.
#[derive(Clone)]
pub struct Request {
    pub(crate) core: Arc<Core>,
    pub(crate) endpoint: &'static Endpoint,
    pub(crate) values: Group,
    /// Range of the list, if this request is for a page that follows another one.
    pub(crate) range: Option<ListRange>,
    /// Whether the list is read from its oldest item on.
    pub(crate) oldest_first: bool,
    /// Name of the cursor parameter that is a time.
    pub(crate) time_cursor: Option<&'static str>,
    /// URL of the endpoint, if the server reports another one than the default.
    pub(crate) url: Option<Url>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) deadline: Option<Duration>,
    /// When the deadline ends. Set when the request is sent.
    pub(crate) deadline_at: Option<Instant>,
    pub(crate) on_wait: Option<OnWait>,
    /// Maximum number of retries, instead of the client's.
    pub(crate) max_retries: Option<u32>,
    pub(crate) version_check: VersionCheck,
    /// Search for the result if the response was lost.
    pub(crate) find_hook: Option<Arc<dyn FindHook>>,
    /// Hooks that run, in this order, before the request is sent.
    hooks: Vec<Arc<dyn PrepareHook>>,
}

/// A step before a request is sent, such as fetching data that the request needs.
pub(crate) trait PrepareHook: Send + Sync {
    /// Completes or checks the request.
    fn prepare<'a>(&'a self, request: &'a mut Request) -> BoxFuture<'a, Result<(), Error>>;
}

impl Request {
    pub(crate) fn new(core: &Arc<Core>, endpoint: &'static Endpoint) -> Self {
        Self {
            core: Arc::clone(core),
            endpoint,
            values: Group::new(),
            range: None,
            oldest_first: false,
            time_cursor: None,
            url: None,
            timeout: None,
            deadline: core.settings.deadline,
            deadline_at: None,
            on_wait: None,
            max_retries: None,
            version_check: core.settings.version_check,
            find_hook: None,
            hooks: Vec::new(),
        }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.set(name, value);
        self
    }

    pub(crate) fn set(&mut self, name: &'static str, value: impl Into<Value>) {
        self.values.set(name, value);
    }

    /// Adds a hook that runs after the existing ones.
    pub(crate) fn prepare_with(mut self, hook: impl PrepareHook + 'static) -> Self {
        self.hooks.push(Arc::new(hook));
        self
    }

    /// Adds a hook that runs before the existing ones.
    pub(crate) fn prepare_first_with(mut self, hook: impl PrepareHook + 'static) -> Self {
        self.hooks.insert(0, Arc::new(hook));
        self
    }

    /// Sets the search for the result if the response was lost.
    pub(crate) fn find_with(mut self, hook: impl FindHook + 'static) -> Self {
        self.find_hook = Some(Arc::new(hook));
        self
    }

    /// Runs the hooks.
    pub(crate) async fn prepare(&mut self) -> Result<(), Error> {
        for hook in std::mem::take(&mut self.hooks) {
            hook.prepare(self).await?;
        }
        Ok(())
    }

    /// Returns the same request with other parameters.
    pub(crate) fn with_values(&self, values: Group) -> Self {
        Self {
            values,
            ..self.clone()
        }
    }

    /// Returns the HTTP request without the access token, with its files in memory. Blocks on disk access.
    pub(crate) fn http(&self) -> Result<http::Request<Bytes>, Error> {
        load(self.outgoing()?)
    }

    /// Returns the HTTP request of [`http`](Self::http) for another host.
    pub(crate) fn http_to(&self, base: &Url) -> Result<http::Request<Bytes>, Error> {
        load(self.outgoing_to(encode::url(base, self.endpoint, &self.values)?)?)
    }

    /// Returns the HTTP request without the access token. Reads the metadata of files, which blocks on disk
    /// access.
    pub(crate) fn outgoing(&self) -> Result<http::Request<Body>, Error> {
        let url = match &self.url {
            Some(url) => url.clone(),
            None => encode::url(&self.core.base, self.endpoint, &self.values)?,
        };
        self.outgoing_to(url)
    }

    fn outgoing_to(&self, url: Url) -> Result<http::Request<Body>, Error> {
        encode::request(url, self.endpoint, &self.values, self.core.language())
    }

    pub(crate) fn send(self) -> SendFuture {
        Box::pin(pipeline::send(self))
    }

    /// Fails if a cursor was set that the list does not support.
    pub(super) fn check_cursors(&self) -> Result<(), Error> {
        let Some(paging) = &self.endpoint.paging else {
            return Ok(());
        };
        if let Some(name) = self.time_cursor
            && paging.cursor_type != Some("StatusId")
        {
            let reason = "a time is not a position in this list; use the ID of an item, or a cursor of an earlier page";
            return Err(Error::argument(self.endpoint.name, name, reason));
        }
        if paging.style == PagingStyle::Offset {
            return Ok(());
        }
        for cursor in CURSORS {
            if self.values.get(cursor).is_some() && !paging.cursors.contains(&cursor) {
                let supported = paging.cursors.join(", ");
                return Err(Error::argument(
                    self.endpoint.name,
                    cursor,
                    format!("this list does not support it; it supports {supported}"),
                ));
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(self.endpoint.name)
            .field("values", &self.values)
            .finish_non_exhaustive()
    }
}

fn load(request: http::Request<Body>) -> Result<http::Request<Bytes>, Error> {
    let (parts, body) = request.into_parts();
    Ok(http::Request::from_parts(parts, body.load()?))
}

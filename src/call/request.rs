//! Requests before they are encoded and sent.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, header};
use tokio::time::Instant;
use url::Url;

use super::chunks;
use super::core::{BoxFuture, Core};
use super::custom::{Custom, UNKNOWN};
use super::encode;
use super::endpoint::{Endpoint, PagingStyle};
use super::lost_response::FindHook;
use super::page::ListRange;
use super::params::{Group, Value};
use super::version_check::VersionCheck;
use crate::error::{EndpointName, Error};
use crate::facts::RateLimitBucket;
use crate::http::RawResponse;
use crate::http::outgoing::Outgoing;
use crate::http::rate_limit::OnWait;
use crate::redact::KnownSecrets;

/// Names of the cursor parameters.
pub(crate) const CURSORS: [&str; 3] = ["max_id", "since_id", "min_id"];

/// Future of a request that is being sent. It does not depend on the type of the result.
pub(crate) type SendFuture = BoxFuture<'static, Result<(RawResponse, Request), Error>>;

/// A request before it is encoded and sent: endpoint, parameters, options, and the client's state.
#[derive(Clone)]
pub struct Request {
    pub(crate) core: Arc<Core>,
    pub(crate) endpoint: &'static Endpoint,
    /// What is known of the request if the SDK does not know its endpoint.
    pub(crate) custom: Option<Box<Custom>>,
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
            custom: None,
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

    /// Creates a request to an endpoint that the SDK does not know.
    pub(crate) fn custom(core: &Arc<Core>, custom: Custom) -> Self {
        Self {
            custom: Some(Box::new(custom)),
            ..Self::new(core, &UNKNOWN)
        }
    }

    /// Returns the name of the endpoint, for errors and logs.
    pub(crate) fn name(&self) -> EndpointName {
        match &self.custom {
            Some(custom) => custom.name(),
            None => self.endpoint.name.into(),
        }
    }

    /// Returns the name under which a page is stored.
    pub(super) fn stored_name(&self) -> EndpointName {
        match &self.custom {
            Some(custom) => custom.stored_name(),
            None => self.endpoint.name.into(),
        }
    }

    /// Returns the request, without parameters, for a page of a list that was stored under this name.
    pub(super) fn from_stored_name(core: &Arc<Core>, name: &str) -> Option<Self> {
        if let Some(custom) = Custom::from_stored_name(name) {
            return Some(Self::custom(core, custom));
        }
        let mut endpoints = Endpoint::all().iter();
        let endpoint =
            endpoints.find(|endpoint| endpoint.name == name && endpoint.paging.is_some())?;
        Some(Self::new(core, endpoint))
    }

    /// Returns the HTTP method.
    pub(crate) fn method(&self) -> &Method {
        match &self.custom {
            Some(custom) => &custom.method,
            None => &self.endpoint.method,
        }
    }

    /// Returns the path, with `{name}` for each path parameter.
    pub(crate) fn path(&self) -> &str {
        match &self.custom {
            Some(custom) => custom.path_template(),
            None => self.endpoint.path,
        }
    }

    /// Returns the rate limit bucket that the request counts against, unless it has a cursor.
    pub(super) fn bucket(&self) -> RateLimitBucket {
        match &self.custom {
            Some(custom) => custom.bucket(),
            None => self.endpoint.bucket,
        }
    }

    /// Returns the OAuth scopes of the endpoint, as far as they are known.
    pub(super) fn scopes(&self) -> &'static [&'static str] {
        let known = match &self.custom {
            Some(custom) => custom.known_endpoint(),
            None => Some(self.endpoint),
        };
        known.map_or(&[], |endpoint| endpoint.scopes)
    }

    /// Returns whether the caller has chosen the content type of the response, so that it may be a web page.
    pub(super) fn accepts_pages(&self) -> bool {
        let custom = self.custom.as_ref();
        custom.is_some_and(|custom| custom.has_header(&header::ACCEPT))
    }

    /// Returns whether a file is sent.
    pub(super) fn has_file(&self) -> bool {
        let custom = self.custom.as_ref();
        self.values.has_file() || custom.is_some_and(|custom| custom.has_file())
    }

    /// Returns the access token and the values of all secret parameters.
    pub(super) fn secrets(&self) -> KnownSecrets {
        let mut secrets = self.values.secret_values();
        if secrets.is_empty() && self.custom.is_none() {
            return self.core.secrets.clone();
        }
        let token = self.core.token.as_ref();
        secrets.extend(token.map(|token| token.secret().clone()));
        if let Some(custom) = &self.custom {
            secrets.extend(custom.secrets());
        }
        KnownSecrets::new(secrets)
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.set(name, value);
        self
    }

    pub(crate) fn set(&mut self, name: impl Into<Cow<'static, str>>, value: impl Into<Value>) {
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
        self.outgoing()?.into_http()
    }

    /// Returns the HTTP request of [`http`](Self::http) for another host.
    #[cfg(feature = "streaming")]
    pub(crate) fn http_to(&self, base: &Url) -> Result<http::Request<Bytes>, Error> {
        self.outgoing_to(encode::url(base, self.endpoint, &self.values)?)?
            .into_http()
    }

    /// Returns the request without the access token. Reads the metadata of files, which blocks on disk access.
    pub(crate) fn outgoing(&self) -> Result<Outgoing, Error> {
        let url = match (&self.url, &self.custom) {
            (Some(url), _) => url.clone(),
            (None, Some(custom)) => encode::url_at(&self.core.base, &custom.encoded_path()?),
            (None, None) => {
                match encode::path(self.endpoint.name, self.endpoint.path, &self.values)? {
                    Cow::Borrowed(path) => self.core.url(path),
                    Cow::Owned(path) => encode::url_at(&self.core.base, &path),
                }
            }
        };
        self.outgoing_to(url)
    }

    fn outgoing_to(&self, url: Url) -> Result<Outgoing, Error> {
        let language = self.core.language();
        match &self.custom {
            Some(custom) => encode::custom_request(url, custom, &self.values, language),
            None => encode::request(url, self.endpoint, &self.values, language),
        }
    }

    pub(crate) fn send(mut self) -> SendFuture {
        // The request is borrowed by what sends it: each `async fn` that owned it would have room for it twice.
        let sending = async move {
            let response = chunks::send(&mut self).await?;
            Ok((response, self))
        };
        // Allocated first: otherwise the future is created on the stack, and all of its kilobytes are copied.
        let future = Box::write(Box::new_uninit(), sending);
        Box::into_pin(future)
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
        let name = self.name();
        let mut shown = f.debug_struct(&name);
        shown.field("values", &self.values);
        if let Some(custom) = &self.custom {
            shown.field("custom", custom);
        }
        shown.finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::mem::size_of_val;

    use crate::Mastodon;

    /// Every call allocates its future.
    #[test]
    fn future_of_a_call_takes_at_most_six_kilobytes() {
        let mastodon = Mastodon::builder("https://social.example").build().unwrap();
        let size = size_of_val(&*mastodon.status("1").0.send());
        assert!(size <= 6 << 10, "{size}");
    }
}

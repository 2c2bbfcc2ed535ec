//! Host of the streaming API.

use std::sync::{Mutex, PoisonError};

use url::Url;

use crate::call::endpoints::{STREAM_HEALTHY, STREAM_OPEN_WEBSOCKET};
use crate::call::request::Request;
use crate::client::instance::decode_instance;
use crate::client::{Mastodon, require_encryption};
use crate::error::Error;
use crate::http::redirect::location;

/// State shared by all streams of a client.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    /// Origin of the streaming API, once it is known.
    host: Mutex<Option<Url>>,
    #[cfg(feature = "websocket")]
    pub(crate) socket: crate::streaming::subscription::SharedSocket,
}

impl Shared {
    fn lock_host(&self) -> std::sync::MutexGuard<'_, Option<Url>> {
        self.host.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the origin of the streaming API: the one in the instance data, the target of a redirect, or the
/// server itself.
pub(crate) async fn streaming_host(client: &Mastodon) -> Result<Url, Error> {
    let shared = client.inner.extensions.get::<Shared>();
    if let Some(host) = shared.lock_host().clone() {
        return Ok(host);
    }
    let host = match host_from_instance(client).await? {
        Some(host) => host,
        None => host_from_redirect(client).await?,
    };
    if client.core().token.is_some() {
        require_encryption(&host, &client.core().settings)?;
    }
    *shared.lock_host() = Some(host.clone());
    Ok(host)
}

/// Removes the streaming host from the cache, so that the next connection finds a host that has moved.
pub(crate) fn clear_cached_host(client: &Mastodon) {
    *client.inner.extensions.get::<Shared>().lock_host() = None;
}

/// Returns the streaming URL in the server's instance data, if there is one.
async fn host_from_instance(client: &Mastodon) -> Result<Option<Url>, Error> {
    let instance: serde_json::Value = match client.fetch_instance().await {
        Ok((raw, request)) => decode_instance(request.endpoint, &raw).unwrap_or_default(),
        Err(error) if error.is_retryable() => return Err(error),
        Err(_) => return Ok(None),
    };
    let v2 = &instance["configuration"]["urls"]["streaming"];
    let v1 = &instance["urls"]["streaming_api"];
    let url = v2.as_str().or(v1.as_str()).unwrap_or_default();
    if url.is_empty() {
        return Ok(None);
    }
    http_origin(url).map(Some).ok_or_else(|| {
        Error::stream(
            STREAM_OPEN_WEBSOCKET.name,
            format!("the server's instance data contains an invalid streaming URL: `{url}`"),
        )
    })
}

/// Returns the origin to which the server redirects streaming requests, or the server itself.
async fn host_from_redirect(client: &Mastodon) -> Result<Url, Error> {
    let (core, endpoint) = (client.core(), &STREAM_OPEN_WEBSOCKET);
    let request = Request::new(core, endpoint).http()?;
    let timeout = core.settings.timeout;
    // The access token is not sent before the target of the redirect is known.
    let response = core
        .transport
        .open(endpoint.name, request, None, timeout)
        .await?;
    let target = location(&response, &core.base);
    Ok(target
        .and_then(|target| http_origin(target.as_str()))
        .unwrap_or_else(|| core.base.clone()))
}

/// Returns the origin of a URL, with `http` instead of `ws`.
fn http_origin(url: &str) -> Option<Url> {
    let url = url
        .strip_prefix("ws")
        .map_or_else(|| url.to_owned(), |rest| format!("http{rest}"));
    let mut url = Url::parse(&url).ok()?;
    url.set_path("/");
    (url.set_username("").is_ok() && url.set_password(None).is_ok()).then_some(())?;
    url.set_query(None);
    url.set_fragment(None);
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
}

impl Mastodon {
    /// Returns whether the server's streaming API reports that it is healthy.
    ///
    /// # Errors
    ///
    /// If the server cannot be reached. An unhealthy status is not an error.
    pub async fn stream_healthy(&self) -> Result<bool, Error> {
        let (core, endpoint) = (self.core(), &STREAM_HEALTHY);
        let base = streaming_host(self).await?;
        let request = Request::new(core, endpoint).http_to(&base)?;
        let response = core
            .transport
            .open(endpoint.name, request, None, core.settings.timeout)
            .await?;
        Ok(response.status().is_success())
    }
}

//! Host of the streaming API.

use std::sync::{Mutex, PoisonError};

use url::Url;

use crate::client::{Mastodon, protected};
use crate::decode;
use crate::error::Error;
use crate::generated::endpoints::{STREAM_HEALTHY, STREAM_OPEN_WEBSOCKET};
use crate::request::Request;
use crate::transport::redirect;

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
    if let Some(host) = client.inner.streaming.lock_host().clone() {
        return Ok(host);
    }
    let host = match host_from_instance(client).await? {
        Some(host) => host,
        None => host_from_redirect(client).await?,
    };
    if client.inner.token.is_some() {
        protected(&host, &client.inner.settings)?;
    }
    *client.inner.streaming.lock_host() = Some(host.clone());
    Ok(host)
}

/// Forgets the streaming host, so that the next connection finds a host that has moved.
pub(crate) fn forget_host(client: &Mastodon) {
    *client.inner.streaming.lock_host() = None;
}

/// Returns the streaming URL in the server's instance data, if there is one.
async fn host_from_instance(client: &Mastodon) -> Result<Option<Url>, Error> {
    let instance: serde_json::Value = match client.describe_itself().await {
        Ok((endpoint, raw)) => decode::read(endpoint, &raw).unwrap_or_default(),
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
            &STREAM_OPEN_WEBSOCKET,
            format!("the instance data of the server contain an invalid streaming URL: `{url}`"),
        )
    })
}

/// Returns the origin to which the server redirects streaming requests, or the server itself.
async fn host_from_redirect(client: &Mastodon) -> Result<Url, Error> {
    let (inner, endpoint) = (&client.inner, &STREAM_OPEN_WEBSOCKET);
    let request = Request::new(client, endpoint).http()?;
    let timeout = inner.settings.timeout;
    // The access token is not sent before the target of the redirect is known.
    let response = inner
        .transport
        .open(endpoint, request, None, timeout)
        .await?;
    let target = redirect(&response, &inner.base);
    Ok(target
        .and_then(|target| http_origin(target.as_str()))
        .unwrap_or_else(|| inner.base.clone()))
}

/// Returns the origin of a URL, with `http` in place of `ws`.
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
    /// The server cannot be reached. An unhealthy status is not an error.
    pub async fn stream_healthy(&self) -> Result<bool, Error> {
        let (inner, endpoint) = (&self.inner, &STREAM_HEALTHY);
        let base = streaming_host(self).await?;
        let request = Request::new(self, endpoint).http_to(&base)?;
        let response = inner
            .transport
            .open(endpoint, request, None, inner.settings.timeout)
            .await?;
        Ok(response.status().is_success())
    }
}

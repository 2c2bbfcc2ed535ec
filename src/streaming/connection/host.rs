//! Host of the streaming API.

use std::sync::{Mutex, PoisonError};

use http::StatusCode;
use url::Url;

use crate::call::Call;
use crate::call::endpoints::{INSTANCE_V1, STREAM_HEALTHY, STREAM_OPEN_WEBSOCKET};
use crate::call::request::Request;
use crate::client::instance::decode_instance;
use crate::client::{Mastodon, require_encryption, with_tls_of};
use crate::error::Error;
use crate::http::headers::header_str;
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

/// Returns the streaming host in the server's instance data, if there is one. Some software publishes it in only one
/// of the two versions.
async fn host_from_instance(client: &Mastodon) -> Result<Option<Url>, Error> {
    let (core, base) = (client.core(), &client.core().base);
    let (raw, request) = match client.fetch_instance().await {
        Ok(fetched) => fetched,
        Err(error) if error.is_retryable() => return Err(error),
        Err(_) => return Ok(None),
    };
    let instance = decode_instance(request.endpoint, &raw).unwrap_or_default();
    let host = published_host(&instance, base);
    if host.is_some() || request.endpoint.name == INSTANCE_V1.name {
        return Ok(host);
    }
    let v1 = Call::<serde_json::Value>::new(core, &INSTANCE_V1).without_version_check();
    // The host is not needed: the server itself is tried without it.
    Ok(v1.await.ok().and_then(|v1| published_host(&v1, base)))
}

/// Returns the first valid streaming host in an instance. Iceshrimp.NET uses the name of version 1 in version 2.
fn published_host(instance: &serde_json::Value, base: &Url) -> Option<Url> {
    let in_v2 = &instance["configuration"]["urls"];
    let urls = [
        &in_v2["streaming"],
        &in_v2["streaming_api"],
        &instance["urls"]["streaming_api"],
    ];
    let urls = urls.iter().filter_map(|url| url.as_str());
    urls.filter(|url| !url.is_empty()).find_map(|url| {
        let host = http_origin(url, base);
        if host.is_none() {
            tracing::warn!(
                url,
                "the server's instance data contains an invalid streaming URL"
            );
        }
        host
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
    if let Some(host) = target.and_then(|target| http_origin(target.as_str(), &core.base)) {
        return Ok(host);
    }
    // A server without streams. Mastodon itself responds with 404 to a request without an upgrade, so a stream is
    // tried after that.
    let is_page = header_str(response.headers(), "content-type")
        .is_some_and(|content_type| content_type.starts_with("text/html"));
    let status = response.status();
    if status == StatusCode::NOT_IMPLEMENTED || status.is_success() && is_page {
        return Err(Error::NotProvided {
            endpoint: endpoint.name,
            what: "streaming",
        });
    }
    Ok(core.base.clone())
}

/// Returns the origin of a URL, with `http` instead of `ws`.
fn http_origin(url: &str, base: &Url) -> Option<Url> {
    let url = url
        .strip_prefix("ws")
        .map_or_else(|| url.to_owned(), |rest| format!("http{rest}"));
    let mut url = Url::parse(&url).ok()?;
    url.set_path("/");
    (url.set_username("").is_ok() && url.set_password(None).is_ok()).then_some(())?;
    url.set_query(None);
    url.set_fragment(None);
    let url = with_tls_of(base, url);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streaming_host_is_an_origin_with_the_encryption_of_the_server() {
        let base = Url::parse("https://a.example/").unwrap();
        let host = |url: &str| http_origin(url, &base).map(String::from);
        for (url, expected) in [
            ("wss://s.example", Some("https://s.example/")),
            (
                "wss://u:p@s.example/api/v1/streaming?x#y",
                Some("https://s.example/"),
            ),
            ("https://s.example:8443", Some("https://s.example:8443/")),
            ("ws://a.example", Some("https://a.example/")),
            ("ws://s.example", Some("http://s.example/")),
            ("mailto:a", None),
            ("s.example", None),
            ("/api/v1/streaming", None),
        ] {
            assert_eq!(host(url).as_deref(), expected, "{url}");
        }
    }
}

//! Host of the streaming API.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http::StatusCode;
use tokio::time::timeout;
use url::{Host, Url};

use crate::call::Call;
use crate::call::endpoints::{INSTANCE_V1, INSTANCE_V2, STREAM_HEALTHY, STREAM_OPEN_WEBSOCKET};
use crate::call::request::Request;
use crate::client::instance::{decode_instance, fetch_instance};
use crate::client::{
    Mastodon, is_this_machine, require_encryption, with_base_path_of, with_tls_of,
};
use crate::error::Error;
use crate::http::headers::header_str;
use crate::http::redirect::location;
use crate::http::transport::open::HttpVersion;

/// The streaming host of a server, which all its clients share.
#[derive(Debug, Default)]
struct SharedHost(Mutex<Option<KnownHost>>);

/// A host of the streaming API.
#[derive(Clone, Debug)]
struct KnownHost {
    /// Its URL, to which the path of an endpoint is appended.
    url: Url,
    /// Whether to use it without looking it up. Otherwise it is used if the lookup fails.
    is_current: bool,
}

/// Maximum time to look up the host again. Streams must reconnect although the REST API is down, so a host that is
/// known is used after that.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(2);

/// Maximum time to look up the host for the first time. After that, the server itself is tried.
const FIRST_LOOKUP_TIMEOUT: Duration = Duration::from_secs(5);

impl SharedHost {
    fn lock(&self) -> std::sync::MutexGuard<'_, Option<KnownHost>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the URL of the streaming API, to which the path of an endpoint is appended: the one in the instance data, the
/// target of a redirect, or the server itself.
pub(crate) async fn streaming_host(client: &Mastodon) -> Result<Url, Error> {
    let url = known_host(client).await?;
    // Another client may have looked it up, without an access token.
    check_encryption(client, &url)?;
    Ok(url)
}

async fn known_host(client: &Mastodon) -> Result<Url, Error> {
    let shared = client.inner.server.extensions.get::<SharedHost>();
    let known = shared.lock().clone();
    let url = match known {
        Some(known) if known.is_current => return Ok(known.url),
        Some(known) => match timeout(LOOKUP_TIMEOUT, look_up(client)).await {
            Ok(Ok(url)) => url,
            Ok(Err(error)) => {
                tracing::debug!(%error, "using the known host of streams");
                return Ok(known.url);
            }
            Err(_) => return Ok(known.url),
        },
        None => match timeout(FIRST_LOOKUP_TIMEOUT, look_up(client)).await {
            Ok(url) => url?,
            Err(_) => {
                let assumed = KnownHost {
                    url: client.core().base.clone(),
                    is_current: false,
                };
                return Ok(shared.lock().get_or_insert(assumed).url.clone());
            }
        },
    };
    *shared.lock() = Some(KnownHost {
        url: url.clone(),
        is_current: true,
    });
    Ok(url)
}

/// Looks up the host again before the next connection, because it may have moved.
pub(crate) fn clear_cached_host(client: &Mastodon) {
    let shared = client.inner.server.extensions.get::<SharedHost>();
    if let Some(known) = &mut *shared.lock() {
        known.is_current = false;
    }
}

async fn look_up(client: &Mastodon) -> Result<Url, Error> {
    let url = match host_from_instance(client).await? {
        Some(url) => url,
        None => host_from_redirect(client).await?,
    };
    check_encryption(client, &url)?;
    Ok(url)
}

/// Fails if the access token would be sent unencrypted.
fn check_encryption(client: &Mastodon, url: &Url) -> Result<(), Error> {
    match client.core().token {
        Some(_) => require_encryption(url, &client.core().settings),
        None => Ok(()),
    }
}

/// Returns the streaming host in the server's instance data, if there is one. Some software publishes it in only one
/// of the two versions.
async fn host_from_instance(client: &Mastodon) -> Result<Option<Url>, Error> {
    let (core, base) = (client.core(), &client.core().base);
    // Each attempt to open a stream looks the host up until it is known, so a failed request is not repeated here.
    let mut request = Request::new(core, &INSTANCE_V2);
    request.max_retries = Some(0);
    let (raw, request) = match fetch_instance(request).await {
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
        let host = streaming_url(url, base);
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
        .open(HttpVersion::Any, endpoint.name, request, None, timeout)
        .await?;
    if let Some(mut target) = location(&response, &core.base) {
        // The target of a redirect to another endpoint does not show the path of streams.
        if !target.path().trim_end_matches('/').ends_with(endpoint.path) {
            let is_server = target.origin() == core.base.origin();
            target.set_path(if is_server { core.base.path() } else { "/" });
        }
        if let Some(host) = streaming_url(target.as_str(), &core.base) {
            return Ok(host);
        }
    }
    // A server without streams. Mastodon itself responds with 404 to a request without an upgrade, so a stream is
    // tried after that.
    let is_page = header_str(response.headers(), "content-type")
        .is_some_and(|content_type| content_type.starts_with("text/html"));
    let status = response.status();
    if status == StatusCode::NOT_IMPLEMENTED || status.is_success() && is_page {
        return Err(Error::NotProvided {
            endpoint: endpoint.name.into(),
            what: "streaming",
        });
    }
    Ok(core.base.clone())
}

/// Returns the URL of the streaming API from its published address, with `http` instead of `ws`. Like Mastodon's web
/// interface, it appends the path of an endpoint to the path of the address, unless the address contains it already.
///
/// Another server than one on this machine cannot name an address of this machine.
fn streaming_url(address: &str, base: &Url) -> Option<Url> {
    let mut url = Url::parse(address.trim()).ok()?;
    let scheme = match url.scheme() {
        "ws" | "http" => "http",
        "wss" | "https" => "https",
        _ => return None,
    };
    url.set_scheme(scheme).ok()?;
    let path = url.path().trim_end_matches('/');
    let path = path
        .strip_suffix(STREAM_OPEN_WEBSOCKET.path)
        .unwrap_or(path);
    let path = format!("{path}/");
    url.set_path(&path);
    (url.set_username("").is_ok() && url.set_password(None).is_ok()).then_some(())?;
    url.set_query(None);
    url.set_fragment(None);
    let url = with_base_path_of(base, with_tls_of(base, url));
    let is_misleading = is_local(&url) && !is_local(base);
    (url.has_host() && !is_misleading).then_some(url)
}

/// Returns whether a URL leads to this machine. Operating systems connect to themselves at the unspecified address.
fn is_local(url: &Url) -> bool {
    let is_unspecified = match url.host() {
        Some(Host::Ipv4(address)) => address.is_unspecified(),
        Some(Host::Ipv6(address)) => {
            let mapped = address.to_ipv4_mapped();
            address.is_unspecified() || mapped.is_some_and(|address| address.is_unspecified())
        }
        _ => false,
    };
    is_unspecified || is_this_machine(url)
}

/// # Streaming: health
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
        let (version, timeout) = (HttpVersion::Any, core.settings.timeout);
        let opened = core
            .transport
            .open(version, endpoint.name, request, None, timeout);
        let response = opened.await?;
        Ok(response.status().is_success())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn host_that_another_client_has_looked_up_is_not_used_if_a_token_would_be_unencrypted() {
        let anonymous = Mastodon::builder("https://a.example").build().unwrap();
        let url = Url::parse("http://s.example").unwrap();
        let shared = anonymous.inner.server.extensions.get::<SharedHost>();
        *shared.lock() = Some(KnownHost {
            url: url.clone(),
            is_current: true,
        });
        assert_eq!(streaming_host(&anonymous).await.unwrap(), url);
        let error = streaming_host(&anonymous.with_token("token")).await;
        assert!(matches!(error, Err(Error::Configuration { .. })));
    }

    #[track_caller]
    fn assert_urls(base: &str, cases: &[(&str, Option<&str>)]) {
        let base = Url::parse(base).unwrap();
        for (address, expected) in cases {
            let url = streaming_url(address, &base).map(String::from);
            assert_eq!(url.as_deref(), *expected, "{address}");
        }
    }

    #[test]
    fn address_of_streams_keeps_its_path_and_has_the_encryption_of_the_server() {
        assert_urls(
            "https://a.example/",
            &[
                ("wss://s.example", Some("https://s.example/")),
                ("WSS://S.example/", Some("https://s.example/")),
                ("HTTPS://s.example", Some("https://s.example/")),
                ("wss://s.example/live", Some("https://s.example/live/")),
                (
                    "wss://u:p@s.example/live/?x#y",
                    Some("https://s.example/live/"),
                ),
                (
                    "wss://s.example/api/v1/streaming",
                    Some("https://s.example/"),
                ),
                (
                    "wss://s.example/a/api/v1/streaming/",
                    Some("https://s.example/a/"),
                ),
                ("https://s.example:8443", Some("https://s.example:8443/")),
                ("ws://a.example", Some("https://a.example/")),
                ("ws://s.example", Some("http://s.example/")),
                ("mailto:a", None),
                ("s.example", None),
                ("/api/v1/streaming", None),
            ],
        );
    }

    #[test]
    fn address_of_streams_on_the_server_is_below_its_path() {
        assert_urls(
            "https://a.example/mastodon/",
            &[
                ("wss://a.example", Some("https://a.example/mastodon/")),
                ("ws://a.example/", Some("https://a.example/mastodon/")),
                (
                    "wss://a.example/mastodon",
                    Some("https://a.example/mastodon/"),
                ),
                (
                    "wss://a.example/live",
                    Some("https://a.example/mastodon/live/"),
                ),
                ("wss://s.example", Some("https://s.example/")),
            ],
        );
    }

    #[test]
    fn remote_server_cannot_name_an_address_of_this_machine() {
        let addresses = [
            "ws://localhost:4000",
            "wss://LOCALHOST.",
            "wss://streams.localhost",
            "wss://127.0.0.1",
            "wss://127.1.2.3:4000",
            "wss://2130706433",
            "wss://0.0.0.0",
            "wss://[::1]",
            "wss://[::]",
            "wss://[::ffff:127.0.0.1]",
            "wss://[::ffff:7f00:1]",
        ];
        for address in addresses {
            assert_urls("https://a.example/", &[(address, None)]);
            let base = Url::parse("http://127.0.0.1:3000/").unwrap();
            assert!(streaming_url(address, &base).is_some(), "{address}");
        }
        let public = Some("https://[::ffff:102:304]/");
        assert_urls("https://a.example/", &[("wss://[::ffff:1.2.3.4]", public)]);
    }
}

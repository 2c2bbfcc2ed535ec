//! Base URLs: what the server calls itself in links, by configuration or by the address that a client used.

use std::net::{IpAddr, SocketAddr};

use axum::extract::Request;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, header};

const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Base URLs of the server, without a trailing slash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BaseUrls {
    pub(crate) url: String,
    /// Base URL of the streaming API (`ws://host:port`).
    pub(crate) streaming_url: String,
}

impl BaseUrls {
    /// Returns the URLs of a server whose streaming API has the same address as the REST API.
    pub(crate) fn of(url: &str) -> Self {
        let url = url.trim_end_matches('/').to_owned();
        let streaming_url = web_socket(&url);
        Self { url, streaming_url }
    }

    /// Returns the URLs that a client uses, by the `Host` that the request names and by what a proxy says about it.
    /// `None` if the request names no host that could stand in a link.
    pub(crate) fn of_request(
        request: &Request,
        is_secure: bool,
        streaming_port: Option<u16>,
    ) -> Option<Self> {
        let headers = request.headers();
        let forwarded = first_value(headers, &FORWARDED_HOST).and_then(linkable);
        let asked = || match request.uri().authority() {
            Some(authority) => Some(authority.as_str()),
            None => headers.get(header::HOST)?.to_str().ok(),
        };
        let host = forwarded.or_else(|| linkable(asked()?))?;
        let scheme = match first_value(headers, &FORWARDED_PROTO) {
            Some(proto) if proto.eq_ignore_ascii_case("https") => "https",
            Some(proto) if proto.eq_ignore_ascii_case("http") => "http",
            _ if is_secure => "https",
            _ => "http",
        };
        let mut used = Self::of(&format!("{scheme}://{host}"));
        if let Some(port) = streaming_port {
            used.streaming_url = used.streaming_url_at(port);
        }
        Some(used)
    }

    /// Returns the base URL of a streaming API that has its own port on the same host.
    pub(crate) fn streaming_url_at(&self, port: u16) -> String {
        let (scheme, authority) = self.streaming_url.split_once("://").unwrap_or_default();
        let authority = authority.split('/').next().unwrap_or_default();
        let host = match authority.rsplit_once(':') {
            // The colons within brackets belong to an IPv6 address.
            Some((host, port)) if !port.contains(']') => host,
            _ => authority,
        };
        format!("{scheme}://{host}:{port}")
    }

    /// Returns the domain of a base URL, with its port.
    pub(crate) fn domain(url: &str) -> &str {
        url.split_once("://").map_or(url, |(_, domain)| domain)
    }
}

/// Returns the URL at which this machine reaches a listener: `0.0.0.0` and `[::]` are replaced, because they are no hosts.
pub(crate) fn listener_url(scheme: &str, address: SocketAddr) -> String {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => format!("{scheme}://127.0.0.1:{}", address.port()),
        IpAddr::V6(ip) if ip.is_unspecified() => format!("{scheme}://localhost:{}", address.port()),
        _ => format!("{scheme}://{address}"),
    }
}

/// Returns the URL of a WebSocket: `http` becomes `ws`, `https` becomes `wss`.
fn web_socket(url: &str) -> String {
    url.replacen("http", "ws", 1)
}

/// A chain of proxies appends its values, so the first one is the client's.
fn first_value<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let value = headers.get(name)?.to_str().ok()?;
    value.split(',').next().map(str::trim)
}

/// Parses a host with an optional port. Rejects what is no host, such as `0.0.0.0`.
fn linkable(host: &str) -> Option<Authority> {
    let authority: Authority = host.to_ascii_lowercase().parse().ok()?;
    let name = authority.host().trim_matches(['[', ']']);
    let is_unspecified = name.parse::<IpAddr>().is_ok_and(|ip| ip.is_unspecified());
    let has_user = authority.as_str().contains('@');
    (!name.is_empty() && !is_unspecified && !has_user).then_some(authority)
}

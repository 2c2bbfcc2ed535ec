//! Proxies from the environment: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`.

use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use url::Url;

use crate::error::Error;

/// What to do about a SOCKS proxy that cannot be used.
pub(super) const SOCKS_ADVICE: &str = "an environment variable such as ALL_PROXY names a SOCKS proxy; enable the Cargo feature `socks` to use it, or list the host in NO_PROXY";

/// Fails if requests to a server would go through a proxy that this build does not support.
pub(crate) fn check_proxy(server: &Url) -> Result<(), Error> {
    if !is_socks(server) {
        return Ok(());
    }
    let host = server.host_str().unwrap_or_default();
    Err(Error::configuration(
        "proxy",
        format!("{host} cannot be reached: {SOCKS_ADVICE}"),
    ))
}

/// Returns whether the environment names a SOCKS proxy for a URL.
pub(super) fn is_socks(url: &Url) -> bool {
    let proxy = url
        .as_str()
        .parse::<Uri>()
        .ok()
        .and_then(|uri| Matcher::from_env().intercept(&uri));
    proxy.is_some_and(|proxy| {
        let scheme = proxy.uri().scheme_str().unwrap_or_default();
        scheme.starts_with("socks")
    })
}

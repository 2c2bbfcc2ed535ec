//! Proxies: that of the builder, or those of the environment: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`.

use std::fmt;

use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use mastodon_types::SecretString;
use url::Url;

use crate::error::Error;
use crate::redact::redact_url;

/// Schemes of proxies.
const SCHEMES: [&str; 6] = ["http", "https", "socks4", "socks4a", "socks5", "socks5h"];

/// Which proxy requests are sent through.
#[derive(Clone, Default)]
pub(crate) enum ProxySetting {
    /// Those of the environment.
    #[default]
    Environment,
    /// None.
    Disabled,
    /// One for all requests. Its URL can contain a password.
    All(SecretString),
}

impl ProxySetting {
    /// Sets the proxy of an HTTP client.
    pub(super) fn apply(
        &self,
        builder: reqwest::ClientBuilder,
    ) -> Result<reqwest::ClientBuilder, Error> {
        Ok(match self {
            Self::Environment => builder,
            Self::Disabled => builder.no_proxy(),
            Self::All(url) => builder.no_proxy().proxy(parse_proxy(url.expose())?),
        })
    }

    /// Returns what to do if a request to a URL fails because of its proxy; `None` if it has none.
    pub(super) fn advice(&self, url: &Url) -> Option<ProxyAdvice> {
        match self {
            Self::Disabled => None,
            Self::All(_) => Some(ProxyAdvice::Check(
                "the request is sent through the `proxy` of the builder; check whether the proxy runs and reaches the host",
            )),
            Self::Environment => {
                let proxy = proxy_of_environment(url)?;
                if cfg!(not(feature = "socks")) && proxy.starts_with("socks") {
                    return Some(ProxyAdvice::Unsupported(SOCKS_ADVICE));
                }
                Some(ProxyAdvice::Check(
                    "an environment variable such as HTTPS_PROXY names a proxy; check whether the proxy runs and reaches the host, or list the host in NO_PROXY",
                ))
            }
        }
    }

    /// Fails if requests to a server would go through a proxy of the environment that this build does not support.
    pub(crate) fn check(&self, server: &Url) -> Result<(), Error> {
        let Some(ProxyAdvice::Unsupported(advice)) = self.advice(server) else {
            return Ok(());
        };
        let host = server.host_str().unwrap_or_default();
        Err(Error::configuration(
            "proxy",
            format!("{host} cannot be reached: {advice}"),
        ))
    }
}

impl fmt::Debug for ProxySetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment => f.write_str("Environment"),
            Self::Disabled => f.write_str("Disabled"),
            Self::All(url) => f
                .debug_tuple("All")
                .field(&redact_url(url.expose()))
                .finish(),
        }
    }
}

/// Parses the URL of a proxy. Without a scheme it is one of HTTP.
fn parse_proxy(text: &str) -> Result<reqwest::Proxy, Error> {
    let invalid = |reason: &str| {
        let shown = redact_url(text);
        Error::configuration(
            "proxy",
            format!(
                "`{shown}` is not a valid URL of a proxy: {reason}; use one such as `http://proxy.example:3128`"
            ),
        )
    };
    let text = text.trim();
    let url = if text.contains("://") {
        Url::parse(text)
    } else {
        Url::parse(&format!("http://{text}"))
    };
    let url = url.map_err(|error| invalid(&error.to_string()))?;
    if !SCHEMES.contains(&url.scheme()) {
        return Err(invalid("its scheme is not that of a proxy"));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(invalid("it has no host"));
    }
    if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
        return Err(invalid("it has a path, a query or a fragment"));
    }
    #[cfg(not(feature = "socks"))]
    if url.scheme().starts_with("socks") {
        return Err(invalid(
            "SOCKS proxies require the Cargo feature `socks`; enable it, or use an HTTP proxy",
        ));
    }
    reqwest::Proxy::all(url).map_err(|error| invalid(&error.without_url().to_string()))
}

/// What to do about a SOCKS proxy that cannot be used.
const SOCKS_ADVICE: &str = "an environment variable such as ALL_PROXY names a SOCKS proxy; enable the Cargo feature `socks` to use it, or list the host in NO_PROXY";

/// What to do about a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProxyAdvice {
    /// This build does not support the proxy.
    Unsupported(&'static str),
    /// The proxy may not work.
    Check(&'static str),
}

/// Returns the scheme of the proxy that the environment names for a URL.
fn proxy_of_environment(url: &Url) -> Option<String> {
    let uri: Uri = url.as_str().parse().ok()?;
    let proxy = Matcher::from_env().intercept(&uri)?;
    Some(proxy.uri().scheme_str().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_given_by_host_or_url() {
        for proxy in [
            "proxy.example:3128",
            "http://proxy.example",
            "https://user:s3cr3t@proxy.example:3128/",
            " http://127.0.0.1:3128 ",
            "http://[::1]:3128",
        ] {
            assert!(parse_proxy(proxy).is_ok(), "{proxy}");
        }
    }

    #[test]
    fn an_invalid_proxy_is_an_error_with_an_example_and_without_its_password() {
        for proxy in [
            "",
            "http://",
            "ftp://user:s3cr3t@proxy.example",
            "http://user:s3cr3t@proxy.example/path",
            "http://proxy.example?s3cr3t",
            "http://user:s3cr3t@proxy.example:port",
            "a b",
        ] {
            let error = parse_proxy(proxy).unwrap_err().to_string();
            assert!(
                error.contains("is not a valid URL of a proxy")
                    && error.contains("proxy.example:3128"),
                "{error}"
            );
            assert!(!error.contains("s3cr3t"), "{error}");
        }
        let setting = ProxySetting::All("http://user:s3cr3t@proxy.example".into());
        assert_eq!(format!("{setting:?}"), r#"All("http://…@proxy.example")"#);
    }

    #[test]
    fn a_socks_proxy_requires_its_cargo_feature() {
        let parsed = parse_proxy("socks5h://127.0.0.1:1080");
        if cfg!(feature = "socks") {
            assert!(parsed.is_ok());
        } else {
            let error = parsed.unwrap_err().to_string();
            assert!(error.contains("the Cargo feature `socks`"), "{error}");
        }
    }
}

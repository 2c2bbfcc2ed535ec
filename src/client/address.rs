//! Server addresses: parsing, and the check that access tokens are sent encrypted.

use url::{Host, Url};

use crate::call::core::Settings;
use crate::error::Error;
use crate::redact::redact_url;

/// Fails if an access token would be sent unencrypted to a host other than this machine.
pub(crate) fn require_encryption(url: &Url, settings: &Settings) -> Result<(), Error> {
    let is_local = match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    if url.scheme() == "https" || is_local || settings.allow_plain_http {
        return Ok(());
    }
    Err(Error::configuration(
        "allow_plain_http",
        format!(
            "the access token would be sent unencrypted to {url}; use https, or `allow_plain_http` if you must"
        ),
    ))
}

/// Parses the address of a server: a host name or a URL.
pub(super) fn parse_server(server: &str) -> Result<Url, Error> {
    let server = server.trim();
    let invalid = |reason: &str| {
        Err(Error::configuration(
            "server",
            format!(
                "`{}` is not a valid server address: {reason}; use one such as `mastodon.social`",
                redact_url(server)
            ),
        ))
    };
    if server.is_empty() {
        return invalid("it is empty");
    }
    let address = if server.contains("://") {
        server.to_owned()
    } else {
        format!("https://{server}")
    };
    let mut url = match Url::parse(&address) {
        Ok(url) => url,
        Err(error) => return invalid(&error.to_string()),
    };
    if !matches!(url.scheme(), "https" | "http") {
        return invalid("its scheme is neither https nor http");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return invalid("it contains a user name or a password, or is the address of an account");
    }
    if url.host_str().is_none_or(str::is_empty) {
        return invalid("it has no host");
    }
    if url.path().len() > 1 || url.query().is_some() || url.fragment().is_some() {
        return invalid("it has a path, a query or a fragment");
    }
    url.set_path("/");
    Ok(url)
}

#[cfg(test)]
mod tests {
    use crate::Mastodon;

    #[test]
    fn a_server_is_given_by_host_or_url() {
        for server in [
            "mastodon.social",
            "https://mastodon.social",
            "https://mastodon.social/",
            " mastodon.social ",
        ] {
            assert_eq!(
                Mastodon::builder(server).build().unwrap().server(),
                "https://mastodon.social"
            );
        }
        assert_eq!(
            Mastodon::builder("http://127.0.0.1:3000")
                .build()
                .unwrap()
                .server(),
            "http://127.0.0.1:3000"
        );
    }

    #[test]
    fn an_invalid_server_address_is_an_error_with_an_example() {
        for server in [
            "",
            "ftp://a.example",
            "https://",
            "https://a.example/api",
            "alice@a.example",
            "https://u:secret@a.example",
            "https://secret@a.example",
            "https://a.example/?access_token=secret",
            "a b",
        ] {
            let error = Mastodon::builder(server).build().unwrap_err().to_string();
            assert!(
                error.contains("is not a valid server address")
                    && error.contains("`mastodon.social`"),
                "{error}"
            );
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn an_access_token_is_sent_over_plain_http_only_to_this_machine() {
        let builder = |server: &str| Mastodon::builder(server).access_token("hunter2");
        let error = builder("http://a.example").build().unwrap_err().to_string();
        assert!(
            error.contains("unencrypted") && !error.contains("hunter2"),
            "{error}"
        );
        assert!(builder("http://localhost:3000").build().is_ok());
        assert!(
            builder("http://a.example")
                .allow_plain_http(true)
                .build()
                .is_ok()
        );
        assert!(!format!("{:?}", builder("a.example").build()).contains("hunter2"));
    }
}

//! Server addresses: parsing, and the check that access tokens are sent encrypted.

use url::{Host, Url};

use crate::call::core::Settings;
use crate::call::local_checks::unencrypted_token_error;
use crate::error::Error;
use crate::redact::redact_url;

/// Fails if an access token would be sent unencrypted to a host other than this machine.
pub(crate) fn require_encryption(url: &Url, settings: &Settings) -> Result<(), Error> {
    if may_send_token(url, settings) {
        return Ok(());
    }
    Err(unencrypted_token_error(url))
}

/// Returns whether access tokens may be sent to a URL.
pub(crate) fn may_send_token(url: &Url, settings: &Settings) -> bool {
    url.scheme() == "https" || is_this_machine(url) || settings.allow_plain_http
}

/// Returns whether a URL is one of this machine.
pub(crate) fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost")
        }
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => {
            let mapped = address.to_ipv4_mapped();
            address.is_loopback() || mapped.is_some_and(|address| address.is_loopback())
        }
        None => false,
    }
}

/// Returns a URL with https if the server at `base` names itself with http. Such a server does not know that a proxy in
/// front of it handles TLS.
pub(crate) fn with_tls_of(base: &Url, mut url: Url) -> Url {
    if base.scheme() == "https" && url.scheme() == "http" && url.host() == base.host() {
        // Both schemes are special ones, so the scheme can be changed.
        let _changed = url.set_scheme("https");
    }
    url
}

/// Returns a URL of the server's own origin below the base path. A server does not know the path below which a proxy in
/// front of it publishes it, so the URLs that it names may lack that path.
pub(crate) fn with_base_path_of(base: &Url, mut url: Url) -> Url {
    if url.origin() == base.origin() && !(url.path().to_owned() + "/").starts_with(base.path()) {
        let path = base.path().trim_end_matches('/').to_owned() + url.path();
        url.set_path(&path);
    }
    url
}

/// Parses the address of a server: a host name or a URL, whose path is that below which the server has its API. The
/// result has a path that ends in `/`.
pub(super) fn parse_server(server: &str) -> Result<Url, Error> {
    let invalid = |reason: &str| invalid_address(server, reason);
    let server = server.trim();
    let mut url = parse_url(server).map_err(|reason| invalid(&reason))?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err(invalid("it has a query or a fragment"));
    }
    let path = url.path().trim_end_matches('/').to_owned();
    let mut segments = path.split('/').skip(1);
    if segments.any(|segment| segment.is_empty() || segment == "api" || segment.starts_with('@')) {
        return Err(invalid(
            "its path is that of a page or of the API; omit it, or find the server with `discover`",
        ));
    }
    url.set_path(&(path + "/"));
    Ok(url)
}

/// What a user knows of a server: its domain, the URL of a page, or an account.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// Origin of the domain, with the path `/`.
    pub(super) origin: Url,
    /// User name of the account.
    pub(super) user: Option<String>,
}

/// Parses a domain, the URL of any page of a server, or an account such as `@alice@example.org`. The scheme is https
/// unless the address is one of this machine or plain HTTP is allowed.
pub(super) fn parse_address(address: &str, settings: &Settings) -> Result<Address, Error> {
    let invalid = |reason: &str| invalid_address(address, reason);
    let text = address.trim();
    let text = text.strip_prefix("acct:").unwrap_or(text);
    let (user, text) = match account_parts(text) {
        Some((user, host)) => (Some(user.to_owned()), host),
        None if text.starts_with('@') => {
            return Err(invalid("it is a user name without a valid domain"));
        }
        None => (None, text),
    };
    let mut origin = parse_url(text).map_err(|reason| invalid(&reason))?;
    origin.set_path("/");
    origin.set_query(None);
    origin.set_fragment(None);
    let scheme = match origin.scheme() {
        _ if !text.contains("://") && is_this_machine(&origin) => "http",
        "http" if !is_this_machine(&origin) && !settings.allow_plain_http => "https",
        scheme => scheme,
    }
    .to_owned();
    origin
        .set_scheme(&scheme)
        .map_err(|()| invalid("its scheme is neither https nor http"))?;
    Ok(Address { origin, user })
}

/// Splits an account into its user name and its domain; `None` if it is not one.
fn account_parts(address: &str) -> Option<(&str, &str)> {
    let account = address.strip_prefix('@').unwrap_or(address);
    let (user, host) = account.split_once('@')?;
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    (!user.is_empty() && user.chars().all(is_name)).then_some((user, host))
}

fn parse_url(address: &str) -> Result<Url, String> {
    if address.is_empty() {
        return Err("it is empty".to_owned());
    }
    let url = if address.contains("://") {
        Url::parse(address)
    } else {
        Url::parse(&format!("https://{address}"))
    };
    let url = url.map_err(|error| error.to_string())?;
    if !matches!(url.scheme(), "https" | "http") {
        return Err("its scheme is neither https nor http".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(
            "it contains a user name or a password, or is the address of an account".to_owned(),
        );
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err("it has no host".to_owned());
    }
    Ok(url)
}

fn invalid_address(address: &str, reason: &str) -> Error {
    let address = redact_url(address.trim());
    Error::configuration(
        "server",
        format!(
            "`{address}` is not a valid server address: {reason}; use one such as `mastodon.social`"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Mastodon;
    use crate::text_strategy::unicode_text;
    use proptest::prelude::*;
    use std::sync::LazyLock;

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
    fn a_server_can_be_below_a_path() {
        for server in [
            "https://a.example/social/mastodon",
            "a.example/social/mastodon/",
            "https://a.example/social/x/../mastodon//",
        ] {
            let client = Mastodon::builder(server).build().unwrap();
            assert_eq!(client.server(), "https://a.example/social/mastodon");
        }
    }

    #[test]
    fn urls_of_the_server_are_below_its_path() {
        let base = Url::parse("https://a.example/mastodon/").unwrap();
        for (url, expected) in [
            ("https://a.example/", "https://a.example/mastodon/"),
            ("https://a.example/mastodon", "https://a.example/mastodon"),
            ("https://a.example/x?y", "https://a.example/mastodon/x?y"),
            (
                "https://a.example/mastodon/x",
                "https://a.example/mastodon/x",
            ),
            (
                "https://a.example/mastodons",
                "https://a.example/mastodon/mastodons",
            ),
            ("https://b.example/x", "https://b.example/x"),
            ("http://a.example/x", "http://a.example/x"),
        ] {
            let url = Url::parse(url).unwrap();
            assert_eq!(with_base_path_of(&base, url).as_str(), expected);
        }
        let base = Url::parse("https://a.example/").unwrap();
        let url = Url::parse("https://a.example/x").unwrap();
        assert_eq!(with_base_path_of(&base, url.clone()), url);
    }

    #[test]
    fn an_invalid_server_address_is_an_error_with_an_example() {
        for server in [
            "",
            "ftp://a.example",
            "https://",
            "https://a.example/api",
            "https://a.example/api/v1",
            "https://a.example/@alice",
            "https://a.example//mastodon",
            "https://a.example/mastodon?x",
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
    #[test]
    fn a_server_is_discovered_by_its_domain_a_page_or_an_account() {
        let client = Mastodon::builder("a.example").build().unwrap();
        let settings = &client.core().settings;
        for (address, origin, user) in [
            ("a.example", "https://a.example/", None),
            (" A.example:8443 ", "https://a.example:8443/", None),
            (
                "https://a.example/@alice/1?x=y#z",
                "https://a.example/",
                None,
            ),
            ("a.example/@alice", "https://a.example/", None),
            ("http://a.example", "https://a.example/", None),
            ("@alice@a.example", "https://a.example/", Some("alice")),
            ("alice@a.example", "https://a.example/", Some("alice")),
            (
                "acct:al.ice-1@a.example",
                "https://a.example/",
                Some("al.ice-1"),
            ),
            ("\u{e9}.example", "https://xn--9ca.example/", None),
            (
                "alice@127.0.0.1:3000",
                "http://127.0.0.1:3000/",
                Some("alice"),
            ),
            ("localhost:3000", "http://localhost:3000/", None),
            ("https://localhost:3000/x", "https://localhost:3000/", None),
        ] {
            let parsed = parse_address(address, settings).unwrap();
            assert_eq!(
                (parsed.origin.as_str(), parsed.user.as_deref()),
                (origin, user),
                "{address}"
            );
        }
        for address in [
            "",
            "@",
            "@alice",
            "@@a.example",
            "u:secret@a.example",
            "https://u:secret@a.example/",
            "https://secret@a.example/",
            "a@b@c.example",
            "ftp://a.example",
            "mailto:alice@a.example",
            "a b",
        ] {
            let error = parse_address(address, settings).unwrap_err().to_string();
            assert!(error.contains("is not a valid server address"), "{error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn any_address_is_an_origin_or_an_error(text in unicode_text()) {
            static CLIENT: LazyLock<Mastodon> =
                LazyLock::new(|| Mastodon::builder("a.example").build().unwrap());
            let settings = &CLIENT.core().settings;
            for address in [
                text.clone(),
                format!("@{text}@a.example"),
                format!("alice@{text}"),
                format!("https://a.example/{text}"),
            ] {
                if let Ok(parsed) = parse_address(&address, settings) {
                    prop_assert_eq!(parsed.origin.path(), "/");
                    prop_assert!(parsed.origin.query().is_none() && parsed.origin.username().is_empty());
                }
            }
        }
    }
}

//! Finds accounts and statuses by what people know of them: a handle, or the URL of a page.

/// The options of a call that finds an account or a status.
macro_rules! lookup_options {
    ($found:literal) => {
        maybe_method!();

        #[doc = concat!("Whether the server fetches ", $found, " that it does not know from its own server. Default: true.")]
        pub fn resolve(mut self, resolve: bool) -> Self {
            self.resolve = resolve;
            self
        }

        /// Maximum duration of the whole call. Default: that of the client.
        pub fn deadline(mut self, deadline: std::time::Duration) -> Self {
            self.deadline = Some(deadline);
            self
        }
    };
}

mod account;
mod address;
mod status;

pub use account::AccountFindCall;
pub use status::StatusFindCall;

use std::time::Duration;

use url::Url;

use crate::client::Mastodon;
use crate::error::{Error, TimeoutSetting};
use crate::redact::redact_url;

/// Maximum number of characters of an address in an error.
const MAX_SHOWN_LEN: usize = 200;

/// Runs a search within a deadline. Its requests change nothing, so they can be abandoned.
async fn within<T>(
    deadline: Option<Duration>,
    endpoint: &'static str,
    search: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let Some(limit) = deadline else {
        return search.await;
    };
    tokio::time::timeout(limit, search)
        .await
        .unwrap_or_else(|_| Err(Error::timeout(endpoint, TimeoutSetting::Deadline, limit)))
}

/// Returns an address as it appears in an error: without secrets, control characters, and of bounded length.
fn shown(address: &str) -> String {
    let address = redact_url(&address.trim().replace(char::is_control, " "));
    address.chars().take(MAX_SHOWN_LEN).collect()
}

/// Creates the error of an account or status that was not found. `host`: the server that has it, if it is another one.
fn not_found(
    endpoint: &'static str,
    what: String,
    host: Option<&str>,
    client: &Mastodon,
    may_resolve: bool,
) -> Error {
    let has_token = client.core().token.is_some();
    let needs_user = host.is_some() && !has_token && may_resolve;
    let own = client.server();
    let reason = match host {
        None => format!("{own} does not have it, or the user may not see it"),
        Some(host) if needs_user => format!(
            "{own} does not know it, and fetches it from {host} for its users only; use a client with the access token of a user"
        ),
        Some(host) if may_resolve => format!(
            "{own} does not know it, and could not fetch it from {host}; it may not exist, or not be public, or one server may block the other"
        ),
        Some(host) => {
            format!("{own} does not know it, and `resolve(false)` does not fetch it from {host}")
        }
    };
    Error::NotFound {
        endpoint,
        what,
        reason,
        needs_user,
    }
}

/// Returns whether two URLs are those of the same page.
fn is_same_page(url: &Url, other: &str) -> bool {
    let page = |url: &Url| {
        let path = url.path().trim_end_matches('/').to_ascii_lowercase();
        (url.host_str().map(str::to_owned), url.port(), path)
    };
    Url::parse(other).is_ok_and(|other| page(&other) == page(url))
}

/// Returns whether a URL is one of the client's server.
fn is_own(url: &Url, client: &Mastodon) -> bool {
    let base = &client.core().base;
    url.host() == base.host() && url.port_or_known_default() == base.port_or_known_default()
}

/// Returns the host of a URL, with a port if it is not the default one.
fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

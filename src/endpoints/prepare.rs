//! Hooks that prepare a request before it is sent, by their names in the specification.

use super::statuses::{CheckStatusLimits, PreserveUnsetParams};
use crate::call::request::PrepareHook;
use crate::client::Mastodon;
use crate::client::oauth_metadata::DiscoverAddress;

/// Sends the request to the URL in the server's OAuth metadata, if there is one.
pub(crate) fn discover_address(client: &Mastodon) -> impl PrepareHook + use<> {
    DiscoverAddress(client.clone())
}

/// Fills in the parameters of an edit that are not given, because the server would clear them.
pub(crate) fn preserve_unset_params(_: &Mastodon) -> impl PrepareHook + use<> {
    PreserveUnsetParams
}

/// Checks a status against the server's limits.
pub(crate) fn check_status_limits(client: &Mastodon) -> impl PrepareHook + use<> {
    CheckStatusLimits(client.clone())
}

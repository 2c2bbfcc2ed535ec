//! The hooks that methods set, by their names in the specification.

use super::statuses::{CheckStatusLimits, PreserveUnsetParams};
use crate::call::request::PrepareHook;
use crate::client::Mastodon;
use crate::client::oauth_metadata::DiscoverAddress;

/// Uses the address of the endpoint that the server's OAuth metadata names.
pub(crate) fn discover_address(client: &Mastodon) -> impl PrepareHook + use<> {
    DiscoverAddress(client.clone())
}

/// Keeps what an edit does not give, since the server would clear it.
pub(crate) fn preserve_unset_params(_: &Mastodon) -> impl PrepareHook + use<> {
    PreserveUnsetParams
}

/// Checks a status against the server's limits.
pub(crate) fn check_status_limits(client: &Mastodon) -> impl PrepareHook + use<> {
    CheckStatusLimits(client.clone())
}

//! Searches for the result of a request whose response was lost, by their names in the specification.

use super::statuses::FindPostedStatus;
use crate::call::lost_response::FindHook;
use crate::client::Mastodon;

/// Searches the scheduled statuses and the newest statuses of the user.
pub(crate) fn posted_status(client: &Mastodon) -> impl FindHook + use<> {
    FindPostedStatus(client.clone())
}

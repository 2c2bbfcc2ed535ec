//! Looks for the record that a path names, before the parameters of the request matter.

use super::Context;
use crate::ids::parse_id;
use crate::response::{ErrorResponse, not_found};

/// Rejects a request whose path names a record that does not exist.
pub(crate) fn check(context: &Context<'_>) -> Result<(), ErrorResponse> {
    let Some((_, id)) = context.path_params.first() else {
        return Ok(());
    };
    let id = parse_id(id);
    let state = context.shared.state();
    let viewer = context.viewer();
    let path = context.route.path;
    let is_under = |folder: &str| path.starts_with(folder);
    let exists = if is_under("/api/v1/statuses/{") {
        let status = state.statuses.get(&id);
        status.is_some_and(|status| state.can_see(viewer, status))
    } else if is_under("/api/v1/polls/{") {
        state.polls.contains_key(&id)
    } else if is_under("/api/v1/accounts/{") {
        state.accounts.contains_key(&id)
    } else if is_under("/api/v1/lists/{") {
        let list = state.lists.get(&id);
        list.is_some_and(|list| Some(list.owner) == viewer)
    } else if is_under("/api/v1/scheduled_statuses/{") {
        let entry = state.scheduled_statuses.get(&id);
        entry.is_some_and(|entry| Some(entry.account) == viewer)
    } else {
        true
    };
    if exists { Ok(()) } else { Err(not_found()) }
}

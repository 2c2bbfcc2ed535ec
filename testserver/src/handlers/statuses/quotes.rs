//! Quotes of a status, and the quote approval policy.

use super::{own_status, status_response, visible_status};
use crate::handlers::Context;
use crate::ids::{Id, parse_id};
use crate::paging::{page_response, paginate};
use crate::render;
use crate::response::{HandlerResult, forbidden, not_found};
use crate::state::QuotePolicy;

pub(super) fn list(context: &Context<'_>) -> HandlerResult {
    let (viewer, now) = (context.viewer(), context.now());
    let state = context.shared.state();
    let quoted = visible_status(context, &state, context.id())?;
    let author = quoted.account;
    let accepted = |quote_id: &Id| {
        let status = state.statuses.get(quote_id)?;
        status
            .quote
            .is_some_and(|quote| !quote.revoked)
            .then_some(status)
    };
    let quotes = quoted.quoted_by.iter();
    let quotes = quotes.filter_map(|(quote_id, row)| Some((*row, accepted(quote_id)?)));
    let quotes = quotes.filter(|(_, status)| !state.hides_author(viewer, status.account, now));
    let mut quotes: Vec<_> = quotes.collect();
    quotes.sort_unstable_by_key(|(row, _)| std::cmp::Reverse(*row));
    let (quotes, links) = paginate(context, quotes, |(row, _)| *row);
    // The links are those of the page before invisible quotes are omitted.
    let visible = quotes
        .into_iter()
        .map(|(_, status)| status)
        .filter(|status| viewer == Some(author) || state.can_see(viewer, status));
    let visible = visible.map(|status| render::status(&state, status, viewer, now));
    Ok(page_response(visible.collect(), links))
}

pub(super) fn revoke(context: &Context<'_>) -> HandlerResult {
    let user = context.user()?;
    let mut state = context.shared.state();
    let quoted = visible_status(context, &state, context.id())?;
    let quote_id = context.path_params.get(1).map_or(0, |(_, id)| parse_id(id));
    if !quoted.quoted_by.contains_key(&quote_id) {
        return Err(not_found());
    }
    if quoted.account != user {
        return Err(forbidden("This action is not allowed"));
    }
    let status = state.statuses.get_mut(&quote_id).ok_or_else(not_found)?;
    if let Some(quote) = &mut status.quote {
        quote.revoked = true;
    }
    state.stream_edit(quote_id, context.now());
    status_response(context, &state, quote_id)
}

pub(super) fn update_policy(context: &Context<'_>) -> HandlerResult {
    let id = context.id();
    let mut state = context.shared.state();
    own_status(context, &state, id)?;
    let policy = context.params.non_blank("quote_approval_policy");
    let policy = policy.and_then(|name| QuotePolicy::from_name(&name));
    if let (Some(policy), Some(status)) = (policy, state.statuses.get_mut(&id)) {
        let (before, after) = (status.quote_policy, policy.limited_by(status.visibility));
        status.quote_policy = after;
        if before != after {
            state.stream_edit(id, context.now());
        }
    }
    status_response(context, &state, id)
}

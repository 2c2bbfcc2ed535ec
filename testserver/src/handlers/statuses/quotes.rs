//! Quotes of a status, and who may make them.

use super::{answer, own, visible};
use crate::handlers::Context;
use crate::ids::{Id, parse_id};
use crate::paging::{page_response, paginate};
use crate::render;
use crate::response::{HandlerResult, forbidden, not_found};
use crate::state::QuotePolicy;

pub(super) fn list(context: &Context<'_>) -> HandlerResult {
    let (viewer, now) = (context.viewer(), context.now());
    let state = context.shared.state();
    let quoted = visible(context, &state, context.id())?;
    let author = quoted.account;
    let accepted = |quoting: &Id| {
        let status = state.statuses.get(quoting)?;
        status
            .quote
            .is_some_and(|quote| !quote.revoked)
            .then_some(status)
    };
    let quotes = quoted.quoted_by.iter();
    let quotes = quotes.filter_map(|(quoting, row)| Some((*row, accepted(quoting)?)));
    let quotes = quotes.filter(|(_, status)| !state.hides_author(viewer, status.account, now));
    let mut quotes: Vec<_> = quotes.collect();
    quotes.sort_unstable_by_key(|(row, _)| std::cmp::Reverse(*row));
    let (quotes, links) = paginate(context, quotes, |(row, _)| *row);
    // The links are those of the whole page, before what the viewer may not see is left out.
    let shown = quotes
        .into_iter()
        .map(|(_, status)| status)
        .filter(|status| viewer == Some(author) || state.can_see(viewer, status));
    let shown = shown.map(|status| render::status(&state, status, viewer, now));
    Ok(page_response(shown.collect(), links))
}

pub(super) fn revoke(context: &Context<'_>) -> HandlerResult {
    let user = context.user()?;
    let mut state = context.shared.state();
    let quoted = visible(context, &state, context.id())?;
    let quoting = context.path_params.get(1).map_or(0, |(_, id)| parse_id(id));
    if !quoted.quoted_by.contains_key(&quoting) {
        return Err(not_found());
    }
    if quoted.account != user {
        return Err(forbidden("This action is not allowed"));
    }
    let status = state.statuses.get_mut(&quoting).ok_or_else(not_found)?;
    if let Some(quote) = &mut status.quote {
        quote.revoked = true;
    }
    state.stream_edit(quoting, context.now());
    answer(context, &state, quoting)
}

pub(super) fn update_policy(context: &Context<'_>) -> HandlerResult {
    let id = context.id();
    let mut state = context.shared.state();
    own(context, &state, id)?;
    let policy = context.params.non_blank("quote_approval_policy");
    let policy = policy.and_then(|name| QuotePolicy::from_name(&name));
    if let (Some(policy), Some(status)) = (policy, state.statuses.get_mut(&id)) {
        let (before, after) = (status.quote_policy, policy.limited_by(status.visibility));
        status.quote_policy = after;
        if before != after {
            state.stream_edit(id, context.now());
        }
    }
    answer(context, &state, id)
}

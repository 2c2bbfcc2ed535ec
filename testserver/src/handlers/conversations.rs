//! Conversations.

use std::cmp::Reverse;

use super::Context;
use crate::ids::Id;
use crate::paging::{page_response, paginate};
use crate::render;
use crate::response::{HandlerResult, Response, not_found};

/// Returns `None` if another module handles the route.
pub(super) fn handle(context: &Context<'_>) -> Option<HandlerResult> {
    Some(match context.route.name {
        "conversations" => list(context),
        "conversation_delete" => delete(context),
        "conversations_read" => set_unread(context, false),
        "conversations_unread" => set_unread(context, true),
        _ => return None,
    })
}

/// Sorted and paged by the last status of each conversation, newest first.
fn list(context: &Context<'_>) -> HandlerResult {
    let (user, state, now) = (context.user()?, context.shared.state(), context.now());
    let account = state.accounts.get(&user).ok_or_else(not_found)?;
    let is_listed = |status: Id| {
        let status = state.statuses.get(&status);
        status.is_none_or(|status| state.is_listed(status.arrived, now))
    };
    let conversations = account.conversations.values();
    let mut conversations: Vec<_> = conversations
        .filter_map(|conversation| conversation.until(is_listed))
        .collect();
    conversations.sort_unstable_by_key(|conversation| {
        Reverse((conversation.last_status(), conversation.id))
    });
    let (conversations, links) = paginate(context, conversations, |conversation| {
        conversation.last_status()
    });
    let conversations = conversations
        .into_iter()
        .map(|conversation| render::conversation(&state, &conversation, user, now));
    Ok(page_response(conversations.collect(), links))
}

fn delete(context: &Context<'_>) -> HandlerResult {
    let user = context.user()?;
    let mut state = context.shared.state();
    let account = state.accounts.get_mut(&user).ok_or_else(not_found)?;
    let removed = account.conversations.remove(&context.id());
    removed
        .map(|_| Response::empty_object())
        .ok_or_else(not_found)
}

fn set_unread(context: &Context<'_>, unread: bool) -> HandlerResult {
    let (user, id, now) = (context.user()?, context.id(), context.now());
    let mut state = context.shared.state();
    let account = state.accounts.get_mut(&user).ok_or_else(not_found)?;
    let conversation = account.conversations.get_mut(&id).ok_or_else(not_found)?;
    conversation.unread = unread;
    let conversation = conversation.clone();
    state.stream_conversations(&[(user, id)], now);
    Ok(Response::json(&render::conversation(
        &state,
        &conversation,
        user,
        now,
    )))
}

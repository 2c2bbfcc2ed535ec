//! Statuses as they are, were, and read in another language.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{SERVER_LANGUAGE, answer, visible};
use crate::handlers::Context;
use crate::ids::{Id, parse_id};
use crate::render;
use crate::response::{HandlerResult, Response, forbidden, unprocessable};
use crate::state::{State, Status};

/// The most statuses that are fetched together.
const MAX_STATUSES: usize = 20;
/// How much of a conversation is shown on either side to a user.
const CONTEXT: usize = 4096;
/// How much of it a visitor sees: above, below, and how deep below.
const ANCESTORS: usize = 40;
const DESCENDANTS: usize = 60;
const DEPTH: usize = 20;

pub(super) fn status(context: &Context<'_>) -> HandlerResult {
    let state = context.shared.state();
    let id = visible(context, &state, context.id())?.id;
    answer(context, &state, id)
}

pub(super) fn statuses(context: &Context<'_>) -> HandlerResult {
    let ids = context.params.list("id");
    let ids: BTreeSet<Id> = ids.iter().map(|id| parse_id(id)).collect();
    if ids.len() > MAX_STATUSES {
        return Err(unprocessable("Mastodon::ValidationError"));
    }
    let state = context.shared.state();
    let found = ids.iter().rev().filter_map(|id| state.statuses.get(id));
    Ok(Response::json(&render_shown(context, &state, found)))
}

/// Renders what the viewer may and wants to see.
fn render_shown<'s>(
    context: &Context<'_>,
    state: &State,
    found: impl Iterator<Item = &'s Status>,
) -> Value {
    let (viewer, now) = (context.viewer(), context.now());
    found
        .filter(|status| {
            state.can_see(viewer, status) && !state.hides_author(viewer, status.account, now)
        })
        .map(|status| render::status(state, status, viewer, now))
        .collect()
}

pub(super) fn thread(context: &Context<'_>) -> HandlerResult {
    let state = context.shared.state();
    let start = visible(context, &state, context.id())?;
    let (above, below, depth) = match context.viewer() {
        Some(_) => (CONTEXT, CONTEXT, CONTEXT),
        None => (ANCESTORS, DESCENDANTS, DEPTH),
    };
    let parent = |status: &&Status| state.statuses.get(&status.reply_to?);
    let ancestors = std::iter::successors(Some(start), parent).skip(1);
    let mut ancestors: Vec<&Status> = ancestors.take(above).collect();
    ancestors.reverse();
    let mut descendants = descendants(&state, start, below, depth);
    promote_own_thread(&mut descendants);
    Ok(Response::json(&json!({
        "ancestors": render_shown(context, &state, ancestors.into_iter()),
        "descendants": render_shown(context, &state, descendants.into_iter()),
    })))
}

/// Answers and the answers to those, each directly before what answers it.
fn descendants<'s>(
    state: &'s State,
    start: &'s Status,
    limit: usize,
    depth: usize,
) -> Vec<&'s Status> {
    let mut found = Vec::new();
    let mut open: Vec<(Id, usize)> = start.replies.iter().rev().map(|id| (*id, 1)).collect();
    while let Some((id, level)) = open.pop() {
        let Some(status) = state.statuses.get(&id) else {
            continue;
        };
        found.push(status);
        if found.len() == limit {
            break;
        }
        if level < depth {
            open.extend(status.replies.iter().rev().map(|id| (*id, level + 1)));
        }
    }
    found
}

/// Moves what authors answered to themselves before what others answered, each group in its order.
fn promote_own_thread(statuses: &mut [&Status]) {
    statuses.sort_by_key(|status| status.reply_to_account != Some(status.account));
}

pub(super) fn history(context: &Context<'_>) -> HandlerResult {
    let (viewer, now) = (context.viewer(), context.now());
    let state = context.shared.state();
    let found = visible(context, &state, context.id())?;
    let only = || vec![state.snapshot(found, found.edited.unwrap_or(found.created))];
    let versions = Some(found.versions.clone()).filter(|versions| !versions.is_empty());
    let versions = versions.unwrap_or_else(only);
    let versions = versions
        .iter()
        .map(|version| render::version(&state, found, version, viewer, now));
    Ok(Response::json(&versions.collect()))
}

pub(super) fn source(context: &Context<'_>) -> HandlerResult {
    let state = context.shared.state();
    let found = visible(context, &state, context.id())?;
    Ok(Response::json(&json!({
        "id": found.id.to_string(), "text": found.text, "spoiler_text": found.spoiler_text,
    })))
}

/// Puts the language before each text: enough to see that it was translated, and the same every time.
pub(super) fn translate(context: &Context<'_>) -> HandlerResult {
    let user = context.user()?;
    let state = context.shared.state();
    let found = visible(context, &state, context.id())?;
    let source = found
        .language
        .clone()
        .unwrap_or_else(|| SERVER_LANGUAGE.to_owned());
    let target = context.params.non_blank("lang");
    let target = target
        .or(state.posting_defaults(user).language)
        .unwrap_or_else(|| SERVER_LANGUAGE.to_owned());
    if !state.translation_enabled || !found.visibility.is_distributable() || source == target {
        return Err(forbidden("This action is not allowed"));
    }
    let translated = |text: &str| {
        if text.is_empty() {
            String::new()
        } else {
            format!("[{target}] {text}")
        }
    };
    let poll = found.poll.as_ref().map(|poll| {
        let options = poll.options.iter();
        let options: Vec<Value> = options
            .map(|title| json!({ "title": translated(title) }))
            .collect();
        json!({ "id": poll.id.to_string(), "options": options })
    });
    let media = found.media.iter().filter_map(|id| state.media.get(id));
    let media: Vec<Value> = media
        .filter_map(|medium| {
            let description = translated(medium.description.as_ref()?);
            Some(json!({ "id": medium.id.to_string(), "description": description }))
        })
        .collect();
    Ok(Response::json(&json!({
        "content": render::content(&state, &translated(&found.text), found.quote),
        "spoiler_text": translated(&found.spoiler_text), "language": target, "poll": poll, "media_attachments": media,
        "detected_source_language": source, "provider": "Test server",
    })))
}

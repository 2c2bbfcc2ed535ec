//! Statuses.

use std::collections::BTreeSet;

use super::{Context, polls};
use crate::ids::{Id, position};
use crate::render;
use crate::reply::{Outcome, Refusal, Reply, invalid, not_found};
use crate::state::{State, Status};

/// The most characters of a status.
const MAX_CHARACTERS: usize = 500;

/// `None` for a route that is not answered here.
pub(super) fn handle(context: &Context<'_>) -> Option<Outcome> {
    Some(match context.route.name {
        "status_post" => post(context),
        "status" => show(context),
        "status_delete" => delete(context),
        "status_context" => thread(context),
        "status_favourite" | "status_unfavourite" | "status_bookmark" | "status_unbookmark" => {
            mark(context)
        }
        _ => return None,
    })
}

pub(super) fn visible<'s>(
    context: &Context<'_>,
    state: &'s State,
    id: Id,
) -> Result<&'s Status, Refusal> {
    state
        .statuses
        .get(&id)
        .filter(|status| state.sees(context.viewer(), status))
        .ok_or_else(not_found)
}

fn show(context: &Context<'_>) -> Outcome {
    let state = context.shared.state();
    let found = visible(context, &state, context.id())?;
    Ok(Reply::json(&render::status(
        &state,
        found,
        context.viewer(),
        context.now(),
    )))
}

fn post(context: &Context<'_>) -> Outcome {
    let (user, now, params) = (context.user()?, context.now(), &context.params);
    let mut state = context.shared.state();
    let key = context
        .headers
        .get("idempotency-key")
        .and_then(|key| key.to_str().ok())
        .map(|key| (user, key.to_owned()));
    if let Some(earlier) = key
        .as_ref()
        .and_then(|key| state.posted.get(key))
        .and_then(|id| state.statuses.get(id))
    {
        return Ok(Reply::json(&render::status(
            &state,
            earlier,
            Some(user),
            now,
        )));
    }
    let (text, spoiler) = (
        params.text("status").unwrap_or_default(),
        params.text("spoiler_text").unwrap_or_default(),
    );
    let media: Vec<Id> = params
        .list("media_ids")
        .iter()
        .map(|id| position(id))
        .collect();
    if text.trim().is_empty() && media.is_empty() {
        return Err(invalid("Text can't be blank"));
    }
    if text.chars().count() + spoiler.chars().count() > MAX_CHARACTERS {
        return Err(invalid(&format!(
            "Text character limit of {MAX_CHARACTERS} exceeded"
        )));
    }
    if media.iter().any(|id| !state.media.contains_key(id)) {
        return Err(not_found());
    }
    let reply_to = params.filled("in_reply_to_id").map(|id| position(&id));
    if let Some(id) = reply_to {
        visible(context, &state, id)?;
    }
    let id = state.next_id(now);
    let status = Status {
        spoiler,
        sensitive: params.is_set("sensitive"),
        visibility: params
            .filled("visibility")
            .unwrap_or_else(|| "public".to_owned()),
        language: params.filled("language"),
        reply_to,
        media,
        poll: polls::new_poll(context, &mut state)?,
        ..Status::new(id, user, now, &text)
    };
    for mentioned in state.mentions(&text) {
        state.notify(mentioned, "mention", user, Some(id), now);
    }
    let answer = render::status(&state, &status, Some(user), now);
    state.statuses.insert(id, status);
    if let Some(key) = key {
        state.posted.insert(key, id);
    }
    Ok(Reply::json(&answer))
}

fn delete(context: &Context<'_>) -> Outcome {
    let (user, id) = (context.user()?, context.id());
    let mut state = context.shared.state();
    let own = state
        .statuses
        .get(&id)
        .filter(|status| status.account == user)
        .ok_or_else(not_found)?;
    let mut answer = render::status(&state, own, Some(user), context.now());
    answer["text"] = own.text.clone().into();
    if let Some(fields) = answer.as_object_mut() {
        fields.remove("content");
    }
    state.statuses.remove(&id);
    Ok(Reply::json(&answer))
}

fn thread(context: &Context<'_>) -> Outcome {
    let state = context.shared.state();
    let (viewer, now) = (context.viewer(), context.now());
    let start = visible(context, &state, context.id())?;
    let mut ancestors = Vec::new();
    let mut above = start.reply_to;
    while let Some(status) = above.and_then(|id| state.statuses.get(&id)) {
        ancestors.push(render::status(&state, status, viewer, now));
        above = status.reply_to;
    }
    ancestors.reverse();
    let mut within = BTreeSet::from([start.id]);
    let mut descendants = Vec::new();
    // Ids grow with time, so an answer comes after what it answers.
    for status in state
        .statuses
        .values()
        .filter(|status| state.sees(viewer, status))
    {
        if status.reply_to.is_some_and(|id| within.contains(&id)) {
            within.insert(status.id);
            descendants.push(render::status(&state, status, viewer, now));
        }
    }
    Ok(Reply::json(
        &serde_json::json!({ "ancestors": ancestors, "descendants": descendants }),
    ))
}

fn mark(context: &Context<'_>) -> Outcome {
    let (user, id, now) = (context.user()?, context.id(), context.now());
    let mut state = context.shared.state();
    let author = visible(context, &state, id)?.account;
    let status = state.statuses.get_mut(&id).ok_or_else(not_found)?;
    let new = context.route.name == "status_favourite" && !status.favourited_by.contains(&user);
    match context.route.name {
        "status_favourite" => status.favourited_by.insert(user),
        "status_bookmark" => status.bookmarked_by.insert(user),
        "status_unfavourite" => status.favourited_by.remove(&user),
        _ => status.bookmarked_by.remove(&user),
    };
    if new {
        state.notify(author, "favourite", user, Some(id), now);
    }
    let status = state.statuses.get(&id).ok_or_else(not_found)?;
    Ok(Reply::json(&render::status(
        &state,
        status,
        Some(user),
        now,
    )))
}

//! Statuses, timelines and polls.

use std::collections::BTreeSet;

use super::Context;
use crate::clock::seconds_after;
use crate::ids::{Id, position};
use crate::render;
use crate::reply::{Outcome, Refusal, Reply, invalid, not_found, unprocessable};
use crate::router::{linked, page};
use crate::state::{Poll, State, Status, words};

/// The most characters of a status.
const MAX_CHARACTERS: usize = 500;

/// `None` for a route that is not simulated.
pub(super) fn handle(context: &Context<'_>) -> Option<Outcome> {
    Some(match context.route.name {
        "status_post" => post(context),
        "status" => show(context),
        "status_delete" => delete(context),
        "status_context" => thread(context),
        "status_favourite" | "status_unfavourite" | "status_bookmark" | "status_unbookmark" => {
            mark(context)
        }
        "timeline_home" | "timeline_public" | "timeline_hashtag" | "account_statuses"
        | "favourites" | "bookmarks" => timeline(context),
        "poll" => poll(context),
        "poll_vote" => vote(context),
        _ => return None,
    })
}

fn visible<'s>(context: &Context<'_>, state: &'s State, id: Id) -> Result<&'s Status, Refusal> {
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
        poll: new_poll(context, &mut state)?,
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

fn new_poll(context: &Context<'_>, state: &mut State) -> Result<Option<Poll>, Refusal> {
    let Some(poll) = context.params.map("poll") else {
        return Ok(None);
    };
    let options = poll.list("options");
    if options.len() < 2 {
        return Err(invalid("Poll options must have more than one item"));
    }
    let expires = poll.integer("expires_in").filter(|seconds| *seconds >= 300);
    let expires = expires.and_then(|seconds| seconds_after(context.now(), seconds));
    let expires = expires.ok_or_else(|| invalid("Poll duration is too short"))?;
    let id = state.next_id(context.now());
    Ok(Some(Poll {
        id,
        options,
        expires,
        multiple: poll.is_set("multiple"),
        votes: std::collections::BTreeMap::new(),
    }))
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

fn timeline(context: &Context<'_>) -> Outcome {
    let state = context.shared.state();
    let (viewer, now, params) = (context.viewer(), context.now(), &context.params);
    let follows = viewer
        .and_then(|viewer| state.accounts.get(&viewer))
        .map(|account| account.follows.clone());
    let hashtag = context.path.first().map(|(_, tag)| tag.to_lowercase());
    let belongs = |status: &&Status| {
        let own = viewer == Some(status.account);
        (match context.route.name {
            "timeline_home" => {
                own || follows
                    .as_ref()
                    .is_some_and(|follows| follows.contains(&status.account))
            }
            "timeline_public" => status.visibility == "public",
            "timeline_hashtag" => {
                status.visibility == "public"
                    && words(&status.text, '#').any(|tag| Some(tag) == hashtag)
            }
            "favourites" => viewer.is_some_and(|viewer| status.favourited_by.contains(&viewer)),
            "bookmarks" => viewer.is_some_and(|viewer| status.bookmarked_by.contains(&viewer)),
            _ => status.account == context.id(),
        }) && state.sees(viewer, status)
            && !(params.is_set("only_media") && status.media.is_empty())
            && !(params.is_set("exclude_replies") && status.reply_to.is_some())
    };
    let found: Vec<&Status> = state.statuses.values().rev().filter(belongs).collect();
    let (found, links) = page(context, found, |status| status.id);
    Ok(linked(
        found
            .into_iter()
            .map(|status| render::status(&state, status, viewer, now))
            .collect(),
        links,
    ))
}

fn poll(context: &Context<'_>) -> Outcome {
    let state = context.shared.state();
    let mut polls = state
        .statuses
        .values()
        .filter(|status| state.sees(context.viewer(), status))
        .filter_map(|s| s.poll.as_ref());
    let found = polls
        .find(|poll| poll.id == context.id())
        .ok_or_else(not_found)?;
    Ok(Reply::json(&render::poll(
        found,
        context.viewer(),
        context.now(),
    )))
}

fn vote(context: &Context<'_>) -> Outcome {
    let (user, now) = (context.user()?, context.now());
    let mut state = context.shared.state();
    let found = state
        .statuses
        .values_mut()
        .filter_map(|status| status.poll.as_mut())
        .find(|poll| poll.id == context.id());
    let found = found.ok_or_else(not_found)?;
    let choices: BTreeSet<usize> = context
        .params
        .list("choices")
        .iter()
        .filter_map(|choice| choice.parse().ok())
        .collect();
    if found.expires <= now {
        return Err(invalid("The poll has already ended"));
    }
    if found.votes.contains_key(&user) {
        return Err(invalid("You have already voted on this poll"));
    }
    if choices.is_empty()
        || choices.iter().any(|choice| *choice >= found.options.len())
        || (choices.len() > 1 && !found.multiple)
    {
        return Err(unprocessable(
            "Validation failed: The chosen vote option does not exist",
        ));
    }
    found.votes.insert(user, choices);
    Ok(Reply::json(&render::poll(found, Some(user), now)))
}

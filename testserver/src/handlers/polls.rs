//! Polls.

use std::collections::{BTreeMap, BTreeSet};

use super::Context;
use crate::clock::seconds_after;
use crate::render;
use crate::reply::{Outcome, Refusal, Reply, invalid, not_found, unprocessable};
use crate::state::{Poll, State};

/// `None` for a route that is not answered here.
pub(super) fn handle(context: &Context<'_>) -> Option<Outcome> {
    Some(match context.route.name {
        "poll" => poll(context),
        "poll_vote" => vote(context),
        _ => return None,
    })
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

pub(super) fn new_poll(context: &Context<'_>, state: &mut State) -> Result<Option<Poll>, Refusal> {
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
        votes: BTreeMap::new(),
    }))
}

//! Polls.

use std::collections::BTreeSet;

use super::Context;
use crate::render;
use crate::response::{
    ErrorResponse, HandlerResult, Response, forbidden, not_found, validation_failed,
};
use crate::state::{Poll, State, Status};

/// `None` for a route that is not answered here.
pub(super) fn handle(context: &Context<'_>) -> Option<HandlerResult> {
    Some(match context.route.name {
        "poll" => show(context),
        "poll_vote" => vote(context),
        _ => return None,
    })
}

/// The poll that the path names, with its status, if the viewer may see that.
fn find<'s>(
    context: &Context<'_>,
    state: &'s State,
) -> Result<(&'s Status, &'s Poll), ErrorResponse> {
    let status = state.status_of_poll(context.id()).ok_or_else(not_found)?;
    let poll = status.poll.as_ref();
    poll.filter(|_| state.can_see(context.viewer(), status))
        .map(|poll| (status, poll))
        .ok_or_else(not_found)
}

fn show(context: &Context<'_>) -> HandlerResult {
    let state = context.shared.state();
    let (status, poll) = find(context, &state)?;
    let (viewer, now) = (context.viewer(), context.now());
    Ok(Response::json(&render::poll(
        poll,
        status.account,
        viewer,
        now,
    )))
}

fn vote(context: &Context<'_>) -> HandlerResult {
    let user = context.user()?;
    let mut state = context.shared.state();
    let (status, poll) = find(context, &state)?;
    let (id, author) = (status.id, status.account);
    if state.blocks(user, author) {
        return Err(forbidden("This action is not allowed"));
    }
    let given = context.params.list("choices");
    let choices: Option<BTreeSet<usize>> = given
        .iter()
        .map(|choice| choice.trim().parse().ok())
        .collect();
    let choices = choices.filter(|choices| choices.iter().all(|at| *at < poll.options.len()));
    let mut problems = Vec::new();
    if poll.expires <= context.now() {
        problems.push("The poll has already ended");
    }
    if choices.is_none() {
        problems.push("The chosen vote option does not exist");
    }
    if user == author {
        problems.push("You cannot vote in your own polls");
    }
    let choices = choices.unwrap_or_default();
    let earlier = poll.votes.get(&user);
    // Where several answers may be chosen, others can be added later.
    let again = if poll.multiple {
        earlier.is_some_and(|earlier| !earlier.is_disjoint(&choices))
    } else {
        earlier.is_some() || choices.len() > 1
    };
    if again {
        problems.push("You have already voted on this poll");
    }
    if !problems.is_empty() {
        return Err(validation_failed(&problems.join(", ")));
    }
    let poll = state
        .statuses
        .get_mut(&id)
        .and_then(|status| status.poll.as_mut());
    if let Some(poll) = poll {
        poll.votes.entry(user).or_default().extend(choices);
    }
    drop(state);
    show(context)
}

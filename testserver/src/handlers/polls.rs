//! Polls.

use super::Context;
use crate::render;
use crate::response::{
    ErrorResponse, HandlerResult, Response, forbidden, not_found, validation_failed,
};
use crate::state::{Poll, State, Status};

/// Returns `None` if another module handles the route.
pub(super) fn handle(context: &Context<'_>) -> Option<HandlerResult> {
    Some(match context.route.name {
        "poll" => show(context),
        "poll_vote" => vote(context),
        _ => return None,
    })
}

/// Returns the poll that the path names and its status, if the viewer can see the status.
fn visible_poll<'s>(
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
    let (status, poll) = visible_poll(context, &state)?;
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
    let (status, poll) = visible_poll(context, &state)?;
    let (id, author) = (status.id, status.account);
    if state.blocks(user, author) {
        return Err(forbidden("This action is not allowed"));
    }
    let values = context.params.list("choices");
    let choices: Option<Vec<usize>> = values
        .iter()
        .map(|value| value.trim().parse().ok())
        .collect();
    let choices = choices.filter(|choices| choices.iter().all(|index| *index < poll.options.len()));
    let mut errors = Vec::new();
    if poll.expires <= context.now() {
        errors.push("The poll has already ended");
    }
    if choices.is_none() {
        errors.push("The chosen vote option does not exist");
    }
    if user == author {
        errors.push("You cannot vote in your own polls");
    }
    let choices = choices.unwrap_or_default();
    let earlier_votes = poll.votes.get(&user);
    // In a multiple-choice poll, later votes can add options.
    let has_voted = if poll.multiple {
        let is_repeated = choices
            .iter()
            .enumerate()
            .any(|(index, choice)| choices.iter().take(index).any(|other| other == choice));
        let is_known = |choice| earlier_votes.is_some_and(|earlier| earlier.contains(choice));
        is_repeated || choices.iter().any(is_known)
    } else {
        earlier_votes.is_some() || choices.len() > 1
    };
    if has_voted {
        errors.push("You have already voted on this poll");
    }
    if !errors.is_empty() {
        return Err(validation_failed(&errors.join(", ")));
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

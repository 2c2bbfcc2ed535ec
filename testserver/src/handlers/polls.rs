//! Polls.

use super::Context;
use crate::params::{Params, Value};
use crate::render;
use crate::response::{
    ErrorResponse, HandlerResult, Response, bad_request, forbidden, internal_server_error,
    not_found, validation_failed,
};
use crate::state::{Poll, State, Status};
use crate::text::is_blank;

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

/// Casts the votes one after the other. If one fails, none counts.
fn vote(context: &Context<'_>) -> HandlerResult {
    let user = context.user()?;
    let mut state = context.shared.state();
    let (status, poll) = visible_poll(context, &state)?;
    let (id, author) = (status.id, status.account);
    let choices = sent_choices(&context.params)?;
    if state.blocks(user, author) || state.blocks(author, user) {
        return Err(forbidden("This action is not allowed"));
    }
    let choices = choices.ok_or_else(internal_server_error)?;
    let mut votes = poll.votes.get(&user).cloned().unwrap_or_default();
    for choice in choices {
        let choice = parse_choice(choice).ok_or_else(internal_server_error)?;
        let index = usize::try_from(choice).ok();
        let index = index.filter(|index| *index < poll.options.len());
        let has_voted = if poll.multiple {
            index.is_some_and(|index| votes.contains(&index))
        } else {
            !votes.is_empty()
        };
        let errors = [
            (poll.expires <= context.now(), "The poll has already ended"),
            (index.is_none(), "The chosen vote option does not exist"),
            (user == author, "You cannot vote in your own polls"),
            (has_voted, "You have already voted on this poll"),
        ];
        let errors = errors.iter().filter(|(failed, _)| *failed);
        let errors: Vec<_> = errors.map(|(_, error)| *error).collect();
        if !errors.is_empty() {
            return Err(validation_failed(&errors.join(", ")));
        }
        votes.extend(index);
    }
    let poll = state
        .statuses
        .get_mut(&id)
        .and_then(|status| status.poll.as_mut());
    if let Some(poll) = poll {
        poll.votes.insert(user, votes);
    }
    drop(state);
    show(context)
}

/// Returns the choices; `None` if they are not a list. Mastodon fails with 500 then, but only after other checks.
fn sent_choices(params: &Params) -> Result<Option<Vec<&Value>>, ErrorResponse> {
    let missing = || bad_request("param is missing or the value is empty or invalid: choices");
    match params.get("choices").ok_or_else(missing)? {
        Value::List(items) => {
            let choices = items.iter().filter(|item| !matches!(item, Value::Null));
            let choices: Vec<&Value> = choices.collect();
            if choices.is_empty() {
                return Err(missing());
            }
            Ok(Some(choices))
        }
        Value::String(text) if is_blank(text) => Err(missing()),
        _ => Ok(None),
    }
}

/// Parses the number of an option; `None` if it is not a number.
fn parse_choice(choice: &Value) -> Option<i64> {
    match choice {
        Value::Number(number) => {
            let fraction = || number.as_f64().map(|number| number as i64);
            number.as_i64().or_else(fraction)
        }
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

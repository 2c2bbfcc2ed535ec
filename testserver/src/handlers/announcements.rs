//! Announcements.

use serde_json::Value;

use super::Context;
use crate::render;
use crate::response::{HandlerResult, Response, not_found, unprocessable, validation_failed};
use crate::state::ReactionError;

/// Returns `None` if another module handles the route.
pub(super) fn handle(context: &Context<'_>) -> Option<HandlerResult> {
    Some(match context.route.name {
        "announcements" => list(context),
        "announcement_dismiss" => dismiss(context),
        "announcement_reaction_create" => react(context),
        "announcement_reaction_delete" => unreact(context),
        _ => return None,
    })
}

fn list(context: &Context<'_>) -> HandlerResult {
    let (user, now, state) = (context.user()?, context.now(), context.shared.state());
    let announcements: Vec<Value> = state
        .announcements
        .values()
        .map(|announcement| render::announcement(&state, announcement, Some(user), now))
        .collect();
    Ok(Response::json(&announcements.into()))
}

fn dismiss(context: &Context<'_>) -> HandlerResult {
    let user = context.user()?;
    let mut state = context.shared.state();
    let announcement = state.announcements.get_mut(&context.id());
    announcement.ok_or_else(not_found)?.read_by.insert(user);
    Ok(Response::empty_object())
}

fn emoji_name<'c>(context: &'c Context<'_>) -> &'c str {
    context.path_params.get(1).map_or("", |(_, name)| name)
}

fn react(context: &Context<'_>) -> HandlerResult {
    let (user, name) = (context.user()?, emoji_name(context));
    // A Unicode emoji contains a character that is neither ASCII nor a letter.
    let is_plain = |c: char| c.is_ascii() || c.is_alphabetic();
    let mut state = context.shared.state();
    if !render::is_custom_emoji(&state, name) && (name.is_empty() || name.chars().all(is_plain)) {
        return Err(validation_failed("Name is not a recognized emoji"));
    }
    match state.add_reaction(context.id(), name, user) {
        Ok(()) => Ok(Response::empty_object()),
        Err(ReactionError::NoAnnouncement) => Err(not_found()),
        Err(ReactionError::Duplicate) => Err(unprocessable("Duplicate record")),
        Err(ReactionError::TooMany) => {
            Err(validation_failed("Limit of different reactions reached"))
        }
    }
}

fn unreact(context: &Context<'_>) -> HandlerResult {
    let user = context.user()?;
    let mut state = context.shared.state();
    if state.remove_reaction(context.id(), emoji_name(context), user) {
        Ok(Response::empty_object())
    } else {
        Err(not_found())
    }
}

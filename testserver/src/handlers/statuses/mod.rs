//! Statuses.

mod actions;
mod edit;
mod post;
mod quotes;
mod read;
mod scheduled;

use std::collections::BTreeSet;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Context;
use crate::ids::{Id, parse_id};
use crate::limits::MAX_MEDIA_ATTACHMENTS;
use crate::media_info::MediaKind;
use crate::params::{Params, Value as Given};
use crate::render;
use crate::response::{
    ErrorResponse, HandlerResult, Response, not_found, unprocessable, validation_failed,
};
use crate::state::{Media, PollDraft, PostError, State, Status};

/// The language of those who say nothing of theirs.
const SERVER_LANGUAGE: &str = "en";

/// `None` for a route that is not answered here.
pub(super) fn handle(context: &Context<'_>) -> Option<HandlerResult> {
    Some(match context.route.name {
        "status_post" => post::post(context),
        "status_update" => edit::update(context),
        "status_delete" => edit::delete(context),
        "status" => read::status(context),
        "statuses" => read::statuses(context),
        "status_context" => read::thread(context),
        "status_history" => read::history(context),
        "status_source" => read::source(context),
        "status_translate" => read::translate(context),
        "status_reblog" => actions::reblog(context),
        "status_unreblog" => actions::unreblog(context),
        "status_favourite" | "status_unfavourite" | "status_bookmark" | "status_unbookmark" => {
            actions::mark(context)
        }
        "status_mute" | "status_unmute" => actions::mute(context),
        "status_pin" | "status_unpin" => actions::pin(context),
        "status_reblogged_by" | "status_favourited_by" => actions::actors(context),
        "status_quotes" => quotes::list(context),
        "status_quote_revoke" => quotes::revoke(context),
        "status_update_quote_approval_policy" => quotes::update_policy(context),
        "scheduled_statuses" => scheduled::list(context),
        "scheduled_status" => scheduled::show(context),
        "scheduled_status_update" => scheduled::update(context),
        "scheduled_status_delete" => scheduled::delete(context),
        _ => return None,
    })
}

/// A status that the viewer may see.
pub(super) fn visible<'s>(
    context: &Context<'_>,
    state: &'s State,
    id: Id,
) -> Result<&'s Status, ErrorResponse> {
    let found = state.statuses.get(&id);
    found
        .filter(|status| state.can_see(context.viewer(), status))
        .ok_or_else(not_found)
}

/// A status of the user.
fn own<'s>(context: &Context<'_>, state: &'s State, id: Id) -> Result<&'s Status, ErrorResponse> {
    let user = context.user()?;
    let found = state.statuses.get(&id);
    found
        .filter(|status| status.account == user)
        .ok_or_else(not_found)
}

/// The status as the answer.
fn answer(context: &Context<'_>, state: &State, id: Id) -> HandlerResult {
    let found = state.statuses.get(&id).ok_or_else(not_found)?;
    let (viewer, now) = (context.viewer(), context.now());
    Ok(Response::json(&render::status(state, found, viewer, now)))
}

/// 404 that says what is missing.
fn missing(what: &str) -> ErrorResponse {
    let error = format!("The post you are trying to {what} does not appear to exist.");
    Box::new(Response::json(&json!({ "error": error })).status(StatusCode::NOT_FOUND))
}

fn refusal(state: &State, problem: PostError) -> ErrorResponse {
    match problem {
        PostError::Invalid(problems) => validation_failed(&problems.join(", ")),
        PostError::UnexpectedMentions(accounts) => {
            let accounts: Vec<Value> = accounts
                .into_iter()
                .map(|id| render::account(state, id))
                .collect();
            let error = "Post would be sent to unexpected accounts";
            let body = json!({ "error": error, "unexpected_accounts": accounts });
            Box::new(Response::json(&body).status(StatusCode::UNPROCESSABLE_ENTITY))
        }
    }
}

/// The files named in `media_ids`, each free or already attached to that status.
fn media_ids(
    context: &Context<'_>,
    state: &State,
    of: Option<Id>,
) -> Result<Vec<Id>, ErrorResponse> {
    let user = context.user()?;
    let named = context.params.list("media_ids");
    if named.len() > MAX_MEDIA_ATTACHMENTS {
        return Err(unprocessable(&format!(
            "Cannot attach more than {MAX_MEDIA_ATTACHMENTS} files"
        )));
    }
    let (mut found, mut unknown): (Vec<&Media>, Vec<String>) = (Vec::new(), Vec::new());
    for id in named.iter().map(|id| parse_id(id)) {
        let medium = state.media.get(&id).filter(|medium| {
            medium.account == user
                && medium.scheduled.is_none()
                && medium.status.is_none_or(|status| Some(status) == of)
        });
        match medium {
            Some(medium) => found.push(medium),
            None => unknown.push(id.to_string()),
        }
    }
    if !unknown.is_empty() {
        return Err(unprocessable(&format!(
            "Media {} not found or already attached to another post",
            unknown.join(", ")
        )));
    }
    let mut seen = BTreeSet::new();
    found.retain(|medium| seen.insert(medium.id));
    let alone = |kind| matches!(kind, MediaKind::Video | MediaKind::Audio);
    if found.len() > 1 && found.iter().any(|medium| alone(medium.info.kind)) {
        return Err(unprocessable(
            "Cannot attach a video to a post that already contains images",
        ));
    }
    if found.iter().any(|medium| !medium.is_ready(context.now())) {
        return Err(unprocessable(
            "Cannot attach files that have not finished processing. Try again in a moment!",
        ));
    }
    Ok(found.into_iter().map(|medium| medium.id).collect())
}

/// The poll among the parameters.
fn poll_draft(params: &Params) -> Option<PollDraft> {
    let poll = params.map("poll")?;
    let options = poll.list("options").into_iter();
    let options = options.map(|option| option.trim().to_owned());
    Some(PollDraft {
        options: options.filter(|option| !option.is_empty()).collect(),
        expires_in: poll.integer("expires_in").unwrap_or(0),
        multiple: poll.is_true("multiple"),
        hide_totals: poll.is_true("hide_totals"),
    })
}

/// Whether the media are to be hidden. A warning says so too, unless a form says no: there the text
/// `false` counts as given, where a false in JSON does not.
fn sensitive(params: &Params, default: bool, warned: bool) -> bool {
    match params.get("sensitive") {
        None => default || warned,
        Some(Given::Bool(flag)) => *flag || warned,
        Some(_) => params.is_true("sensitive"),
    }
}

/// The language, if it looks like one.
fn language(params: &Params) -> Option<String> {
    let given = params.non_blank("language")?;
    let name = given.split(['-', '_']).next().unwrap_or_default();
    let known = matches!(name.len(), 2 | 3) && name.bytes().all(|c| c.is_ascii_lowercase());
    known.then_some(given)
}

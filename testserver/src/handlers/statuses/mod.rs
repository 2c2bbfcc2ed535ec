//! Statuses.

mod actions;
mod edit;
mod post;
mod quotes;
mod read;
mod scheduled;
pub(crate) mod translation;

use std::collections::BTreeSet;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Context;
use crate::ids::{Id, parse_id};
use crate::limits::MAX_MEDIA_ATTACHMENTS;
use crate::media_info::MediaKind;
use crate::params::{Params, Value as ParamValue};
use crate::render;
use crate::response::{
    ErrorResponse, HandlerResult, Response, internal_server_error, not_found, unprocessable,
    validation_failed,
};
use crate::state::{Media, PollDraft, PostError, QuotePolicy, State, Status, Visibility};
use crate::text;

/// Error of a record that is not valid, without details.
const RECORD_INVALID: &str = "Record invalid";
/// Language of statuses whose author has not chosen one.
const DEFAULT_LANGUAGE: &str = "en";

/// Returns `None` if another module handles the route.
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
        "status_translate" => translation::translate(context),
        "status_reblog" => actions::reblog(context),
        "status_unreblog" => actions::unreblog(context),
        "status_favourite" | "status_bookmark" => actions::favourite_or_bookmark(context),
        "status_unfavourite" | "status_unbookmark" => actions::unfavourite_or_unbookmark(context),
        "status_mute" | "status_unmute" => actions::mute(context),
        "status_pin" | "status_unpin" => actions::pin(context),
        "status_reblogged_by" | "status_favourited_by" => actions::list_accounts(context),
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

/// Returns the status if the viewer can see it.
pub(super) fn visible_status<'s>(
    context: &Context<'_>,
    state: &'s State,
    id: Id,
) -> Result<&'s Status, ErrorResponse> {
    let status = state.statuses.get(&id);
    status
        .filter(|status| state.can_see(context.viewer(), status))
        .ok_or_else(not_found)
}

/// Returns the status if the user wrote it.
fn own_status<'s>(
    context: &Context<'_>,
    state: &'s State,
    id: Id,
) -> Result<&'s Status, ErrorResponse> {
    let user = context.user()?;
    let status = state.statuses.get(&id);
    status
        .filter(|status| status.account == user)
        .ok_or_else(not_found)
}

/// Responds with the status.
fn status_response(context: &Context<'_>, state: &State, id: Id) -> HandlerResult {
    status_value(context, state, id).map(|value| Response::json(&value))
}

fn status_value(context: &Context<'_>, state: &State, id: Id) -> Result<Value, ErrorResponse> {
    let status = state.statuses.get(&id).ok_or_else(not_found)?;
    Ok(render::status(
        state,
        status,
        context.viewer(),
        context.now(),
    ))
}

/// Returns the 404 of a post that an action refers to.
fn missing_post(action: &str) -> ErrorResponse {
    let error = format!("The post you are trying to {action} does not appear to exist.");
    Box::new(Response::json(&json!({ "error": error })).status(StatusCode::NOT_FOUND))
}

fn post_error(state: &State, error: PostError) -> ErrorResponse {
    match error {
        PostError::Invalid(errors) => validation_failed(&errors.join(", ")),
        PostError::InvalidScheduled(_) => unprocessable(RECORD_INVALID),
        // New statuses are handled before; edits are not checked.
        PostError::SilentlyDropped(_) => internal_server_error(),
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

/// Returns the media in `media_ids`. Each must be unattached or, in an edit, attached to `status`. Mastodon lets a new status
/// take the media of a scheduled one, but an edited status not.
fn media_ids(
    context: &Context<'_>,
    state: &State,
    status: Option<Id>,
) -> Result<Vec<Id>, ErrorResponse> {
    let user = context.user()?;
    let ids = context.params.list("media_ids");
    if ids.len() > MAX_MEDIA_ATTACHMENTS {
        return Err(unprocessable(&format!(
            "Cannot attach more than {MAX_MEDIA_ATTACHMENTS} files"
        )));
    }
    let (mut found, mut unknown): (Vec<&Media>, Vec<String>) = (Vec::new(), Vec::new());
    for id in ids.iter().map(|id| parse_id(id)) {
        let attachment = state.media.get(&id).filter(|attachment| {
            attachment.account == user
                && (status.is_none() || attachment.scheduled.is_none())
                && attachment
                    .status
                    .is_none_or(|attached_to| Some(attached_to) == status)
        });
        match attachment {
            Some(attachment) => found.push(attachment),
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
    found.retain(|attachment| seen.insert(attachment.id));
    let excludes_others = |kind| matches!(kind, MediaKind::Video | MediaKind::Audio);
    if found.len() > 1
        && found
            .iter()
            .any(|attachment| excludes_others(attachment.info.kind))
    {
        return Err(unprocessable(
            "Cannot attach a video to a post that already contains images",
        ));
    }
    if found
        .iter()
        .any(|attachment| !attachment.is_ready(context.now()))
    {
        return Err(unprocessable(
            "Cannot attach files that have not finished processing. Try again in a moment!",
        ));
    }
    Ok(found.into_iter().map(|attachment| attachment.id).collect())
}

/// Returns the poll in the parameters.
fn poll_draft(params: &Params) -> Option<PollDraft> {
    let poll = params.map("poll")?;
    poll.iter().next()?;
    let sent_options = poll.list("options");
    let options = sent_options.iter().map(|option| text::strip(option));
    let options = options.filter(|option| !text::is_blank(option));
    Some(PollDraft {
        options: options.map(str::to_owned).collect(),
        expires_in: poll.integer("expires_in"),
        multiple: poll.flag("multiple"),
        hide_totals: poll.is_true("hide_totals"),
        sent_options,
    })
}

/// Returns the visibility in the parameters. Rejects an unknown one.
fn visibility(params: &Params) -> Result<Option<Visibility>, ErrorResponse> {
    let Some(name) = params.non_blank("visibility") else {
        return Ok(None);
    };
    let visibility = Visibility::from_name(&name);
    let unknown = || validation_failed("Visibility is not included in the list");
    visibility.map(Some).ok_or_else(unknown)
}

/// Returns the quote approval policy in the parameters. Rejects an unknown one.
fn quote_policy(params: &Params) -> Result<Option<QuotePolicy>, ErrorResponse> {
    let Some(name) = params.non_blank("quote_approval_policy") else {
        return Ok(None);
    };
    let policy = QuotePolicy::from_name(&name);
    policy
        .map(Some)
        .ok_or_else(|| unprocessable(RECORD_INVALID))
}

/// Returns whether the media are sensitive. A spoiler text makes them sensitive, unless a form sends
/// `false`: unlike `false` in JSON, the string counts as present.
fn sensitive(params: &Params, default: bool, has_spoiler_text: bool) -> bool {
    match params.get("sensitive") {
        None => default || has_spoiler_text,
        Some(ParamValue::Bool(flag)) => *flag || has_spoiler_text,
        Some(_) => params.is_true("sensitive"),
    }
}

/// Returns the language parameter if it looks like a language code.
fn language(params: &Params) -> Option<String> {
    let language = params.non_blank("language")?;
    let primary = language.split(['-', '_']).next().unwrap_or_default();
    let is_code = matches!(primary.len(), 2 | 3) && primary.bytes().all(|c| c.is_ascii_lowercase());
    is_code.then_some(language)
}

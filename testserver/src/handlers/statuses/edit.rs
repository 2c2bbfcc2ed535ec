//! Editing and deleting statuses.

use super::{language, media_ids, own_status, poll_draft, post_error, sensitive, status_response};
use crate::handlers::{Context, media};
use crate::ids::parse_id;
use crate::render;
use crate::response::{ErrorResponse, HandlerResult, Response, not_found};
use crate::state::{EditDraft, Media, QuotePolicy, State};

/// Replaces a status. Parameters that are not sent are cleared; their media is detached and the poll
/// deleted.
pub(super) fn update(context: &Context<'_>) -> HandlerResult {
    let (id, now, params) = (context.id(), context.now(), &context.params);
    let mut state = context.shared.state();
    let before = own_status(context, &state, id)?;
    let edited_before = before.edited;
    if before.reblog_of.is_some() {
        return Err(not_found());
    }
    let trimmed = |name: &str| params.string(name).unwrap_or_default().trim().to_owned();
    let (mut text, mut spoiler_text) = (trimmed("status"), trimmed("spoiler_text"));
    let sensitive = sensitive(params, false, !spoiler_text.is_empty());
    if text.is_empty() {
        text = std::mem::take(&mut spoiler_text);
    }
    let policy = params.non_blank("quote_approval_policy");
    let attached = media_ids(context, &state, Some(id))?;
    let edit = EditDraft {
        text,
        spoiler_text,
        sensitive,
        language: language(params),
        changed_media: changed_media(context, &state, &attached)?,
        media: attached,
        poll: poll_draft(params),
        quote_policy: policy.and_then(|name| QuotePolicy::from_name(&name)),
    };
    context.check_creation_limit()?;
    let result = state.edit_status(id, edit, now);
    result.map_err(|error| post_error(&state, error))?;
    // An edit that changes nothing does not count against the rate limit.
    let is_changed = own_status(context, &state, id)?.edited != edited_before;
    let response = status_response(context, &state, id)?;
    Ok(if is_changed {
        response
    } else {
        response.changed_nothing()
    })
}

/// Returns the attached media that `media_attributes` changes.
fn changed_media(
    context: &Context<'_>,
    state: &State,
    attached: &[u64],
) -> Result<Vec<Media>, ErrorResponse> {
    let mut changed = Vec::new();
    for attributes in context.params.maps("media_attributes") {
        let id = attributes.string("id").map_or(0, |id| parse_id(&id));
        let Some(before) = state.media.get(&id).filter(|_| attached.contains(&id)) else {
            continue;
        };
        let after = media::with_params(before, attributes)?;
        let is_changed = before.description != after.description
            || before.focus != after.focus
            || attributes.file("thumbnail").is_some();
        if is_changed {
            changed.push(after);
        }
    }
    Ok(changed)
}

pub(super) fn delete(context: &Context<'_>) -> HandlerResult {
    let (user, id, now) = (context.user()?, context.id(), context.now());
    let mut state = context.shared.state();
    let status = own_status(context, &state, id)?;
    let value = render::deleted_status(&state, status, user, now);
    let removed = state.remove_status(id, now);
    if context.params.is_true("delete_media") {
        for attachment in removed.map(|status| status.media).unwrap_or_default() {
            state.media.remove(&attachment);
        }
    }
    Ok(Response::json(&value))
}

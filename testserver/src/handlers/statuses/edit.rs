//! Editing and deleting statuses.

use super::{
    language, media_ids, own_status, poll_draft, post_error, quote_policy, sensitive,
    status_response,
};
use crate::handlers::{Context, media};
use crate::ids::parse_id;
use crate::render;
use crate::response::{ErrorResponse, HandlerResult, Response};
use crate::state::{EditDraft, Media, State};
use crate::text::is_blank;

/// Replaces a status. Parameters that are not sent are cleared; their media is detached and the poll
/// deleted.
pub(super) fn update(context: &Context<'_>) -> HandlerResult {
    let (id, now, params) = (context.id(), context.now(), &context.params);
    let mut state = context.shared.state();
    let before = own_status(context, &state, id)?;
    let (edited_before, is_quote) = (before.edited, before.quote.is_some());
    let quote_policy = quote_policy(params)?;
    let sent = |name: &str| params.string(name).unwrap_or_default();
    let (text, spoiler_text) = (sent("status"), sent("spoiler_text"));
    // Without a text, the sent spoiler text becomes the text. The status then keeps its own spoiler text.
    let (text, spoiler_text) = match (is_blank(&text), is_quote) {
        (true, false) => (spoiler_text, None),
        (true, true) => (String::new(), Some(spoiler_text)),
        (false, _) => (text, Some(spoiler_text)),
    };
    let has_spoiler_text = spoiler_text.as_deref().is_some_and(|text| !is_blank(text));
    let sensitive = sensitive(params, false, has_spoiler_text);
    let attached = media_ids(context, &state, Some(id))?;
    let edit = EditDraft {
        text,
        spoiler_text,
        sensitive,
        language: language(params),
        changed_media: changed_media(context, &state, &attached)?,
        media: attached,
        poll: poll_draft(params),
        quote_policy,
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
    if context.params.is_true("delete_media") {
        state.remove_status_and_media(id, now);
    } else {
        state.remove_status(id, now);
    }
    Ok(Response::json(&value))
}

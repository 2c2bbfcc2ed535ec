//! Posting and scheduling statuses.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::{
    RECORD_INVALID, language, media_ids, missing_post, poll_draft, post_error, quote_policy,
    sensitive, status_response, visibility,
};
use crate::handlers::Context;
use crate::ids::{Id, parse_id};
use crate::params::{Params, Value as ParamValue};
use crate::posting;
use crate::render;
use crate::response::{ErrorResponse, HandlerResult, Response, not_found, unprocessable};
use crate::state::{App, Application, PostError, PostResult, State, StatusDraft};
use crate::text::is_blank;

pub(super) fn post(context: &Context<'_>) -> HandlerResult {
    let (user, now) = (context.user()?, context.now());
    let mut state = context.shared.state();
    let reply_to = reply_to_param(context, &state)?;
    let quoted = quoted_status_param(context, &state)?;
    let quote_policy = quote_policy(&context.params)?;
    let key = context.work.key()?;
    if let Some(posted) = key.and_then(|key| posting::known_post(&state, key, now)) {
        context.work.check_repeat(&state, posted)?;
        let response = post_response(context, &state, posted);
        return response.map(Response::changed_nothing);
    }
    let mut draft = draft_from_params(context, &state, user)?;
    (draft.reply_to, draft.quoted) = (reply_to, quoted);
    draft.quote_policy = quote_policy.unwrap_or(draft.quote_policy);
    // Like Mastodon, publishes immediately if the time is in the past.
    let at = parse_time(&context.params, "scheduled_at")?.filter(|at| *at > context.now());
    let requested = visibility(&context.params);
    let posted = match at {
        Some(at) => {
            draft.visibility = requested
                .map_err(|_| unprocessable(RECORD_INVALID))?
                .unwrap_or(draft.visibility);
            match super::scheduled::schedule(context, &mut state, draft, at)? {
                Ok(id) => PostResult::Scheduled(id),
                Err(dropped) => return Ok(Response::json(&dropped)),
            }
        }
        None => {
            context.check_creation_limit()?;
            draft.visibility = requested?.unwrap_or(draft.visibility);
            match state.publish_status(user, draft, now) {
                Ok(id) => PostResult::Published(id),
                Err(PostError::SilentlyDropped(status)) => {
                    let status = render::status(&state, &status, Some(user), now);
                    return Ok(Response::json(&status).changed_nothing());
                }
                Err(error) => return Err(post_error(&state, error)),
            }
        }
    };
    context.work.store(&mut state, posted, now);
    post_response(context, &state, posted)
}

/// Responds with the status or scheduled status that was posted, now or with the same idempotency key.
fn post_response(context: &Context<'_>, state: &State, posted: PostResult) -> HandlerResult {
    match posted {
        PostResult::Published(id) => status_response(context, state, id),
        PostResult::Scheduled(id) => {
            let entry = state.scheduled_statuses.get(&id).ok_or_else(not_found)?;
            let now = context.now();
            Ok(Response::json(&render::scheduled(state, entry, now)))
        }
    }
}

fn reply_to_param(context: &Context<'_>, state: &State) -> Result<Option<Id>, ErrorResponse> {
    let Some(id) = context.params.non_blank("in_reply_to_id") else {
        return Ok(None);
    };
    let status = super::visible_status(context, state, parse_id(&id));
    status
        .map(|status| Some(status.id))
        .map_err(|_| missing_post("reply to"))
}

fn quoted_status_param(context: &Context<'_>, state: &State) -> Result<Option<Id>, ErrorResponse> {
    let Some(id) = context.params.non_blank("quoted_status_id") else {
        return Ok(None);
    };
    let requested = state.statuses.get(&parse_id(&id));
    let original = requested.and_then(|status| state.statuses.get(&status.original_id()));
    let viewer = context.viewer();
    original
        .filter(|status| state.can_see(viewer, status) && state.can_quote(viewer, status))
        .map(|status| Some(status.id))
        .ok_or_else(|| missing_post("quote"))
}

/// Returns the status in the parameters, without the parts that Mastodon checks earlier or later than the media.
fn draft_from_params(
    context: &Context<'_>,
    state: &State,
    user: Id,
) -> Result<StatusDraft, ErrorResponse> {
    let params = &context.params;
    let defaults = state.posting_defaults(user);
    let sent = |name: &str| params.string(name).unwrap_or_default();
    let (mut text, mut spoiler_text) = (sent("status"), sent("spoiler_text"));
    let has_spoiler_text = !is_blank(&spoiler_text);
    let is_quote = params.non_blank("quoted_status_id").is_some();
    if is_blank(&text) && has_spoiler_text && !is_quote {
        // A spoiler text without a text becomes the text.
        text = std::mem::take(&mut spoiler_text);
    }
    let allowed = || params.list("allowed_mentions").into_iter();
    Ok(StatusDraft {
        id: None,
        text,
        spoiler_text,
        sensitive: sensitive(params, defaults.sensitive, has_spoiler_text),
        visibility: defaults.visibility,
        language: language(params)
            .or(defaults.language)
            .or_else(|| Some(super::DEFAULT_LANGUAGE.to_owned())),
        reply_to: None,
        media: media_ids(context, state, None)?,
        poll: poll_draft(params),
        quoted: None,
        quote_policy: defaults.quote_policy,
        allowed_mentions: params
            .get("allowed_mentions")
            .map(|_| allowed().map(|id| parse_id(&id)).collect()),
        application: application(context, state),
    })
}

/// Returns the application of the access token.
fn app<'s>(context: &Context<'_>, state: &'s State) -> Option<&'s App> {
    state.apps.get(context.token.as_ref()?.app.as_ref()?)
}

fn application(context: &Context<'_>, state: &State) -> Option<Application> {
    let app = app(context, state)?;
    Some(Application {
        name: app.name.clone(),
        website: app.website.clone().filter(|website| !website.is_empty()),
    })
}

/// Parses a time. Like Mastodon, accepts times without a time zone (UTC) and dates without a time of
/// day.
pub(super) fn parse_time(params: &Params, name: &str) -> Result<Option<Timestamp>, ErrorResponse> {
    let Some(text) = params.non_blank(name) else {
        return Ok(None);
    };
    let text = text.trim();
    let in_utc = |time: DateTime| TimeZone::UTC.to_timestamp(time);
    let parsed = text
        .parse::<Timestamp>()
        .or_else(|_| text.parse::<DateTime>().and_then(in_utc))
        .or_else(|_| text.parse::<Date>().and_then(|day| in_utc(day.into())));
    parsed.map(Some).map_err(|_| unprocessable(RECORD_INVALID))
}

/// Renders the parameters of a scheduled status, as they were sent.
pub(super) fn scheduled_params(context: &Context<'_>, state: &State, draft: &StatusDraft) -> Value {
    let params = &context.params;
    let param = |name: &str| params.get(name).map_or(Value::Null, to_json);
    json!({
        "text": param("status"), "media_ids": param("media_ids"), "sensitive": param("sensitive"),
        "spoiler_text": param("spoiler_text"), "visibility": param("visibility"), "language": param("language"),
        "poll": param("poll"), "in_reply_to_id": draft.reply_to, "allowed_mentions": param("allowed_mentions"),
        "quoted_status_id": draft.quoted.map(|id| id.to_string()), "quote_approval_policy": draft.quote_policy.as_str(),
        "application_id": app(context, state).map(|app| app.id), "scheduled_at": null, "idempotency": null, "with_rate_limit": false,
    })
}

fn to_json(value: &ParamValue) -> Value {
    match value {
        ParamValue::Null | ParamValue::File(_) => Value::Null,
        ParamValue::Bool(flag) => (*flag).into(),
        ParamValue::Number(number) => Value::Number(number.clone()),
        ParamValue::String(text) => text.clone().into(),
        ParamValue::List(items) => items.iter().map(to_json).collect(),
        ParamValue::Map(group) => {
            let members = group.iter();
            Value::Object(
                members
                    .map(|(name, value)| (name.to_owned(), to_json(value)))
                    .collect(),
            )
        }
    }
}

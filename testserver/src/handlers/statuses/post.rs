//! Posting and scheduling statuses.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::{
    language, media_ids, missing_post, poll_draft, post_error, sensitive, status_response,
};
use crate::handlers::Context;
use crate::ids::{Id, parse_id};
use crate::params::{Params, Value as ParamValue};
use crate::posting;
use crate::render;
use crate::response::{ErrorResponse, HandlerResult, Response, not_found, unprocessable};
use crate::state::{Application, PostResult, QuotePolicy, State, StatusDraft, Visibility};

pub(super) fn post(context: &Context<'_>) -> HandlerResult {
    let (user, now) = (context.user()?, context.now());
    let mut state = context.shared.state();
    let reply_to = reply_to_param(context, &state)?;
    let quoted = quoted_status_param(context, &state)?;
    let key = posting::key(&context.headers).map(|key| (user, key));
    let earlier_post = key
        .as_ref()
        .and_then(|key| posting::known_post(&state, key, now));
    if let Some(posted) = earlier_post {
        let response = post_response(context, &state, posted);
        return response.map(Response::changed_nothing);
    }
    let draft = draft_from_params(context, &state, user, reply_to, quoted)?;
    // Like Mastodon, publishes immediately if the time is in the past.
    let at = parse_time(&context.params, "scheduled_at")?.filter(|at| *at > context.now());
    let posted = match at {
        Some(at) => {
            PostResult::Scheduled(super::scheduled::schedule(context, &mut state, draft, at)?)
        }
        None => {
            let result = state.publish_status(user, draft, now);
            PostResult::Published(result.map_err(|error| post_error(&state, error))?)
        }
    };
    if let Some(key) = key {
        state.idempotency_keys.insert(key, (posted, now));
    }
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

fn draft_from_params(
    context: &Context<'_>,
    state: &State,
    user: Id,
    reply_to: Option<Id>,
    quoted: Option<Id>,
) -> Result<StatusDraft, ErrorResponse> {
    let params = &context.params;
    let defaults = state.posting_defaults(user);
    let trimmed = |name: &str| params.string(name).unwrap_or_default().trim().to_owned();
    let (mut text, mut spoiler_text) = (trimmed("status"), trimmed("spoiler_text"));
    let has_spoiler_text = !spoiler_text.is_empty();
    if text.is_empty() && quoted.is_none() {
        // A spoiler text without a text becomes the text.
        text = std::mem::take(&mut spoiler_text);
    }
    let visibility = params.non_blank("visibility");
    let visibility = visibility.and_then(|name| Visibility::from_name(&name));
    let mut visibility = visibility.unwrap_or(defaults.visibility);
    let quotes_private = quoted
        .and_then(|id| state.statuses.get(&id))
        .is_some_and(|status| status.visibility == Visibility::Private);
    if quotes_private {
        visibility = visibility.max(Visibility::Private);
    }
    let policy = params.non_blank("quote_approval_policy");
    let policy = policy.and_then(|name| QuotePolicy::from_name(&name));
    let allowed = || params.list("allowed_mentions").into_iter();
    Ok(StatusDraft {
        id: None,
        text,
        spoiler_text,
        sensitive: sensitive(params, defaults.sensitive, has_spoiler_text),
        visibility,
        language: language(params)
            .or(defaults.language)
            .or_else(|| Some(super::DEFAULT_LANGUAGE.to_owned())),
        reply_to,
        media: media_ids(context, state, None)?,
        poll: poll_draft(params),
        quoted,
        quote_policy: policy.unwrap_or(defaults.quote_policy),
        allowed_mentions: params
            .get("allowed_mentions")
            .map(|_| allowed().map(|id| parse_id(&id)).collect()),
        application: application(context, state),
    })
}

/// Returns the application of the access token.
fn application(context: &Context<'_>, state: &State) -> Option<Application> {
    let client_id = context.token.as_ref()?.app.as_ref()?;
    let app = state.apps.get(client_id)?;
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
    parsed
        .map(Some)
        .map_err(|_| unprocessable("Record invalid"))
}

/// Renders the parameters of a scheduled status, as they were sent.
pub(super) fn scheduled_params(context: &Context<'_>, draft: &StatusDraft) -> Value {
    let params = &context.params;
    let param = |name: &str| params.get(name).map_or(Value::Null, to_json);
    json!({
        "text": draft.text, "media_ids": param("media_ids"), "sensitive": param("sensitive"),
        "spoiler_text": param("spoiler_text"), "visibility": param("visibility"), "language": param("language"),
        "poll": param("poll"), "in_reply_to_id": draft.reply_to, "allowed_mentions": param("allowed_mentions"),
        "quoted_status_id": draft.quoted.map(|id| id.to_string()), "quote_approval_policy": draft.quote_policy.as_str(),
        "application_id": null, "scheduled_at": null, "idempotency": null, "with_rate_limit": false,
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

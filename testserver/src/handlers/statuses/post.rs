//! Posting, at once or later.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::scheduled::too_soon;
use super::{answer, language, media_ids, missing, poll_draft, refusal, sensitive};
use crate::handlers::Context;
use crate::ids::{Id, parse_id};
use crate::params::{Params, Value as Given};
use crate::render;
use crate::response::{ErrorResponse, HandlerResult, Response, not_found, unprocessable};
use crate::state::{Application, PostResult, QuotePolicy, State, StatusDraft, Visibility};

/// How long an idempotency key is remembered.
const KEY_LIFE: SignedDuration = SignedDuration::from_hours(1);

pub(super) fn post(context: &Context<'_>) -> HandlerResult {
    let (user, now) = (context.user()?, context.now());
    let mut state = context.shared.state();
    let reply_to = answered(context, &state)?;
    let quoted = quoted(context, &state)?;
    let key = context
        .headers
        .get("idempotency-key")
        .and_then(|key| key.to_str().ok())
        .filter(|key| !key.trim().is_empty())
        .map(|key| (user, key.to_owned()));
    let earlier = key.as_ref().and_then(|key| state.idempotency_keys.get(key));
    if let Some((posted, at)) = earlier
        && now.duration_since(*at) < KEY_LIFE
    {
        return again(context, &state, *posted);
    }
    let draft = draft(context, &state, user, reply_to, quoted)?;
    // What is past or nearly there is published at once, without a word about it.
    let at = moment(&context.params, "scheduled_at")?.filter(|at| !too_soon(context, *at));
    let posted = match at {
        Some(at) => PostResult::Scheduled(super::scheduled::enter(context, &mut state, draft, at)?),
        None => {
            let published = state.publish_status(user, draft, now);
            PostResult::Published(published.map_err(|problem| refusal(&state, problem))?)
        }
    };
    if let Some(key) = key {
        state.idempotency_keys.insert(key, (posted, now));
    }
    again(context, &state, posted)
}

/// What an idempotency key stands for, or has just come to stand for.
fn again(context: &Context<'_>, state: &State, posted: PostResult) -> HandlerResult {
    match posted {
        PostResult::Published(id) => answer(context, state, id),
        PostResult::Scheduled(id) => {
            let entry = state.scheduled_statuses.get(&id).ok_or_else(not_found)?;
            let now = context.now();
            Ok(Response::json(&render::scheduled(state, entry, now)))
        }
    }
}

fn answered(context: &Context<'_>, state: &State) -> Result<Option<Id>, ErrorResponse> {
    let Some(id) = context.params.non_blank("in_reply_to_id") else {
        return Ok(None);
    };
    let found = super::visible(context, state, parse_id(&id));
    found
        .map(|status| Some(status.id))
        .map_err(|_| missing("reply to"))
}

fn quoted(context: &Context<'_>, state: &State) -> Result<Option<Id>, ErrorResponse> {
    let Some(id) = context.params.non_blank("quoted_status_id") else {
        return Ok(None);
    };
    let found = state.statuses.get(&parse_id(&id));
    let proper = found.and_then(|status| state.statuses.get(&status.original_id()));
    let viewer = context.viewer();
    proper
        .filter(|status| state.can_see(viewer, status) && state.can_quote(viewer, status))
        .map(|status| Some(status.id))
        .ok_or_else(|| missing("quote"))
}

fn draft(
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
    let warned = !spoiler_text.is_empty();
    if text.is_empty() && quoted.is_none() {
        // A warning alone is the text.
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
        text,
        spoiler_text,
        sensitive: sensitive(params, defaults.sensitive, warned),
        visibility,
        language: language(params)
            .or(defaults.language)
            .or_else(|| Some(super::SERVER_LANGUAGE.to_owned())),
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

/// The application whose token was sent.
fn application(context: &Context<'_>, state: &State) -> Option<Application> {
    let client_id = context.token.as_ref()?.app.as_ref()?;
    let app = state.apps.get(client_id)?;
    Some(Application {
        name: app.name.clone(),
        website: app.website.clone().filter(|website| !website.is_empty()),
    })
}

/// A point in time as the server reads it: with or without a zone, with or without a time of day.
pub(super) fn moment(params: &Params, name: &str) -> Result<Option<Timestamp>, ErrorResponse> {
    let Some(text) = params.non_blank(name) else {
        return Ok(None);
    };
    let text = text.trim();
    let of_day = |day: DateTime| TimeZone::UTC.to_timestamp(day);
    let read = text
        .parse::<Timestamp>()
        .or_else(|_| text.parse::<DateTime>().and_then(of_day))
        .or_else(|_| text.parse::<Date>().and_then(|day| of_day(day.into())));
    read.map(Some).map_err(|_| unprocessable("Record invalid"))
}

/// What a scheduled status was posted with, as the API tells it: as it was sent.
pub(super) fn sent(context: &Context<'_>, draft: &StatusDraft) -> Value {
    let params = &context.params;
    let given = |name: &str| params.get(name).map_or(Value::Null, json);
    json!({
        "text": draft.text, "media_ids": given("media_ids"), "sensitive": given("sensitive"),
        "spoiler_text": given("spoiler_text"), "visibility": given("visibility"), "language": given("language"),
        "poll": given("poll"), "in_reply_to_id": draft.reply_to, "allowed_mentions": given("allowed_mentions"),
        "quoted_status_id": draft.quoted.map(|id| id.to_string()), "quote_approval_policy": draft.quote_policy.as_str(),
        "application_id": null, "scheduled_at": null, "idempotency": null, "with_rate_limit": false,
    })
}

fn json(given: &Given) -> Value {
    match given {
        Given::Null | Given::File(_) => Value::Null,
        Given::Bool(flag) => (*flag).into(),
        Given::Number(number) => Value::Number(number.clone()),
        Given::String(text) => text.clone().into(),
        Given::List(items) => items.iter().map(json).collect(),
        Given::Map(group) => {
            let members = group.iter();
            Value::Object(
                members
                    .map(|(name, value)| (name.to_owned(), json(value)))
                    .collect(),
            )
        }
    }
}

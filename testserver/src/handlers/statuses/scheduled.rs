//! Scheduled statuses.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::post::{parse_time, scheduled_params};
use super::post_error;
use crate::clock::iso_date;
use crate::handlers::Context;
use crate::ids::Id;
use crate::paging::{page_response, paginate};
use crate::render;
use crate::response::{ErrorResponse, HandlerResult, Response, not_found, validation_failed};
use crate::state::{DueTask, PostError, ScheduledStatus, State, StatusDraft};

/// Minimum time between the request and the publication.
const MIN_LEAD_TIME: SignedDuration = SignedDuration::from_mins(5);
/// Maximum number of scheduled statuses per user: in total, and for one day.
const MAX_TOTAL: usize = 300;
const MAX_PER_DAY: usize = 25;

/// Schedules a status and returns the ID of the entry. A status that looks like spam is not scheduled: then returns the entry
/// as it is shown to the author.
pub(super) fn schedule(
    context: &Context<'_>,
    state: &mut State,
    draft: StatusDraft,
    at: Timestamp,
) -> Result<Result<Id, Value>, ErrorResponse> {
    let (account, now) = (context.user()?, context.now());
    let params = scheduled_params(context, state, &draft);
    match state.validate_scheduled(account, &draft, now) {
        Ok(()) => {}
        Err(PostError::SilentlyDropped(_)) => {
            let entry = ScheduledStatus {
                id: 0,
                account,
                at,
                draft,
                params,
            };
            let mut entry = render::scheduled(state, &entry, now);
            entry["id"] = "".into();
            return Ok(Err(entry));
        }
        Err(error) => return Err(post_error(state, error)),
    }
    check_schedule(context, state, account, at)?;
    let id = state.next_row_id();
    for attachment in &draft.media {
        if let Some(attachment) = state.media.get_mut(attachment) {
            attachment.scheduled = Some(id);
        }
    }
    let entry = ScheduledStatus {
        id,
        account,
        at,
        draft,
        params,
    };
    state.scheduled_statuses.insert(id, entry);
    state.add_due_task(at, DueTask::PublishStatus(id));
    Ok(Ok(id))
}

/// Rejects a time that is not more than five minutes in the future, and too many scheduled statuses. An existing entry
/// counts too when it is changed.
fn check_schedule(
    context: &Context<'_>,
    state: &State,
    account: Id,
    at: Timestamp,
) -> Result<(), ErrorResponse> {
    let entries = state.scheduled_statuses.values();
    let entries = entries.filter(|entry| entry.account == account);
    let same_day = entries.clone();
    let same_day = same_day.filter(|entry| iso_date(entry.at) == iso_date(at));
    let mut errors = Vec::new();
    if at.duration_since(context.now()) <= MIN_LEAD_TIME {
        errors.push("Scheduled at date must be in the future".to_owned());
    }
    if entries.count() >= MAX_TOTAL {
        errors.push(format!(
            "You have exceeded the limit of {MAX_TOTAL} scheduled posts"
        ));
    }
    if same_day.count() >= MAX_PER_DAY {
        errors.push(format!(
            "You have exceeded the limit of {MAX_PER_DAY} scheduled posts for today"
        ));
    }
    if errors.is_empty() {
        Ok(())
    } else {
        Err(validation_failed(&errors.join(", ")))
    }
}

/// Returns the scheduled status that the path names if the user owns it.
fn own_entry<'s>(
    context: &Context<'_>,
    state: &'s State,
) -> Result<&'s ScheduledStatus, ErrorResponse> {
    let user = context.user()?;
    let entry = state.scheduled_statuses.get(&context.id());
    entry
        .filter(|entry| entry.account == user)
        .ok_or_else(not_found)
}

pub(super) fn list(context: &Context<'_>) -> HandlerResult {
    let (user, now) = (context.user()?, context.now());
    let state = context.shared.state();
    let entries = state.scheduled_statuses.values().rev();
    let entries = entries.filter(|entry| entry.account == user).collect();
    let (entries, links) = paginate(context, entries, |entry| entry.id);
    let entries = entries.into_iter();
    let entries = entries.map(|entry| render::scheduled(&state, entry, now));
    Ok(page_response(entries.collect(), links))
}

pub(super) fn show(context: &Context<'_>) -> HandlerResult {
    let state = context.shared.state();
    let entry = own_entry(context, &state)?;
    let now = context.now();
    Ok(Response::json(&render::scheduled(&state, entry, now)))
}

/// Changes the time. The entry is validated again even if no time is sent, so that it cannot be changed in the five minutes
/// before its publication.
pub(super) fn update(context: &Context<'_>) -> HandlerResult {
    let mut state = context.shared.state();
    let entry = own_entry(context, &state)?;
    let (id, account) = (entry.id, entry.account);
    let at = parse_time(&context.params, "scheduled_at")?.unwrap_or(entry.at);
    check_schedule(context, &state, account, at)?;
    if let Some(entry) = state.scheduled_statuses.get_mut(&id) {
        entry.at = at;
    }
    state.add_due_task(at, DueTask::PublishStatus(id));
    let entry = own_entry(context, &state)?;
    let now = context.now();
    Ok(Response::json(&render::scheduled(&state, entry, now)))
}

pub(super) fn delete(context: &Context<'_>) -> HandlerResult {
    let mut state = context.shared.state();
    let id = own_entry(context, &state)?.id;
    state.remove_scheduled_status(id, context.now());
    Ok(Response::empty_object())
}

//! The schedule.

use jiff::{SignedDuration, Timestamp};

use super::post::{moment, sent};
use super::refusal;
use crate::clock::iso_date;
use crate::handlers::Context;
use crate::ids::Id;
use crate::paging::{page_response, paginate};
use crate::render;
use crate::response::{ErrorResponse, HandlerResult, Response, not_found, validation_failed};
use crate::state::{DueTask, ScheduledStatus, State, StatusDraft};

/// How far ahead the time of publication has to lie.
const LEAST_AHEAD: SignedDuration = SignedDuration::from_mins(5);
/// The most entries of a user, in all and on one day.
const MAX_ENTRIES: usize = 300;
const MAX_ENTRIES_A_DAY: usize = 25;

/// Puts a status into the schedule.
pub(super) fn enter(
    context: &Context<'_>,
    state: &mut State,
    draft: StatusDraft,
    at: Timestamp,
) -> Result<Id, ErrorResponse> {
    let account = context.user()?;
    let checked = state.validate_draft(account, &draft);
    checked.map_err(|problem| refusal(state, problem))?;
    let own = || {
        state
            .scheduled_statuses
            .values()
            .filter(|entry| entry.account == account)
    };
    let mut problems = Vec::new();
    if own().count() >= MAX_ENTRIES {
        problems.push(format!(
            "You have exceeded the limit of {MAX_ENTRIES} scheduled posts"
        ));
    }
    if own()
        .filter(|entry| iso_date(entry.at) == iso_date(at))
        .count()
        >= MAX_ENTRIES_A_DAY
    {
        problems.push(format!(
            "You have exceeded the limit of {MAX_ENTRIES_A_DAY} scheduled posts for today"
        ));
    }
    if !problems.is_empty() {
        return Err(validation_failed(&problems.join(", ")));
    }
    let id = state.next_row_id();
    for medium in &draft.media {
        if let Some(medium) = state.media.get_mut(medium) {
            medium.scheduled = Some(id);
        }
    }
    let params = sent(context, &draft);
    let entry = ScheduledStatus {
        id,
        account,
        at,
        draft,
        params,
    };
    state.scheduled_statuses.insert(id, entry);
    state.add_due_task(at, DueTask::PublishStatus(id));
    Ok(id)
}

/// Whether a time lies behind, or not far enough ahead.
pub(super) fn too_soon(context: &Context<'_>, at: Timestamp) -> bool {
    at.duration_since(context.now()) < LEAST_AHEAD
}

/// The entry that the path names, if it is the user's.
fn own<'s>(context: &Context<'_>, state: &'s State) -> Result<&'s ScheduledStatus, ErrorResponse> {
    let user = context.user()?;
    let found = state.scheduled_statuses.get(&context.id());
    found
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
    let entry = own(context, &state)?;
    let now = context.now();
    Ok(Response::json(&render::scheduled(&state, entry, now)))
}

pub(super) fn update(context: &Context<'_>) -> HandlerResult {
    let mut state = context.shared.state();
    let id = own(context, &state)?.id;
    if let Some(at) = moment(&context.params, "scheduled_at")? {
        if too_soon(context, at) {
            return Err(validation_failed(
                "Scheduled at The scheduled date must be in the future",
            ));
        }
        if let Some(entry) = state.scheduled_statuses.get_mut(&id) {
            entry.at = at;
        }
        state.add_due_task(at, DueTask::PublishStatus(id));
    }
    let entry = own(context, &state)?;
    let now = context.now();
    Ok(Response::json(&render::scheduled(&state, entry, now)))
}

pub(super) fn delete(context: &Context<'_>) -> HandlerResult {
    let mut state = context.shared.state();
    let id = own(context, &state)?.id;
    state.remove_scheduled_status(id);
    Ok(Response::empty_object())
}

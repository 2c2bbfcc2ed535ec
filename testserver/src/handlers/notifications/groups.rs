//! Grouped notifications: notifications of one type about one status or account.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::Context;
use super::{count_response, requested_notifications, supported_types};
use crate::clock::iso8601;
use crate::ids::{Id, parse_id};
use crate::paging::{link_header, page_limit, page_response, paginate};
use crate::render;
use crate::response::{HandlerResult, Response, not_found};
use crate::state::{GROUPABLE, Notification, State};

/// Maximum number of sample accounts of a group.
const MAX_SAMPLES: usize = 8;

pub(super) fn handle(context: &Context<'_>) -> Option<HandlerResult> {
    Some(match context.route.name {
        "grouped_notifications" => list(context),
        "grouped_notification" => show(context),
        "grouped_notification_accounts" => accounts(context),
        "dismiss_grouped_notification" => dismiss(context),
        "unread_grouped_notifications_count" => unread_count(context),
        _ => return None,
    })
}

/// Returns the group key of a notification. Types that are not grouped have a key of their own.
fn group_key(context: &Context<'_>, notification: &Notification) -> String {
    let types = context.params.list("grouped_types");
    let is_grouped = if types.is_empty() {
        GROUPABLE.contains(&notification.kind)
    } else {
        types.iter().any(|kind| kind == notification.kind)
    };
    if is_grouped {
        notification.group_key()
    } else {
        format!("ungrouped-{}", notification.id)
    }
}

/// A group on a page.
struct Group<'s> {
    key: String,
    /// Newest first.
    members: Vec<&'s Notification>,
    /// Oldest member on the page, or `None` if the response is not paged.
    oldest: Option<Id>,
}

fn list(context: &Context<'_>) -> HandlerResult {
    let (user, state) = (context.user()?, context.shared.state());
    let all = requested_notifications(context, &state, user);
    let cursor = |name: &str| context.params.non_blank(name).map(|id| parse_id(&id));
    let (max_id, since_id, min_id) = (cursor("max_id"), cursor("since_id"), cursor("min_id"));
    let limit = page_limit(context);
    let mut newest_per_group: Vec<&Notification> = all
        .iter()
        .filter(|notification| max_id.is_none_or(|max| notification.id < max))
        .filter(|notification| min_id.or(since_id).is_none_or(|min| notification.id > min))
        .copied()
        .collect();
    if min_id.is_some() {
        newest_per_group.reverse();
    }
    // Keep the first notification of each group.
    let mut seen = BTreeSet::new();
    newest_per_group.retain(|notification| seen.insert(group_key(context, notification)));
    newest_per_group.truncate(limit);
    if min_id.is_some() {
        newest_per_group.reverse();
    }
    let (Some(first), Some(last)) = (newest_per_group.first(), newest_per_group.last()) else {
        return Ok(Response::json(&results(context, &state, &[])));
    };
    // An incomplete page has no limit in the direction of paging.
    let is_full = newest_per_group.len() == limit;
    let newest = match max_id {
        _ if is_full || min_id.is_none() => first.id,
        Some(max) => max - 1,
        None => Id::MAX,
    };
    let oldest = match since_id {
        _ if is_full || min_id.is_some() => last.id,
        Some(since) => since + 1,
        None => 0,
    };
    let has_next = is_full || context.route.next_on_last_page;
    let next = has_next.then(|| format!("max_id={}", last.id));
    let links = link_header(context, next, Some(format!("min_id={}", first.id)));
    let groups: Vec<Group<'_>> = newest_per_group
        .iter()
        .map(|notification| {
            let key = group_key(context, notification);
            let members = all.iter().filter(|member| member.id <= newest);
            let members: Vec<&Notification> = members
                .filter(|member| group_key(context, member) == key)
                .copied()
                .collect();
            let on_page = members
                .iter()
                .map(|member| member.id)
                .filter(|id| *id >= oldest);
            let oldest = on_page.min();
            Group {
                key,
                members,
                oldest,
            }
        })
        .collect();
    let response = Response::json(&results(context, &state, &groups));
    Ok(match links {
        Some(links) => response.header(axum::http::header::LINK, links),
        None => response,
    })
}

/// Renders groups with their accounts and statuses.
fn results(context: &Context<'_>, state: &State, groups: &[Group<'_>]) -> Value {
    let now = context.now();
    let is_partial = context.params.string("expand_accounts").as_deref() == Some("partial_avatars");
    let (mut full, mut partial, mut statuses) = (Vec::new(), Vec::new(), Vec::new());
    for group in groups {
        let samples = sample_accounts(group);
        let full_count = if is_partial { 1 } else { samples.len() };
        extend_unique(&mut full, samples.iter().take(full_count));
        extend_unique(&mut partial, samples.iter().skip(full_count));
        extend_unique(
            &mut statuses,
            group
                .members
                .first()
                .and_then(|notification| notification.status.as_ref()),
        );
    }
    partial.retain(|id| !full.contains(id));
    let viewer = context.viewer();
    let statuses = statuses.iter().filter_map(|id| state.statuses.get(id));
    let statuses = statuses.map(|status| render::status(state, status, viewer, now));
    let mut value = json!({
        "accounts": full.iter().map(|id| render::account(state, *id)).collect::<Vec<_>>(),
        "statuses": statuses.collect::<Vec<_>>(),
        "notification_groups": groups.iter().map(|group| render_group(context, state, group)).collect::<Vec<_>>(),
    });
    if is_partial {
        let partial = partial.iter().map(|id| render::partial_account(state, *id));
        value["partial_accounts"] = partial.collect();
    }
    value
}

fn extend_unique<'i>(list: &mut Vec<Id>, ids: impl IntoIterator<Item = &'i Id>) {
    for id in ids {
        if !list.contains(id) {
            list.push(*id);
        }
    }
}

fn sample_accounts(group: &Group<'_>) -> Vec<Id> {
    let mut samples = Vec::new();
    extend_unique(
        &mut samples,
        group.members.iter().map(|member| &member.from),
    );
    samples.truncate(MAX_SAMPLES);
    samples
}

fn render_group(context: &Context<'_>, state: &State, group: &Group<'_>) -> Value {
    let Some(newest) = group.members.first() else {
        return Value::Null;
    };
    let samples: Vec<String> = sample_accounts(group)
        .iter()
        .map(ToString::to_string)
        .collect();
    let mut value = json!({
        "group_key": group.key, "notifications_count": group.members.len(), "type": newest.kind,
        "most_recent_notification_id": newest.id, "sample_account_ids": samples,
    });
    if let Some(oldest) = group.oldest {
        value["page_min_id"] = oldest.to_string().into();
        value["page_max_id"] = newest.id.to_string().into();
        value["latest_page_notification_at"] = iso8601(newest.created).into();
    }
    if let Some(status) = newest.status {
        let exists = state.statuses.contains_key(&status);
        value["status_id"] = exists.then(|| status.to_string()).into();
    }
    if let Some((name, about)) = render::about(state, newest) {
        value[name] = about;
    }
    let supported = supported_types(&context.params);
    if let Some(fallback) = render::fallback(state, newest, supported.as_deref()) {
        value["fallback"] = fallback;
    }
    value
}

/// Returns the notifications of the group that the path names.
fn members<'s>(context: &Context<'_>, state: &'s State, user: Id) -> Vec<&'s Notification> {
    let key = context
        .path_params
        .first()
        .map_or("", |(_, key)| key.as_str());
    let ungrouped_id = key.strip_prefix("ungrouped-").map(parse_id);
    let notifications = state.notifications_of(user, true);
    notifications
        .filter(|notification| match ungrouped_id {
            Some(id) => notification.id == id,
            None => notification.group.as_deref() == Some(key),
        })
        .collect()
}

fn show(context: &Context<'_>) -> HandlerResult {
    let (user, state) = (context.user()?, context.shared.state());
    let members = members(context, &state, user);
    let first = members.first().ok_or_else(not_found)?;
    let group = Group {
        key: first.group_key(),
        members,
        oldest: None,
    };
    Ok(Response::json(&results(context, &state, &[group])))
}

fn accounts(context: &Context<'_>) -> HandlerResult {
    let (user, state) = (context.user()?, context.shared.state());
    let members = members(context, &state, user);
    if members.is_empty() {
        return Err(not_found());
    }
    let (members, links) = paginate(context, members, |notification| notification.id);
    let accounts = members
        .iter()
        .map(|notification| render::account(&state, notification.from));
    Ok(page_response(accounts.collect(), links))
}

fn dismiss(context: &Context<'_>) -> HandlerResult {
    let user = context.user()?;
    let mut state = context.shared.state();
    let dismissed: BTreeSet<Id> = members(context, &state, user)
        .iter()
        .map(|notification| notification.id)
        .collect();
    state.delete_notifications(|notification| dismissed.contains(&notification.id));
    Ok(Response::empty_object())
}

fn unread_count(context: &Context<'_>) -> HandlerResult {
    let (user, state) = (context.user()?, context.shared.state());
    let read = state.last_read(user);
    let unread = requested_notifications(context, &state, user)
        .into_iter()
        .filter(|notification| notification.id > read);
    let groups: BTreeSet<String> = unread
        .map(|notification| group_key(context, notification))
        .collect();
    Ok(count_response(context, groups.len()))
}

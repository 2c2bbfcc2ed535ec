//! Notifications of one kind about one thing, taken together.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::Context;
use super::{counted, supported, wanted};
use crate::clock::iso8601;
use crate::ids::{Id, parse_id};
use crate::paging::{link_header, page_limit, page_response, paginate};
use crate::render;
use crate::response::{HandlerResult, Response, not_found};
use crate::state::{GROUPABLE, Notification, State};

/// How many of those who did it a group names.
const SAMPLES: usize = 8;

pub(super) fn handle(context: &Context<'_>) -> Option<HandlerResult> {
    Some(match context.route.name {
        "grouped_notifications" => list(context),
        "grouped_notification" => show(context),
        "grouped_notification_accounts" => accounts(context),
        "dismiss_grouped_notification" => dismiss(context),
        "unread_grouped_notifications_count" => unread(context),
        _ => return None,
    })
}

/// The group of a notification, as far as its type is to be grouped.
fn key(context: &Context<'_>, found: &Notification) -> String {
    let types = context.params.list("grouped_types");
    let grouped = if types.is_empty() {
        GROUPABLE.contains(&found.kind)
    } else {
        types.iter().any(|kind| kind == found.kind)
    };
    if grouped {
        found.group_key()
    } else {
        format!("ungrouped-{}", found.id)
    }
}

/// A group as far as a page shows it.
struct Group<'s> {
    key: String,
    /// Newest first.
    members: Vec<&'s Notification>,
    /// The oldest of them on the page; `None` where there are no pages.
    oldest: Option<Id>,
}

fn list(context: &Context<'_>) -> HandlerResult {
    let (user, state) = (context.user()?, context.shared.state());
    let all = wanted(context, &state, user);
    let cursor = |name: &str| context.params.non_blank(name).map(|id| parse_id(&id));
    let (max_id, since_id, min_id) = (cursor("max_id"), cursor("since_id"), cursor("min_id"));
    let limit = page_limit(context);
    let mut fitting: Vec<&Notification> = all
        .iter()
        .filter(|found| max_id.is_none_or(|max| found.id < max))
        .filter(|found| since_id.or(min_id).is_none_or(|least| found.id > least))
        .copied()
        .collect();
    if min_id.is_some() {
        fitting.reverse();
    }
    // The first that is met of each group stands for it.
    let mut met = BTreeSet::new();
    fitting.retain(|found| met.insert(key(context, found)));
    fitting.truncate(limit);
    if min_id.is_some() {
        fitting.reverse();
    }
    let (Some(first), Some(last)) = (fitting.first(), fitting.last()) else {
        return Ok(Response::json(&results(context, &state, &[])));
    };
    // A page that is not full reaches as far as there is anything.
    let full = fitting.len() == limit;
    let newest = match max_id {
        _ if full || min_id.is_none() => first.id,
        Some(max) => max - 1,
        None => Id::MAX,
    };
    let oldest = match since_id {
        _ if full || min_id.is_some() => last.id,
        Some(since) => since + 1,
        None => 0,
    };
    let next = full.then(|| format!("max_id={}", last.id));
    let links = link_header(context, next, Some(format!("min_id={}", first.id)));
    let groups: Vec<Group<'_>> = fitting
        .iter()
        .map(|found| {
            let key = key(context, found);
            let members = all.iter().filter(|member| member.id <= newest);
            let members: Vec<&Notification> = members
                .filter(|member| self::key(context, member) == key)
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
    let reply = Response::json(&results(context, &state, &groups));
    Ok(match links {
        Some(links) => reply.header(axum::http::header::LINK, links),
        None => reply,
    })
}

/// Groups, with the accounts and statuses that they name.
fn results(context: &Context<'_>, state: &State, groups: &[Group<'_>]) -> Value {
    let now = context.now();
    let partial = context.params.string("expand_accounts").as_deref() == Some("partial_avatars");
    let (mut full, mut short, mut statuses) = (Vec::new(), Vec::new(), Vec::new());
    for group in groups {
        let samples = samples(group);
        let whole = if partial { 1 } else { samples.len() };
        push_new(&mut full, samples.iter().take(whole));
        push_new(&mut short, samples.iter().skip(whole));
        push_new(
            &mut statuses,
            group
                .members
                .first()
                .and_then(|found| found.status.as_ref()),
        );
    }
    short.retain(|id| !full.contains(id));
    let viewer = context.viewer();
    let statuses = statuses.iter().filter_map(|id| state.statuses.get(id));
    let statuses = statuses.map(|found| render::status(state, found, viewer, now));
    let mut value = json!({
        "accounts": full.iter().map(|id| render::account(state, *id)).collect::<Vec<_>>(),
        "statuses": statuses.collect::<Vec<_>>(),
        "notification_groups": groups.iter().map(|group| rendered(context, state, group)).collect::<Vec<_>>(),
    });
    if partial {
        let short = short.iter().map(|id| render::partial_account(state, *id));
        value["partial_accounts"] = short.collect();
    }
    value
}

fn push_new<'i>(known: &mut Vec<Id>, ids: impl IntoIterator<Item = &'i Id>) {
    for id in ids {
        if !known.contains(id) {
            known.push(*id);
        }
    }
}

fn samples(group: &Group<'_>) -> Vec<Id> {
    let mut samples = Vec::new();
    push_new(
        &mut samples,
        group.members.iter().map(|member| &member.from),
    );
    samples.truncate(SAMPLES);
    samples
}

fn rendered(context: &Context<'_>, state: &State, group: &Group<'_>) -> Value {
    let Some(newest) = group.members.first() else {
        return Value::Null;
    };
    let samples: Vec<String> = samples(group).iter().map(ToString::to_string).collect();
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
        let there = state.statuses.contains_key(&status);
        value["status_id"] = there.then(|| status.to_string()).into();
    }
    let supported = supported(&context.params);
    if let Some(fallback) = render::fallback(state, newest, supported.as_deref()) {
        value["fallback"] = fallback;
    }
    value
}

/// The notifications that share the key in the path.
fn members<'s>(context: &Context<'_>, state: &'s State, user: Id) -> Vec<&'s Notification> {
    let key = context
        .path_params
        .first()
        .map_or("", |(_, key)| key.as_str());
    let alone = key.strip_prefix("ungrouped-").map(parse_id);
    let own = state.notifications_of(user, true);
    own.filter(|found| match alone {
        Some(id) => found.id == id,
        None => found.group.as_deref() == Some(key),
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
    let (members, links) = paginate(context, members, |found| found.id);
    let accounts = members
        .iter()
        .map(|found| render::account(&state, found.from));
    Ok(page_response(accounts.collect(), links))
}

fn dismiss(context: &Context<'_>) -> HandlerResult {
    let user = context.user()?;
    let mut state = context.shared.state();
    let gone: BTreeSet<Id> = members(context, &state, user)
        .iter()
        .map(|found| found.id)
        .collect();
    state.notifications.retain(|id, _| !gone.contains(id));
    Ok(Response::empty_object())
}

fn unread(context: &Context<'_>) -> HandlerResult {
    let (user, state) = (context.user()?, context.shared.state());
    let read = state.last_read(user);
    let unread = wanted(context, &state, user)
        .into_iter()
        .filter(|found| found.id > read);
    let groups: BTreeSet<String> = unread.map(|found| key(context, found)).collect();
    Ok(counted(context, groups.len()))
}

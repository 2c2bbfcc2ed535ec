//! Timelines and other lists of statuses.

use std::cmp::Reverse;

use serde_json::Value;

use super::Context;
use crate::ids::Id;
use crate::paging::{page_response, paginate, paginate_by_offset};
use crate::render;
use crate::response::{HandlerResult, not_found};
use crate::state::{State, Status, Visibility, normalize_tag};
use crate::text;

/// Maximum number of additional hashtags per parameter of a hashtag timeline.
const MAX_EXTRA_TAGS: usize = 4;

/// Returns `None` if another module handles the route.
pub(super) fn handle(context: &Context<'_>) -> Option<HandlerResult> {
    Some(match context.route.name {
        "timeline_home" => home(context),
        "timeline_public" => public(context),
        "timeline_hashtag" => hashtag(context),
        "timeline_link" => link(context),
        "timeline_list" => list(context),
        "account_statuses" => account(context),
        "favourites" | "bookmarks" => favourites_or_bookmarks(context),
        "trending_statuses" => trending(context),
        _ => return None,
    })
}

/// Returns a page of statuses, paged by their IDs.
fn status_page(context: &Context<'_>, state: &State, statuses: Vec<&Status>) -> HandlerResult {
    let (statuses, links) = paginate(context, statuses, |status| status.id);
    Ok(page_response(render_all(context, state, statuses), links))
}

/// Returns a page of a timeline, without the statuses that arrived too recently.
fn timeline_page(
    context: &Context<'_>,
    state: &State,
    mut statuses: Vec<&Status>,
) -> HandlerResult {
    statuses.retain(|status| state.is_listed(status.arrived, context.now()));
    status_page(context, state, statuses)
}

fn render_all(context: &Context<'_>, state: &State, statuses: Vec<&Status>) -> Vec<Value> {
    let (viewer, now) = (context.viewer(), context.now());
    statuses
        .into_iter()
        .map(|status| render::status(state, status, viewer, now))
        .collect()
}

fn home(context: &Context<'_>) -> HandlerResult {
    let user = context.user()?;
    let state = context.shared.state();
    timeline_page(context, &state, state.home_timeline(user, context.now()))
}

/// Returns whether a status matches the parameters that public and hashtag timelines share.
fn matches_params(context: &Context<'_>, state: &State, status: &Status) -> bool {
    let (params, is_remote) = (&context.params, state.is_remote(status.account));
    !(params.is_true("remote") && !is_remote
        || params.is_true("local") && is_remote
        || params.is_true("only_media") && status.media.is_empty())
}

fn public(context: &Context<'_>) -> HandlerResult {
    let state = context.shared.state();
    let statuses = state.public_timeline(context.viewer(), context.now());
    let statuses = statuses.filter(|status| matches_params(context, &state, status));
    timeline_page(context, &state, statuses.collect())
}

fn hashtag(context: &Context<'_>) -> HandlerResult {
    let state = context.shared.state();
    let names = |param: &str| {
        let names = context.params.list(param);
        let names: Vec<String> = names
            .iter()
            .take(MAX_EXTRA_TAGS)
            .map(|tag| normalize_tag(tag))
            .collect();
        names
    };
    let mut any = names("any");
    any.extend(
        context
            .path_params
            .first()
            .map(|(_, tag)| normalize_tag(tag)),
    );
    let (all, none) = (names("all"), names("none"));
    let statuses = state.public_statuses(context.viewer(), context.now());
    let statuses = statuses.filter(|status| {
        let has = |tag: &String| status.tags.contains(tag);
        any.iter().any(has)
            && all.iter().all(has)
            && !none.iter().any(has)
            && matches_params(context, &state, status)
    });
    timeline_page(context, &state, statuses.collect())
}

fn link(context: &Context<'_>) -> HandlerResult {
    let (url, now) = (
        context.params.string("url").unwrap_or_default(),
        context.now(),
    );
    let state = context.shared.state();
    if !state.is_trending_link(&url, now) {
        return Err(not_found());
    }
    let statuses = state.public_statuses(context.viewer(), now);
    let statuses = statuses.filter(|status| text::links(&status.text).any(|link| link == url));
    status_page(context, &state, statuses.collect())
}

fn list(context: &Context<'_>) -> HandlerResult {
    let (user, now) = (context.user()?, context.now());
    let state = context.shared.state();
    let list = state.lists.get(&context.id());
    let list = list
        .filter(|list| list.owner == user)
        .ok_or_else(not_found)?;
    let statuses = state.statuses.values().rev();
    let statuses = statuses.filter(|status| state.belongs_in_list(list, status, now));
    timeline_page(context, &state, statuses.collect())
}

fn account(context: &Context<'_>) -> HandlerResult {
    let (account, params) = (context.id(), &context.params);
    let state = context.shared.state();
    if !state.accounts.contains_key(&account) {
        return Err(not_found());
    }
    let tag = params.non_blank("tagged");
    let tag = tag.map(|tag| normalize_tag(&tag));
    let is_selected = |status: &&Status| {
        !(params.is_true("only_media") && status.media.is_empty()
            || params.is_true("exclude_replies") && status.is_reply_to_other_account()
            || params.is_true("exclude_reblogs") && status.reblog_of.is_some()
            || params.is_true("exclude_direct") && status.visibility == Visibility::Direct
            || params.is_true("pinned") && status.pinned.is_none()
            || tag.as_ref().is_some_and(|tag| !status.tags.contains(tag)))
    };
    let statuses = state.account_statuses(account, context.viewer(), context.now());
    let mut statuses: Vec<&Status> = statuses.filter(is_selected).collect();
    if params.is_true("pinned") {
        statuses.sort_by_key(|status| Reverse(status.pinned));
    }
    status_page(context, &state, statuses)
}

/// Returns the favourites or bookmarks of the user, most recently added first.
fn favourites_or_bookmarks(context: &Context<'_>) -> HandlerResult {
    let user = context.user()?;
    let state = context.shared.state();
    let mark_id = |status: &Status| {
        let marks = match context.route.name {
            "favourites" => &status.favourited_by,
            _ => &status.bookmarked_by,
        };
        marks.get(&user).copied()
    };
    let mut marks: Vec<(Id, &Status)> = state
        .statuses
        .values()
        .filter_map(|status| Some((mark_id(status)?, status)))
        .collect();
    marks.sort_unstable_by_key(|(mark_id, _)| Reverse(*mark_id));
    let (marks, links) = paginate(context, marks, |(mark_id, _)| *mark_id);
    let statuses = marks.into_iter().map(|(_, status)| status).collect();
    Ok(page_response(render_all(context, &state, statuses), links))
}

pub(super) fn trending(context: &Context<'_>) -> HandlerResult {
    let state = context.shared.state();
    let mut statuses = state.trending_statuses(context.viewer(), context.now());
    statuses.retain(|status| state.moderation.trends.is_status_trendable(status.id));
    let (statuses, links) = paginate_by_offset(context, statuses);
    Ok(page_response(render_all(context, &state, statuses), links))
}

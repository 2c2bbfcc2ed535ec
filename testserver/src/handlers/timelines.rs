//! Timelines and other lists of statuses.

use std::cmp::Reverse;

use axum::http::{HeaderName, StatusCode};
use serde_json::Value;

use super::Context;
use crate::ids::Id;
use crate::paging::{PageRequest, page_links, page_response, paginate, paginate_by_offset};
use crate::render;
use crate::response::{HandlerResult, Response, not_found};
use crate::state::{State, Status, Visibility, normalize_tag};
use crate::streaming::Channel;

/// Header with the work in the background that will complete a response.
const ASYNC_REFRESH: HeaderName = HeaderName::from_static("mastodon-async-refresh");
/// Maximum number of hashtags per parameter of a hashtag timeline. That of the path counts with `any`.
const MAX_TAGS: usize = 4;

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

/// Returns a page of a stored feed. Deleted statuses are missing, so that a page can be shorter than its limit, or empty
/// although there are older statuses.
fn feed_page(context: &Context<'_>, state: &State, channel: &Channel) -> Response {
    let (now, request) = (context.now(), PageRequest::of(context));
    let is_hidden = |id: Id| {
        let status = state.statuses.get(&id);
        status.is_some_and(|status| !state.is_listed(status.arrived, now))
    };
    let feed = state.feeds.get(channel);
    let ids = feed.map_or_else(Vec::new, |feed| feed.page(&request, is_hidden));
    let is_full = ids.len() == request.limit;
    let statuses: Vec<&Status> = ids.iter().filter_map(|id| state.statuses.get(id)).collect();
    let bounds = statuses.first().zip(statuses.last());
    let bounds = bounds.map(|(first, last)| (first.id, last.id));
    let links = page_links(context, bounds, is_full);
    page_response(render_all(context, state, statuses), links)
}

/// The status is 206 while the feed of the user is regenerated.
fn home(context: &Context<'_>) -> HandlerResult {
    let (user, now) = (context.user()?, context.now());
    let state = context.shared.state();
    let page = feed_page(context, &state, &Channel::Home(user));
    Ok(match state.regeneration_header(user, now) {
        Some(refresh) => page
            .status(StatusCode::PARTIAL_CONTENT)
            .header(ASYNC_REFRESH, refresh),
        None => page,
    })
}

/// Returns whether a status matches the parameters that public and hashtag timelines share.
fn matches_params(context: &Context<'_>, state: &State, status: &Status) -> bool {
    let (params, is_remote) = (&context.params, state.is_remote(status.account));
    let (local, remote) = (params.is_true("local"), params.is_true("remote"));
    // Both together select nothing less than neither.
    !(remote && !local && !is_remote
        || local && !remote && is_remote
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
        let names = context.params.list(param).into_iter();
        names.map(|tag| normalize_tag(&tag)).collect::<Vec<_>>()
    };
    // Unknown hashtags are ignored.
    let known = |names: Vec<String>| {
        let names = names.into_iter().take(MAX_TAGS);
        let names = names.filter(|name| state.tags.contains_key(name));
        names.collect::<Vec<_>>()
    };
    let path_tag = context.path_params.first();
    let path_tag = path_tag.map_or_else(String::new, |(_, tag)| normalize_tag(tag));
    if !state.tags.contains_key(&path_tag) {
        return timeline_page(context, &state, Vec::new());
    }
    let mut any = names("any");
    any.retain(|tag| *tag != path_tag);
    any.insert(0, path_tag);
    let (any, all, none) = (known(any), known(names("all")), known(names("none")));
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
    let is_discoverable = |status: &Status| {
        let author = state.accounts.get(&status.account);
        author.is_some_and(|author| author.profile.discoverable == Some(true))
    };
    let statuses = statuses
        .filter(|status| status.card.as_ref() == Some(&url))
        .filter(|status| is_discoverable(status));
    status_page(context, &state, statuses.collect())
}

fn list(context: &Context<'_>) -> HandlerResult {
    let user = context.user()?;
    let state = context.shared.state();
    let list = state.lists.get(&context.id());
    let list = list
        .filter(|list| list.owner == user)
        .ok_or_else(not_found)?;
    Ok(feed_page(context, &state, &Channel::List(list.id)))
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
    statuses.retain(|status| state.is_status_trendable(status.id));
    let (statuses, links) = paginate_by_offset(context, statuses);
    Ok(page_response(render_all(context, &state, statuses), links))
}

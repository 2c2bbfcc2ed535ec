//! Search.

mod query;

use serde_json::{Value, json};

use super::{Context, discovery};
use crate::clock::later;
use crate::ids::{Id, parse_id};
use crate::render;
use crate::response::{ErrorResponse, HandlerResult, Response, missing_param, unauthorized};
use crate::state::{State, Status, Visibility, normalize_tag};
use query::Query;

/// Default and maximum number of results per type.
const DEFAULT_LIMIT: usize = 20;
const MAX_LIMIT: usize = 40;

/// Returns `None` if another module handles the route.
pub(super) fn handle(context: &Context<'_>) -> Option<HandlerResult> {
    Some(match context.route.name {
        "search_v2" => search(context),
        _ => return None,
    })
}

/// The requested page of the results.
struct ResultPage {
    offset: usize,
    limit: usize,
    max_id: Option<Id>,
    min_id: Option<Id>,
}

impl ResultPage {
    fn apply<T>(&self, items: Vec<T>, id: impl Fn(&T) -> Id) -> impl Iterator<Item = T> {
        let (max, min) = (self.max_id, self.min_id);
        let is_between = move |item: &T| {
            max.is_none_or(|max| id(item) < max) && min.is_none_or(|min| id(item) > min)
        };
        items
            .into_iter()
            .filter(is_between)
            .skip(self.offset)
            .take(self.limit)
    }
}

/// Returns the query. Rejects requests that need a user token but have none.
fn query_param(context: &Context<'_>) -> Result<String, ErrorResponse> {
    let params = &context.params;
    let query = params.non_blank("q").ok_or_else(|| missing_param("q"))?;
    if context.viewer().is_none() {
        if params.non_blank("offset").is_some() {
            return Err(unauthorized(
                "Search queries pagination is not supported without authentication",
            ));
        }
        if params.is_true("resolve") {
            return Err(unauthorized(
                "Search queries that resolve remote resources are not supported without authentication",
            ));
        }
    }
    Ok(query.trim().to_owned())
}

fn search(context: &Context<'_>) -> HandlerResult {
    let query = query_param(context)?;
    let (state, params) = (context.shared.state(), &context.params);
    let (viewer, now) = (context.viewer(), context.now());
    let only_type = params.non_blank("type");
    let includes = |kind: &str| only_type.as_deref().is_none_or(|only| only == kind);
    let number = |name: &str| usize::try_from(params.integer(name)?).ok();
    let cursor = |name: &str| params.non_blank(name).map(|id| parse_id(&id));
    // Mastodon pages results only if the request has a type.
    let is_paged = only_type.is_some();
    let page = ResultPage {
        offset: number("offset").filter(|_| is_paged).unwrap_or(0),
        limit: number("limit").unwrap_or(DEFAULT_LIMIT).min(MAX_LIMIT),
        max_id: cursor("max_id").filter(|_| is_paged),
        min_id: cursor("min_id").filter(|_| is_paged),
    };
    let is_url = query.starts_with("https://") || query.starts_with("http://");
    let (mut accounts, mut statuses, mut hashtags) = (Vec::new(), Vec::new(), Vec::new());
    if includes("accounts") && !query.starts_with('#') {
        accounts = if is_url {
            find_by_url(state.accounts.keys().copied(), &query, |id| {
                render::account(&state, *id)
            })
        } else {
            let only_followed = params.is_true("following");
            let accounts = discovery::search_accounts(&state, viewer, &query, only_followed);
            let accounts = page.apply(accounts, |account| account.id);
            accounts
                .map(|account| render::account(&state, account.id))
                .collect()
        };
    }
    if includes("statuses") {
        // New statuses are indexed later.
        let delay = context
            .shared
            .behavior
            .with(|behavior| behavior.posting.search_delay);
        let rendered = |status: &Status| render::status(&state, status, viewer, now);
        let visible = state
            .statuses
            .values()
            .filter(|status| state.can_see(viewer, status));
        statuses = if is_url {
            find_by_url(visible, &query, |status| rendered(status))
        } else if let Some(viewer) = viewer {
            let author = cursor("account_id");
            let query = Query::parse(&query);
            let matching = visible
                .rev()
                .filter(|status| author.is_none_or(|author| status.account == author))
                .filter(|status| matches_search(&state, viewer, status, &query))
                .filter(|status| later(status.arrived, delay) <= now)
                .filter(|status| !state.hides_author(Some(viewer), status.account, now));
            page.apply(matching.collect(), |status| status.id)
                .map(rendered)
                .collect()
        } else {
            Vec::new()
        };
    }
    if includes("hashtags") && !is_url && !query.contains('@') {
        let name = normalize_tag(&query);
        // An exact match comes first. Unlike in Mastodon, hashtags need no review.
        let mut tags: Vec<&String> = state
            .tags
            .keys()
            .filter(|tag| tag.starts_with(&name))
            .filter(|tag| state.moderation.trends.is_tag_listable(tag))
            .collect();
        tags.sort_by_key(|tag| **tag != name);
        let tags = page.apply(tags, |tag| state.tags.get(*tag).map_or(0, |tag| tag.id));
        hashtags = tags
            .map(|tag| render::tag(&state, tag, viewer, now))
            .collect();
    }
    Ok(Response::json(&json!({
        "accounts": accounts, "statuses": statuses, "hashtags": hashtags, "collections": [],
    })))
}

/// Returns the rendered entity whose URL or URI this is, or an empty list.
fn find_by_url<T>(
    entities: impl Iterator<Item = T>,
    url: &str,
    render: impl Fn(&T) -> Value,
) -> Vec<Value> {
    let mut rendered = entities.map(|entity| render(&entity));
    let found = rendered
        .find(|value| (value["url"] == url || value["uri"] == url) && value["reblog"].is_null());
    found.into_iter().collect()
}

/// Returns whether a search by the user finds the status. The user must have written it, interacted
/// with it or be mentioned in it, or it must be public and its author indexable.
fn matches_search(state: &State, user: Id, status: &Status, query: &Query<'_>) -> bool {
    let is_in_library = status.account == user
        || status.mentions.contains(&user)
        || status.favourited_by.contains_key(&user)
        || status.bookmarked_by.contains_key(&user)
        || status.reblogged_by.contains_key(&user);
    let author = state.accounts.get(&status.account);
    let is_public = status.visibility == Visibility::Public
        && author.is_some_and(|author| author.profile.indexable);
    let is_in_scope = match query.only_library {
        Some(true) => is_in_library,
        Some(false) => is_public,
        None => is_in_library || is_public,
    };
    is_in_scope && status.reblog_of.is_none() && query.matches(state, status)
}

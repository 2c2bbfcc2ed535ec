//! Search.

mod query;

use serde_json::json;

use super::{Context, discovery};
use crate::clock::later;
use crate::ids::{Id, parse_id};
use crate::render;
use crate::response::{
    ErrorResponse, HandlerResult, Response, bad_request, missing_param, not_found_reason,
    unauthorized,
};
use crate::state::{Account, State, Status, Visibility, normalize_tag};
use query::Query;

/// Default and maximum number of results per type.
const DEFAULT_LIMIT: usize = 20;
const MAX_LIMIT: usize = 40;
/// Minimum length of a query by which a visitor finds more than the account with exactly this address.
const MIN_QUERY: usize = 3;

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
    fn apply<T>(&self, items: impl IntoIterator<Item = T>) -> impl Iterator<Item = T> {
        items.into_iter().skip(self.offset).take(self.limit)
    }

    /// Whether a status is between the cursors. They apply to nothing else.
    fn contains(&self, status: &Status) -> bool {
        self.max_id.is_none_or(|max| status.id < max)
            && self.min_id.is_none_or(|min| status.id > min)
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
    let is_negative = |name: &str| params.integer(name).is_some_and(i64::is_negative);
    if is_negative("limit") || is_negative("offset") {
        return Err(bad_request(
            "Pagination values for `offset` and `limit` must be positive",
        ));
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
    // Without a type the offset is ignored.
    let is_paged = only_type.is_some();
    let limit = params.string("limit").map(|_| number("limit").unwrap_or(0));
    let page = ResultPage {
        offset: number("offset").filter(|_| is_paged).unwrap_or(0),
        limit: limit.unwrap_or(DEFAULT_LIMIT).min(MAX_LIMIT),
        max_id: cursor("max_id"),
        min_id: cursor("min_id"),
    };
    let is_url = query.starts_with("https://") || query.starts_with("http://");
    // Without `resolve` an address is plain text.
    if is_url && params.is_true("resolve") {
        let is_wanted = page.offset == 0 && page.limit > 0;
        return Ok(url_results(context, &state, &query, is_wanted, includes));
    }
    if viewer.is_some() && includes("statuses") && page.limit > 0 {
        let author = cursor("account_id");
        if author.is_some_and(|author| !state.accounts.contains_key(&author)) {
            return Err(not_found_reason());
        }
    }
    let (mut accounts, mut statuses, mut hashtags) = (Vec::new(), Vec::new(), Vec::new());
    if includes("accounts") && !query.starts_with('#') {
        let only_followed = params.is_true("following");
        let found = discovery::search_accounts(&state, viewer, &query, only_followed);
        // Of a short query without a user, only the account with exactly this address is found.
        let is_short =
            viewer.is_none() && query.trim_start_matches('@').chars().count() < MIN_QUERY;
        let found = page.apply(found);
        accounts = found
            .filter(|account| !is_short || query.contains('@') && is_address(account, &query))
            .map(|account| render::account(&state, account.id))
            .collect();
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
        statuses = if let Some(viewer) = viewer {
            let author = cursor("account_id");
            let query = Query::parse(&query);
            let matching = visible
                .rev()
                .filter(|status| page.contains(status))
                .filter(|status| author.is_none_or(|author| status.account == author))
                .filter(|status| matches_search(&state, viewer, status, &query))
                .filter(|status| later(status.arrived, delay) <= now)
                .filter(|status| !state.hides_author(Some(viewer), status.account, now));
            page.apply(matching).map(rendered).collect()
        } else {
            Vec::new()
        };
    }
    if includes("hashtags") && !query.contains('@') {
        let name = normalize_tag(&query);
        // An exact match comes first. Unlike in Mastodon, hashtags need no review.
        let mut tags: Vec<&String> = state
            .tags
            .keys()
            .filter(|tag| tag.starts_with(&name))
            .filter(|tag| state.moderation.trends.is_tag_listable(tag))
            .collect();
        tags.sort_by_key(|tag| **tag != name);
        hashtags = page
            .apply(tags)
            .map(|tag| render::tag(&state, tag, viewer, now))
            .collect();
    }
    Ok(Response::json(&json!({
        "accounts": accounts, "statuses": statuses, "hashtags": hashtags, "collections": [],
    })))
}

/// Returns the one entity that has an address, if its type is asked for and the user may see it.
fn url_results(
    context: &Context<'_>,
    state: &State,
    url: &str,
    is_wanted: bool,
    includes: impl Fn(&str) -> bool,
) -> Response {
    let (viewer, now) = (context.viewer(), context.now());
    let account = state
        .accounts
        .keys()
        .map(|id| render::account(state, *id))
        .find(|account| account["url"] == url || account["uri"] == url);
    let mut statuses = state.statuses.values();
    let status = statuses
        .find(|status| {
            status.reblog_of.is_none() && {
                let rendered = render::status(state, status, viewer, now);
                rendered["url"] == url || rendered["uri"] == url
            }
        })
        .filter(|status| state.can_see(viewer, status))
        .map(|status| render::status(state, status, viewer, now));
    let accounts = account.filter(|_| is_wanted && includes("accounts"));
    let statuses = status.filter(|_| is_wanted && accounts.is_none() && includes("statuses"));
    let collection = state
        .collection_by_url(url)
        .filter(|found| viewer.is_none_or(|viewer| !state.blocks(found.account, viewer)))
        .map(|found| render::collection(state, found, viewer));
    let is_found = accounts.is_some() || statuses.is_some();
    let collections = collection.filter(|_| is_wanted && !is_found && includes("collections"));
    Response::json(&json!({
        "accounts": Vec::from_iter(accounts), "statuses": Vec::from_iter(statuses),
        "hashtags": [], "collections": Vec::from_iter(collections),
    }))
}

fn is_address(account: &Account, query: &str) -> bool {
    let query = query.trim_start_matches('@');
    account.acct().eq_ignore_ascii_case(query)
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

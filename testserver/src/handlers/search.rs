//! Search.

mod query;

use serde_json::{Value, json};

use super::{Context, discovery};
use crate::ids::{Id, parse_id};
use crate::render;
use crate::response::{ErrorResponse, HandlerResult, Response, bad_request, unauthorized};
use crate::state::{State, Status, Visibility, normalize_tag};
use query::Query;

/// How many results of each type there are: by default, and at most.
const DEFAULT_LIMIT: usize = 20;
const MAX_LIMIT: usize = 40;

/// `None` for a route that is not answered here.
pub(super) fn handle(context: &Context<'_>) -> Option<HandlerResult> {
    Some(match context.route.name {
        "search_v2" => search(context),
        _ => return None,
    })
}

/// The part of the results that is asked for.
struct Slice {
    offset: usize,
    limit: usize,
    max_id: Option<Id>,
    min_id: Option<Id>,
}

impl Slice {
    fn of<T>(&self, found: Vec<T>, id: impl Fn(&T) -> Id) -> impl Iterator<Item = T> {
        let (max, min) = (self.max_id, self.min_id);
        let fits = move |item: &T| {
            max.is_none_or(|max| id(item) < max) && min.is_none_or(|min| id(item) > min)
        };
        found
            .into_iter()
            .filter(fits)
            .skip(self.offset)
            .take(self.limit)
    }
}

/// Refuses what a visitor may not ask for.
fn check(context: &Context<'_>) -> Result<String, ErrorResponse> {
    let params = &context.params;
    let wanted = params
        .non_blank("q")
        .ok_or_else(|| bad_request("param is missing or the value is empty or invalid: q"))?;
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
    Ok(wanted.trim().to_owned())
}

fn search(context: &Context<'_>) -> HandlerResult {
    let wanted = check(context)?;
    let (state, params) = (context.shared.state(), &context.params);
    let (viewer, now) = (context.viewer(), context.now());
    let only = params.non_blank("type");
    let is_wanted = |kind: &str| only.as_deref().is_none_or(|only| only == kind);
    let number = |name: &str| usize::try_from(params.integer(name)?).ok();
    let cursor = |name: &str| params.non_blank(name).map(|id| parse_id(&id));
    // Without a type there is nothing that the offset could count.
    let paged = only.is_some();
    let slice = Slice {
        offset: number("offset").filter(|_| paged).unwrap_or(0),
        limit: number("limit").unwrap_or(DEFAULT_LIMIT).min(MAX_LIMIT),
        max_id: cursor("max_id").filter(|_| paged),
        min_id: cursor("min_id").filter(|_| paged),
    };
    let address = wanted.starts_with("https://") || wanted.starts_with("http://");
    let (mut accounts, mut statuses, mut hashtags) = (Vec::new(), Vec::new(), Vec::new());
    if is_wanted("accounts") && !wanted.starts_with('#') {
        accounts = if address {
            at_address(state.accounts.keys().copied(), &wanted, |id| {
                render::account(&state, *id)
            })
        } else {
            let following = params.is_true("following");
            let found = discovery::accounts_with(&state, viewer, &wanted, following);
            let found = slice.of(found, |account| account.id);
            found
                .map(|account| render::account(&state, account.id))
                .collect()
        };
    }
    if is_wanted("statuses") {
        let rendered = |found: &Status| render::status(&state, found, viewer, now);
        let seen = state
            .statuses
            .values()
            .filter(|found| state.can_see(viewer, found));
        statuses = if address {
            at_address(seen, &wanted, |found| rendered(found))
        } else if let Some(viewer) = viewer {
            let of = cursor("account_id");
            let query = Query::read(&wanted);
            let found = seen
                .rev()
                .filter(|found| of.is_none_or(|of| found.account == of));
            let found = found.filter(|found| is_found(&state, viewer, found, &query));
            let found = found.filter(|found| !state.hides_author(Some(viewer), found.account, now));
            slice
                .of(found.collect(), |found| found.id)
                .map(rendered)
                .collect()
        } else {
            Vec::new()
        };
    }
    if is_wanted("hashtags") && !address && !wanted.contains('@') {
        let name = normalize_tag(&wanted);
        // Nobody reviews hashtags here, so none waits for it. The one that is meant stands first.
        let mut found: Vec<&String> = state
            .tags
            .keys()
            .filter(|tag| tag.starts_with(&name))
            .collect();
        found.sort_by_key(|tag| **tag != name);
        let found = slice.of(found, |tag| state.tags.get(*tag).map_or(0, |tag| tag.id));
        hashtags = found
            .map(|tag| render::tag(&state, tag, viewer, now))
            .collect();
    }
    Ok(Response::json(&json!({
        "accounts": accounts, "statuses": statuses, "hashtags": hashtags, "collections": [],
    })))
}

/// The one thing whose page or name is at an address.
fn at_address<T>(
    things: impl Iterator<Item = T>,
    address: &str,
    render: impl Fn(&T) -> Value,
) -> Vec<Value> {
    let mut rendered = things.map(|thing| render(&thing));
    let found = rendered.find(|value| {
        (value["url"] == address || value["uri"] == address) && value["reblog"].is_null()
    });
    found.into_iter().collect()
}

/// Whether a search finds the status: by the words of it, if it is the user's own or they have to do with
/// it, or if it is public and its author agreed to be found.
fn is_found(state: &State, user: Id, status: &Status, query: &Query<'_>) -> bool {
    let concerns = status.account == user
        || status.mentions.contains(&user)
        || status.favourited_by.contains_key(&user)
        || status.bookmarked_by.contains_key(&user)
        || status.reblogged_by.contains_key(&user);
    let author = state.accounts.get(&status.account);
    let public = status.visibility == Visibility::Public
        && author.is_some_and(|author| author.profile.indexable);
    let within = match query.library {
        Some(true) => concerns,
        Some(false) => public,
        None => concerns || public,
    };
    within && status.reblog_of.is_none() && query.matches(state, status)
}

//! Collections.

mod draft;

use axum::http::{StatusCode, header};
use serde_json::{Value, json};

use super::Context;
use crate::ids::{Id, parse_id};
use crate::paging::link_header;
use crate::render;
use crate::response::{
    ErrorResponse, HandlerResult, Response, forbidden, internal_server_error, not_found,
    unprocessable, validation_failed,
};
use crate::state::{Collection, CollectionItem, ItemState, State};
use draft::Draft;

/// Date in the `Deprecation` header of the paths of the 4.6 beta releases.
const ALPHA_PATHS_DEPRECATED_ON: &str = "2026-06-10";

/// Returns `None` if another module handles the route.
pub(super) fn handle(context: &Context<'_>) -> Option<HandlerResult> {
    Some(match context.route.name {
        "collection" => show(context),
        "collection_create" => create(context),
        "collection_update" => update(context),
        "collection_delete" => delete(context),
        "collection_item_add" => add_item(context),
        "collection_item_delete" => delete_item(context),
        "collection_item_revoke" => revoke_item(context),
        "account_collections" => collections_of_account(context),
        "account_in_collections" => collections_with_account(context),
        _ => return None,
    })
}

/// Returns the date of deprecation if the path is one of the 4.6 beta releases.
pub(crate) fn deprecated_on(path: &str) -> Option<&'static str> {
    let is_alpha = path.starts_with("/api/v1_alpha/") && path.contains("/collections");
    is_alpha.then_some(ALPHA_PATHS_DEPRECATED_ON)
}

fn not_allowed() -> ErrorResponse {
    forbidden("This action is not allowed")
}

fn empty() -> Response {
    Response::without_body(StatusCode::OK).header(header::CONTENT_TYPE, "text/html".to_owned())
}

/// Returns the collection that the path names.
fn requested<'s>(context: &Context<'_>, state: &'s State) -> Result<&'s Collection, ErrorResponse> {
    state.collections.get(&context.id()).ok_or_else(not_found)
}

/// Returns the collection that the path names if it belongs to the user.
fn own<'s>(context: &Context<'_>, state: &'s State) -> Result<&'s Collection, ErrorResponse> {
    let (user, collection) = (context.user()?, requested(context, state)?);
    if collection.account == user {
        Ok(collection)
    } else {
        Err(not_allowed())
    }
}

fn wrapped(state: &State, id: Id, viewer: Option<Id>) -> HandlerResult {
    let collection = state.collections.get(&id).ok_or_else(not_found)?;
    let value = render::collection(state, collection, viewer);
    Ok(Response::json(&json!({ "collection": value })))
}

/// Whether the owner of collections blocks the viewer or the viewer's domain.
fn is_hidden(state: &State, owner: Id, viewer: Option<Id>) -> bool {
    viewer
        .is_some_and(|viewer| state.blocks(owner, viewer) || state.blocks_domain_of(owner, viewer))
}

fn show(context: &Context<'_>) -> HandlerResult {
    let (state, viewer) = (context.shared.state(), context.viewer());
    let collection = requested(context, &state)?;
    if is_hidden(&state, collection.account, viewer) {
        return Err(not_allowed());
    }
    let value = render::collection_with_accounts(&state, collection, viewer);
    Ok(Response::json(&value))
}

fn create(context: &Context<'_>) -> HandlerResult {
    let (user, now) = (context.user()?, context.now());
    let mut state = context.shared.state();
    let mut members: Vec<Id> = Vec::new();
    for id in context.params.list("account_ids") {
        let id = parse_id(&id);
        if !state.accounts.contains_key(&id) {
            return Err(not_found());
        }
        if !members.contains(&id) {
            members.push(id);
        }
    }
    let draft = Draft::default().changed_by(&context.params, &mut state)?;
    if members.iter().any(|id| !state.can_feature(user, *id)) {
        return Err(not_allowed());
    }
    let details = draft.validate_new(&state, user, members.len())?;
    let id = state.create_collection(user, details, &members, now);
    wrapped(&state, id, Some(user))
}

fn update(context: &Context<'_>) -> HandlerResult {
    let (user, now) = (context.user()?, context.now());
    let mut state = context.shared.state();
    let collection = own(context, &state)?;
    let (id, draft) = (collection.id, Draft::from(&collection.details));
    let details = draft.changed_by(&context.params, &mut state)?.validate()?;
    state.update_collection(id, details, now);
    wrapped(&state, id, Some(user))
}

fn delete(context: &Context<'_>) -> HandlerResult {
    let mut state = context.shared.state();
    let id = own(context, &state)?.id;
    state.delete_collection(id);
    Ok(empty())
}

fn add_item(context: &Context<'_>) -> HandlerResult {
    let (user, now) = (context.user()?, context.now());
    let mut state = context.shared.state();
    let id = requested(context, &state)?.id;
    let Some(account) = context.params.non_blank("account_id") else {
        return Err(unprocessable("`account_id` parameter is missing"));
    };
    let account = parse_id(&account);
    if !state.accounts.contains_key(&account) {
        return Err(not_found());
    }
    let collection = own(context, &state)?;
    if !state.can_feature(user, account) {
        return Err(not_allowed());
    }
    // Items of accounts that have withdrawn count, too: such an account cannot be added again.
    if collection.items.iter().any(|item| item.account == account) {
        return Err(validation_failed("Account has already been taken"));
    }
    let item = state.add_to_collection(id, account, now);
    let item = item.ok_or_else(internal_server_error)?;
    Ok(Response::json(
        &json!({ "collection_item": render::collection_item(&item) }),
    ))
}

/// Returns the item that the path names.
fn requested_item(
    context: &Context<'_>,
    collection: &Collection,
) -> Result<CollectionItem, ErrorResponse> {
    let id = context.path_params.get(1).map_or(0, |(_, id)| parse_id(id));
    let mut items = collection.items.iter();
    items
        .find(|item| item.id == id)
        .copied()
        .ok_or_else(not_found)
}

fn delete_item(context: &Context<'_>) -> HandlerResult {
    let mut state = context.shared.state();
    let item = requested_item(context, requested(context, &state)?)?;
    let id = own(context, &state)?.id;
    if let Some(collection) = state.collections.get_mut(&id) {
        collection.items.retain(|other| other.id != item.id);
    }
    Ok(empty())
}

fn revoke_item(context: &Context<'_>) -> HandlerResult {
    let user = context.user()?;
    let mut state = context.shared.state();
    let collection = requested(context, &state)?;
    let item = requested_item(context, collection)?;
    if item.account != user {
        return Err(not_allowed());
    }
    let id = collection.id;
    if let Some(collection) = state.collections.get_mut(&id) {
        let items = collection.items.iter_mut();
        for item in items.filter(|other| other.id == item.id) {
            item.state = ItemState::Revoked;
        }
    }
    Ok(empty())
}

fn collections_of_account(context: &Context<'_>) -> HandlerResult {
    let (state, viewer) = (context.shared.state(), context.viewer());
    let owner = context.id();
    if !state.accounts.contains_key(&owner) {
        return Err(not_found());
    }
    if is_hidden(&state, owner, viewer) {
        return Ok(Response::json(&json!({ "collections": [] })));
    }
    let all: Vec<&Collection> = state
        .collections
        .values()
        .rev()
        .filter(|collection| collection.account == owner)
        .collect();
    let total = all.len();
    let listed = all
        .into_iter()
        .filter(|collection| viewer == Some(owner) || collection.details.discoverable);
    page(context, &state, listed.collect(), total)
}

/// Lists the collections that the user was added to, including those from which the user has withdrawn.
fn collections_with_account(context: &Context<'_>) -> HandlerResult {
    let (user, state) = (context.user()?, context.shared.state());
    let account = context.id();
    if !state.accounts.contains_key(&account) {
        return Err(not_found());
    }
    if account != user {
        return Err(not_allowed());
    }
    let contains = |collection: &&Collection| {
        let mut items = collection.items.iter();
        items.any(|item| item.account == account)
    };
    let listed: Vec<&Collection> = state.collections.values().filter(contains).collect();
    let total = listed.len();
    page(context, &state, listed, total)
}

/// Returns the requested page. Like Mastodon, decides by `offset * limit` whether there is a next page, and links to a
/// negative offset before an offset that is smaller than the limit.
fn page(
    context: &Context<'_>,
    state: &State,
    listed: Vec<&Collection>,
    total: usize,
) -> HandlerResult {
    let viewer = context.viewer();
    let number = |name: &str| context.params.integer(name);
    let (default, max) = context.route.page_size.unwrap_or((40, 80));
    let (default, max) = (i64::from(default), i64::from(max));
    let limit = number("limit").map_or(default, |limit| limit.saturating_abs().min(max));
    let offset = number("offset").unwrap_or(0);
    let (Ok(skipped), Ok(size)) = (usize::try_from(offset), usize::try_from(limit)) else {
        return Err(internal_server_error());
    };
    let shown = listed.into_iter().skip(skipped).take(size);
    let shown: Vec<Value> = shown
        .map(|collection| render::collection(state, collection, viewer))
        .collect();
    // The links use the default maximum of twice the default page size.
    let step = number("limit").map_or(default, |limit| limit.saturating_abs().min(2 * default));
    let has_next = skipped.saturating_mul(step.unsigned_abs() as usize) + shown.len() < total;
    let next = has_next.then(|| format!("offset={}", offset.saturating_add(step)));
    let previous = (offset != 0).then(|| format!("offset={}", offset.saturating_sub(step)));
    let response = Response::json(&json!({ "collections": shown }));
    Ok(match link_header(context, next, previous) {
        Some(links) => response.header(header::LINK, links),
        None => response,
    })
}

//! Hashtags: history, following and featuring.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde_json::Value;

use super::{Context, user_account};
use crate::hashtags::is_valid_tag;
use crate::ids::Id;
use crate::limits::MAX_FEATURED_TAGS;
use crate::paging::{page_response, paginate};
use crate::render;
use crate::response::{
    ErrorResponse, HandlerResult, Response, not_found, not_found_reason, validation_failed,
};
use crate::state::State;

/// Returns `None` if another module handles the route.
pub(super) fn handle(context: &Context<'_>) -> Option<HandlerResult> {
    Some(match context.route.name {
        "tag" => show(context),
        "tag_follow" | "tag_unfollow" | "tag_feature" | "tag_unfeature" => change(context),
        "followed_tags" => list_followed(context),
        "featured_tags" => list_featured(context),
        "featured_tag_create" => feature(context),
        "featured_tag_delete" => unfeature(context),
        "featured_tag_suggestions" => suggestions(context),
        _ => return None,
    })
}

/// Returns the hashtag that the path names, in the spelling of the request.
fn requested_tag(context: &Context<'_>) -> Result<String, ErrorResponse> {
    let (_, name) = context.path_params.first().ok_or_else(not_found_reason)?;
    if is_valid_tag(name) {
        Ok(name.clone())
    } else {
        Err(not_found_reason())
    }
}

fn show(context: &Context<'_>) -> HandlerResult {
    let (spelling, state) = (requested_tag(context)?, context.shared.state());
    let (viewer, now) = (context.viewer(), context.now());
    Ok(Response::json(&render::tag(&state, &spelling, viewer, now)))
}

fn change(context: &Context<'_>) -> HandlerResult {
    let (user, spelling) = (context.user()?, requested_tag(context)?);
    let mut state = context.shared.state();
    let name = state.register_tag(&spelling);
    let mut is_new = true;
    match context.route.name {
        "tag_follow" => {
            let row = state.next_row_id();
            let tags = &mut user_account(&mut state, user)?.followed_tags;
            if !tags.contains(&name) {
                context.check_creation_limit()?;
            }
            is_new = tags.insert(name, row) == row;
        }
        "tag_unfollow" => {
            user_account(&mut state, user)?.followed_tags.remove(&name);
            state.unmerge_tag(&name, user);
        }
        "tag_feature" => {
            add_featured_tag(&mut state, user, name)?;
        }
        _ => {
            user_account(&mut state, user)?.featured_tags.remove(&name);
        }
    }
    let now = context.now();
    let response = Response::json(&render::tag(&state, &spelling, Some(user), now));
    Ok(if is_new {
        response
    } else {
        response.changed_nothing()
    })
}

/// Features a hashtag and returns the ID of the featured tag. Does not change an existing one.
fn add_featured_tag(state: &mut State, user: Id, name: String) -> Result<Id, ErrorResponse> {
    let row = state.next_row_id();
    let tags = &mut user_account(state, user)?.featured_tags;
    if !tags.contains(&name) && tags.len() >= MAX_FEATURED_TAGS {
        return Err(validation_failed(
            "You have already featured the maximum number of hashtags",
        ));
    }
    Ok(tags.insert(name, row))
}

fn list_followed(context: &Context<'_>) -> HandlerResult {
    let (user, state, now) = (context.user()?, context.shared.state(), context.now());
    let account = state.accounts.get(&user).ok_or_else(not_found)?;
    let (rows, links) = paginate(context, account.followed_tags.newest_first(), |(row, _)| {
        *row
    });
    let tags = rows
        .iter()
        .map(|(_, name)| render::tag(&state, name, Some(user), now));
    Ok(page_response(tags.collect(), links))
}

fn list_featured(context: &Context<'_>) -> HandlerResult {
    let (user, state) = (context.user()?, context.shared.state());
    let account = state.accounts.get(&user).ok_or_else(not_found)?;
    let rows = account.featured_tags.newest_first();
    let tags = rows
        .iter()
        .map(|(row, name)| render::featured_tag(&state, user, *row, name));
    Ok(Response::json(&Value::Array(tags.collect())))
}

fn feature(context: &Context<'_>) -> HandlerResult {
    let user = context.user()?;
    let name = context.params.string("name").unwrap_or_default();
    let name = name.trim().trim_start_matches('#');
    if !is_valid_tag(name) {
        return Err(validation_failed("Tag is invalid"));
    }
    let mut state = context.shared.state();
    let name = state.register_tag(name);
    let row = add_featured_tag(&mut state, user, name.clone())?;
    Ok(Response::json(&render::featured_tag(
        &state, user, row, &name,
    )))
}

fn unfeature(context: &Context<'_>) -> HandlerResult {
    let user = context.user()?;
    let mut state = context.shared.state();
    let tags = &mut user_account(&mut state, user)?.featured_tags;
    let id = context.id();
    let tag = tags
        .newest_first()
        .into_iter()
        .find(|(tag_id, _)| *tag_id == id);
    let (_, name) = tag.ok_or_else(not_found)?;
    tags.remove(&name);
    Ok(Response::empty_object())
}

/// Returns the hashtags that the user has used most, and more than once, and does not feature yet.
fn suggestions(context: &Context<'_>) -> HandlerResult {
    let (user, state, now) = (context.user()?, context.shared.state(), context.now());
    let account = state.accounts.get(&user).ok_or_else(not_found)?;
    let mut uses: BTreeMap<&String, usize> = BTreeMap::new();
    let statuses = state.statuses.values();
    for status in statuses.filter(|status| status.account == user) {
        for tag in &status.tags {
            *uses.entry(tag).or_default() += 1;
        }
    }
    let mut uses: Vec<(&String, usize)> = uses
        .into_iter()
        .filter(|(tag, count)| *count > 1 && !account.featured_tags.contains(*tag))
        .collect();
    uses.sort_by_key(|(_, count)| Reverse(*count));
    let tags = uses
        .into_iter()
        .take(MAX_FEATURED_TAGS)
        .map(|(tag, _)| render::tag(&state, tag, Some(user), now));
    Ok(Response::json(&Value::Array(tags.collect())))
}

//! Hashtags: looked at, followed, featured.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde_json::Value;

use super::Context;
use crate::ids::Id;
use crate::render;
use crate::reply::{Outcome, Refusal, Reply, invalid, no_route, not_found};
use crate::router::{linked, page};
use crate::state::{Account, State, is_tag};

/// How many hashtags a profile can show, and how many are proposed for it.
const MAX_FEATURED: usize = 10;

/// `None` for a route that is not answered here.
pub(super) fn handle(context: &Context<'_>) -> Option<Outcome> {
    Some(match context.route.name {
        "tag" => show(context),
        "tag_follow" | "tag_unfollow" | "tag_feature" | "tag_unfeature" => change(context),
        "followed_tags" => followed(context),
        "featured_tags" => featured(context),
        "featured_tag_create" => feature(context),
        "featured_tag_delete" => unfeature(context),
        "featured_tag_suggestions" => suggestions(context),
        _ => return None,
    })
}

/// The hashtag that the path names, as it is written there.
fn written(context: &Context<'_>) -> Result<String, Refusal> {
    let (_, name) = context.path.first().ok_or_else(no_route)?;
    if is_tag(name) {
        Ok(name.clone())
    } else {
        Err(no_route())
    }
}

fn own(state: &mut State, user: Id) -> Result<&mut Account, Refusal> {
    state.accounts.get_mut(&user).ok_or_else(not_found)
}

fn show(context: &Context<'_>) -> Outcome {
    let (written, state) = (written(context)?, context.shared.state());
    let (viewer, now) = (context.viewer(), context.now());
    Ok(Reply::json(&render::tag(&state, &written, viewer, now)))
}

fn change(context: &Context<'_>) -> Outcome {
    let (user, written) = (context.user()?, written(context)?);
    let mut state = context.shared.state();
    let name = state.note_tag(&written);
    match context.route.name {
        "tag_follow" => {
            let row = state.next_row();
            own(&mut state, user)?.followed_tags.insert(name, row);
        }
        "tag_unfollow" => {
            own(&mut state, user)?.followed_tags.remove(&name);
        }
        "tag_feature" => {
            put_on_profile(&mut state, user, name)?;
        }
        _ => {
            own(&mut state, user)?.featured_tags.remove(&name);
        }
    }
    let now = context.now();
    Ok(Reply::json(&render::tag(&state, &written, Some(user), now)))
}

/// Features a hashtag; one that is featured already stays as it is.
fn put_on_profile(state: &mut State, user: Id, name: String) -> Result<Id, Refusal> {
    let row = state.next_row();
    let tags = &mut own(state, user)?.featured_tags;
    if !tags.contains(&name) && tags.len() >= MAX_FEATURED {
        return Err(invalid(
            "You have already featured the maximum number of hashtags",
        ));
    }
    Ok(tags.insert(name, row))
}

fn followed(context: &Context<'_>) -> Outcome {
    let (user, state, now) = (context.user()?, context.shared.state(), context.now());
    let account = state.accounts.get(&user).ok_or_else(not_found)?;
    let (rows, links) = page(context, account.followed_tags.latest(), |(row, _)| *row);
    let tags = rows
        .iter()
        .map(|(_, name)| render::tag(&state, name, Some(user), now));
    Ok(linked(tags.collect(), links))
}

fn featured(context: &Context<'_>) -> Outcome {
    let (user, state) = (context.user()?, context.shared.state());
    let account = state.accounts.get(&user).ok_or_else(not_found)?;
    let rows = account.featured_tags.latest();
    let tags = rows
        .iter()
        .map(|(row, name)| render::featured_tag(&state, user, *row, name));
    Ok(Reply::json(&Value::Array(tags.collect())))
}

fn feature(context: &Context<'_>) -> Outcome {
    let user = context.user()?;
    let given = context.params.text("name").unwrap_or_default();
    let bare = given.trim().trim_start_matches('#');
    if !is_tag(bare) {
        return Err(invalid("Tag is invalid"));
    }
    let mut state = context.shared.state();
    let name = state.note_tag(bare);
    let row = put_on_profile(&mut state, user, name.clone())?;
    Ok(Reply::json(&render::featured_tag(&state, user, row, &name)))
}

fn unfeature(context: &Context<'_>) -> Outcome {
    let user = context.user()?;
    let mut state = context.shared.state();
    let tags = &mut own(&mut state, user)?.featured_tags;
    let row = context.id();
    let found = tags.latest().into_iter().find(|(known, _)| *known == row);
    let (_, name) = found.ok_or_else(not_found)?;
    tags.remove(&name);
    Ok(Reply::empty())
}

/// The hashtags that the user uses most and does not feature yet.
fn suggestions(context: &Context<'_>) -> Outcome {
    let (user, state, now) = (context.user()?, context.shared.state(), context.now());
    let account = state.accounts.get(&user).ok_or_else(not_found)?;
    let mut uses: BTreeMap<&String, usize> = BTreeMap::new();
    let own = state.statuses.values();
    for status in own.filter(|status| status.account == user && status.visibility.is_open()) {
        for tag in &status.tags {
            *uses.entry(tag).or_default() += 1;
        }
    }
    let mut uses: Vec<(&String, usize)> = uses
        .into_iter()
        .filter(|(tag, _)| !account.featured_tags.contains(*tag))
        .collect();
    uses.sort_by_key(|(_, count)| Reverse(*count));
    let tags = uses
        .into_iter()
        .take(MAX_FEATURED)
        .map(|(tag, _)| render::tag(&state, tag, Some(user), now));
    Ok(Reply::json(&Value::Array(tags.collect())))
}

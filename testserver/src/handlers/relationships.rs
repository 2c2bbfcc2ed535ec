//! What users are to each other.

use super::Context;
use crate::ids::{Id, position};
use crate::render;
use crate::reply::{Outcome, Reply, not_found};
use crate::router::{linked, page};

/// `None` for a route that is not answered here.
pub(super) fn handle(context: &Context<'_>) -> Option<Outcome> {
    Some(match context.route.name {
        "account_follow" | "account_unfollow" => follow(context),
        "account_relationships" => relationships(context),
        "account_followers" | "account_following" => follows(context),
        _ => return None,
    })
}

fn follow(context: &Context<'_>) -> Outcome {
    let (user, target, now) = (context.user()?, context.id(), context.now());
    let mut state = context.shared.state();
    if !state.accounts.contains_key(&target) || user == target {
        return Err(not_found());
    }
    let follows = state
        .accounts
        .get_mut(&user)
        .map(|account| &mut account.follows)
        .ok_or_else(not_found)?;
    if context.route.name == "account_unfollow" {
        follows.remove(&target);
    } else if follows.insert(target) {
        state.notify(target, "follow", user, None, now);
    }
    Ok(Reply::json(&render::relationship(&state, user, target)))
}

fn relationships(context: &Context<'_>) -> Outcome {
    let (user, state) = (context.user()?, context.shared.state());
    let ids = context
        .params
        .list("id")
        .into_iter()
        .map(|id| position(&id));
    let found = ids.filter(|id| state.accounts.contains_key(id));
    Ok(Reply::json(
        &found
            .map(|id| render::relationship(&state, user, id))
            .collect(),
    ))
}

fn follows(context: &Context<'_>) -> Outcome {
    let (state, id) = (context.shared.state(), context.id());
    let of = state.accounts.get(&id).ok_or_else(not_found)?;
    let mut ids: Vec<Id> = if context.route.name == "account_following" {
        of.follows.iter().copied().collect()
    } else {
        state
            .accounts
            .values()
            .filter(|other| other.follows.contains(&id))
            .map(|other| other.id)
            .collect()
    };
    ids.sort_unstable_by(|a, b| b.cmp(a));
    let (ids, links) = page(context, ids, |id| *id);
    Ok(linked(
        ids.into_iter()
            .map(|id| render::account(&state, id))
            .collect(),
        links,
    ))
}

//! Lists of statuses.

use super::Context;
use crate::render;
use crate::reply::Outcome;
use crate::router::{linked, page};
use crate::state::{Status, words};

/// `None` for a route that is not answered here.
pub(super) fn handle(context: &Context<'_>) -> Option<Outcome> {
    Some(match context.route.name {
        "timeline_home" | "timeline_public" | "timeline_hashtag" | "account_statuses"
        | "favourites" | "bookmarks" => timeline(context),
        _ => return None,
    })
}

fn timeline(context: &Context<'_>) -> Outcome {
    let state = context.shared.state();
    let (viewer, now, params) = (context.viewer(), context.now(), &context.params);
    let follows = viewer
        .and_then(|viewer| state.accounts.get(&viewer))
        .map(|account| account.follows.clone());
    let hashtag = context.path.first().map(|(_, tag)| tag.to_lowercase());
    let belongs = |status: &&Status| {
        let own = viewer == Some(status.account);
        (match context.route.name {
            "timeline_home" => {
                own || follows
                    .as_ref()
                    .is_some_and(|follows| follows.contains(&status.account))
            }
            "timeline_public" => status.visibility == "public",
            "timeline_hashtag" => {
                status.visibility == "public"
                    && words(&status.text, '#').any(|tag| Some(tag) == hashtag)
            }
            "favourites" => viewer.is_some_and(|viewer| status.favourited_by.contains(&viewer)),
            "bookmarks" => viewer.is_some_and(|viewer| status.bookmarked_by.contains(&viewer)),
            _ => status.account == context.id(),
        }) && state.sees(viewer, status)
            && !(params.is_set("only_media") && status.media.is_empty())
            && !(params.is_set("exclude_replies") && status.reply_to.is_some())
    };
    let found: Vec<&Status> = state.statuses.values().rev().filter(belongs).collect();
    let (found, links) = page(context, found, |status| status.id);
    Ok(linked(
        found
            .into_iter()
            .map(|status| render::status(&state, status, viewer, now))
            .collect(),
        links,
    ))
}

//! Hashtags, as the staff sees and restricts them.

use super::{Context, authorize};
use crate::hashtags::is_hashtag_char;
use crate::ids::Id;
use crate::paging::{page_response, paginate};
use crate::render;
use crate::response::{ErrorResponse, HandlerResult, Response, not_found, validation_failed};
use crate::state::{Permission, State, is_valid_tag, normalize_tag};

/// Returns `None` if another module handles the route.
pub(super) fn handle(context: &Context<'_>) -> Option<HandlerResult> {
    Some(match context.route.name {
        "admin_tags" => list(context),
        "admin_tag" => show(context),
        "admin_tag_update" => update(context),
        _ => return None,
    })
}

fn list(context: &Context<'_>) -> HandlerResult {
    let (state, viewer, now) = (context.shared.state(), context.viewer(), context.now());
    authorize(context, &state, &[Permission::ManageTaxonomies])?;
    let tags = state.tags.iter();
    let mut tags: Vec<(Id, &String)> = tags.map(|(name, tag)| (tag.id, name)).collect();
    tags.sort_unstable_by(|a, b| b.cmp(a));
    let (tags, links) = paginate(context, tags, |(id, _)| *id);
    let tags = tags.iter();
    let tags = tags.map(|(_, name)| render::admin_tag(&state, name, viewer, now));
    Ok(page_response(tags.collect(), links))
}

/// Returns the normalized name of the hashtag that the path names.
fn requested(context: &Context<'_>, state: &State) -> Result<String, ErrorResponse> {
    let name = state.tag_with_id(context.id()).ok_or_else(not_found)?;
    authorize(context, state, &[Permission::ManageTaxonomies])?;
    Ok(name)
}

fn rendered(context: &Context<'_>, state: &State, name: &str) -> HandlerResult {
    let tag = render::admin_tag(state, name, context.viewer(), context.now());
    Ok(Response::json(&tag))
}

fn show(context: &Context<'_>) -> HandlerResult {
    let state = context.shared.state();
    let name = requested(context, &state)?;
    rendered(context, &state, &name)
}

/// Changes what is permitted for a hashtag, and its spelling. This counts as a review.
fn update(context: &Context<'_>) -> HandlerResult {
    let params = &context.params;
    let mut state = context.shared.state();
    let name = requested(context, &state)?;
    if let Some(spelling) = params.string("display_name") {
        let spelling: String = spelling.chars().filter(|c| is_hashtag_char(*c)).collect();
        let mut errors = Vec::new();
        if !is_valid_tag(&spelling) {
            errors.push("Display name is invalid");
        }
        if normalize_tag(&spelling) != name {
            errors.push("Display name does not match the previous name");
        }
        if !errors.is_empty() {
            return Err(validation_failed(&errors.join(", ")));
        }
        if let Some(tag) = state.tags.get_mut(&name) {
            tag.display_name = spelling;
        }
    }
    let review = state
        .moderation
        .trends
        .tags
        .entry(name.clone())
        .or_default();
    for (param, decision) in [
        ("usable", &mut review.usable),
        ("listable", &mut review.listable),
        ("trendable", &mut review.trendable),
    ] {
        if params.contains(param) {
            *decision = params.flag(param);
        }
    }
    review.is_reviewed = true;
    rendered(context, &state, &name)
}

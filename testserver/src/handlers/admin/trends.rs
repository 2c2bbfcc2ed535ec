//! Review of trends. Without the permission to review them, the lists are those of every user.

use jiff::Timestamp;
use serde_json::Value;

use super::{Context, authorize};
use crate::handlers::{timelines, trends};
use crate::ids::Id;
use crate::paging::{page_response, paginate, paginate_by_offset};
use crate::render;
use crate::response::{HandlerResult, Response, not_found};
use crate::state::{Permission, State};

/// Returns `None` if another module handles the route.
pub(super) fn handle(context: &Context<'_>) -> Option<HandlerResult> {
    Some(match context.route.name {
        "admin_trending_links" if can_review(context) => list_links(context),
        "admin_trending_links" => trends::links(context),
        "admin_trending_statuses" if can_review(context) => list_statuses(context),
        "admin_trending_statuses" => timelines::trending(context),
        "admin_trending_tags" if can_review(context) => list_tags(context),
        "admin_trending_tags" => trends::tags(context),
        "admin_trending_link_publishers" => list_publishers(context),
        "admin_approve_trending_link" => review(context, true, review_link),
        "admin_reject_trending_link" => review(context, false, review_link),
        "admin_approve_trending_status" => review(context, true, review_status),
        "admin_reject_trending_status" => review(context, false, review_status),
        "admin_approve_trending_tag" => review(context, true, review_tag),
        "admin_reject_trending_tag" => review(context, false, review_tag),
        "admin_approve_trending_link_publisher" => review(context, true, review_publisher),
        "admin_reject_trending_link_publisher" => review(context, false, review_publisher),
        _ => return None,
    })
}

fn can_review(context: &Context<'_>) -> bool {
    authorize(
        context,
        &context.shared.state(),
        &[Permission::ManageTaxonomies],
    )
    .is_ok()
}

fn list_links(context: &Context<'_>) -> HandlerResult {
    let (mut state, now) = (context.shared.state(), context.now());
    let urls = state.trending_links(now);
    let (urls, links) = paginate_by_offset(context, urls);
    let rendered = urls.iter().map(|url| render::admin_link(&state, url, now));
    Ok(page_response(rendered.collect(), links))
}

fn list_statuses(context: &Context<'_>) -> HandlerResult {
    let (state, now) = (context.shared.state(), context.now());
    let statuses = state.trending_statuses(None, now);
    let (statuses, links) = paginate_by_offset(context, statuses);
    let statuses = statuses.into_iter();
    let statuses =
        statuses.map(|status| render::admin_status(&state, status, context.viewer(), now));
    Ok(page_response(statuses.collect(), links))
}

fn list_tags(context: &Context<'_>) -> HandlerResult {
    let (state, now) = (context.shared.state(), context.now());
    let (names, links) = paginate_by_offset(context, state.trending_tags(now));
    let tags = names.into_iter();
    let tags = tags.map(|name| render::admin_tag(&state, name, context.viewer(), now));
    Ok(page_response(tags.collect(), links))
}

fn list_publishers(context: &Context<'_>) -> HandlerResult {
    let mut state = context.shared.state();
    authorize(context, &state, &[Permission::ManageTaxonomies])?;
    state.trending_links(context.now());
    let publishers = state.moderation.trends.publishers.values().rev();
    let (publishers, links) = paginate(context, publishers.collect(), |item| item.id);
    let publishers = publishers.into_iter().map(render::publisher);
    Ok(page_response(publishers.collect(), links))
}

/// Reviews the record that the path names. Here Mastodon checks the role first.
fn review(
    context: &Context<'_>,
    trendable: bool,
    review: fn(&Context<'_>, &mut State, bool, Timestamp) -> Option<Value>,
) -> HandlerResult {
    let (mut state, now) = (context.shared.state(), context.now());
    authorize(context, &state, &[Permission::ManageTaxonomies])?;
    let reviewed = review(context, &mut state, trendable, now);
    Ok(Response::json(&reviewed.ok_or_else(not_found)?))
}

fn review_link(
    context: &Context<'_>,
    state: &mut State,
    trendable: bool,
    now: Timestamp,
) -> Option<Value> {
    let trends = &mut state.moderation.trends;
    let url = trends.decide_about_link(context.id(), trendable)?;
    Some(render::admin_link(state, &url, now))
}

fn review_status(
    context: &Context<'_>,
    state: &mut State,
    trendable: bool,
    now: Timestamp,
) -> Option<Value> {
    let id: Id = context.id();
    state.statuses.get(&id)?;
    state.moderation.trends.statuses.insert(id, trendable);
    let status = state.statuses.get(&id)?;
    Some(render::admin_status(state, status, context.viewer(), now))
}

fn review_tag(
    context: &Context<'_>,
    state: &mut State,
    trendable: bool,
    now: Timestamp,
) -> Option<Value> {
    let name = state.tag_with_id(context.id())?;
    let review = state
        .moderation
        .trends
        .tags
        .entry(name.clone())
        .or_default();
    (review.trendable, review.is_reviewed) = (Some(trendable), true);
    Some(render::admin_tag(state, &name, context.viewer(), now))
}

fn review_publisher(
    context: &Context<'_>,
    state: &mut State,
    trendable: bool,
    now: Timestamp,
) -> Option<Value> {
    let publishers = &mut state.moderation.trends.publishers;
    let publisher = publishers.get_mut(&context.id())?;
    (publisher.trendable, publisher.reviewed) = (Some(trendable), Some(now));
    Some(render::publisher(publisher))
}

//! Servers that the user blocks.

use serde_json::json;

use super::Context;
use crate::paging::{page_response, paginate};
use crate::response::{ErrorResponse, HandlerResult, Response, not_found, validation_failed};

/// `None` for a route that is not answered here.
pub(super) fn handle(context: &Context<'_>) -> Option<HandlerResult> {
    Some(match context.route.name {
        "domain_blocks" => all(context),
        "domain_block" => block(context),
        "domain_unblock" => unblock(context),
        "domain_block_preview" => preview(context),
        _ => return None,
    })
}

/// A domain as the server keeps it; `None` where the text is none.
pub(super) fn domain(text: &str) -> Option<String> {
    let domain = text.trim().trim_end_matches('.').to_lowercase();
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    (domain.len() < 256 && domain.split('.').all(label)).then_some(domain)
}

fn given(context: &Context<'_>) -> Result<String, ErrorResponse> {
    let text = context.params.string("domain").unwrap_or_default();
    domain(&text).ok_or_else(|| validation_failed("Domain is not a valid domain name"))
}

fn all(context: &Context<'_>) -> HandlerResult {
    let (user, state) = (context.user()?, context.shared.state());
    let account = state.accounts.get(&user).ok_or_else(not_found)?;
    let (rows, links) = paginate(context, account.domain_blocks.newest_first(), |(row, _)| {
        *row
    });
    let domains = rows.into_iter().map(|(_, domain)| domain.into());
    Ok(page_response(domains.collect(), links))
}

fn block(context: &Context<'_>) -> HandlerResult {
    let (user, domain) = (context.user()?, given(context)?);
    context.shared.state().block_domain(user, &domain);
    Ok(Response::empty_object())
}

fn unblock(context: &Context<'_>) -> HandlerResult {
    let (user, domain) = (context.user()?, given(context)?);
    let mut state = context.shared.state();
    let account = state.accounts.get_mut(&user).ok_or_else(not_found)?;
    account.domain_blocks.remove(&domain);
    Ok(Response::empty_object())
}

/// How many follows a block would end, in both directions.
fn preview(context: &Context<'_>) -> HandlerResult {
    let (user, domain) = (context.user()?, given(context)?);
    let state = context.shared.state();
    let there = state.accounts_on_domain(&domain);
    let count = |ends: &dyn Fn(u64) -> bool| there.iter().filter(|id| ends(**id)).count();
    Ok(Response::json(&json!({
        "following_count": count(&|id| state.follows(user, id)),
        "followers_count": count(&|id| state.follows(id, user)),
    })))
}

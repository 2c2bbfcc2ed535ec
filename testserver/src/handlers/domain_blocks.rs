//! Domains that the user blocks.

use serde_json::json;

use super::Context;
use crate::paging::{page_response, paginate};
use crate::response::{HandlerResult, Response, not_found, validation_failed};

/// Returns `None` if another module handles the route.
pub(super) fn handle(context: &Context<'_>) -> Option<HandlerResult> {
    Some(match context.route.name {
        "domain_blocks" => list(context),
        "domain_block" => block(context),
        "domain_unblock" => unblock(context),
        "domain_block_preview" => preview(context),
        _ => return None,
    })
}

/// Returns the normalized domain, or `None` if the string is not a valid domain name.
pub(super) fn normalize_domain(text: &str) -> Option<String> {
    let domain = text.trim().trim_end_matches('.').to_lowercase();
    let is_valid_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    (domain.len() < 256 && domain.split('.').all(is_valid_label)).then_some(domain)
}

fn domain_param(context: &Context<'_>) -> Option<String> {
    let text = context.params.string("domain").unwrap_or_default();
    normalize_domain(&text)
}

fn list(context: &Context<'_>) -> HandlerResult {
    let (user, state) = (context.user()?, context.shared.state());
    let account = state.accounts.get(&user).ok_or_else(not_found)?;
    let (blocks, links) = paginate(context, account.domain_blocks.newest_first(), |(id, _)| *id);
    let domains = blocks.into_iter().map(|(_, domain)| domain.into());
    Ok(page_response(domains.collect(), links))
}

fn block(context: &Context<'_>) -> HandlerResult {
    let user = context.user()?;
    let domain = domain_param(context)
        .ok_or_else(|| validation_failed("Domain is not a valid domain name"))?;
    context
        .shared
        .state()
        .block_domain(user, &domain, context.now());
    Ok(Response::empty_object())
}

fn unblock(context: &Context<'_>) -> HandlerResult {
    let user = context.user()?;
    let mut state = context.shared.state();
    let account = state.accounts.get_mut(&user).ok_or_else(not_found)?;
    // A domain that is not blocked, or is not valid, is no error.
    if let Some(domain) = domain_param(context) {
        account.domain_blocks.remove(&domain);
    }
    Ok(Response::empty_object())
}

/// Counts the follows that a block would remove, in each direction.
fn preview(context: &Context<'_>) -> HandlerResult {
    let user = context.user()?;
    let state = context.shared.state();
    let domain = domain_param(context);
    let accounts = domain.map_or_else(Vec::new, |domain| state.accounts_on_domain(&domain));
    let count = |follows: &dyn Fn(u64) -> bool| accounts.iter().filter(|id| follows(**id)).count();
    Ok(Response::json(&json!({
        "following_count": count(&|id| state.follows(user, id)),
        "followers_count": count(&|id| state.follows(id, user)),
    })))
}

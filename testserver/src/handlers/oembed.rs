//! oEmbed: embedding of statuses in other websites.

use serde_json::json;

use super::Context;
use crate::ids::Id;
use crate::response::{HandlerResult, Response, not_found, route_not_found};
use crate::state::State;
use crate::text::escape_html;

const DEFAULT_WIDTH: i64 = 400;
/// Seconds for which a website may keep the data.
const CACHE_AGE: u32 = 86_400;

/// Returns `None` if another module handles the route.
pub(super) fn handle(context: &Context<'_>) -> Option<HandlerResult> {
    (context.route.name == "oembed").then(|| show(context))
}

fn show(context: &Context<'_>) -> HandlerResult {
    let (state, params) = (context.shared.state(), &context.params);
    let url = params.non_blank("url").ok_or_else(not_found)?;
    let id = status_of_page(&state, &url).ok_or_else(not_found)?;
    let status = state.statuses.get(&id).ok_or_else(not_found)?;
    if !status.visibility.is_distributable() {
        return Err(route_not_found());
    }
    let account = state.accounts.get(&status.account).ok_or_else(not_found)?;
    let (base, host) = (&state.url, state.host());
    let author_url = account.url(base);
    let page = format!("{author_url}/{id}");
    let html = format!(
        "<blockquote class=\"mastodon-embed\" data-embed-url=\"{page}/embed\">\
         <a href=\"{page}\" target=\"_blank\"><div>Post by @{}@{host}</div><div>View on Mastodon</div></a>\
         </blockquote> <script data-allowed-prefixes=\"{base}/\" async src=\"{base}/embed.js\"></script>",
        escape_html(&account.acct())
    );
    let name = match account.profile.display_name.as_str() {
        "" => &account.username,
        name => name,
    };
    Ok(Response::json(&json!({
        "type": "rich", "version": "1.0", "author_name": name, "author_url": author_url, "provider_name": host,
        "provider_url": format!("{base}/"), "cache_age": CACHE_AGE, "html": html,
        "width": params.integer("maxwidth").unwrap_or(DEFAULT_WIDTH), "height": params.integer("maxheight"),
    })))
}

/// Returns the ID of the status whose page or ActivityPub ID is at a URL of this server.
fn status_of_page(state: &State, url: &str) -> Option<Id> {
    let path = url.strip_prefix(&state.url)?;
    let path = path.split(['?', '#']).next()?.trim_matches('/');
    let id = match path.split('/').collect::<Vec<_>>()[..] {
        [author, id] if author.starts_with('@') => id,
        ["users", _, "statuses", id] | ["ap", "users", _, "statuses", id] => id,
        _ => return None,
    };
    id.parse().ok()
}

//! Hashtags.

use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::clock::iso_date;
use crate::ids::Id;
use crate::state::{State, normalize_tag};

/// Renders a hashtag in the spelling of its first use. The ID of an unused hashtag is empty.
pub(crate) fn tag(state: &State, spelling: &str, viewer: Option<Id>, now: Timestamp) -> Value {
    let name = normalize_tag(spelling);
    let history: Vec<Value> = state
        .tag_history(&name, now)
        .into_iter()
        .map(|day| {
            json!({
                "day": day.starts_at.to_string(), "accounts": day.accounts.to_string(), "uses": day.uses.to_string(),
            })
        })
        .collect();
    let stored = state.tags.get(&name);
    let id = stored.map(|tag| tag.id.to_string());
    let spelling = stored.map_or(spelling, |tag| tag.display_name.as_str());
    let mut value = json!({
        "id": id.unwrap_or_default(), "name": spelling, "url": format!("{}/tags/{}", state.url, percent_encode(&name)),
        "history": history,
    });
    if let Some(account) = viewer.and_then(|viewer| state.accounts.get(&viewer)) {
        value["following"] = account.followed_tags.contains(&name).into();
        value["featuring"] = account.featured_tags.contains(&name).into();
    }
    value
}

/// Renders a hashtag that an account features on its profile.
pub(crate) fn featured_tag(state: &State, account: Id, id: Id, name: &str) -> Value {
    let uses = || state.statuses_with_tag(account, name);
    let profile_url = state
        .accounts
        .get(&account)
        .map_or_else(String::new, |account| account.url(&state.url));
    json!({
        "id": id.to_string(), "name": name, "url": format!("{profile_url}/tagged/{}", percent_encode(name)),
        "statuses_count": uses().count().to_string(), "last_status_at": uses().map(|status| iso_date(status.created)).max(),
    })
}

fn percent_encode(name: &str) -> String {
    if name.is_ascii() {
        return name.to_owned();
    }
    utf8_percent_encode(name, NON_ALPHANUMERIC).to_string()
}

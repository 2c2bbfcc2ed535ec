//! Hashtags.

use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::clock::iso_date;
use crate::ids::Id;
use crate::state::{State, normalize_tag};

/// A hashtag, written as it was when it was first used. One that nobody has used yet has no id.
pub(crate) fn tag(state: &State, written: &str, viewer: Option<Id>, now: Timestamp) -> Value {
    let history: Vec<Value> = state
        .tag_history(&normalize_tag(written), now)
        .into_iter()
        .map(|day| {
            json!({
                "day": day.starts_at.to_string(), "accounts": day.accounts.to_string(), "uses": day.uses.to_string(),
            })
        })
        .collect();
    let (name, known) = (
        normalize_tag(written),
        state.tags.get(&normalize_tag(written)),
    );
    let id = known.map(|known| known.id.to_string());
    let written = known.map_or(written, |known| known.display_name.as_str());
    let mut value = json!({
        "id": id.unwrap_or_default(), "name": written, "url": format!("{}/tags/{}", state.url, encoded(&name)),
        "history": history,
    });
    if let Some(account) = viewer.and_then(|viewer| state.accounts.get(&viewer)) {
        value["following"] = account.followed_tags.contains(&name).into();
        value["featuring"] = account.featured_tags.contains(&name).into();
    }
    value
}

/// A hashtag that an account shows on its profile.
pub(crate) fn featured_tag(state: &State, account: Id, row: Id, name: &str) -> Value {
    let uses = || state.statuses_with_tag(account, name);
    let profile = state
        .accounts
        .get(&account)
        .map_or_else(String::new, |account| account.url(&state.url));
    json!({
        "id": row.to_string(), "name": name, "url": format!("{profile}/tagged/{}", encoded(name)),
        "statuses_count": uses().count().to_string(), "last_status_at": uses().map(|status| iso_date(status.created)).max(),
    })
}

fn encoded(name: &str) -> String {
    if name.is_ascii() {
        return name.to_owned();
    }
    utf8_percent_encode(name, NON_ALPHANUMERIC).to_string()
}

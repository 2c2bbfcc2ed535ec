//! Accounts and relationships.

use serde_json::{Value, json};

use super::escape;
use crate::clock::{day, midnight};
use crate::ids::Id;
use crate::state::State;

pub(crate) fn account(state: &State, id: Id) -> Value {
    let Some(account) = state.accounts.get(&id) else {
        return Value::Null;
    };
    let own = || {
        state
            .statuses
            .values()
            .filter(|status| status.account == id)
    };
    let picture = format!("{}/avatars/original/missing.png", state.url);
    let name = &account.username;
    json!({
        "id": id.to_string(), "username": name, "acct": name, "display_name": name,
        "url": format!("{}/@{name}", state.url), "uri": format!("{}/users/{name}", state.url),
        "note": escape(&account.note), "avatar": picture, "avatar_static": picture, "header": picture, "header_static": picture,
        "locked": false, "bot": false, "group": false, "discoverable": true, "indexable": false, "hide_collections": null,
        "created_at": midnight(account.created), "last_status_at": own().map(|status| day(status.created)).max(),
        "statuses_count": own().count(), "following_count": account.follows.len(),
        "followers_count": state.accounts.values().filter(|other| other.follows.contains(&id)).count(),
        "emojis": [], "fields": [], "roles": [],
    })
}

pub(crate) fn credential_account(state: &State, id: Id) -> Value {
    let mut value = account(state, id);
    let note = state.accounts.get(&id).map(|account| account.note.clone());
    let posting = state.posting_defaults(id);
    value["source"] = json!({
        "privacy": posting.visibility.as_str(), "sensitive": posting.sensitive, "language": posting.language,
        "quote_policy": posting.quote_policy.as_str(), "note": note, "fields": [], "follow_requests_count": 0,
    });
    value["role"] = json!({ "id": "-99", "name": "", "color": "", "permissions": "65536", "highlighted": false });
    value
}

pub(crate) fn relationship(state: &State, viewer: Id, id: Id) -> Value {
    let follows = |from: &Id, to: &Id| {
        state
            .accounts
            .get(from)
            .is_some_and(|account| account.follows.contains(to))
    };
    json!({
        "id": id.to_string(), "following": follows(&viewer, &id), "followed_by": follows(&id, &viewer), "showing_reblogs": true,
        "notifying": false, "languages": null, "blocking": false, "blocked_by": false, "muting": false,
        "muting_notifications": false, "requested": false, "requested_by": false, "domain_blocking": false,
        "endorsed": false, "note": "",
    })
}

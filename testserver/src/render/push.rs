//! What a push message says of a notification.

use serde_json::{Value, json};

use super::{account, did};
use crate::state::{Notification, State};

/// The most characters of a text, and how a longer one ends.
const MOST: usize = 140;
const GOES_ON: &str = "...";

pub(crate) fn push(state: &State, token: &str, found: &Notification) -> Value {
    let account_of = |id| state.accounts.get(id);
    let (user, sender) = (account_of(&found.to), account_of(&found.from));
    let status = found.status.and_then(|id| state.statuses.get(&id));
    let status = status.and_then(|status| state.statuses.get(&status.original_id()));
    let text = match status {
        Some(status) if !status.spoiler_text.is_empty() => status.spoiler_text.as_str(),
        Some(status) => status.text.as_str(),
        None => sender.map_or("", |sender| sender.profile.note.as_str()),
    };
    let name = sender.map_or("", |sender| match sender.profile.display_name.as_str() {
        "" => sender.username.as_str(),
        name => name,
    });
    json!({
        "access_token": token,
        "preferred_locale": user.and_then(|user| Some(user.login.as_ref()?.locale.as_str())).unwrap_or("en"),
        "notification_id": found.id, "notification_type": found.kind,
        "icon": account(state, found.from)["avatar_static"],
        "title": format!("{name} {}", did(found.kind)), "body": shortened(text),
    })
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    let kept = text.chars().take(MOST - GOES_ON.len());
    kept.chain(GOES_ON.chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_to_140_characters() {
        assert_eq!(shortened(&"ü".repeat(140)), "ü".repeat(140));
        assert_eq!(shortened(&"ü".repeat(141)), "ü".repeat(137) + "...");
    }
}

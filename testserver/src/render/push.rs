//! Contents of push messages.

use serde_json::{Value, json};

use super::account;
use crate::locale::{Locale, push_title};
use crate::state::{Notification, State};

/// Maximum length of the body, in characters.
const MAX_BODY: usize = 140;
const ELLIPSIS: &str = "...";

pub(crate) fn push(state: &State, token: &str, notification: &Notification) -> Value {
    let account_of = |id| state.accounts.get(id);
    let (user, sender) = (account_of(&notification.to), account_of(&notification.from));
    let status = notification.status.and_then(|id| state.statuses.get(&id));
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
    let locale = user.and_then(|user| Some(user.login.as_ref()?.locale.as_str()));
    let locale = locale.map_or_else(
        || {
            state
                .behavior
                .with(|behavior| behavior.instance.default_locale.clone())
        },
        str::to_owned,
    );
    let title = push_title(Locale::from_language(&locale), notification.kind, name);
    json!({
        "access_token": token, "preferred_locale": locale,
        "notification_id": notification.id, "notification_type": notification.kind,
        "icon": account(state, notification.from)["avatar_static"],
        "title": title, "body": truncate(text),
    })
}

fn truncate(text: &str) -> String {
    if text.chars().count() <= MAX_BODY {
        return text.to_owned();
    }
    let start = text.chars().take(MAX_BODY - ELLIPSIS.len());
    start.chain(ELLIPSIS.chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn title_is_in_the_language_of_the_user() {
        let now = jiff::Timestamp::UNIX_EPOCH;
        let mut state = State::seeded("http://localhost", now);
        let [alice, bob] = ["alice", "bob"].map(|name| state.local_account(name).unwrap());
        let login = state.accounts.get_mut(&alice).unwrap().login.as_mut();
        login.unwrap().locale = "fr".to_owned();
        state.notify(alice, "follow", bob, None, now);
        let notification = state.notifications.values().last().unwrap();
        let message = push(&state, "token", notification);
        assert_eq!(message["title"], "bob vous suit");
        assert_eq!(message["preferred_locale"], "fr");
    }

    #[test]
    fn long_text_is_truncated_to_140_characters() {
        assert_eq!(truncate(&"ü".repeat(140)), "ü".repeat(140));
        assert_eq!(truncate(&"ü".repeat(141)), "ü".repeat(137) + "...");
    }
}

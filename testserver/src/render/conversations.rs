//! Conversations.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{account, status};
use crate::ids::Id;
use crate::state::{Conversation, State};

pub(crate) fn conversation(
    state: &State,
    conversation: &Conversation,
    user: Id,
    now: Timestamp,
) -> Value {
    // Without other participants the conversation is with the user.
    let only_user = [user];
    let participants = if conversation.other_participants.is_empty() {
        &only_user[..]
    } else {
        &conversation.other_participants
    };
    let last = state.statuses.get(&conversation.last_status());
    json!({
        "id": conversation.id.to_string(), "unread": conversation.unread,
        "accounts": participants.iter().map(|id| account(state, *id)).collect::<Vec<_>>(),
        "last_status": last.map(|last| status(state, last, Some(user), now)),
    })
}

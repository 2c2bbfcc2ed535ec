//! Suggested accounts.

use serde_json::{Value, json};

use super::account;
use crate::ids::Id;
use crate::state::State;

/// Renders a suggested account with its source, in the current and in the deprecated vocabulary.
pub(crate) fn suggestion(state: &State, id: Id, source: &str) -> Value {
    let deprecated = match source {
        "friends_of_friends" => "past_interactions",
        _ => "global",
    };
    json!({ "source": deprecated, "sources": [source], "account": account(state, id) })
}

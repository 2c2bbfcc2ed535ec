//! Roles.

use serde_json::{Value, json};

use crate::ids::Id;
use crate::state::{EVERYONE, State};

/// Renders the role of a user with its permissions; null for an account without a user.
pub(crate) fn role(state: &State, account: Id) -> Value {
    let Some(role) = state.role_of(account) else {
        return Value::Null;
    };
    json!({
        "id": role.id.to_string(), "name": role.name, "permissions": state.moderation.roles.permissions(role).to_string(),
        "color": role.color, "highlighted": role.highlighted, "collection_limit": role.collection_limit,
    })
}

/// Renders the roles that a profile shows.
pub(crate) fn public_roles(state: &State, account: Id) -> Value {
    let role = state.role_of(account);
    let shown = role.filter(|role| role.highlighted && role.id != EVERYONE);
    let shown = shown
        .map(|role| json!({ "id": role.id.to_string(), "name": role.name, "color": role.color }));
    shown.into_iter().collect()
}

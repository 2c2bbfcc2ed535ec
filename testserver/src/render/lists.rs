//! Lists.

use serde_json::{Value, json};

use crate::state::List;

pub(crate) fn list(list: &List) -> Value {
    json!({
        "id": list.id.to_string(), "title": list.title, "replies_policy": list.replies_policy.as_str(),
        "exclusive": list.exclusive,
    })
}

//! Collections and their items.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::account_for;
use crate::clock::iso8601;
use crate::ids::Id;
use crate::state::{Collection, CollectionActivity, CollectionItem, ItemState, State};

pub(crate) fn collection(state: &State, collection: &Collection, viewer: Option<Id>) -> Value {
    let details = &collection.details;
    let items: Vec<Value> = state
        .visible_items(collection, viewer)
        .map(collection_item)
        .collect();
    let (id, owner) = (collection.id, collection.account);
    let tag = details.tag.as_ref().map(|name| {
        let in_path = if name.is_ascii() {
            name.clone()
        } else {
            utf8_percent_encode(name, NON_ALPHANUMERIC).to_string()
        };
        json!({ "name": name, "url": format!("{}/tags/{in_path}", state.url) })
    });
    json!({
        "id": id.to_string(), "uri": format!("{}/ap/users/{owner}/collections/{id}", state.url),
        "url": format!("{}/collections/{id}", state.url), "account_id": owner.to_string(), "local": true,
        "name": details.name, "description": details.description, "language": details.language,
        "sensitive": details.sensitive, "discoverable": details.discoverable, "tag": tag,
        "item_count": items.len(), "items": items,
        "created_at": iso8601(collection.created), "updated_at": iso8601(collection.updated),
    })
}

/// Renders a collection with its accounts: first the owner, then the members.
pub(crate) fn collection_with_accounts(
    state: &State,
    shown: &Collection,
    viewer: Option<Id>,
) -> Value {
    let members = state.visible_items(shown, viewer).map(|item| item.account);
    let accounts = std::iter::once(shown.account).chain(members);
    let accounts: Vec<Value> = accounts.map(|id| account_for(state, id, viewer)).collect();
    json!({ "collection": collection(state, shown, viewer), "accounts": accounts })
}

pub(crate) fn collection_item(item: &CollectionItem) -> Value {
    let mut value = json!({
        "id": item.id.to_string(), "state": item.state.as_str(), "created_at": iso8601(item.created),
    });
    if item.state != ItemState::Revoked {
        value["account_id"] = item.account.to_string().into();
    }
    value
}

/// Renders the collection of a notification; null if the item or the collection was deleted.
pub(crate) fn notified_collection(
    state: &State,
    activity: CollectionActivity,
    viewer: Id,
) -> Value {
    let shown = state.notified_collection(activity);
    shown.map_or(Value::Null, |shown| collection(state, shown, Some(viewer)))
}

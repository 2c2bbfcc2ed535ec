//! Collections: named lists of accounts that users recommend to others.

use jiff::Timestamp;

use super::{About, State};
use crate::ids::Id;
use crate::text;

/// Maximum number of accounts of a new collection.
pub(crate) const MAX_COLLECTION_ITEMS: usize = 25;

#[derive(Clone, Debug)]
pub(crate) struct Collection {
    pub(crate) id: Id,
    /// Account that owns the collection.
    pub(crate) account: Id,
    pub(crate) details: CollectionDetails,
    /// In the order in which the accounts were added. Includes the items of accounts that have withdrawn.
    pub(crate) items: Vec<CollectionItem>,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
}

/// Attributes of a collection that its owner can change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CollectionDetails {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) language: Option<String>,
    /// Normalized name of the hashtag.
    pub(crate) tag: Option<String>,
    pub(crate) sensitive: bool,
    pub(crate) discoverable: bool,
}

/// Account in a collection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CollectionItem {
    pub(crate) id: Id,
    pub(crate) account: Id,
    pub(crate) state: ItemState,
    pub(crate) created: Timestamp,
}

/// State of the consent of an account to be in a collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ItemState {
    /// The server of a remote account has not answered.
    Pending,
    Accepted,
    /// The account has withdrawn from the collection.
    Revoked,
}

impl ItemState {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Accepted => "accepted",
            Self::Revoked => "revoked",
        }
    }
}

/// What a notification about a collection refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CollectionActivity {
    /// Item of a collection: the user was added to it.
    Item(Id),
    /// Collection that was changed.
    Collection(Id),
}

impl State {
    /// Returns the maximum number of collections of a user.
    pub(crate) fn collection_limit(&self, user: Id) -> usize {
        let role = self.role_of(user);
        role.map_or(0, |role| role.collection_limit as usize)
    }

    /// Creates a collection and notifies its accounts. Local accounts have accepted at once.
    pub(crate) fn create_collection(
        &mut self,
        account: Id,
        details: CollectionDetails,
        members: &[Id],
        now: Timestamp,
    ) -> Id {
        let id = self.next_id(now);
        self.create_collection_with_id(id, account, details, members, now);
        id
    }

    /// Creates a collection with a given ID.
    pub(crate) fn create_collection_with_id(
        &mut self,
        id: Id,
        account: Id,
        details: CollectionDetails,
        members: &[Id],
        now: Timestamp,
    ) {
        let collection = Collection {
            id,
            account,
            details,
            items: Vec::new(),
            created: now,
            updated: now,
        };
        self.collections.insert(id, collection);
        for member in members {
            self.add_to_collection(id, *member, now);
        }
    }

    /// Adds an account to a collection and notifies it. Returns the item.
    pub(crate) fn add_to_collection(
        &mut self,
        collection: Id,
        account: Id,
        now: Timestamp,
    ) -> Option<CollectionItem> {
        let state = if self.is_remote(account) {
            ItemState::Pending
        } else {
            ItemState::Accepted
        };
        let item = CollectionItem {
            id: self.next_id(now),
            account,
            state,
            created: now,
        };
        let collection = self.collections.get_mut(&collection)?;
        collection.items.push(item);
        let owner = collection.account;
        if state == ItemState::Accepted {
            let activity = CollectionActivity::Item(item.id);
            self.notify_about_collection(account, "added_to_collection", owner, activity, now);
        }
        Some(item)
    }

    /// Changes the attributes of a collection. Notifies its local accounts if they can see the change.
    pub(crate) fn update_collection(&mut self, id: Id, details: CollectionDetails, now: Timestamp) {
        let Some(collection) = self.collections.get_mut(&id) else {
            return;
        };
        if collection.details == details {
            return;
        }
        let old = std::mem::replace(&mut collection.details, details);
        collection.updated = now;
        let (collection, new) = (&*collection, &collection.details);
        let is_notable = old.name != new.name
            || old.description != new.description
            || old.sensitive != new.sensitive
            || old.tag != new.tag;
        if !is_notable {
            return;
        }
        let accepted = collection
            .items
            .iter()
            .filter(|item| item.state == ItemState::Accepted);
        let (owner, members) = (
            collection.account,
            accepted.map(|item| item.account).collect::<Vec<_>>(),
        );
        let activity = CollectionActivity::Collection(id);
        for member in members {
            // Only the newest notification about a collection is kept.
            self.notifications.retain(|_, notification| {
                notification.to != member || notification.about != Some(About::Collection(activity))
            });
            self.notify_about_collection(member, "collection_update", owner, activity, now);
        }
    }

    /// Deletes a collection and the notifications about its changes.
    pub(crate) fn delete_collection(&mut self, id: Id) {
        self.collections.remove(&id);
        let activity = About::Collection(CollectionActivity::Collection(id));
        self.notifications
            .retain(|_, notification| notification.about != Some(activity));
    }

    /// Withdraws a blocking user from the collections of the blocked account, and removes the blocked account from
    /// those of the user.
    pub(crate) fn separate_in_collections(&mut self, user: Id, blocked: Id) {
        for collection in self.collections.values_mut() {
            if collection.account == blocked {
                let items = collection.items.iter_mut();
                for item in items.filter(|item| item.account == user) {
                    item.state = ItemState::Revoked;
                }
            } else if collection.account == user {
                collection.items.retain(|item| item.account != blocked);
            }
        }
    }

    /// Sets the answer of a remote account to the request to be in a collection. Returns `false` if none is pending.
    pub(crate) fn answer_collection_request(
        &mut self,
        collection: Id,
        account: Id,
        is_accepted: bool,
    ) -> bool {
        let Some(collection) = self.collections.get_mut(&collection) else {
            return false;
        };
        let is_pending =
            |item: &CollectionItem| item.account == account && item.state == ItemState::Pending;
        let Some(index) = collection.items.iter().position(is_pending) else {
            return false;
        };
        if is_accepted {
            if let Some(item) = collection.items.get_mut(index) {
                item.state = ItemState::Accepted;
            }
        } else {
            collection.items.remove(index);
        }
        true
    }

    /// Returns the items that the viewer sees: those that are accepted, for the owner also those that are pending, and
    /// none of an account that the viewer blocks.
    pub(crate) fn visible_items<'s>(
        &'s self,
        collection: &'s Collection,
        viewer: Option<Id>,
    ) -> impl Iterator<Item = &'s CollectionItem> {
        collection.items.iter().filter(move |item| {
            let is_listed = match item.state {
                ItemState::Accepted => true,
                ItemState::Pending => viewer == Some(collection.account),
                ItemState::Revoked => false,
            };
            is_listed && viewer.is_none_or(|viewer| !self.blocks(viewer, item.account))
        })
    }

    /// Returns the collection that a notification refers to, if it still exists.
    pub(crate) fn notified_collection(&self, activity: CollectionActivity) -> Option<&Collection> {
        match activity {
            CollectionActivity::Collection(id) => self.collections.get(&id),
            CollectionActivity::Item(id) => self
                .collections
                .values()
                .find(|collection| collection.items.iter().any(|item| item.id == id)),
        }
    }

    /// Returns the local collections that a text links to, without duplicates.
    pub(crate) fn linked_collections(&self, text: &str) -> Vec<&Collection> {
        let mut linked: Vec<&Collection> = Vec::new();
        if !text.contains("/collections/") {
            return linked;
        }
        for link in text::links(text) {
            let Some(collection) = self.collection_by_url(link) else {
                continue;
            };
            if linked.iter().all(|known| known.id != collection.id) {
                linked.push(collection);
            }
        }
        linked
    }

    /// Finds a collection by the URL of its page or by its ActivityPub ID.
    pub(crate) fn collection_by_url(&self, url: &str) -> Option<&Collection> {
        let path = url.strip_prefix(&self.url)?;
        let id = match path.strip_prefix("/collections/") {
            Some(id) => id,
            None => {
                let rest = path.strip_prefix("/ap/users/")?;
                rest.split_once("/collections/")?.1
            }
        };
        self.collections.get(&id.parse().ok()?)
    }
}

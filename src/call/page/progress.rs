//! Recognizes a list that does not end: the server reports more and more pages, but sends no new items.

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::serde_impls::deserialize_struct;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// Maximum number of consecutive pages without a new item. Some pages are empty although the list continues, because
/// servers omit items that the user has filtered or blocked.
pub(super) const MAX_PAGES_WITHOUT_NEW_ITEMS: u32 = 8;

/// Number of items that are remembered.
const MAX_ITEMS: usize = 1024;

/// Number of pages that are remembered, for pages with more items than that.
const MAX_PAGES: usize = 16;

/// Compares each page of a list with the pages before it.
#[derive(Debug, Default)]
pub(super) struct Progress {
    items: Recent,
    pages: Recent,
    pages_without_new_items: u32,
}

impl Progress {
    /// Records the body of the next page.
    pub(super) fn record(&mut self, body: &[u8]) {
        let items = item_hashes(body);
        let is_new_page = self.pages.insert(hash(&items), MAX_PAGES);
        let mut has_new_item = false;
        for item in &items {
            has_new_item |= self.items.insert(*item, MAX_ITEMS);
        }
        if is_new_page && has_new_item {
            self.pages_without_new_items = 0;
        } else {
            self.pages_without_new_items += 1;
        }
    }

    /// Returns whether too many consecutive pages contained nothing new.
    pub(super) fn is_stuck(&self) -> bool {
        self.pages_without_new_items >= MAX_PAGES_WITHOUT_NEW_ITEMS
    }

    /// Allows as many further pages without a new item.
    pub(super) fn reset(&mut self) {
        self.pages_without_new_items = 0;
    }
}

/// The latest hashes.
#[derive(Debug, Default)]
struct Recent {
    known: HashSet<u64>,
    order: VecDeque<u64>,
}

impl Recent {
    /// Adds a hash, and removes the oldest if there are more than `max`. Returns whether it is new.
    fn insert(&mut self, hash: u64, max: usize) -> bool {
        let is_new = self.known.insert(hash);
        if is_new {
            self.order.push_back(hash);
            if self.order.len() > max
                && let Some(oldest) = self.order.pop_front()
            {
                self.known.remove(&oldest);
            }
        }
        is_new
    }
}

fn hash(value: &(impl Hash + ?Sized)) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Returns a hash of each item of a list, or of the lists in an object.
fn item_hashes(body: &[u8]) -> Vec<u64> {
    let hashes = |list: &str| {
        let items: Vec<&RawValue> = serde_json::from_str(list).ok()?;
        Some(items.iter().map(|item| item_hash(item.get())).collect())
    };
    let Ok(text) = std::str::from_utf8(body) else {
        return vec![hash(body)];
    };
    let of_object = || {
        let Members(members) = serde_json::from_str(text).ok()?;
        let lists = members.iter().filter_map(|member| hashes(member.get()));
        Some(lists.collect::<Vec<Vec<u64>>>().concat())
    };
    hashes(text)
        .or_else(of_object)
        .unwrap_or_else(|| vec![hash(body)])
}

/// The values of an object, in its order.
struct Members<'a>(Vec<&'a RawValue>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;

        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(
                self,
                mut entries: A,
            ) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some((IgnoredAny, value)) = entries.next_entry()? {
                    members.push(value);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(MembersVisitor)
    }
}

/// The members that identify an item. Others, such as the number of replies, can change between two requests.
#[derive(Hash)]
struct Identity<'a> {
    id: Option<Raw<'a>>,
    group_key: Option<Raw<'a>>,
    name: Option<Raw<'a>>,
    url: Option<Raw<'a>>,
}

deserialize_struct!(impl['de: 'a, 'a] Identity['a] as "Identity", {
    id: default,
    group_key: default,
    name: default,
    url: default,
});

struct Raw<'a>(&'a RawValue);

impl<'de: 'a, 'a> Deserialize<'de> for Raw<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <&RawValue>::deserialize(deserializer).map(Self)
    }
}

impl Hash for Raw<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.get().hash(state);
    }
}

/// Returns the hash of what identifies an item, or of the whole item.
fn item_hash(item: &str) -> u64 {
    let identity = serde_json::from_str::<Identity<'_>>(item).ok();
    match identity.filter(|known| {
        known.id.is_some()
            || known.group_key.is_some()
            || known.name.is_some()
            || known.url.is_some()
    }) {
        Some(identity) => hash(&identity),
        None => hash(item),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn are_new(pages: &[&str]) -> Vec<bool> {
        let mut progress = Progress::default();
        let is_new = |page: &&str| {
            progress.record(page.as_bytes());
            progress.pages_without_new_items == 0
        };
        pages.iter().map(is_new).collect()
    }

    #[test]
    fn a_page_is_new_if_one_of_its_items_is() {
        let pages = [
            r#"[{"id":"1","replies_count":0},{"id":"2"}]"#,
            r#"[{"id":"2"},{"id":"1","replies_count":1}]"#,
            r#"[{"id":"2"},{"id":"3"}]"#,
            "[]",
            r#"["a.example"]"#,
            r#"["a.example"]"#,
        ];
        assert_eq!(are_new(&pages), [true, false, true, false, true, false]);
    }

    #[test]
    fn the_lists_in_an_object_are_compared() {
        let pages = [
            r#"{"accounts":[{"id":"1"}],"notification_groups":[{"group_key":"a"}],"total":1}"#,
            r#"{"accounts":[{"id":"1"}],"notification_groups":[{"group_key":"b"}],"total":2}"#,
            r#"{"accounts":[{"id":"1"}],"notification_groups":[{"group_key":"b"}],"total":3}"#,
            r#"{"accounts":[],"notification_groups":[]}"#,
        ];
        assert_eq!(are_new(&pages), [true, true, false, false]);
    }

    #[test]
    fn a_long_page_that_is_repeated_is_not_new_and_memory_is_bounded() {
        let page = |from: usize| {
            let ids: Vec<String> = (from..from + 5000)
                .map(|id| format!(r#"{{"id":"{id}"}}"#))
                .collect();
            format!("[{}]", ids.join(","))
        };
        let (first, second) = (page(0), page(5000));
        assert_eq!(
            are_new(&[&first, &first, &second, &second]),
            [true, false, true, false]
        );
        let mut progress = Progress::default();
        progress.record(first.as_bytes());
        assert_eq!(progress.items.known.len(), MAX_ITEMS);
        assert_eq!(progress.items.order.len(), MAX_ITEMS);
    }
}

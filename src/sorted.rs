//! Small sorted collections.
//!
//! A `BTreeMap` is compiled anew for each type of its keys and values, which takes a hundredth of the build time of the
//! SDK. Maps with few entries, and those that grow at their end, are vectors instead.

use std::borrow::Borrow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A map in a vector that is sorted by the keys.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct SortedMap<K, V>(Vec<(K, V)>);

impl<K, V> SortedMap<K, V> {
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    #[cfg(feature = "streaming")]
    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.0.iter().map(|(key, value)| (key, value))
    }

    /// Removes all entries whose value does not meet the condition.
    pub(crate) fn retain(&mut self, mut keeps: impl FnMut(&V) -> bool) {
        self.0.retain(|(_, value)| keeps(value));
    }
}

impl<K: Ord, V> SortedMap<K, V> {
    /// Returns the index of a key, or where to insert it.
    fn find<Q: Ord + ?Sized>(&self, key: &Q) -> Result<usize, usize>
    where
        K: Borrow<Q>,
    {
        self.0
            .binary_search_by(|(known, _)| known.borrow().cmp(key))
    }

    pub(crate) fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let index = self.find(key).ok()?;
        Some(&self.0[index].1)
    }

    #[cfg(feature = "streaming")]
    pub(crate) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let index = self.find(key).ok()?;
        Some(&mut self.0[index].1)
    }

    #[cfg(any(feature = "streaming", test))]
    pub(crate) fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.find(key).is_ok()
    }

    /// Adds an entry, or replaces the one with the same key.
    pub(crate) fn insert(&mut self, key: K, value: V) {
        match self.find(&key) {
            Ok(index) => self.0[index].1 = value,
            Err(index) => self.0.insert(index, (key, value)),
        }
    }

    pub(crate) fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let index = self.find(key).ok()?;
        Some(self.0.remove(index).1)
    }

    /// Returns the value of a key, after inserting one if there is none.
    pub(crate) fn get_or_insert_with(&mut self, key: K, new: impl FnOnce() -> V) -> &mut V {
        let index = match self.find(&key) {
            Ok(index) => index,
            Err(index) => {
                self.0.insert(index, (key, new()));
                index
            }
        };
        &mut self.0[index].1
    }
}

impl<K, V> Default for SortedMap<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for SortedMap<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<K: Serialize, V: Serialize> Serialize for SortedMap<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de, K: Deserialize<'de> + Ord, V: Deserialize<'de>> Deserialize<'de> for SortedMap<K, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MapVisitor<K, V>(PhantomData<(K, V)>);

        impl<'de, K: Deserialize<'de> + Ord, V: Deserialize<'de>> Visitor<'de> for MapVisitor<K, V> {
            type Value = SortedMap<K, V>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
                let mut map = SortedMap::new();
                while let Some((key, value)) = entries.next_entry()? {
                    map.insert(key, value);
                }
                Ok(map)
            }
        }

        deserializer.deserialize_map(MapVisitor(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn map_behaves_like_that_of_the_standard_library(
            changes in prop::collection::vec((0_u8..8, prop::option::of(0_u8..4)), 0..40),
        ) {
            let (mut map, mut expected) = (SortedMap::new(), BTreeMap::new());
            for (key, value) in changes {
                let key = key.to_string();
                match value {
                    Some(0) => {
                        *map.get_or_insert_with(key.clone(), || 7) += 1;
                        *expected.entry(key).or_insert(7) += 1;
                    }
                    Some(value) => {
                        map.insert(key.clone(), value);
                        expected.insert(key, value);
                    }
                    None => assert_eq!(map.remove(key.as_str()), expected.remove(&key)),
                }
            }
            prop_assert!(map.iter().eq(&expected));
            prop_assert_eq!(map.get("3"), expected.get("3"));
            prop_assert_eq!(format!("{map:?}"), format!("{expected:?}"));
            let json = serde_json::to_string(&map).unwrap();
            prop_assert_eq!(&json, &serde_json::to_string(&expected).unwrap());
            prop_assert_eq!(serde_json::from_str::<SortedMap<String, u8>>(&json).unwrap(), map.clone());
            map.retain(|value| *value > 2);
            expected.retain(|_, value| *value > 2);
            prop_assert!(map.iter().eq(&expected));
        }
    }

    #[test]
    fn entries_are_deserialized_in_any_order() {
        let map: SortedMap<String, u8> = serde_json::from_str(r#"{"b":1,"a":2,"b":3}"#).unwrap();
        assert_eq!(serde_json::to_string(&map).unwrap(), r#"{"a":2,"b":3}"#);
        let error = serde_json::from_str::<SortedMap<String, u8>>("[]").unwrap_err();
        let expected = serde_json::from_str::<BTreeMap<String, u8>>("[]").unwrap_err();
        assert_eq!(error.to_string(), expected.to_string());
    }
}

//! IDs: opaque strings, one type for each entity. Cursors of paged lists.

/// Declares an ID type.
#[doc(hidden)]
#[macro_export]
macro_rules! id_type {
    ($(#[$docs:meta])* $name:ident) => {
        $(#[$docs])*
        ///
        /// IDs are opaque strings. They sort as the server sorts them: by length, then by characters.
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub struct $name($crate::__private::IdString);

        impl $name {
            /// Returns the ID as a string.
            #[inline]
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl PartialOrd for $name {
            #[inline]
            fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
                Some(self.cmp(other))
            }
        }

        impl Ord for $name {
            #[inline]
            fn cmp(&self, other: &Self) -> std::cmp::Ordering {
                let (own, other) = (self.as_str(), other.as_str());
                own.len().cmp(&other.len()).then_with(|| own.cmp(other))
            }
        }

        impl PartialEq<str> for $name {
            #[inline]
            fn eq(&self, other: &str) -> bool {
                self.as_str() == other
            }
        }

        impl PartialEq<&str> for $name {
            #[inline]
            fn eq(&self, other: &&str) -> bool {
                self.as_str() == *other
            }
        }

        impl PartialEq<String> for $name {
            #[inline]
            fn eq(&self, other: &String) -> bool {
                self.as_str() == other
            }
        }

        impl PartialEq<$name> for str {
            #[inline]
            fn eq(&self, other: &$name) -> bool {
                self == other.as_str()
            }
        }

        impl PartialEq<$name> for &str {
            #[inline]
            fn eq(&self, other: &$name) -> bool {
                *self == other.as_str()
            }
        }

        impl PartialEq<$name> for String {
            #[inline]
            fn eq(&self, other: &$name) -> bool {
                self == other.as_str()
            }
        }

        impl std::fmt::Display for $name {
            #[inline]
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl AsRef<str> for $name {
            #[inline]
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl std::str::FromStr for $name {
            type Err = std::convert::Infallible;

            #[inline]
            fn from_str(id: &str) -> Result<Self, Self::Err> {
                Ok(id.into())
            }
        }

        impl From<&str> for $name {
            #[inline]
            fn from(id: &str) -> Self {
                Self(id.into())
            }
        }

        impl From<String> for $name {
            #[inline]
            fn from(id: String) -> Self {
                Self(id.into())
            }
        }

        impl From<&String> for $name {
            #[inline]
            fn from(id: &String) -> Self {
                id.as_str().into()
            }
        }

        impl From<&$name> for $name {
            #[inline]
            fn from(id: &$name) -> Self {
                id.clone()
            }
        }

        impl From<$name> for String {
            #[inline]
            fn from(id: $name) -> Self {
                id.0.into()
            }
        }

        impl From<$name> for $crate::Cursor {
            #[inline]
            fn from(id: $name) -> Self {
                String::from(id).into()
            }
        }

        impl From<&$name> for $crate::Cursor {
            #[inline]
            fn from(id: &$name) -> Self {
                id.as_str().into()
            }
        }

        impl $crate::__private::serde::Serialize for $name {
            #[inline]
            fn serialize<S: $crate::__private::serde::Serializer>(
                &self,
                serializer: S,
            ) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        $crate::decode_from_string!($name, "an ID", |id| Self(id.into()));
        $crate::deserialize!($name);
    };
}

/// Implements the conversions of an entity to its ID and to a [`Cursor`], so that it can be passed instead.
///
/// The ID is cloned from an owned entity too: moving it out would compile to code that drops every other field by itself.
#[doc(hidden)]
#[macro_export]
macro_rules! has_id {
    ($entity:ident, $id:ident) => {
        $crate::has_id!(@convert $id => &$entity, $entity, &Box<$entity>, Box<$entity>);
        $crate::has_id!(@convert $crate::Cursor => &$entity, $entity, &Box<$entity>, Box<$entity>);
    };
    (@convert $target:ty => $($entity:ty),*) => {
        $(
            impl From<$entity> for $target {
                fn from(entity: $entity) -> Self {
                    (&entity.id).into()
                }
            }
        )*
    };
}

/// String of an ID. IDs of usual length need no allocation.
pub type IdString = smol_str::SmolStr;

/// Cursor: a position in a paged list. In most lists it is the ID of an item, in others a value that only the
/// server understands.
///
/// IDs, entities with an ID, strings and [times](Cursor::at) convert into it.
#[derive(Clone, Debug)]
pub struct Cursor {
    position: String,
    is_time: bool,
}

impl Cursor {
    /// Returns the cursor as a string.
    pub fn as_str(&self) -> &str {
        &self.position
    }

    /// Returns the cursor as a string.
    pub fn into_string(self) -> String {
        self.position
    }

    /// Returns whether the cursor is from a time. Only lists whose cursors are IDs of statuses can be paged by time. A
    /// cursor that was stored as a string or as JSON is no longer known to be from a time.
    pub fn is_time(&self) -> bool {
        self.is_time
    }

    pub(crate) fn of_time(position: String) -> Self {
        Self {
            position,
            is_time: true,
        }
    }
}

impl PartialEq for Cursor {
    fn eq(&self, other: &Self) -> bool {
        self.position == other.position
    }
}

impl Eq for Cursor {}

impl std::hash::Hash for Cursor {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.position.hash(state);
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.position)
    }
}

impl From<&str> for Cursor {
    fn from(position: &str) -> Self {
        position.to_owned().into()
    }
}

impl From<String> for Cursor {
    fn from(position: String) -> Self {
        Self {
            position,
            is_time: false,
        }
    }
}

impl From<&String> for Cursor {
    fn from(position: &String) -> Self {
        position.as_str().into()
    }
}

impl From<&Cursor> for Cursor {
    fn from(position: &Cursor) -> Self {
        position.clone()
    }
}

impl serde::Serialize for Cursor {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.position)
    }
}

crate::decode_from_string!(Cursor, "a cursor", |position| Self::from(position));
crate::deserialize!(Cursor);

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashSet};

    use jiff::Timestamp;

    use super::Cursor;
    use crate::{Status, StatusId};

    fn status(id: &str) -> Status {
        serde_json::from_value(serde_json::json!({
            "id": id, "created_at": "2026-01-31T12:00:00.000Z", "visibility": "public", "content": "",
            "account": {"id": "1", "username": "a", "acct": "a", "created_at": "2026-01-31T12:00:00.000Z"},
        }))
        .unwrap()
    }

    #[test]
    fn ids_sort_by_length_then_by_characters() {
        let mut ids = ["b", "10", "9", "100", "a", "99"].map(StatusId::from);
        ids.sort();
        assert_eq!(ids, ["9", "a", "b", "10", "99", "100"]);
    }

    #[test]
    fn ids_are_decoded_from_strings_and_numbers() {
        let ids: Vec<StatusId> = serde_json::from_str(r#"["7", 8, "a/b:c", -1]"#).unwrap();
        assert_eq!(ids, ["7", "8", "a/b:c", "-1"]);
        assert_eq!(
            serde_json::to_string(&ids).unwrap(),
            r#"["7","8","a/b:c","-1"]"#
        );
        assert!(serde_json::from_str::<StatusId>("[]").is_err());
    }

    #[test]
    fn maps_of_ids_of_any_length_find_each_id() {
        let ids = (0..200_u64).map(|n| (n * n * n * 7919).to_string());
        let map: BTreeMap<StatusId, String> = ids.map(|id| (StatusId::from(&id), id)).collect();
        assert_eq!(map.len(), 200);
        for (key, id) in &map {
            assert_eq!(map.get(&StatusId::from(id)), Some(id), "{key}");
        }
        let set: HashSet<StatusId> = map.into_keys().collect();
        assert!(set.contains(&"7919".into()) && !set.contains(&"7918".into()));
    }

    #[test]
    fn ids_compare_with_strings_parse_and_display() {
        let (id, owned) = (StatusId::from("7"), "7".to_owned());
        assert!(id == *"7" && id == "7" && id == owned);
        assert!(*"7" == id && "7" == id && owned == id);
        assert_ne!(id, "8");
        assert_ne!("8", id);
        let Ok(parsed) = "7".parse::<StatusId>();
        assert_eq!(parsed, id);
        assert_eq!(format!("{id} {id:>3}"), "7   7");
        assert_eq!(String::from(id), "7");
    }

    #[test]
    #[allow(
        clippy::needless_borrows_for_generic_args,
        reason = "the conversions from references are what is tested"
    )]
    fn ids_convert_from_strings_ids_and_entities() {
        fn id(id: impl Into<StatusId>) {
            assert_eq!(id.into(), "7");
        }
        let (known, entity) = (StatusId::from("7"), Box::new(status("7")));
        id("7");
        id("7".to_owned());
        id(&"7".to_owned());
        id(&known);
        id(known);
        id(&*entity);
        id((*entity).clone());
        id(&entity);
        id(entity);
    }

    #[test]
    fn cursors_can_be_stored() {
        let json = serde_json::to_string(&Cursor::from("7")).unwrap();
        assert_eq!(json, "\"7\"");
        let stored: Cursor = serde_json::from_str(&json).unwrap();
        assert_eq!(stored, Cursor::from("7"));
    }

    #[test]
    #[allow(
        clippy::needless_borrows_for_generic_args,
        reason = "the conversions from references are what is tested"
    )]
    fn cursors_convert_from_strings_ids_entities_and_times() {
        fn cursor(position: impl Into<Cursor>) {
            assert_eq!(position.into().as_str(), "7");
        }
        let (id, entity) = (StatusId::from("7"), Box::new(status("7")));
        cursor("7");
        cursor("7".to_owned());
        cursor(&"7".to_owned());
        cursor(&id);
        cursor(id);
        cursor(&*entity);
        cursor((*entity).clone());
        cursor(&entity);
        cursor(entity);
        cursor(&Cursor::from("7"));
        let time = Timestamp::from_millisecond(1).unwrap();
        assert_eq!(Cursor::from(time).to_string(), "65536");
    }
}

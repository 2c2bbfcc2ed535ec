//! Ids: opaque texts, one type for each kind of thing that they name.

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};

/// Declares a kind of id.
macro_rules! id_type {
    ($(#[$docs:meta])* $name:ident) => {
        $(#[$docs])*
        ///
        /// Ids are opaque. They sort as the server sorts them: the shorter first, then by their characters.
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub struct $name($crate::id::Text);

        impl $name {
            /// The id as text.
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
                let key = |id: &Self| id.as_str().len();
                key(self).cmp(&key(other)).then_with(|| self.as_str().cmp(other.as_str()))
            }
        }

        impl std::fmt::Display for $name {
            #[inline]
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl AsRef<str> for $name {
            #[inline]
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl std::borrow::Borrow<str> for $name {
            #[inline]
            fn borrow(&self) -> &str {
                self.as_str()
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
                id.as_str().to_owned()
            }
        }

        impl From<$name> for $crate::call::params::Value {
            #[inline]
            fn from(id: $name) -> Self {
                String::from(id).into()
            }
        }

        impl From<$name> for $crate::id::Cursor {
            #[inline]
            fn from(id: $name) -> Self {
                id.as_str().into()
            }
        }

        impl From<&$name> for $crate::id::Cursor {
            #[inline]
            fn from(id: &$name) -> Self {
                id.as_str().into()
            }
        }

        impl serde::Serialize for $name {
            #[inline]
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            #[inline]
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any($crate::id::IdVisitor).map(Self)
            }
        }
    };
}

/// Says that an entity will do wherever its id is wanted.
macro_rules! has_id {
    ($entity:ident, $id:ident) => {
        impl From<&$entity> for $id {
            #[inline]
            fn from(entity: &$entity) -> Self {
                entity.id.clone()
            }
        }

        impl From<$entity> for $id {
            #[inline]
            fn from(entity: $entity) -> Self {
                entity.id
            }
        }
    };
}

/// The text of an id; the usual ones need no memory of their own.
pub(crate) type Text = compact_str::CompactString;

/// Reads an id from a text, or from a number, as some servers send them.
pub(crate) struct IdVisitor;

impl Visitor<'_> for IdVisitor {
    type Value = Text;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an id")
    }

    fn visit_str<E: Error>(self, id: &str) -> Result<Text, E> {
        Ok(id.into())
    }

    fn visit_u64<E: Error>(self, id: u64) -> Result<Text, E> {
        Ok(id.to_string().into())
    }

    fn visit_i64<E: Error>(self, id: i64) -> Result<Text, E> {
        Ok(id.to_string().into())
    }
}

/// A position in a paged list, as the server gave it: often an id, sometimes a number of its own.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cursor(String);

impl Cursor {
    pub(crate) fn into_text(self) -> String {
        self.0
    }
}

impl From<&str> for Cursor {
    fn from(position: &str) -> Self {
        Self(position.to_owned())
    }
}

impl From<String> for Cursor {
    fn from(position: String) -> Self {
        Self(position)
    }
}

impl<'de> Deserialize<'de> for Cursor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}

#[cfg(test)]
#[allow(unreachable_pub, reason = "the macro makes public items")]
mod tests {
    id_type! { /// An id to test with.
    TestId }

    #[test]
    fn ids_sort_by_length_first_and_come_from_texts_and_numbers() {
        assert!(TestId::from("99") < TestId::from("100"));
        let ids: Vec<TestId> = serde_json::from_str(r#"["7", 8, "a/b:c"]"#).unwrap();
        assert_eq!(ids, ["7", "8", "a/b:c"].map(TestId::from));
        assert_eq!(serde_json::to_string(&ids).unwrap(), r#"["7","8","a/b:c"]"#);
    }
}

//! Enumerations that keep what they do not know.

use std::fmt;

/// A value that this version of the SDK does not know. Only the server makes one, so that a value
/// which a later version knows cannot hide in it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct UnknownValue(String);

impl UnknownValue {
    pub(crate) fn new(value: &str) -> Self {
        Self(value.to_owned())
    }

    /// The value as the server sent it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for UnknownValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Gives an enumeration its texts.
macro_rules! open_enum {
    ($name:ident { $($variant:ident = $text:literal),* $(,)? }) => {
        impl $name {
            /// The values that this version of the SDK knows.
            pub const VALUES: &[&str] = &[$($text),*];

            /// The value on the wire.
            #[inline]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Other(value) => value.as_str(),
                }
            }
        }

        impl From<&str> for $name {
            #[inline]
            fn from(value: &str) -> Self {
                match value {
                    $($text => Self::$variant,)*
                    _ => Self::Other($crate::open_enum::UnknownValue::new(value)),
                }
            }
        }

        impl From<String> for $name {
            #[inline]
            fn from(value: String) -> Self {
                value.as_str().into()
            }
        }

        impl From<&$name> for $name {
            #[inline]
            fn from(value: &$name) -> Self {
                value.clone()
            }
        }

        impl std::str::FromStr for $name {
            type Err = std::convert::Infallible;

            #[inline]
            fn from_str(value: &str) -> Result<Self, Self::Err> {
                Ok(value.into())
            }
        }

        impl std::fmt::Display for $name {
            #[inline]
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl PartialEq for $name {
            #[inline]
            fn eq(&self, other: &Self) -> bool {
                self.as_str() == other.as_str()
            }
        }

        impl Eq for $name {}

        impl std::hash::Hash for $name {
            #[inline]
            fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
                self.as_str().hash(state);
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
                deserializer.deserialize_any($crate::id::IdVisitor).map(|value| value.as_str().into())
            }
        }

        impl From<$name> for $crate::call::params::Value {
            #[inline]
            fn from(value: $name) -> Self {
                value.as_str().to_owned().into()
            }
        }
    };
}

#[cfg(test)]
#[allow(unreachable_pub, reason = "the macro makes public items")]
mod tests {
    use super::UnknownValue;

    #[derive(Clone, Debug)]
    enum Mood {
        Calm,
        Other(UnknownValue),
    }
    open_enum!(Mood { Calm = "calm" });

    #[test]
    fn an_unknown_value_survives_and_a_known_one_is_never_unknown() {
        let moods: Vec<Mood> = serde_json::from_str(r#"["calm", "wild"]"#).unwrap();
        assert!(matches!(moods[0], Mood::Calm));
        assert_eq!(moods[1].as_str(), "wild");
        assert_eq!(serde_json::to_string(&moods).unwrap(), r#"["calm","wild"]"#);
        assert_eq!(Mood::VALUES, ["calm"]);
    }
}

//! Enums that keep values that this version of the SDK does not know.

use std::fmt;

/// A value that this version of the SDK does not know.
///
/// Only decoding creates one, so a known value can never be stored as an unknown one.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct UnknownValue(String);

impl UnknownValue {
    /// Returns the value as the server sent it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for UnknownValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Wraps an unknown value. For `open_enum!` only.
pub fn unknown_value(value: &str) -> UnknownValue {
    UnknownValue(value.to_owned())
}

/// Error of a value that this version of the SDK does not know.
///
/// Its message lists the known values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseEnumError {
    name: &'static str,
    value: String,
    known: &'static [&'static str],
}

impl ParseEnumError {
    /// Returns the value.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Returns the values that this version of the SDK knows.
    pub fn known(&self) -> &'static [&'static str] {
        self.known
    }
}

impl fmt::Display for ParseEnumError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (value, name) = (&self.value, self.name);
        write!(f, "{value:?} is not a known `{name}`; known values: ")?;
        for (index, known) in self.known.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{known}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ParseEnumError {}

/// Maximum number of characters of a value in an error.
const MAX_SHOWN_LEN: usize = 100;

/// Creates the error of a value. For `open_enum!` only.
pub fn parse_error(
    name: &'static str,
    value: &str,
    known: &'static [&'static str],
) -> ParseEnumError {
    let value = value.chars().take(MAX_SHOWN_LEN).collect();
    ParseEnumError { name, value, known }
}

/// Implements the conversions of an enum to and from its strings.
#[doc(hidden)]
#[macro_export]
macro_rules! open_enum {
    ($name:ident { $($variant:ident = $string:literal),* $(,)? }) => {
        impl $name {
            /// The values that this version of the SDK knows.
            pub const VALUES: &[&str] = &[$($string),*];

            /// The variants that this version of the SDK knows, in the order of [`VALUES`](Self::VALUES).
            pub const KNOWN: &[Self] = &[$(Self::$variant),*];

            /// Parses a value that this version of the SDK knows, such as one from a command line: with clap,
            /// `#[arg(value_parser = X::parse_strict)]`, where `X` is this type.
            ///
            /// # Errors
            ///
            /// If the value is unknown. The message lists the known ones. `parse` and `from` accept every value.
            pub fn parse_strict(value: &str) -> Result<Self, $crate::ParseEnumError> {
                match Self::from(value) {
                    Self::Other(_) => Err($crate::__private::parse_error(
                        stringify!($name),
                        value,
                        Self::VALUES,
                    )),
                    known => Ok(known),
                }
            }

            /// Returns the value as the API spells it.
            #[inline]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $string,)*
                    Self::Other(value) => value.as_str(),
                }
            }
        }

        impl From<&str> for $name {
            #[inline]
            fn from(value: &str) -> Self {
                match value {
                    $($string => Self::$variant,)*
                    _ => Self::Other($crate::__private::unknown_value(value)),
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

        impl $crate::__private::serde::Serialize for $name {
            #[inline]
            fn serialize<S: $crate::__private::serde::Serializer>(
                &self,
                serializer: S,
            ) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl Default for $name {
            /// An unknown empty value.
            #[inline]
            fn default() -> Self {
                Self::Other($crate::__private::unknown_value(""))
            }
        }

        $crate::decode_from_string!($name, "a string", |value| value.into());
        $crate::deserialize!($name);
    };
}

#[cfg(test)]
#[allow(unreachable_pub, reason = "the macro writes public items")]
mod tests {
    use super::UnknownValue;
    use crate::Visibility;

    #[derive(Clone, Debug)]
    enum Mood {
        Calm,
        Other(UnknownValue),
    }
    open_enum!(Mood { Calm = "calm" });

    #[test]
    fn unknown_values_are_serialized_as_they_were_decoded() {
        let moods: Vec<Mood> = serde_json::from_str(r#"["calm", "wild"]"#).unwrap();
        assert!(matches!(moods[0], Mood::Calm));
        assert!(matches!(&moods[1], Mood::Other(value) if value.as_str() == "wild"));
        assert_eq!(serde_json::to_string(&moods).unwrap(), r#"["calm","wild"]"#);
        assert_eq!(Mood::VALUES, ["calm"]);
    }

    #[test]
    fn unknown_value_of_a_command_line_is_an_error_that_lists_the_known_values() {
        let error = Visibility::parse_strict("publik").unwrap_err();
        let message = error.to_string();
        assert!(
            message.starts_with(
                r#""publik" is not a known `Visibility`; known values: public, unlisted, private"#
            ),
            "{message}"
        );
        assert_eq!(
            (error.value(), error.known()),
            ("publik", Visibility::VALUES)
        );
        assert_eq!(
            Visibility::parse_strict("unlisted").unwrap(),
            Visibility::Unlisted
        );
        let long = Mood::parse_strict(&"x".repeat(1000)).unwrap_err();
        assert!(long.to_string().len() < 200, "{long}");
    }

    #[test]
    fn every_known_value_can_be_parsed() {
        for (value, variant) in Visibility::VALUES.iter().zip(Visibility::KNOWN) {
            assert_eq!(&Visibility::parse_strict(value).unwrap(), variant);
        }
        assert_eq!(Visibility::VALUES.len(), Visibility::KNOWN.len());
        assert_eq!(Mood::KNOWN, [Mood::Calm]);
    }
}

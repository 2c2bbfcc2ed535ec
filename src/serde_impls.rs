//! Implements `Serialize` and `Deserialize` for structures as serde derives them. The derive macro would delay the build of
//! every application: the SDK has a few dozen structures, and macros by example are enough for them.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};

/// Implements `Serialize` for a structure with these fields.
macro_rules! serialize_struct {
    ($name:ident { $($field:ident),* $(,)? }) => {
        serialize_struct!($name as stringify!($name), { $($field),* });
    };
    ($name:ident as $shown:expr, { $($field:ident),* $(,)? }) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeStruct;

                let fields: &[&str] = &[$(stringify!($field)),*];
                let mut object = serializer.serialize_struct($shown, fields.len())?;
                $(object.serialize_field(stringify!($field), &self.$field)?;)*
                object.end()
            }
        }
    };
}
pub(crate) use serialize_struct;

/// Implements `Deserialize` for a structure. A field is `required`, so that it may be missing only if it is an `Option`, or
/// it has a `default`. Other fields are ignored.
macro_rules! deserialize_struct {
    ($name:ident { $($fields:tt)* }) => {
        deserialize_struct!(impl['de] $name[] as stringify!($name), { $($fields)* });
    };
    (
        impl[$($parameters:tt)*] $name:ident[$($arguments:tt)*] as $shown:expr,
        { $($field:ident: $missing:ident),* $(,)? $(; $other:ident = $value:expr)? }
    ) => {
        impl<$($parameters)*> serde::Deserialize<'de> for $name<$($arguments)*> {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let visitor = $crate::serde_impls::StructVisitor::<Self>::new();
                deserializer.deserialize_struct($shown, &[$(stringify!($field)),*], visitor)
            }
        }

        impl<$($parameters)*> serde::de::Visitor<'de>
            for $crate::serde_impls::StructVisitor<$name<$($arguments)*>>
        {
            type Value = $name<$($arguments)*>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "struct {}", $shown)
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                mut entries: A,
            ) -> Result<Self::Value, A::Error> {
                use $crate::serde_impls::{FieldName, ignore, read};

                const NAMES: &[&str] = &[$(stringify!($field)),*];
                $(let mut $field = None;)*
                while let Some(name) = entries.next_key_seed(FieldName(NAMES))? {
                    match name {
                        $(Some(stringify!($field)) => read(&mut $field, stringify!($field), &mut entries),)*
                        _ => ignore(&mut entries),
                    }?;
                }
                Ok($name {
                    $($field: $crate::serde_impls::$missing($field, stringify!($field))?,)*
                    $($other: $value,)?
                })
            }

            /// Formats without names of fields pass the values in order.
            fn visit_seq<A: serde::de::SeqAccess<'de>>(
                self,
                mut values: A,
            ) -> Result<Self::Value, A::Error> {
                use $crate::serde_impls::{TooShort, in_order};

                $(let $field = values.next_element()?;)*
                let too_short = TooShort($shown, &[$(stringify!($field)),*]);
                Ok($name {
                    $($field: in_order::$missing($field, stringify!($field), &too_short)?,)*
                    $($other: $value,)?
                })
            }
        }
    };
}
pub(crate) use deserialize_struct;

/// Implements `Serialize` and `Deserialize` for a structure with one field, as for this field.
macro_rules! transparent {
    ($name:ident($field:ty)) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serde::Serialize::serialize(&self.0, serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                <$field as serde::Deserialize>::deserialize(deserializer).map(Self)
            }
        }
    };
}
pub(crate) use transparent;

/// Deserializes a structure.
pub(crate) struct StructVisitor<T>(PhantomData<fn() -> T>);

impl<T> StructVisitor<T> {
    pub(crate) fn new() -> Self {
        Self(PhantomData)
    }
}

/// Reads the name of a field; `None` if it is none of these.
#[derive(Clone, Copy)]
pub(crate) struct FieldName(pub(crate) &'static [&'static str]);

impl FieldName {
    fn find(self, name: &[u8]) -> Option<&'static str> {
        let mut names = self.0.iter();
        names.find(|known| known.as_bytes() == name).copied()
    }
}

impl<'de> DeserializeSeed<'de> for FieldName {
    type Value = Option<&'static str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for FieldName {
    type Value = Option<&'static str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("field identifier")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.find(name.as_bytes()))
    }

    fn visit_bytes<E>(self, name: &[u8]) -> Result<Self::Value, E> {
        Ok(self.find(name))
    }

    /// Some formats write the position of a field instead of its name.
    fn visit_u64<E>(self, position: u64) -> Result<Self::Value, E> {
        let position = usize::try_from(position).ok();
        Ok(position.and_then(|position| self.0.get(position)).copied())
    }
}

/// Reads JSON as `serde_json::from_slice` does. serde_json is compiled for each kind of input, and all others of the SDK
/// are strings.
pub(crate) fn from_json_bytes<'a, T: Deserialize<'a>>(json: &'a [u8]) -> serde_json::Result<T> {
    match std::str::from_utf8(json) {
        Ok(text) => serde_json::from_str(text),
        Err(error) => Err(serde_json::Error::custom(error)),
    }
}

/// Reads the value of a field.
pub(crate) fn read<'de, T: Deserialize<'de>, A: MapAccess<'de>>(
    field: &mut Option<T>,
    name: &'static str,
    entries: &mut A,
) -> Result<(), A::Error> {
    if field.is_some() {
        return Err(A::Error::duplicate_field(name));
    }
    *field = Some(entries.next_value()?);
    Ok(())
}

/// Skips the value of another field.
pub(crate) fn ignore<'de, A: MapAccess<'de>>(entries: &mut A) -> Result<(), A::Error> {
    entries.next_value::<serde::de::IgnoredAny>().map(|_| ())
}

/// Returns the value of a field that has a default.
#[allow(clippy::unnecessary_wraps, reason = "called like `required`")]
pub(crate) fn default<T: Default, E>(field: Option<T>, _: &'static str) -> Result<T, E> {
    Ok(field.unwrap_or_default())
}

/// Returns the value of a field that may be missing only if it is an `Option`.
pub(crate) fn required<'de, T: Deserialize<'de>, E: Error>(
    field: Option<T>,
    name: &'static str,
) -> Result<T, E> {
    match field {
        Some(value) => Ok(value),
        None => T::deserialize(Missing(name, PhantomData)),
    }
}

/// A list of values that has too few of them for a structure: its name, and the names of its fields.
pub(crate) struct TooShort(pub(crate) &'static str, pub(crate) &'static [&'static str]);

impl TooShort {
    fn error<E: Error>(&self, field: &str) -> E {
        let Self(name, fields) = self;
        let length = fields.iter().position(|known| *known == field);
        let count = fields.len();
        let plural = if count == 1 { "" } else { "s" };
        let expected = format!("struct {name} with {count} element{plural}");
        E::invalid_length(length.unwrap_or(count), &expected.as_str())
    }
}

/// The value of a field in a list of values.
pub(crate) mod in_order {
    use serde::de::Error;

    use super::TooShort;

    /// Returns the value of a field that has a default.
    #[allow(clippy::unnecessary_wraps, reason = "called like `required`")]
    pub(crate) fn default<T: Default, E>(field: Option<T>, _: &str, _: &TooShort) -> Result<T, E> {
        Ok(field.unwrap_or_default())
    }

    /// Returns the value of another field. Not even an option may be missing, as it has no name.
    pub(crate) fn required<T, E: Error>(
        field: Option<T>,
        name: &str,
        too_short: &TooShort,
    ) -> Result<T, E> {
        field.ok_or_else(|| too_short.error(name))
    }
}

/// Deserializer of a field that is missing: an option is `None`, all others are errors.
struct Missing<E>(&'static str, PhantomData<E>);

impl<'de, E: Error> Deserializer<'de> for Missing<E> {
    type Error = E;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, E> {
        Err(E::missing_field(self.0))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        visitor.visit_none()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    #[derive(Debug, PartialEq)]
    struct Sample {
        id: String,
        count: u32,
        note: Option<String>,
    }

    serialize_struct!(Sample { id, count, note });
    deserialize_struct!(Sample {
        id: required,
        count: default,
        note: required
    });

    /// What serde derives for the same structure.
    mod derived {
        #[derive(Debug, serde::Serialize, serde::Deserialize)]
        pub(super) struct Sample {
            pub(super) id: String,
            #[serde(default)]
            pub(super) count: u32,
            pub(super) note: Option<String>,
        }
    }

    fn results(text: &str) -> (Result<String, String>, Result<String, String>) {
        let json = |value: &dyn erased::Json| value.json();
        let ours = serde_json::from_str::<Sample>(text);
        let derived = serde_json::from_str::<derived::Sample>(text);
        (
            ours.map(|value| json(&value))
                .map_err(|error| error.to_string()),
            derived
                .map(|value| json(&value))
                .map_err(|error| error.to_string()),
        )
    }

    mod erased {
        pub(super) trait Json {
            fn json(&self) -> String;
        }
        impl<T: serde::Serialize> Json for T {
            fn json(&self) -> String {
                serde_json::to_string(self).unwrap()
            }
        }
    }

    #[test]
    fn structures_are_read_and_written_as_serde_derives_it() {
        for text in [
            r#"{"id": "1", "count": 2, "note": "a"}"#,
            r#"{"note": null, "other": [{}], "id": "1"}"#,
            r#"["1", 2, "a"]"#,
            r#"["1", 2]"#,
            r#"["1"]"#,
            "[]",
            r#"{"count": 2}"#,
            r#"{"id": "1", "id": "2"}"#,
            r#"{"id": 1}"#,
            r#"{"id": "1", "count": -1}"#,
            r#"{"id": "1""#,
            "\"1\"",
            "null",
        ] {
            let (ours, derived) = results(text);
            assert_eq!(ours, derived, "{text}");
        }
        let value: Value = serde_json::to_value(Sample {
            id: "1".to_owned(),
            count: 0,
            note: None,
        })
        .unwrap();
        assert_eq!(value, json!({"id": "1", "count": 0, "note": null}));
    }
}

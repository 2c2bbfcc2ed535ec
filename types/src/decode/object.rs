//! Decodes objects field by field.
//!
//! Every entity is decoded by the same few functions, which its generated code calls with a table of
//! field names. A derived `Deserialize` would give the compiler three times the code, and would look each
//! key up among all names. Here, each key is first compared with the one that followed the same field in
//! the object decoded last, because a server sends the fields of an entity in a fixed order.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicU8, Ordering};

use serde::de::{DeserializeOwned, DeserializeSeed, Error, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::scalar::LenientScalar;
use super::{collection, path, raw, scalar};

/// A type that is decoded from an object.
pub trait Object: Sized {
    /// Name of the type in error messages.
    const NAME: &'static str;

    /// Returns the fields.
    fn fields() -> Fields;

    /// Decodes the fields.
    fn decode_fields<'de, A: MapAccess<'de>>(entries: &mut Entries<A>) -> Result<Self, A::Error>;
}

/// The fields of an object.
#[derive(Clone, Copy, Debug)]
pub struct Fields {
    /// Names in JSON.
    pub names: &'static [&'static str],
    /// Positions of the first field, and of the field after each field, in the object that was decoded last.
    /// A wrong guess only costs time, so threads may overwrite each other's guesses.
    pub next_guesses: &'static [AtomicU8],
}

/// Implements the decoding of an entity. For each field: its position, its name in JSON, its name in
/// Rust, its presence, and the method of [`Entries`] that decodes it.
#[doc(hidden)]
#[macro_export]
macro_rules! object {
    // The other places of a field are not read yet.
    ($name:ident { $($position:literal $json_name:literal => $field:ident: $presence:ident($decode:ident $(($key:literal))?),)* $(from $place:literal $(. $member:literal)? => $target:ident,)+ }) => {
        $crate::object!($name { $($position $json_name => $field: $presence($decode $(($key))?)),* });
    };
    ($name:ident { $($position:literal $json_name:literal => $field:ident: $presence:ident($decode:ident $(($key:literal))?)),* $(,)? }) => {
        impl $crate::__private::Object for $name {
            const NAME: &'static str = stringify!($name);

            #[inline]
            fn fields() -> $crate::__private::Fields {
                use std::sync::atomic::AtomicU8;

                const NAMES: &[&str] = &[$($json_name),*];
                static NEXT_GUESSES: [AtomicU8; NAMES.len() + 1] =
                    [const { AtomicU8::new(0) }; NAMES.len() + 1];
                $crate::__private::Fields { names: NAMES, next_guesses: &NEXT_GUESSES }
            }

            fn decode_fields<'de, A: $crate::__private::serde::de::MapAccess<'de>>(
                entries: &mut $crate::__private::Entries<A>,
            ) -> Result<Self, A::Error> {
                $(let mut $field = None;)*
                while let Some(position) = entries.next_field()? {
                    match position {
                        $($position => $field = entries.$decode($($key)?)?,)*
                        _ => entries.skip()?,
                    }
                }
                Ok(Self { $($field: $crate::object_field!($presence $field $json_name)),* })
            }
        }

        impl<'de> $crate::__private::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::__private::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> Result<Self, D::Error> {
                $crate::__private::decode_object(deserializer)
            }
        }
    };
}

/// The value of a field of [`object!`], which can be absent.
#[doc(hidden)]
#[macro_export]
macro_rules! object_field {
    (required $value:ident $json_name:literal) => {
        $crate::__private::require($value, $json_name)?
    };
    (optional $value:ident $json_name:literal) => {
        $value
    };
    (or_default $value:ident $json_name:literal) => {
        $value.unwrap_or_default()
    };
}

/// Decodes an object.
pub fn decode_object<'de, T: Object, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_map(ObjectVisitor(PhantomData))
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Object> Visitor<'de> for ObjectVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a JSON object ({})", T::NAME)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        let mut entries = Entries {
            map,
            fields: T::fields(),
            expected_next: 0,
            field: None,
        };
        let decoded = T::decode_fields(&mut entries);
        if decoded.is_err()
            && let Some(field) = entries.field
        {
            path::record_key(field);
        }
        decoded
    }
}

/// The entries of an object, in the order of the JSON.
#[derive(Debug)]
pub struct Entries<A> {
    map: A,
    fields: Fields,
    /// Index of the guess for the next key.
    expected_next: usize,
    /// The field that is being decoded.
    field: Option<&'static str>,
}

/// A decoded value to store in a field, or `None` if the value is null.
type Field<T, E> = Result<Option<T>, E>;

impl<'de, A: MapAccess<'de>> Entries<A> {
    /// Returns the position of the next entry's field. Skips entries of unknown names.
    pub fn next_field(&mut self) -> Result<Option<usize>, A::Error> {
        self.field = None;
        loop {
            let key = KeyLookup(self.fields, self.expected_next);
            match self.map.next_key_seed(key)? {
                None => return Ok(None),
                Some(Some(position)) => {
                    self.expected_next = position + 1;
                    self.field = self.fields.names.get(position).copied();
                    return Ok(Some(position));
                }
                Some(None) => self.skip()?,
            }
        }
    }

    /// Skips the value of the entry.
    pub fn skip(&mut self) -> Result<(), A::Error> {
        self.map.next_value::<IgnoredAny>().map(|_| ())
    }

    fn decode_with<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.map.next_value_seed(seed)
    }

    /// Decodes a value by its own `Deserialize`.
    pub fn value<T: Deserialize<'de>>(&mut self) -> Field<T, A::Error> {
        self.map.next_value().map(Some)
    }

    /// Decodes a value by its own `Deserialize`, or null.
    pub fn value_opt<T: Deserialize<'de>>(&mut self) -> Field<T, A::Error> {
        self.map.next_value()
    }

    /// Decodes a string, number or date of any JSON type.
    pub fn lenient<T: LenientScalar>(&mut self) -> Field<T, A::Error> {
        self.decode_with(LenientSeed(PhantomData)).map(Some)
    }

    /// Decodes a string, number or date of any JSON type, or null.
    pub fn lenient_opt<T: LenientScalar>(&mut self) -> Field<T, A::Error> {
        self.decode_with(LenientOptSeed(PhantomData))
    }

    /// Decodes a list. Null is an empty list.
    pub fn list<T: Deserialize<'de>>(&mut self) -> Field<Vec<T>, A::Error> {
        self.decode_with(ListSeed(PhantomData)).map(Some)
    }

    /// Decodes a map. Null is an empty map.
    pub fn map<T: Deserialize<'de>>(&mut self) -> Field<BTreeMap<String, T>, A::Error> {
        self.decode_with(MapSeed(PhantomData)).map(Some)
    }

    /// Decodes an object. A value of any other type is ignored.
    pub fn object_or_ignore<T: DeserializeOwned>(&mut self) -> Field<T, A::Error> {
        self.decode_with(ObjectOrIgnoreSeed(PhantomData))
    }

    /// Decodes a scalar, or the member `key` of an object.
    pub fn scalar_or_member<T: LenientScalar>(&mut self, key: &'static str) -> Field<T, A::Error> {
        self.decode_with(ScalarOrMemberSeed(key, PhantomData))
    }
}

/// Returns the value of a required field.
pub fn require<T, E: Error>(value: Option<T>, name: &'static str) -> Result<T, E> {
    value.ok_or_else(|| E::missing_field(name))
}

/// Finds the field of a key. The second value is the index of the guess.
struct KeyLookup(Fields, usize);

impl<'de> DeserializeSeed<'de> for KeyLookup {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for KeyLookup {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field name")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Option<usize>, E> {
        let Self(fields, expected_next) = self;
        let (names, guess) = (fields.names, fields.next_guesses.get(expected_next));
        let guessed = guess.map_or(0, |guess| guess.load(Ordering::Relaxed));
        let guessed = usize::from(guessed);
        if names.get(guessed).is_some_and(|name| *name == key) {
            return Ok(Some(guessed));
        }
        let found = names.iter().position(|name| *name == key);
        if let (Some(guess), Some(Ok(found))) = (guess, found.map(u8::try_from)) {
            guess.store(found, Ordering::Relaxed);
        }
        Ok(found)
    }
}

/// Declares `DeserializeSeed`s that call a function.
macro_rules! seeds {
    ($($seed:ident<$t:ident: $bound:path>($($field:ty)?) => $value:ty, $decode:expr;)*) => {$(
        struct $seed<$t>($($field,)? PhantomData<$t>);

        impl<'de, $t: $bound> DeserializeSeed<'de> for $seed<$t> {
            type Value = $value;

            fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<$value, D::Error> {
                #[allow(clippy::redundant_closure_call, reason = "the closure is an argument of the macro")]
                ($decode)(self, deserializer)
            }
        }
    )*};
}

seeds! {
    LenientSeed<T: LenientScalar>() => T, |_, deserializer| scalar::required(deserializer);
    LenientOptSeed<T: LenientScalar>() => Option<T>, |_, deserializer| scalar::optional(deserializer);
    ListSeed<T: Deserialize<'de>>() => Vec<T>, |_, deserializer| collection::list(deserializer);
    MapSeed<T: Deserialize<'de>>() => BTreeMap<String, T>, |_, deserializer| collection::map(deserializer);
    ObjectOrIgnoreSeed<T: DeserializeOwned>() => Option<T>, |_, deserializer| raw::object_or_ignore(deserializer);
    ScalarOrMemberSeed<T: LenientScalar>(&'static str) => Option<T>, |seed: ScalarOrMemberSeed<T>, deserializer| {
        scalar::scalar_or_member(deserializer, seed.0)
    };
}

#[cfg(test)]
mod tests {
    use crate::entities::StatusMention;

    fn decode(json: &str) -> Result<StatusMention, serde_json::Error> {
        serde_json::from_str(json)
    }

    #[test]
    fn fields_are_decoded_in_any_order_and_unknown_fields_are_skipped() {
        let orders = [
            r#"{"id":"1","username":"a","acct":"a@b","url":"u"}"#,
            r#"{"url":"u","more":{"id":2},"acct":"a@b","username":"a","id":"1"}"#,
            r#"{"acct":"a@b","url":"u","id":"1","username":"a","other":[]}"#,
        ];
        // Twice, because each order leaves guesses that are wrong for the next.
        for json in orders.iter().chain(&orders) {
            let mention = decode(json).unwrap();
            assert_eq!(mention.id, "1", "{json}");
            assert_eq!(
                (mention.acct, mention.username, mention.url),
                ("a@b".to_owned(), "a".to_owned(), "u".to_owned()),
                "{json}"
            );
        }
    }

    #[test]
    fn errors_name_the_missing_field_and_the_expected_type() {
        let error = decode(r#"{"acct":"a@b","username":"a","url":"u"}"#).unwrap_err();
        assert!(
            error.to_string().starts_with("missing field `id`"),
            "{error}"
        );
        let error = decode("[]").unwrap_err().to_string();
        assert!(
            error.contains("expected a JSON object (StatusMention)"),
            "{error}"
        );
    }
}

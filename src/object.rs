//! Reading objects field by field.
//!
//! Every entity is read by the same few functions, which its generated code calls with a table of
//! names. What serde derives would do the same with three times the code for the compiler, and it
//! would look each key up among all names. Here a key is first compared with the one that came after
//! the last field the last time: a server sends the fields of an entity in one order.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicU8, Ordering};

use serde::de::{DeserializeOwned, DeserializeSeed, Error, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::trail;
use crate::wire::{self, Plain};

/// What is read from an object.
pub(crate) trait Object: Sized {
    /// What errors call it.
    const NAME: &'static str;

    /// Its fields.
    fn fields() -> Fields;

    /// Reads the fields.
    fn read<'de, A: MapAccess<'de>>(entries: &mut Entries<A>) -> Result<Self, A::Error>;
}

/// The fields of an object.
#[derive(Clone, Copy)]
pub(crate) struct Fields {
    /// Their names on the wire.
    pub(crate) names: &'static [&'static str],
    /// What came first, and what came after each field, in the object that was read last. It is a
    /// guess that costs nothing but time when it is wrong, so threads may write it as they like.
    pub(crate) after: &'static [AtomicU8],
}

/// Says how an entity is read: for each field its position, its name, the name on the wire, what its
/// absence means, and which method of [`Entries`] reads it.
macro_rules! object {
    ($name:ident { $($position:literal $field:ident $wire:literal $presence:ident $read:ident $(($key:literal))?),* $(,)? }) => {
        impl $crate::object::Object for $name {
            const NAME: &'static str = stringify!($name);

            #[inline]
            fn fields() -> $crate::object::Fields {
                use std::sync::atomic::AtomicU8;

                const NAMES: &[&str] = &[$($wire),*];
                static AFTER: [AtomicU8; NAMES.len() + 1] = [const { AtomicU8::new(0) }; NAMES.len() + 1];
                $crate::object::Fields { names: NAMES, after: &AFTER }
            }

            fn read<'de, A: serde::de::MapAccess<'de>>(
                entries: &mut $crate::object::Entries<A>,
            ) -> Result<Self, A::Error> {
                $(let mut $field = None;)*
                while let Some(position) = entries.next()? {
                    match position {
                        $($position => $field = entries.$read($($key)?)?,)*
                        _ => entries.skip()?,
                    }
                }
                Ok(Self { $($field: $crate::object::field!($presence $field $wire)),* })
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::object::object(deserializer)
            }
        }
    };
}

/// What becomes of a field of [`object!`] that may not have come.
macro_rules! field {
    (needed $slot:ident $wire:literal) => {
        $crate::object::need($slot, $wire)?
    };
    (optional $slot:ident $wire:literal) => {
        $slot
    };
    (or_default $slot:ident $wire:literal) => {
        $slot.unwrap_or_default()
    };
}
pub(crate) use field;

/// Reads an object.
pub(crate) fn object<'de, T: Object, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_map(ObjectVisitor(PhantomData))
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Object> Visitor<'de> for ObjectVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object of {}", T::NAME)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        let mut entries = Entries {
            map,
            fields: T::fields(),
            place: 0,
            field: None,
        };
        let read = T::read(&mut entries);
        if read.is_err()
            && let Some(field) = entries.field
        {
            trail::key(field);
        }
        read
    }
}

/// The entries of an object, one after the other.
pub(crate) struct Entries<A> {
    map: A,
    fields: Fields,
    /// The position after the last field.
    place: usize,
    /// The field that is being read.
    field: Option<&'static str>,
}

/// What an entry's reader gives: the value, to be put where the field is kept.
type Slot<T, E> = Result<Option<T>, E>;

impl<'de, A: MapAccess<'de>> Entries<A> {
    /// The position of the next entry's field among the names; the entries of other names are passed over.
    pub(crate) fn next(&mut self) -> Result<Option<usize>, A::Error> {
        self.field = None;
        loop {
            let key = Key(self.fields, self.place);
            match self.map.next_key_seed(key)? {
                None => return Ok(None),
                Some(Some(position)) => {
                    self.place = position + 1;
                    self.field = self.fields.names.get(position).copied();
                    return Ok(Some(position));
                }
                Some(None) => self.skip()?,
            }
        }
    }

    /// Passes over the value of the entry.
    pub(crate) fn skip(&mut self) -> Result<(), A::Error> {
        self.map.next_value::<IgnoredAny>().map(|_| ())
    }

    fn with<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.map.next_value_seed(seed)
    }

    /// A value that reads itself.
    pub(crate) fn value<T: Deserialize<'de>>(&mut self) -> Slot<T, A::Error> {
        self.map.next_value().map(Some)
    }

    /// A value that reads itself, or null.
    pub(crate) fn value_opt<T: Deserialize<'de>>(&mut self) -> Slot<T, A::Error> {
        self.map.next_value()
    }

    /// A text, a number, a moment, in whichever type it comes.
    pub(crate) fn plain<T: Plain>(&mut self) -> Slot<T, A::Error> {
        self.with(PlainSeed(PhantomData)).map(Some)
    }

    /// The same, or null.
    pub(crate) fn plain_opt<T: Plain>(&mut self) -> Slot<T, A::Error> {
        self.with(PlainOptSeed(PhantomData))
    }

    /// A list; null is the empty one.
    pub(crate) fn list<T: Deserialize<'de>>(&mut self) -> Slot<Vec<T>, A::Error> {
        self.with(ListSeed(PhantomData)).map(Some)
    }

    /// A mapping; null is the empty one.
    pub(crate) fn map<T: Deserialize<'de>>(&mut self) -> Slot<BTreeMap<String, T>, A::Error> {
        self.with(MapSeed(PhantomData)).map(Some)
    }

    /// An object that some servers send as something else, which then counts as absent.
    pub(crate) fn entity_opt<T: DeserializeOwned>(&mut self) -> Slot<T, A::Error> {
        self.with(EntitySeed(PhantomData))
    }

    /// A plain value, or the one that an object in its place has under the key.
    pub(crate) fn inside<T: Plain>(&mut self, key: &'static str) -> Slot<T, A::Error> {
        self.with(InsideSeed(key, PhantomData))
    }
}

/// A field that has to be there.
pub(crate) fn need<T, E: Error>(slot: Option<T>, name: &'static str) -> Result<T, E> {
    slot.ok_or_else(|| E::missing_field(name))
}

/// Finds the field of a key, from the place after the last one.
struct Key(Fields, usize);

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Key {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Option<usize>, E> {
        let Self(Fields { names, after }, place) = self;
        let guess = after
            .get(place)
            .map_or(0, |after| after.load(Ordering::Relaxed));
        let guess = usize::from(guess);
        if names.get(guess).is_some_and(|name| *name == key) {
            return Ok(Some(guess));
        }
        let found = names.iter().position(|name| *name == key);
        if let (Some(after), Some(Ok(found))) = (after.get(place), found.map(u8::try_from)) {
            after.store(found, Ordering::Relaxed);
        }
        Ok(found)
    }
}

/// Declares a seed that reads by a function.
macro_rules! seeds {
    ($($seed:ident<$t:ident: $bound:path>($($field:ty)?) => $value:ty, $read:expr;)*) => {$(
        struct $seed<$t>($($field,)? PhantomData<$t>);

        impl<'de, $t: $bound> DeserializeSeed<'de> for $seed<$t> {
            type Value = $value;

            fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<$value, D::Error> {
                #[allow(clippy::redundant_closure_call, reason = "the macro is given what to call")]
                ($read)(self, deserializer)
            }
        }
    )*};
}

seeds! {
    PlainSeed<T: Plain>() => T, |_, deserializer| wire::required(deserializer);
    PlainOptSeed<T: Plain>() => Option<T>, |_, deserializer| wire::optional(deserializer);
    ListSeed<T: Deserialize<'de>>() => Vec<T>, |_, deserializer| wire::list(deserializer);
    MapSeed<T: Deserialize<'de>>() => BTreeMap<String, T>, |_, deserializer| wire::map(deserializer);
    EntitySeed<T: DeserializeOwned>() => Option<T>, |_, deserializer| wire::entity_opt(deserializer);
    InsideSeed<T: Plain>(&'static str) => Option<T>, |seed: InsideSeed<T>, deserializer| wire::inside(deserializer, seed.0);
}

#[cfg(test)]
mod tests {
    use crate::entities::StatusMention;

    #[test]
    fn fields_come_in_any_order_and_others_are_passed_over() {
        let read = |json: &str| serde_json::from_str::<StatusMention>(json);
        let orders = [
            r#"{"id":"1","username":"a","acct":"a@b","url":"u"}"#,
            r#"{"url":"u","more":{"id":2},"acct":"a@b","username":"a","id":"1"}"#,
            r#"{"acct":"a@b","url":"u","id":"1","username":"a","other":[]}"#,
        ];
        // More than once: what is guessed from the last one must not matter.
        for json in orders.iter().chain(&orders) {
            let mention = read(json).unwrap();
            assert_eq!(
                (mention.id.as_str(), mention.acct.as_str()),
                ("1", "a@b"),
                "{json}"
            );
            assert_eq!(
                (mention.username.as_str(), mention.url.as_str()),
                ("a", "u"),
                "{json}"
            );
        }
        let error = read(r#"{"acct":"a@b","username":"a","url":"u"}"#)
            .unwrap_err()
            .to_string();
        assert!(error.starts_with("missing field `id`"), "{error}");
        let error = read("[]").unwrap_err().to_string();
        assert!(
            error.contains("expected an object of StatusMention"),
            "{error}"
        );
    }
}

//! Serializes entities.
//!
//! Every entity passes its fields to the same few functions. A derived `Serialize` writes the same, but is about twice the
//! code for the compiler, and its macro would delay the build of every application.

use serde::ser::{SerializeMap, SerializeStruct};
use serde::{Serialize, Serializer};

use crate::decode::UnknownFields;

/// An entity that can be serialized.
pub trait Object {
    /// Name of the type.
    const NAME: &'static str;
    /// Whether it can have fields that are not described.
    const KEEPS_UNKNOWN: bool = false;

    /// Passes each field to `fields`, in order.
    fn fields<F: Fields>(&self, fields: &mut F);
}

/// What is done with the fields of an entity. The methods other than the first three are named as those that decode such
/// a field.
pub trait Fields {
    /// A field that is always written.
    fn always<T: Serialize>(&mut self, name: &'static str, value: &T);

    /// A field that is left out if it is absent.
    fn optional<T: Serialize>(&mut self, name: &'static str, value: &Option<T>);

    /// Fields that are not described.
    fn unknown(&mut self, fields: &UnknownFields);
}

macro_rules! named_like_decoders {
    ($($always:ident)* ; $($optional:ident)*) => {
        /// [`Fields`], with a method for each way of decoding a field.
        pub trait FieldsExt: Fields {
            $(
                /// A field that is always written.
                fn $always<T: Serialize>(&mut self, name: &'static str, value: &T) {
                    self.always(name, value);
                }
            )*
            $(
                /// A field that is left out if it is absent.
                fn $optional<T: Serialize>(&mut self, name: &'static str, value: &Option<T>) {
                    self.optional(name, value);
                }
            )*
        }

        impl<F: Fields> FieldsExt for F {}
    };
}

named_like_decoders! {
    required required_any or_default or_default_any nullable_or_default;
    optional_any object_or_ignore scalar_or_member
}

/// Implements serde's `Serialize` for an entity, given the fields of [`object!`](crate::object).
#[doc(hidden)]
#[macro_export]
macro_rules! serialize_object {
    ($name:ident {
        $($json_name:literal => $field:ident: $presence:ident $(if $feature:tt)?,)*
        $(keep $unknown:ident,)?
    }) => {
        impl $crate::__private::SerializedObject for $name {
            const NAME: &'static str = stringify!($name);
            $(
                const KEEPS_UNKNOWN: bool = {
                    let _field = stringify!($unknown);
                    true
                };
            )?

            fn fields<F: $crate::__private::SerializeFields>(&self, fields: &mut F) {
                #[allow(unused_imports, reason = "some entities have only optional fields")]
                use $crate::__private::SerializeFieldsExt as _;

                $($(#[cfg(feature = $feature)])? fields.$presence($json_name, &self.$field);)*
                $(fields.unknown(&self.$unknown);)?
            }
        }

        impl $crate::__private::serde::Serialize for $name {
            fn serialize<S: $crate::__private::serde::Serializer>(
                &self,
                serializer: S,
            ) -> Result<S::Ok, S::Error> {
                $crate::__private::serialize_object(self, serializer)
            }
        }
    };
}

/// Implements serde's `Serialize` for an enum whose variants are entities, and are serialized as these.
#[doc(hidden)]
#[macro_export]
macro_rules! serialize_variant {
    ($name:ident { $($variant:ident),* $(,)? }) => {
        impl $crate::__private::serde::Serialize for $name {
            fn serialize<S: $crate::__private::serde::Serializer>(
                &self,
                serializer: S,
            ) -> Result<S::Ok, S::Error> {
                use $crate::__private::serde::Serialize;

                match self {
                    $(Self::$variant(value) => Serialize::serialize(value, serializer),)*
                }
            }
        }
    };
}

/// Serializes an entity: as a structure, or as a map if it can have fields that are not described.
pub fn serialize_object<T: Object, S: Serializer>(
    object: &T,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    if T::KEEPS_UNKNOWN {
        let mut fields = MapFields {
            map: serializer.serialize_map(None)?,
            result: Ok(()),
        };
        object.fields(&mut fields);
        fields.result?;
        return fields.map.end();
    }
    let mut count = Count(0);
    object.fields(&mut count);
    let mut fields = StructFields {
        object: serializer.serialize_struct(T::NAME, count.0)?,
        result: Ok(()),
    };
    object.fields(&mut fields);
    fields.result?;
    fields.object.end()
}

/// Counts the fields that are written.
struct Count(usize);

impl Fields for Count {
    fn always<T: Serialize>(&mut self, _: &'static str, _: &T) {
        self.0 += 1;
    }

    fn optional<T: Serialize>(&mut self, _: &'static str, value: &Option<T>) {
        self.0 += usize::from(value.is_some());
    }

    fn unknown(&mut self, _: &UnknownFields) {}
}

/// Writes the fields of a structure. After an error, the rest is not written.
struct StructFields<S: SerializeStruct> {
    object: S,
    result: Result<(), S::Error>,
}

impl<S: SerializeStruct> Fields for StructFields<S> {
    fn always<T: Serialize>(&mut self, name: &'static str, value: &T) {
        if self.result.is_ok() {
            self.result = self.object.serialize_field(name, value);
        }
    }

    fn optional<T: Serialize>(&mut self, name: &'static str, value: &Option<T>) {
        if self.result.is_ok() {
            self.result = match value {
                Some(_) => self.object.serialize_field(name, value),
                None => self.object.skip_field(name),
            };
        }
    }

    fn unknown(&mut self, _: &UnknownFields) {}
}

/// Writes the entries of a map. After an error, the rest is not written.
struct MapFields<M: SerializeMap> {
    map: M,
    result: Result<(), M::Error>,
}

impl<M: SerializeMap> Fields for MapFields<M> {
    fn always<T: Serialize>(&mut self, name: &'static str, value: &T) {
        if self.result.is_ok() {
            self.result = self.map.serialize_entry(name, value);
        }
    }

    fn optional<T: Serialize>(&mut self, name: &'static str, value: &Option<T>) {
        if value.is_some() {
            self.always(name, value);
        }
    }

    fn unknown(&mut self, fields: &UnknownFields) {
        if self.result.is_ok() {
            self.result = fields
                .iter()
                .try_for_each(|(name, value)| self.map.serialize_entry(name, value));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_test::{Token, assert_ser_tokens};

    use crate::__private::prelude::*;
    use crate::json::{DecodeOptions, decode_with};

    /// An entity with each kind of field.
    #[derive(Clone, Debug, PartialEq)]
    struct Sample {
        id: String,
        kind: Option<String>,
        count: i64,
        tags: Vec<String>,
        note: Option<String>,
    }

    object!(Sample {
        0 "id" => id: required,
        1 "type" => kind: optional,
        2 "count" => count: or_default,
        3 "tags" => tags: nullable_or_default,
        4 "note" => note: optional_any,
    });

    /// The same, with fields that are not described.
    #[derive(Clone, Debug, PartialEq)]
    struct Extended {
        id: String,
        note: Option<String>,
        unknown_fields: UnknownFields,
    }

    object!(Extended {
        0 "id" => id: required,
        1 "note" => note: optional,
        keep unknown_fields,
    });

    enum Either {
        Sample(Sample),
        Extended(Extended),
    }

    serialize_variant!(Either { Sample, Extended });

    /// What serde derives for the same types.
    mod derived {
        #[derive(serde::Serialize)]
        pub(super) struct Sample {
            pub(super) id: String,
            #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
            pub(super) kind: Option<String>,
            pub(super) count: i64,
            pub(super) tags: Vec<String>,
            #[serde(skip_serializing_if = "Option::is_none")]
            pub(super) note: Option<String>,
        }

        #[derive(serde::Serialize)]
        pub(super) struct Extended {
            pub(super) id: String,
            #[serde(skip_serializing_if = "Option::is_none")]
            pub(super) note: Option<String>,
            #[serde(flatten)]
            pub(super) unknown_fields: crate::decode::UnknownFields,
        }

        #[derive(serde::Serialize)]
        #[serde(untagged)]
        pub(super) enum Either {
            Sample(Sample),
            Extended(Extended),
        }
    }

    fn sample(text: &str) -> (Sample, derived::Sample) {
        let sample = decode_with::<Sample>(text, DecodeOptions::default()).unwrap();
        let Sample {
            id,
            kind,
            count,
            tags,
            note,
        } = sample.value.clone();
        let derived = derived::Sample {
            id,
            kind,
            count,
            tags,
            note,
        };
        (sample.value, derived)
    }

    fn extended(text: &str) -> (Extended, derived::Extended) {
        let options = DecodeOptions::default().keep_unknown_fields(true);
        let extended = decode_with::<Extended>(text, options).unwrap().value;
        let Extended {
            id,
            note,
            unknown_fields,
        } = extended.clone();
        let derived = derived::Extended {
            id,
            note,
            unknown_fields,
        };
        (extended, derived)
    }

    fn json(value: &impl serde::Serialize) -> String {
        serde_json::to_string(value).unwrap()
    }

    #[test]
    fn entities_are_serialized_as_serde_derives_it() {
        for text in [
            r#"{"note": "b", "id": "1", "type": "a", "count": 3, "tags": ["x", "y"]}"#,
            r#"{"id": "\"\u2028"}"#,
        ] {
            let (sample, derived) = sample(text);
            assert_eq!(json(&sample), json(&derived));
            assert_eq!(
                json(&Either::Sample(sample)),
                json(&derived::Either::Sample(derived))
            );
        }
        for text in [
            r#"{"z": [1], "id": "1", "note": "b", "a": {"b": null}}"#,
            r#"{"id": "1"}"#,
        ] {
            let (extended, derived) = extended(text);
            assert_eq!(json(&extended), json(&derived));
            assert_eq!(
                json(&Either::Extended(extended)),
                json(&derived::Either::Extended(derived))
            );
        }
    }

    /// In some formats, structures with names, their number of fields and absent values matter.
    #[test]
    fn formats_other_than_json_receive_structures_without_absent_fields() {
        let (sample, derived) = sample(r#"{"id": "1", "note": "b"}"#);
        let tokens = [
            Token::Struct {
                name: "Sample",
                len: 4,
            },
            Token::Str("id"),
            Token::Str("1"),
            Token::Str("count"),
            Token::I64(0),
            Token::Str("tags"),
            Token::Seq { len: Some(0) },
            Token::SeqEnd,
            Token::Str("note"),
            Token::Some,
            Token::Str("b"),
            Token::StructEnd,
        ];
        assert_ser_tokens(&sample, &tokens);
        assert_ser_tokens(&derived, &tokens);
        let (extended, derived) = extended(r#"{"id": "1", "note": "b"}"#);
        let tokens = [
            Token::Map { len: None },
            Token::Str("id"),
            Token::Str("1"),
            Token::Str("note"),
            Token::Some,
            Token::Str("b"),
            Token::MapEnd,
        ];
        assert_ser_tokens(&extended, &tokens);
        assert_ser_tokens(&derived, &tokens);
    }

    /// A serializer that fails, as a writer that is full does.
    #[test]
    fn an_error_ends_the_serialization() {
        struct Full(usize);
        impl std::io::Write for Full {
            fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
                self.0 = self
                    .0
                    .checked_sub(bytes.len())
                    .ok_or_else(|| std::io::Error::other("full"))?;
                Ok(bytes.len())
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let (sample, _) = sample(r#"{"id": "1", "note": "b"}"#);
        let (extended, _) = extended(r#"{"id": "1", "note": "b", "c": 1}"#);
        for (length, value) in [
            (json(&sample).len(), Either::Sample(sample)),
            (json(&extended).len(), Either::Extended(extended)),
        ] {
            for room in 0..length {
                assert!(serde_json::to_writer(Full(room), &value).is_err(), "{room}");
            }
            assert!(serde_json::to_writer(Full(length), &value).is_ok());
        }
    }
}

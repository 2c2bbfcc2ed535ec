//! The macro of entities, and those that it calls.

/// Implements the decoding and the serialization of an entity. For each field: its position, its name in JSON, its name in
/// Rust, and the method of [`Parser`] that reads it, which is named for what happens if the field is missing or
/// unreadable. Then, for fields that some servers send under another name, that name or the names of an object and its
/// member. `if` names the Cargo feature that a field requires.
///
/// Fields are read where they are kept, because entities are large: moving them costs more than filling them with
/// blanks first.
#[doc(hidden)]
#[macro_export]
macro_rules! object {
    ($name:ident {
        $(
            $position:literal $json_name:literal => $field:ident: $presence:ident $(($($argument:tt)*))?
            $(if $feature:tt)?,
        )*
        $(
            from $other:literal $(.$member:literal)? => $target_position:literal $target:ident: $target_presence:ident
            $(if $other_feature:tt)?,
        )*
        $(keep $unknown:ident,)?
    }) => {
        impl $crate::__private::FromJson for $name {
            const EXPECTED: &'static str = concat!("an object (", stringify!($name), ")");

            const IS_OBJECT: bool = true;

            fn blank() -> Self {
                Self {
                    $(
                        $(#[cfg(feature = $feature)])?
                        $field: $crate::blank_field!($presence),
                    )*
                    $($unknown: Default::default(),)?
                }
            }

            fn read(&mut self, parser: &mut $crate::__private::Parser<'_>) -> $crate::__private::DecodeResult<()> {
                use std::sync::atomic::AtomicU16;

                use $crate::__private::{Fields, Key};

                const KEYS: &[Key] =
                    &[$($(#[cfg(feature = $feature)])? Key::new(concat!(",\"", $json_name, "\":"))),*];
                static NEXT_GUESSES: [AtomicU16; KEYS.len() + 1] =
                    [const { AtomicU16::new(0) }; KEYS.len() + 1];
                static FIELDS: Fields = Fields::new(
                    concat!("an object (", stringify!($name), ")"),
                    KEYS,
                    &NEXT_GUESSES,
                    &[$($(#[cfg(feature = $other_feature)])? $other),*],
                );
                parser.read_object(&FIELDS, self)
            }
        }

        impl $crate::__private::DecodedObject for $name {
            fn clear(&mut self) {
                *self = $crate::__private::FromJson::blank();
            }

            fn read_field(
                &mut self,
                parser: &mut $crate::__private::Parser<'_>,
                position: usize,
            ) -> $crate::__private::DecodeResult<()> {
                match position {
                    $($(#[cfg(feature = $feature)])? $position => parser.$presence(&mut self.$field $(, $($argument)*)?),)*
                    _ => Ok(()),
                }
            }

            #[allow(unused_variables, reason = "only some entities have fields that are required or have other names")]
            fn finish(
                &mut self,
                parser: &mut $crate::__private::Parser<'_>,
                object: &mut $crate::__private::ObjectReader,
            ) -> $crate::__private::DecodeResult<()> {
                $crate::find_others! {
                    self parser object
                    [$($(#[cfg(feature = $feature)])? $json_name),*]
                    $($(#[cfg(feature = $other_feature)])? $other $(.$member)? => $target_position $target: $target_presence,)*
                }
                $($(#[cfg(feature = $feature)])? $crate::check_field!(parser object $presence self.$field $position $json_name);)*
                $(self.$unknown = object.take_unknown();)?
                Ok(())
            }
        }

        $crate::deserialize!($name);
        $crate::serialize_object!($name {
            $($json_name => $field: $presence $(if $feature)?,)*
            $(keep $unknown,)?
        });
    };
}

/// The value of a field of [`object!`] before the object is read.
#[doc(hidden)]
#[macro_export]
macro_rules! blank_field {
    (required) => {
        $crate::__private::FromJson::blank()
    };
    (required_any) => {
        $crate::__private::FromJson::blank()
    };
    (optional) => {
        None
    };
    ($presence:ident) => {
        Default::default()
    };
}

/// Reads the fields of [`object!`] that were sent under other names.
#[doc(hidden)]
#[macro_export]
macro_rules! find_others {
    ($value:ident $parser:ident $object:ident [$($names:tt)*]) => {};
    ($value:ident $parser:ident $object:ident $names:tt $(
        $(#[$gate:meta])? $other:literal $(.$member:literal)? => $position:literal $field:ident: $presence:ident,
    )*) => {
        const NAMES: &[&str] = &$names;
        const OTHERS: $crate::__private::OtherNames =
            $crate::__private::OtherNames::new(NAMES, &[$($(#[$gate])? $other),*]);
        if $object.may_have(OTHERS) {
            $(
                $(#[$gate])?
                if $crate::is_absent!($object $presence $value.$field $position)
                    && $parser.find_other($object, NAMES, &[$other $(, $member)?])
                {
                    $parser.$presence(&mut $value.$field)?;
                    $object.found($position);
                }
            )*
            $parser.return_to_end($object);
        }
    };
}

/// Replaces the blank value of a field of [`object!`] that is required and was not sent.
#[doc(hidden)]
#[macro_export]
macro_rules! check_field {
    ($parser:ident $object:ident required $value:ident.$field:ident $position:literal $json_name:literal) => {
        if !$object.has($position) {
            $parser.missing($object, $json_name, &mut $value.$field)?;
        }
    };
    ($parser:ident $object:ident required_any $value:ident.$field:ident $position:literal $json_name:literal) => {
        $crate::check_field!($parser $object required $value.$field $position $json_name)
    };
    ($parser:ident $object:ident $presence:ident $value:ident.$field:ident $position:literal $json_name:literal) => {};
}

/// Whether a field of [`object!`] is still to be found under another name.
#[doc(hidden)]
#[macro_export]
macro_rules! is_absent {
    ($object:ident optional $value:ident.$field:ident $position:literal) => {
        $value.$field.is_none()
    };
    ($object:ident optional_any $value:ident.$field:ident $position:literal) => {
        $value.$field.is_none()
    };
    ($object:ident object_or_ignore $value:ident.$field:ident $position:literal) => {
        $value.$field.is_none()
    };
    ($object:ident $presence:ident $value:ident.$field:ident $position:literal) => {
        !$object.has($position)
    };
}

/// Implements serde's `Deserialize` for a type that implements `FromJson`.
#[doc(hidden)]
#[macro_export]
macro_rules! deserialize {
    ($name:ident) => {
        impl<'de> $crate::__private::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::__private::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> Result<Self, D::Error> {
                $crate::__private::deserialize(deserializer)
            }
        }
    };
}

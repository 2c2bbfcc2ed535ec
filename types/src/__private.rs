//! Items for generated code and for the crate `mastodon-sdk`. Not public API: they can change in any
//! release.

pub use crate::decode::{
    DecodeResult, Failed, Fields, FromJson, Key, Object as DecodedObject, ObjectReader, OtherNames,
    Parser, char_boundary, deserialize, parse_usual_time,
};
pub use crate::encode::{
    Fields as SerializeFields, FieldsExt as SerializeFieldsExt, Object as SerializedObject,
    serialize_object,
};
pub use crate::id::IdString;
pub use crate::open_enum::{parse_error, unknown_value};
pub use crate::secret::REDACTED;
pub use {serde, serde_json};

/// Names that the generated entities use.
pub mod prelude {
    pub use std::collections::BTreeMap;

    pub use jiff::Timestamp;
    pub use jiff::civil::Date;

    pub use super::{DecodeResult, FromJson, Parser};
    pub use crate::decode::UnknownFields;
    pub use crate::html::Html;
    pub use crate::open_enum::UnknownValue;
    pub use crate::secret::SecretString;
    pub use crate::{Cursor, deserialize, has_id, id_type, object, open_enum, serialize_variant};
}

//! Items for generated code and for the crate `mastodon-sdk`. Not public API: they can change in any
//! release.

pub use crate::decode::path::{char_boundary, decode, error_offset};
pub use crate::decode::{
    Entries, Fields, LenientScalar, Object, capture_raw, decode_object, from_raw, has_key, require,
};
pub use crate::id::{IdString, IdVisitor};
pub use crate::open_enum::unknown_value;
pub use crate::secret::REDACTED;
pub use crate::text::html_to_text;
pub use {serde, serde_json};

/// Names that the generated entities use.
pub mod prelude {
    pub use std::collections::BTreeMap;

    pub use jiff::Timestamp;
    pub use jiff::civil::Date;
    pub use serde::{Deserialize, Deserializer, Serialize};

    pub use super::{capture_raw, from_raw, has_key};
    pub use crate::open_enum::UnknownValue;
    pub use crate::secret::SecretString;
    pub use crate::{Cursor, has_id, id_type, object, open_enum};
}

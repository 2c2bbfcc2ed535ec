//! Fields that this version of the SDK does not know.

use std::fmt;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value;

/// Fields of an entity that this version of the SDK does not know, in the order of the JSON.
///
/// They are kept on request only: see
/// [`DecodeOptions::keep_unknown_fields`](crate::json::DecodeOptions::keep_unknown_fields()).
#[derive(Clone, Default, PartialEq)]
#[allow(clippy::box_collection, reason = "one pointer in each entity")]
pub struct UnknownFields(Option<Box<Vec<(String, Value)>>>);

impl UnknownFields {
    pub(super) fn new(fields: Vec<(String, Value)>) -> Self {
        Self((!fields.is_empty()).then(|| Box::new(fields)))
    }

    /// Returns the value of a field; `None` if it was not sent, is known, or was not kept.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    }

    /// Returns the names and values of the fields.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        let fields = self.0.as_deref().map(Vec::as_slice).unwrap_or_default();
        fields.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// Returns whether there are no fields.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }
}

impl fmt::Debug for UnknownFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl Serialize for UnknownFields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (key, value) in self.iter() {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

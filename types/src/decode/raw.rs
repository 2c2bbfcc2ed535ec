//! Values whose type is only known after they have been inspected.

use std::fmt;

use serde::de::{DeserializeOwned, DeserializeSeed, Error, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// Decodes an object. A value of any other type is ignored.
pub(super) fn object_or_ignore<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: DeserializeOwned,
    D: Deserializer<'de>,
{
    let json = capture_raw(deserializer)?;
    if json.starts_with('{') {
        from_raw(&json).map(Some)
    } else {
        Ok(None)
    }
}

/// With this name, serde_json passes a map with one entry: the JSON text of the value. If a version of
/// serde_json used another name, it would pass the value itself, as other formats do.
const RAW_VALUE: &str = "$serde_json::private::RawValue";

/// Returns the JSON text of the value, to be inspected before it is decoded.
pub fn capture_raw<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    struct RawVisitor;

    impl<'de> Visitor<'de> for RawVisitor {
        type Value = String;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a value")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<String, A::Error> {
            let mut members = serde_json::Map::new();
            while let Some(key) = entries.next_key::<String>()? {
                if key == RAW_VALUE {
                    return entries.next_value();
                }
                members.insert(key, entries.next_value()?);
            }
            Ok(serde_json::Value::Object(members).to_string())
        }

        fn visit_newtype_struct<D: Deserializer<'de>>(
            self,
            deserializer: D,
        ) -> Result<String, D::Error> {
            serde_json::Value::deserialize(deserializer).map(|value| value.to_string())
        }
    }

    deserializer.deserialize_newtype_struct(RAW_VALUE, RawVisitor)
}

/// Returns whether the JSON is an object with the key.
pub fn has_key(json: &str, key: &str) -> bool {
    struct KeyFinder<'k>(&'k str);

    impl<'de> Visitor<'de> for KeyFinder<'_> {
        type Value = bool;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a JSON object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<bool, A::Error> {
            let mut found = false;
            while let Some(is_equal) = entries.next_key_seed(KeyEquals(self.0))? {
                found |= is_equal;
                entries.next_value::<IgnoredAny>()?;
            }
            Ok(found)
        }
    }

    struct KeyEquals<'k>(&'k str);

    impl<'de> DeserializeSeed<'de> for KeyEquals<'_> {
        type Value = bool;

        fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
            deserializer.deserialize_identifier(self)
        }
    }

    impl Visitor<'_> for KeyEquals<'_> {
        type Value = bool;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a key")
        }

        fn visit_str<E: Error>(self, key: &str) -> Result<bool, E> {
            Ok(key == self.0)
        }
    }

    let mut deserializer = serde_json::Deserializer::from_str(json);
    deserializer
        .deserialize_map(KeyFinder(key))
        .unwrap_or_default()
}

/// Decodes a value that was captured.
pub fn from_raw<T: DeserializeOwned, E: Error>(json: &str) -> Result<T, E> {
    serde_json::from_str(json).map_err(E::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_captured_as_it_was_sent() {
        let json = r#"{ "a" : 1.50,"b":{"c":[]} }"#;
        let captured = capture_raw(&mut serde_json::Deserializer::from_str(json)).unwrap();
        assert_eq!(captured, json);
    }

    #[test]
    fn other_formats_are_captured_as_json() {
        let value = serde_json::json!({"b": [true]});
        assert_eq!(capture_raw(value).unwrap(), r#"{"b":[true]}"#);
        let entries = [("id", 7)].into_iter();
        let other = serde::de::value::MapDeserializer::<_, serde_json::Error>::new(entries);
        assert_eq!(capture_raw(other).unwrap(), r#"{"id":7}"#);
    }

    #[test]
    fn only_keys_of_the_outermost_object_are_found() {
        let json = r#"{ "a" : 1.50,"b":{"c":[]} }"#;
        assert!(has_key(json, "a") && has_key(json, "b") && !has_key(json, "c"));
        assert!(!has_key("[]", "id"));
    }
}

//! Reads parts of a document. The rest is skipped, which takes a fraction of the time.

use std::fmt;

use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// What is kept of a value.
#[derive(Debug)]
pub enum Parts {
    /// Everything.
    All,
    /// These members of an object.
    Members(&'static [(&'static str, Parts)]),
    /// The same parts of each member of an object.
    Each(&'static Parts),
}

impl Parts {
    /// Parses a document, of which only these parts are kept.
    ///
    /// # Errors
    ///
    /// When it is not JSON, or if a value with parts is not an object.
    pub fn parse(&self, text: &str) -> Result<Value, serde_json::Error> {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let value = self.deserialize(&mut deserializer)?;
        deserializer.end()?;
        Ok(value)
    }

    fn of_member(&self, key: &str) -> Option<&Self> {
        match self {
            Self::All => Some(self),
            Self::Members(members) => {
                let member = members.iter().find(|(name, _)| *name == key);
                member.map(|(_, parts)| parts)
            }
            Self::Each(parts) => Some(parts),
        }
    }
}

impl<'de> DeserializeSeed<'de> for &Parts {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        match self {
            Parts::All => Value::deserialize(deserializer),
            _ => deserializer.deserialize_map(self),
        }
    }
}

impl<'de> Visitor<'de> for &Parts {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = access.next_key::<String>()? {
            match self.of_member(&key) {
                Some(parts) => drop(map.insert(key, access.next_value_seed(parts)?)),
                None => drop(access.next_value::<IgnoredAny>()?),
            }
        }
        Ok(map.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_the_parts_are_kept() {
        static INNER: Parts = Parts::Members(&[("c", Parts::All)]);
        static PARTS: Parts = Parts::Members(&[("a", Parts::Each(&INNER)), ("d", Parts::All)]);
        let text =
            r#"{ "a": { "b": { "c": [1, { "x": 2 }], "x": 3 } }, "x": { "d": 4 }, "d": null }"#;
        let expected = json!({ "a": { "b": { "c": [1, { "x": 2 }] } }, "d": null });
        assert_eq!(PARTS.parse(text).unwrap(), expected);
        for invalid in ["", "{", "[]", r#"{ "a": 1 }"#, "{} {}"] {
            assert!(PARTS.parse(invalid).is_err(), "{invalid}");
        }
    }
}

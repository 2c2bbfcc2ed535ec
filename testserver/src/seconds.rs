//! Durations in JSON and YAML: numbers of seconds, such as `0.25`.

use std::time::Duration;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub(crate) fn serialize<S: Serializer>(
    duration: &Duration,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let seconds = duration.as_secs_f64();
    // Whole seconds have no fraction.
    if duration.subsec_nanos() == 0 {
        duration.as_secs().serialize(serializer)
    } else {
        seconds.serialize(serializer)
    }
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Duration, D::Error> {
    let seconds = f64::deserialize(deserializer)?;
    Duration::try_from_secs_f64(seconds)
        .map_err(|_| D::Error::custom(format!("{seconds} is not a duration in seconds")))
}

/// A range of durations: one number of seconds, or an object with `min` and `max`.
pub(crate) mod range {
    use std::ops::RangeInclusive;
    use std::time::Duration;

    use serde::de::{Error, MapAccess, Visitor};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// Shortest and longest duration in seconds.
    #[derive(Deserialize, Serialize)]
    #[cfg_attr(test, derive(schemars::JsonSchema))]
    #[serde(deny_unknown_fields)]
    pub(crate) struct Bounds {
        #[serde(with = "super")]
        #[cfg_attr(test, schemars(with = "f64", range(min = 0)))]
        min: Duration,
        #[serde(with = "super")]
        #[cfg_attr(test, schemars(with = "f64", range(min = 0)))]
        max: Duration,
    }

    /// Schema of a range.
    #[cfg(test)]
    #[derive(schemars::JsonSchema)]
    #[serde(untagged)]
    #[expect(dead_code, reason = "describes the JSON")]
    pub(crate) enum SecondsRange {
        /// Always the same duration in seconds.
        Fixed(#[schemars(range(min = 0))] f64),
        /// Shortest and longest duration.
        Bounds(Bounds),
    }

    pub(crate) fn serialize<S: Serializer>(
        range: &RangeInclusive<Duration>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let (min, max) = (*range.start(), *range.end());
        if min == max {
            super::serialize(&min, serializer)
        } else {
            Bounds { min, max }.serialize(serializer)
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<RangeInclusive<Duration>, D::Error> {
        deserializer.deserialize_any(RangeVisitor)
    }

    struct RangeVisitor;

    impl<'de> Visitor<'de> for RangeVisitor {
        type Value = RangeInclusive<Duration>;

        fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            formatter.write_str("a number of seconds, or an object with `min` and `max`")
        }

        fn visit_f64<E: Error>(self, seconds: f64) -> Result<Self::Value, E> {
            let duration = Duration::try_from_secs_f64(seconds)
                .map_err(|_| E::custom(format!("{seconds} is not a duration in seconds")))?;
            Ok(duration..=duration)
        }

        fn visit_u64<E: Error>(self, seconds: u64) -> Result<Self::Value, E> {
            let duration = Duration::from_secs(seconds);
            Ok(duration..=duration)
        }

        fn visit_i64<E: Error>(self, seconds: i64) -> Result<Self::Value, E> {
            Err(E::custom(format!("{seconds} is not a duration in seconds")))
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
            let bounds = Bounds::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
            if bounds.min > bounds.max {
                return Err(A::Error::custom("`min` is greater than `max`"));
            }
            Ok(bounds.min..=bounds.max)
        }
    }
}

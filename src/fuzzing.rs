//! Entry points of the fuzz targets. The tests run them with the seeds, the inputs that fuzzing starts with.

use mastodon_types::Html;
use mastodon_types::html::TextOptions;
use mastodon_types::json::{self, DecodeOptions};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::entities::{Instance, Notification, Search};
use crate::{Account, Status};

#[cfg(feature = "push")]
pub use crate::push::fuzzing::{push_message, push_plaintext};
#[cfg(feature = "websocket")]
pub use crate::streaming::fuzzing::{server_sent_events, websocket_message};

/// Decodes a response body as entities and as untyped JSON. JSON that serde_json reads has the same value.
///
/// # Panics
///
/// If a property is violated.
pub fn json_decode(body: &[u8]) {
    decode_as::<Vec<Status>>(body);
    decode_as::<Vec<Notification>>(body);
    decode_as::<Account>(body);
    decode_as::<Instance>(body);
    decode_as::<Search>(body);
    let value = decode_as::<Value>(body);
    if let Ok(expected) = serde_json::from_slice::<Value>(body) {
        let value = value.expect("JSON is decoded");
        assert!(is_same(&value, &expected), "{value} instead of {expected}");
    }
}

/// Converts HTML to text. The text is at most 60 times as long, and text without markup has no links.
///
/// # Panics
///
/// If a property is violated.
pub fn html(text: &str) {
    let html = Html::from(text);
    let short = TextOptions::default().short_links(true);
    let options = [TextOptions::default(), short, short.hide_quote_link(true)];
    for options in options {
        let converted = html.to_text_with(options);
        assert!(converted.len() <= 60 * (text.len() + 1));
    }
    let escaped = Html::escape(text);
    for html in [&html, &escaped] {
        let links = [html.links(), html.mentions(), html.hashtags()].concat();
        assert!(links.is_empty() || html != &escaped);
    }
}

fn decode_as<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    let options = DecodeOptions::default().keep_unknown_fields(true);
    match json::decode_bytes::<T>(body, options) {
        Ok(decoded) => {
            assert!(decoded.problems.len() <= 100 && decoded.rejected.len() <= 1000);
            Some(decoded.value)
        }
        Err(error) => {
            assert!(error.offset <= String::from_utf8_lossy(body).len());
            None
        }
    }
}

/// Returns whether two values are the same. serde_json rounds some numbers with many digits differently.
fn is_same(value: &Value, expected: &Value) -> bool {
    match (value, expected) {
        (Value::Number(value), Value::Number(expected)) => {
            let (value, expected) = (value.as_f64(), expected.as_f64());
            value.zip(expected).is_some_and(|(value, expected)| {
                (value - expected).abs() <= expected.abs() * 4.0 * f64::EPSILON
            })
        }
        (Value::Array(items), Value::Array(expected)) => {
            items.len() == expected.len()
                && items
                    .iter()
                    .zip(expected)
                    .all(|(item, expected)| is_same(item, expected))
        }
        (Value::Object(entries), Value::Object(expected)) => {
            entries.len() == expected.len()
                && entries
                    .iter()
                    .zip(expected)
                    .all(|((key, value), (expected_key, expected))| {
                        key == expected_key && is_same(value, expected)
                    })
        }
        _ => value == expected,
    }
}

#[cfg(all(test, feature = "push", feature = "websocket"))]
mod tests {
    use std::collections::BTreeMap;
    use std::path::{Path, PathBuf};

    use super::*;

    /// Runs a target with an input.
    type Target = fn(&[u8]);

    const TARGETS: [(&str, Target); 6] = [
        ("html", |bytes| html(&String::from_utf8_lossy(bytes))),
        ("json_decode", json_decode),
        ("push_message", push_message),
        ("push_plaintext", push_plaintext),
        ("server_sent_events", |bytes| {
            server_sent_events(bytes, &[1, 2, 3, 5, 8, 13, 21, 34]);
            server_sent_events(bytes, &[1; 256]);
        }),
        ("websocket_message", |bytes| {
            websocket_message(&String::from_utf8_lossy(bytes));
        }),
    ];

    fn files(folder: &Path) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    }

    /// Returns variants of a seed: truncated at each byte, and with a bit of each byte flipped.
    fn variants(seed: &[u8]) -> impl Iterator<Item = Vec<u8>> {
        (0..=seed.len()).flat_map(move |at| {
            let flipped = [0x01, 0x80].map(|bit| {
                let mut flipped = seed.to_vec();
                flipped
                    .iter_mut()
                    .skip(at)
                    .take(1)
                    .for_each(|byte| *byte ^= bit);
                flipped
            });
            std::iter::once(seed[..at].to_vec()).chain(flipped)
        })
    }

    #[test]
    fn no_target_panics_on_its_seeds_or_their_variants() {
        let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
        if !fuzz.exists() {
            println!("skipped: the published crate has no seeds");
            return;
        }
        let stems = |folder| -> Vec<String> {
            let paths = files(&fuzz.join(folder)).into_iter();
            let mut stems: Vec<_> = paths
                .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
                .collect();
            stems.sort();
            stems
        };
        let targets = BTreeMap::from(TARGETS);
        let names: Vec<_> = targets.keys().map(|name| (*name).to_owned()).collect();
        assert_eq!(stems("fuzz_targets"), names);
        assert_eq!(stems("seeds"), names);
        for (name, target) in targets {
            let seeds = files(&fuzz.join("seeds").join(name));
            assert!(!seeds.is_empty(), "{name}");
            for seed in seeds {
                let bytes = std::fs::read(seed).unwrap();
                target(&bytes);
                // A sample is enough: every change makes encrypted data invalid as a whole.
                let step = bytes.len() / 20 + 1;
                variants(&bytes)
                    .step_by(step)
                    .for_each(|input| target(&input));
            }
        }
    }
}

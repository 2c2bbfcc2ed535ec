//! All HTML is converted to text, whose length is bounded, and text without markup has no links.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| mastodon_sdk::fuzzing::html(text));

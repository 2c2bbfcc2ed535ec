//! Every response body is decoded or rejected, and JSON that serde_json reads has the same value.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| mastodon_sdk::fuzzing::json_decode(input));

//! Whatever a message says, it is read or told of.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| mastodon_sdk::fuzzing::websocket_message(text));

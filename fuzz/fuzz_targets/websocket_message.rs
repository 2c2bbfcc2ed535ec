//! Every WebSocket message is decoded or reported as malformed.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| mastodon_sdk::fuzzing::websocket_message(text));

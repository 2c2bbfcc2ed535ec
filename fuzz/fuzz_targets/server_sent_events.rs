//! Server-sent events are decoded the same way however the network splits them, within the size limits.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(
    |input: (Vec<u8>, Vec<u8>)| mastodon_sdk::fuzzing::server_sent_events(&input.0, &input.1)
);

//! Whatever a server sends, and however the network cuts it: the same events come out, within bounds.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (Vec<u8>, Vec<u8>)| mastodon_sdk::fuzzing::server_sent_events(&input.0, &input.1));

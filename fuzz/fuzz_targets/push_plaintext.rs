//! Every decrypted push message and every set of VAPID claims is decoded or rejected.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| mastodon_sdk::fuzzing::push_plaintext(input));

//! Whatever comes to the address of a subscription, it is read or refused.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| mastodon_sdk::fuzzing::push_message(input));

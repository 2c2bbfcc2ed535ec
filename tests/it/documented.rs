//! The calls that the reference of the API shows: each compiles, and sends what the command of `curl`
//! beside it sends.

mod prelude {
    pub(super) use std::error::Error;
    pub(super) use std::pin::Pin;
    pub(super) use std::time::Duration;

    pub(super) use mastodon_sdk::methods::*;
    pub(super) use mastodon_sdk::*;

    pub(super) type Outcome = Result<(), Box<dyn std::error::Error>>;
    pub(super) type Run = for<'a> fn(&'a Mastodon) -> Pin<Box<dyn Future<Output = Outcome> + 'a>>;
}

#[rustfmt::skip]
#[allow(deprecated, unused_mut, unused_variables)]
#[path = "../generated/calls.rs"]
mod calls;

#[test]
fn x() {
    assert!(!calls::CALLS.is_empty());
}

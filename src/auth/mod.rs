//! Leave to act for somebody: registering a program, asking a user, exchanging the code for a token,
//! keeping what was given.

mod app;
mod credentials;
mod login;
mod loopback;
mod metadata;
mod scopes;

pub use app::{App, OUT_OF_BAND, RedirectUris};
pub use credentials::Credentials;
pub use login::LoginRequest;
pub(crate) use metadata::{Metadata, is_oauth};
pub use scopes::Scopes;

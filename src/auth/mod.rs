//! OAuth: registers an application, sends the user to the authorization page, exchanges the code for an
//! access token, and stores the credentials.

mod app;
mod credentials;
mod login;
mod loopback;

pub use app::{App, OUT_OF_BAND, RedirectUris};
pub use credentials::Credentials;
pub use login::AuthorizationRequest;

pub use crate::error::OAuthError;

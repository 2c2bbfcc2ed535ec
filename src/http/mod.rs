//! HTTP: transport, request bodies, redirects, retries and rate limits.

pub(crate) mod access_token;
mod api_error;
pub(crate) mod body;
pub(crate) mod default_headers;
pub(crate) mod headers;
pub(crate) mod hooks;
mod html_page;
pub(crate) mod network_error;
pub(crate) mod outgoing;
pub(crate) mod proxy;
pub(crate) mod rate_limit;
pub(crate) mod read;
pub(crate) mod redirect;
pub(crate) mod response;
pub(crate) mod retry;
#[cfg(test)]
pub(crate) mod test_network;
pub(crate) mod tls;
pub(crate) mod transport;
pub(crate) mod upload;

pub(crate) use api_error::api_error;
pub use response::RawResponse;

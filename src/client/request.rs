//! Requests to endpoints that the SDK does not know.

use std::borrow::Cow;

use http::Method;

use super::Mastodon;
use crate::call::RequestCall;

/// # Other endpoints
impl Mastodon {
    /// Creates a request to an endpoint that the SDK does not know, such as one of other server software or of a new
    /// version.
    ///
    /// `path` is a path of the server, such as `/api/v1/pleroma/chats`, with `{name}` for each
    /// [`path_param`](RequestCall::path_param). The access token is sent to this server only, so a path that could lead
    /// elsewhere is an error: one that starts with `//`, or contains `..`, `\\`, `?` or `#`.
    ///
    /// The request has what every call has: rate limits, retries, timeouts, redacted secrets, and errors that name it by
    /// method and path. If the specification has an endpoint with this method and path, the request counts against the
    /// rate limit of that endpoint. Nothing is checked before it is sent: neither the server's version nor arguments nor
    /// limits.
    ///
    /// ```
    /// # async fn example(mastodon: mastodon_sdk::Mastodon) -> Result<(), mastodon_sdk::Error> {
    /// use mastodon_sdk::Method;
    ///
    /// let chats = mastodon.request(Method::GET, "/api/v2/pleroma/chats").query("limit", 20).json().await?;
    /// for chat in chats.as_array().into_iter().flatten() {
    ///     println!("{}", chat["account"]["acct"]);
    /// }
    ///
    /// let call = mastodon.request(Method::POST, "/api/v1/pleroma/chats/{id}/read").path_param("id", "12");
    /// call.param("last_read_id", "99").json().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Awaiting the call fails with [`Error::IllegalArgument`](crate::Error::IllegalArgument) if the path, a parameter or
    /// a header is not valid, and with the errors of every call.
    #[doc(alias("raw request", "custom endpoint", "unknown endpoint"))]
    pub fn request(&self, method: Method, path: impl Into<Cow<'static, str>>) -> RequestCall {
        RequestCall::new(self.core(), method, path)
    }
}

//! The call of an endpoint that the SDK does not know.

use std::borrow::Cow;
use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;
use std::sync::Arc;

use bytes::Bytes;
use http::Method;
use mastodon_types::SecretString;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::core::Core;
use super::custom::Custom;
use super::page::{Page, PageBody};
use super::params::Value;
use super::request::Request;
use super::{CallFuture, CallOutput};
use crate::error::Error;

/// A request to an endpoint that the SDK does not know, created by [`Mastodon::request`](crate::Mastodon::request). It
/// does nothing until it is awaited, and returns JSON unless [`decode`](Self::decode) or [`paged`](RequestCall::paged)
/// chooses another type.
#[must_use = "a call does nothing until it is awaited"]
pub struct RequestCall<T = serde_json::Value>(Request, PhantomData<fn() -> T>);

impl<T> RequestCall<T> {
    fn custom(&mut self) -> Option<&mut Custom> {
        self.0.custom.as_deref_mut()
    }

    fn with(mut self, set: impl FnOnce(&mut Custom)) -> Self {
        // Every request of this type has it.
        if let Some(custom) = self.custom() {
            set(custom);
        }
        self
    }

    /// Value of `{name}` in the path. Its characters are encoded, so it is always one segment of the path.
    ///
    /// ```
    /// # async fn example(mastodon: mastodon_sdk::Mastodon) -> Result<(), mastodon_sdk::Error> {
    /// use mastodon_sdk::Method;
    /// let path = "/api/v1/pleroma/chats/{id}/messages";
    /// let messages = mastodon.request(Method::GET, path).path_param("id", "12").json().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn path_param(self, name: impl Into<Cow<'static, str>>, value: impl Into<Value>) -> Self {
        self.with(|custom| custom.set_path_value(name, value.into()))
    }

    /// Parameter in the query. A list is sent as `name[]`, as Rails expects it. A second value of the same name
    /// replaces the first.
    pub fn query(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<Value>) -> Self {
        self.0.set(name, value);
        self
    }

    /// Parameter: in the query of a GET, HEAD or DELETE request, otherwise in a JSON body. If a value is a file, the
    /// body is multipart.
    ///
    /// ```
    /// # async fn example(mastodon: mastodon_sdk::Mastodon) -> Result<(), mastodon_sdk::Error> {
    /// use mastodon_sdk::Method;
    /// let call = mastodon.request(Method::POST, "/api/v1/pleroma/chats/12/messages");
    /// let message = call.param("content", "Hello!").param("media_id", "7").json().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn param(self, name: impl Into<Cow<'static, str>>, value: impl Into<Value>) -> Self {
        let custom = self.0.custom.as_deref();
        if custom.is_none_or(Custom::has_params_in_query) {
            return self.query(name, value);
        }
        self.with(|custom| custom.set_json_value(name, value.into()))
    }

    /// Field of a form in the body. The form is URL-encoded, or multipart if a value is a file
    /// ([`Upload`](crate::Upload)).
    ///
    /// ```no_run
    /// # async fn example(mastodon: mastodon_sdk::Mastodon) -> Result<(), mastodon_sdk::Error> {
    /// use mastodon_sdk::{Method, Upload};
    /// let call = mastodon.request(Method::PUT, "/api/v1/pleroma/mascot");
    /// let mascot = call.form("file", Upload::path("mascot.png")).json().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn form(self, name: impl Into<Cow<'static, str>>, value: impl Into<Value>) -> Self {
        self.with(|custom| custom.set_form_value(name, value.into()))
    }

    /// Whole body, sent as JSON.
    ///
    /// ```
    /// # async fn example(mastodon: mastodon_sdk::Mastodon) -> Result<(), mastodon_sdk::Error> {
    /// use mastodon_sdk::Method;
    /// use serde_json::json;
    /// let call = mastodon.request(Method::PATCH, "/api/v1/example");
    /// call.body(&json!({ "accounts": ["1", "2"] })).json().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn body(self, body: &impl Serialize) -> Self {
        self.with(|custom| custom.set_json(body))
    }

    /// Whole body, of any content type.
    pub fn bytes(self, content_type: impl Into<Cow<'static, str>>, body: impl Into<Bytes>) -> Self {
        let (content_type, body) = (content_type.into(), body.into());
        self.with(|custom| custom.set_bytes("bytes", content_type, body))
    }

    /// Header of this request. It replaces one of [`MastodonBuilder::header`](crate::MastodonBuilder::header) with the
    /// same name, and the header `Accept`, which is `application/json` by default. Only if `Accept` is set, the response
    /// may be a web page, which [`raw`](Self::raw) returns.
    ///
    /// The call fails if the name or the value is not valid, or if the SDK sets the header itself, such as
    /// `Authorization`, `Host` and `Content-Type`.
    pub fn header(self, name: impl Into<String>, value: impl Into<SecretString>) -> Self {
        self.with(|custom| custom.set_header(name.into(), value.into()))
    }

    /// Whether the request may be sent again if its response was lost, because repeating it has no further effect.
    /// Default: true for GET, HEAD, PUT, DELETE and OPTIONS, otherwise false.
    pub fn idempotent(self, idempotent: bool) -> Self {
        self.with(|custom| custom.set_idempotent(idempotent))
    }

    /// Decodes the response as this type: an entity of the SDK, or any type that implements serde's `Deserialize`. With
    /// `()` the content of the response is ignored.
    ///
    /// ```
    /// # async fn example(mastodon: mastodon_sdk::Mastodon) -> Result<(), mastodon_sdk::Error> {
    /// use mastodon_sdk::{Account, Method};
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Chat {
    ///     id: String,
    ///     account: Account,
    /// }
    ///
    /// let call = mastodon.request(Method::GET, "/api/v2/pleroma/chats").query("limit", 20);
    /// let chats = call.decode::<Vec<Chat>>().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn decode<U: CallOutput>(self) -> RequestCall<U> {
        RequestCall(self.0, PhantomData)
    }

    /// Decodes the response as a page of a list of these items. The next and the previous page are those of the header
    /// `Link`.
    ///
    /// ```
    /// # async fn example(mastodon: mastodon_sdk::Mastodon) -> Result<(), mastodon_sdk::Error> {
    /// use mastodon_sdk::{Method, Status};
    /// let call = mastodon.request(Method::GET, "/api/v1/pleroma/accounts/12/favourites");
    /// let mut statuses = call.paged::<Status>().items();
    /// while let Some(status) = statuses.try_next().await? {
    ///     println!("{}", status.content);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn paged<U: DeserializeOwned>(self) -> RequestCall<Page<U>> {
        self.decode()
    }
}

impl RequestCall {
    pub(crate) fn new(
        core: &Arc<Core>,
        method: Method,
        path: impl Into<Cow<'static, str>>,
    ) -> Self {
        let custom = Custom::new(method, path);
        Self(Request::custom(core, custom), PhantomData)
    }
}

impl<T: CallOutput> RequestCall<T> {
    call_methods!(T);
}

impl<T, W: PageBody<Item = T>> RequestCall<Page<T, W>> {
    page_methods!(T, W);
    cursor_methods!();
}

impl<T: CallOutput> IntoFuture for RequestCall<T> {
    type Output = Result<T, Error>;
    type IntoFuture = CallFuture<T>;

    fn into_future(self) -> Self::IntoFuture {
        CallFuture::new(self.0)
    }
}

impl<T> Clone for RequestCall<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone(), PhantomData)
    }
}

impl<T> fmt::Debug for RequestCall<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

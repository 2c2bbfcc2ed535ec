//! Settings of the builder for connections: headers, proxies, root certificates, callbacks.

use std::sync::Arc;

use super::MastodonBuilder;
use crate::http::hooks::{OutgoingRequest, RequestOutcome};
use crate::http::proxy::ProxySetting;
use crate::http::transport::{Customize, TransportSettings};

/// # Connections
///
/// These settings apply to everything that the client sends: calls, streams, WebSockets, downloads and
/// [`discover`](Self::discover).
impl MastodonBuilder {
    fn transport(&mut self) -> &mut TransportSettings {
        &mut self.settings.transport
    }

    /// Header of all requests to the server, such as one that a proxy in front of it requires. A header that a call sets
    /// itself takes precedence. Call it once for each header; the last value of a name is used.
    ///
    /// Like the access token, the header is sent to the server of the client and its streaming server only: downloads
    /// from other hosts do not contain it. `Debug` does not print its value, and the callbacks of
    /// [`on_request`](Self::on_request) do not see it.
    ///
    /// [`build`](Self::build) fails if the name or the value is not valid, or if the SDK sets the header itself:
    /// `Authorization`, `User-Agent`, `Host`, and those of the connection and the body.
    ///
    /// ```
    /// # fn example() -> Result<(), mastodon_sdk::Error> {
    /// use mastodon_sdk::Mastodon;
    /// let mastodon = Mastodon::builder("mastodon.example")
    ///     .header("CF-Access-Client-Id", "…")
    ///     .header("CF-Access-Client-Secret", "…")
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn header(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        let headers = &mut self.transport().headers;
        headers.set(name.as_ref(), value.as_ref());
        self
    }

    /// Proxy of all requests: a URL with the scheme `http` or `https`, and with the Cargo feature `socks` also
    /// `socks4`, `socks4a`, `socks5` or `socks5h`. With `socks4a` and `socks5h` the proxy resolves host names. The URL
    /// can contain a user name and a password.
    ///
    /// Default: the proxies of the environment. They are read when the client is built:
    ///
    /// | Variable | Proxy of |
    /// | --- | --- |
    /// | `HTTPS_PROXY` | requests to `https` URLs |
    /// | `HTTP_PROXY` | requests to `http` URLs; ignored if `REQUEST_METHOD` is set, as in a CGI script |
    /// | `ALL_PROXY` | requests for which neither of them is set |
    /// | `NO_PROXY` | none: hosts that are requested directly, such as `localhost,.internal.example,10.0.0.0/8` |
    ///
    /// Names in lower case, such as `https_proxy`, have the same meaning. This setting replaces all four variables; use
    /// [`http_client`](Self::http_client) for a proxy with exceptions.
    ///
    /// Requests to `https` URLs are tunneled (`CONNECT`), so the proxy cannot read them. It can read requests to `http`
    /// URLs with their access token.
    ///
    /// [`build`](Self::build) fails if the URL is not valid.
    ///
    /// ```
    /// # fn example() -> Result<(), mastodon_sdk::Error> {
    /// use mastodon_sdk::Mastodon;
    /// let mastodon = Mastodon::builder("mastodon.example")
    ///     .proxy("http://user:password@proxy.example:3128")
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        let url: String = url.into();
        self.transport().proxy = ProxySetting::All(url.into());
        self
    }

    /// Uses no proxy, whatever the environment names. See [`proxy`](Self::proxy).
    pub fn no_proxy(mut self) -> Self {
        self.transport().proxy = ProxySetting::Disabled;
        self
    }

    /// Root certificate to trust in addition to those of the operating system, such as that of a company or of a test
    /// server: the content of a file with one certificate in DER format, or with certificates in PEM format. Call it
    /// once for each file.
    ///
    /// A container image without an operating system has no root certificates. There, the certificates of this method
    /// are used, and with the Cargo feature `webpki-roots` also those of Mozilla, which are part of the program.
    ///
    /// [`build`](Self::build) fails if a certificate is not valid, on Android with rustls, and without a Cargo feature
    /// for TLS.
    ///
    /// ```no_run
    /// # fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use mastodon_sdk::Mastodon;
    /// let mastodon = Mastodon::builder("mastodon.internal.example")
    ///     .add_root_certificate(std::fs::read("/etc/ssl/company.pem")?)
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias("ca", "self signed certificate"))]
    pub fn add_root_certificate(mut self, certificate: impl Into<Vec<u8>>) -> Self {
        self.transport().root_certificates.add(certificate.into());
        self
    }

    /// Changes the HTTP client of [`reqwest`](crate::reqwest): connections, pools, name resolution, local addresses,
    /// proxies with exceptions, and everything else for which this builder has no method.
    ///
    /// The function is called when the client is built, once for each of its HTTP clients. Its settings take precedence
    /// over those of this builder, with these exceptions:
    ///
    /// - Redirects: the SDK follows them itself, because it must not send the access token to other hosts.
    /// - Certificates of servers are always checked. Use [`add_root_certificate`](Self::add_root_certificate) for
    ///   further root certificates; with rustls, other settings of TLS have no effect.
    ///
    /// Three settings of reqwest are not suitable:
    ///
    /// - `timeout` ends streams and large downloads; use [`timeout`](Self::timeout) of this builder.
    /// - `default_headers` are sent to all hosts, also those of downloads; use [`header`](Self::header).
    /// - `cookie_store` sends what the server stored with later requests, with which the API is not meant to be used.
    ///
    /// ```
    /// # fn example() -> Result<(), mastodon_sdk::Error> {
    /// use mastodon_sdk::{Mastodon, reqwest};
    /// use std::time::Duration;
    /// let mastodon = Mastodon::builder("mastodon.example")
    ///     .http_client(|client| {
    ///         let proxy = reqwest::Proxy::all("http://127.0.0.1:3128").unwrap();
    ///         client
    ///             .proxy(proxy.no_proxy(reqwest::NoProxy::from_string("files.example")))
    ///             .pool_idle_timeout(Duration::from_secs(20))
    ///             .resolve("mastodon.example", ([127, 0, 0, 1], 443).into())
    ///     })
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias("reqwest"))]
    pub fn http_client(
        mut self,
        customize: impl Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + Sync + 'static,
    ) -> Self {
        self.transport().customize = Some(Customize(Arc::new(customize)));
        self
    }

    /// Calls a function before each request is sent, which can add headers, such as a signature. Retries, redirects,
    /// requests that open a stream, and downloads are requests of their own. Functions are called in the order in which
    /// they were added.
    ///
    /// The function sees neither the access token nor the values of secret headers. It is called by the task that sends
    /// the request, so it must not block.
    ///
    /// ```
    /// # fn example() -> Result<(), mastodon_sdk::Error> {
    /// use mastodon_sdk::Mastodon;
    /// # fn sign(_: &str, _: &str, _: &[u8]) -> String { String::new() }
    /// let mastodon = Mastodon::builder("mastodon.example")
    ///     .on_request(|request| {
    ///         let body = request.body().unwrap_or_default();
    ///         let signature = sign(request.method().as_str(), request.url().path(), body);
    ///         request.set_header("X-Signature", &signature);
    ///     })
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_request(
        mut self,
        callback: impl Fn(&mut OutgoingRequest<'_>) + Send + Sync + 'static,
    ) -> Self {
        self.transport().hooks.on_request(callback);
        self
    }

    /// Calls a function after each request, with its response or its error: once for each call of the function of
    /// [`on_request`](Self::on_request). Functions are called in the order in which they were added.
    ///
    /// The function is called by the task of the request, so it must not block.
    ///
    /// ```
    /// # fn example() -> Result<(), mastodon_sdk::Error> {
    /// use mastodon_sdk::Mastodon;
    /// let mastodon = Mastodon::builder("mastodon.example")
    ///     .on_response(|response| {
    ///         let status = response.status().map_or(0, |status| status.as_u16());
    ///         let (endpoint, seconds) = (response.endpoint(), response.duration().as_secs_f64());
    ///         println!("{endpoint} {status} {seconds} (attempt {})", response.attempt());
    ///     })
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias("metrics"))]
    pub fn on_response(
        mut self,
        callback: impl Fn(&RequestOutcome<'_>) + Send + Sync + 'static,
    ) -> Self {
        self.transport().hooks.on_response(callback);
        self
    }
}

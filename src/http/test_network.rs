//! A network for tests: connections in memory instead of sockets.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{HeaderValue, Response, Uri, header};
use http_body::{Body, Frame};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use reqwest::ResponseBuilderExt;
use tokio::io::{AsyncRead, AsyncWrite};

/// Both directions of a connection.
pub(crate) trait Connection: AsyncRead + AsyncWrite + Send + Unpin + 'static {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin + 'static> Connection for T {}

/// Opens connections to servers in the same process.
pub(crate) trait Network: Send + Sync {
    /// Opens a connection for a request.
    fn connect(&self, uri: &Uri) -> Connecting<'_>;
}

/// A connection that is being opened.
pub(crate) type Connecting<'a> =
    Pin<Box<dyn Future<Output = io::Result<Box<dyn Connection>>> + Send + 'a>>;

/// The network of a client.
#[derive(Clone)]
pub(crate) struct TestNetwork(pub(crate) Arc<dyn Network>);

impl fmt::Debug for TestNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TestNetwork")
    }
}

impl TestNetwork {
    /// Returns a client that only builds requests. It is built once, because that takes much longer than a simulation.
    pub(crate) fn idle_client(build: impl FnOnce() -> reqwest::Client) -> reqwest::Client {
        static CLIENT: OnceLock<reqwest::Client> = OnceLock::new();
        CLIENT.get_or_init(build).clone()
    }

    /// Sends a request over a connection of its own.
    pub(crate) async fn execute(
        &self,
        request: reqwest::Request,
    ) -> Result<reqwest::Response, reqwest::Error> {
        match self.send(request).await {
            Ok(response) => Ok(response),
            Err(error) => {
                let body = reqwest::Body::wrap(FailedBody(Some(error)));
                let response = reqwest::Response::from(Response::new(body));
                Err(response.bytes().await.unwrap_err())
            }
        }
    }

    async fn send(&self, request: reqwest::Request) -> io::Result<reqwest::Response> {
        let url = request.url().clone();
        let mut request =
            http::Request::<reqwest::Body>::try_from(request).map_err(io::Error::other)?;
        let connection = self.0.connect(request.uri()).await?;
        let host = HeaderValue::try_from(url.authority()).map_err(io::Error::other)?;
        request.headers_mut().insert(header::HOST, host);
        let path = request.uri().path_and_query().map(PathAndQuery::as_str);
        *request.uri_mut() = path.unwrap_or("/").parse().map_err(io::Error::other)?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(connection))
            .await
            .map_err(io::Error::other)?;
        tokio::spawn(connection.with_upgrades());
        let response = sender.send_request(request).await;
        let (parts, body) = response.map_err(io::Error::other)?.into_parts();
        let mut builder = Response::builder().status(parts.status).url(url);
        if let Some(headers) = builder.headers_mut() {
            *headers = parts.headers;
        }
        if let Some(extensions) = builder.extensions_mut() {
            extensions.extend(parts.extensions);
        }
        // A connection that serves one request is closed after its response.
        let body = WithSender {
            body,
            _sender: sender,
        };
        let response = builder.body(reqwest::Body::wrap(body));
        Ok(response.map_err(io::Error::other)?.into())
    }
}

/// A response body that keeps its connection open.
struct WithSender {
    body: hyper::body::Incoming,
    _sender: http1::SendRequest<reqwest::Body>,
}

impl Body for WithSender {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }
}

/// A body that fails, as the only way to create an error of reqwest.
struct FailedBody(Option<io::Error>);

impl Body for FailedBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        Poll::Ready(self.0.take().map(Err))
    }
}

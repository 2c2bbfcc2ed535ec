//! Connections that the server can cut at any time, to simulate network failures.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use axum::body::{Bytes, HttpBody};
use axum::extract::ConnectInfo;
use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use axum::{Extension, Router};
use http_body::Frame;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// TCP listener whose connections can be cut by the request handler.
pub(crate) struct CuttableListener {
    pub(crate) listener: TcpListener,
    pub(crate) encryption: Option<Encryption>,
}

/// Returns the encrypted side of a connection.
pub(crate) type Encryption = Arc<dyn Fn(TcpStream) -> Box<dyn Stream> + Send + Sync>;

/// A connection, encrypted or not.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// Stream that fails after it was cut.
pub(crate) struct Connection<S = Box<dyn Stream>> {
    stream: S,
    is_secure: bool,
    cut: Arc<CutSignal>,
}

/// Client of a connection: its address, and a handle to cut the connection.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    /// Whether the connection is encrypted.
    pub(crate) is_secure: bool,
    cut: Arc<CutSignal>,
}

impl Peer {
    /// Whether the connection was cut.
    pub(crate) fn is_cut(&self) -> bool {
        self.cut.is_cut.load(Ordering::Acquire)
    }

    /// Cuts the connection. Data that is still buffered is discarded.
    pub(crate) fn cut(&self) {
        self.cut.is_cut.store(true, Ordering::Release);
        if let Some(waker) = self.cut.waker().take() {
            waker.wake();
        }
    }
}

/// Cut flag of a connection, with the task to wake when it is set.
#[derive(Debug, Default)]
struct CutSignal {
    is_cut: AtomicBool,
    waker: Mutex<Option<Waker>>,
}

impl CutSignal {
    fn waker(&self) -> std::sync::MutexGuard<'_, Option<Waker>> {
        self.waker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns an error if the connection is cut. Otherwise registers the task to be woken by the cut.
    fn check(&self, cx: &Context<'_>) -> io::Result<()> {
        self.waker().replace(cx.waker().clone());
        if self.is_cut.load(Ordering::Acquire) {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Ok(())
    }
}

impl Listener for CuttableListener {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.listener).await;
        // Small events of a stream are not held back. A connection that is already closed fails when it is used.
        let _closed = stream.set_nodelay(true);
        let cut = Arc::default();
        let stream = match &self.encryption {
            Some(encrypt) => encrypt(stream),
            None => Box::new(stream),
        };
        let is_secure = self.encryption.is_some();
        (
            Connection {
                stream,
                is_secure,
                cut,
            },
            address,
        )
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

impl Connected<IncomingStream<'_, CuttableListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, CuttableListener>) -> Self {
        Self {
            address: *stream.remote_addr(),
            is_secure: stream.io().is_secure,
            cut: Arc::clone(&stream.io().cut),
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Connection<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.cut.check(cx)?;
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Connection<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.cut.check(cx)?;
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// Serves HTTP/1.1 on a connection that was not accepted by a listener.
pub(crate) async fn serve(
    app: Router,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
) {
    let cut = Arc::<CutSignal>::default();
    let peer = Peer {
        address: SocketAddr::from(([127, 0, 0, 1], 0)),
        is_secure: false,
        cut: Arc::clone(&cut),
    };
    let app = TowerToHyperService::new(app.layer(Extension(ConnectInfo(peer))));
    let io = TokioIo::new(Connection {
        stream,
        is_secure: false,
        cut,
    });
    let connection = http1::Builder::new().serve_connection(io, app);
    // An error means that the client has disconnected or that the connection was cut.
    let _disconnected = connection.with_upgrades().await;
}

/// Response body that fails after its first half.
pub(crate) struct TruncatedBody {
    half: Option<Bytes>,
    sent: bool,
}

impl TruncatedBody {
    pub(crate) fn new(complete: &[u8]) -> Self {
        let half = Bytes::copy_from_slice(&complete[..complete.len() / 2]);
        Self {
            half: Some(half),
            sent: false,
        }
    }
}

impl HttpBody for TruncatedBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(half) = self.half.take() {
            return Poll::Ready(Some(Ok(Frame::data(half))));
        }
        // hyper flushes its write buffer only when the body is pending, so that the first half is sent.
        if !self.sent {
            self.sent = true;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(io::ErrorKind::ConnectionReset.into())))
    }
}

//! Servers between the client and another server: proxies, TLS, and a server below a path.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

#[cfg(any(feature = "rustls", feature = "rustls-aws-lc", feature = "native-tls"))]
use super::authority::Authority;

/// Address of a server with this URL.
pub(crate) fn address_of(url: &str) -> SocketAddr {
    url.strip_prefix("http://").unwrap().parse().unwrap()
}

/// A server that forwards all connections to another one.
pub(crate) struct Forwarder {
    pub(crate) address: SocketAddr,
    requests: watch::Receiver<Vec<String>>,
}

#[derive(Clone)]
enum Kind {
    HttpProxy,
    #[cfg(feature = "socks")]
    SocksProxy,
    BelowPath(&'static str),
    #[cfg(any(feature = "rustls", feature = "rustls-aws-lc", feature = "native-tls"))]
    Tls(tokio_rustls::TlsAcceptor),
}

impl Forwarder {
    /// An HTTP proxy. It connects to the target, whatever host a request names.
    pub(crate) async fn http_proxy(target: SocketAddr) -> Self {
        Self::start(Kind::HttpProxy, target).await
    }

    /// A SOCKS5 proxy. It connects to the target, whatever host a request names.
    #[cfg(feature = "socks")]
    pub(crate) async fn socks_proxy(target: SocketAddr) -> Self {
        Self::start(Kind::SocksProxy, target).await
    }

    /// A server that publishes the target below a path, which it removes, and nothing elsewhere.
    pub(crate) async fn below_path(target: SocketAddr, path: &'static str) -> Self {
        Self::start(Kind::BelowPath(path), target).await
    }

    /// A server that decrypts TLS.
    #[cfg(any(feature = "rustls", feature = "rustls-aws-lc", feature = "native-tls"))]
    pub(crate) async fn tls(target: SocketAddr, authority: &Authority) -> Self {
        Self::start(Kind::Tls(authority.acceptor()), target).await
    }

    async fn start(kind: Kind, target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (record, requests) = watch::channel(Vec::new());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(forward(kind.clone(), stream, target, record.clone()));
            }
        });
        Self { address, requests }
    }

    /// URL of this server with a scheme.
    pub(crate) fn url(&self, scheme: &str) -> String {
        format!("{scheme}://{}", self.address)
    }

    /// Heads of the requests so far; of a SOCKS proxy the hosts and ports.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.borrow().clone()
    }
}

async fn forward(
    kind: Kind,
    mut stream: TcpStream,
    target: SocketAddr,
    record: watch::Sender<Vec<String>>,
) -> io::Result<()> {
    let record = |request: &str| record.send_modify(|all| all.push(request.to_owned()));
    match kind {
        #[cfg(any(feature = "rustls", feature = "rustls-aws-lc", feature = "native-tls"))]
        Kind::Tls(acceptor) => {
            let mut stream = acceptor.accept(stream).await?;
            connect(&mut stream, target, "").await
        }
        #[cfg(feature = "socks")]
        Kind::SocksProxy => {
            record(&accept_socks(&mut stream).await?);
            connect(&mut stream, target, "").await
        }
        Kind::HttpProxy => {
            let head = read_head(&mut stream).await?;
            record(&head);
            if head.starts_with("CONNECT ") {
                stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
                return connect(&mut stream, target, "").await;
            }
            let (method, rest) = head.split_once(" http://").unwrap();
            let (_, path) = rest.split_once('/').unwrap();
            let head = close_after_response(&format!("{method} /{path}"));
            connect(&mut stream, target, &head).await
        }
        Kind::BelowPath(path) => {
            let head = read_head(&mut stream).await?;
            record(&head);
            let (method, rest) = head.split_once(' ').unwrap();
            let Some(rest) = rest.strip_prefix(path).filter(|rest| rest.starts_with('/')) else {
                let response = "HTTP/1.1 404 X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
                return stream.write_all(response.as_bytes()).await;
            };
            let head = close_after_response(&format!("{method} {rest}"));
            connect(&mut stream, target, &head).await
        }
    }
}

/// Connects a client to the target, and sends the start of its request.
async fn connect(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    target: SocketAddr,
    start: &str,
) -> io::Result<()> {
    let mut upstream = TcpStream::connect(target).await?;
    upstream.write_all(start.as_bytes()).await?;
    copy_bidirectional(stream, &mut upstream).await?;
    Ok(())
}

/// The head with the header `Connection: close`, so that the next request has a connection of its own.
fn close_after_response(head: &str) -> String {
    if head.to_lowercase().contains("\r\nupgrade: ") {
        return head.to_owned();
    }
    head.replacen("\r\n", "\r\nconnection: close\r\n", 1)
}

/// Reads a request up to the end of its headers.
async fn read_head(stream: &mut TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    Ok(String::from_utf8(head).unwrap())
}

/// Accepts a SOCKS5 connection, and returns the host and port.
#[cfg(feature = "socks")]
async fn accept_socks(stream: &mut TcpStream) -> io::Result<String> {
    let mut start = [0; 2];
    stream.read_exact(&mut start).await?;
    stream
        .read_exact(&mut vec![0; usize::from(start[1])])
        .await?;
    stream.write_all(&[5, 0]).await?;
    let mut request = [0; 5];
    stream.read_exact(&mut request).await?;
    assert_eq!(request[3], 3, "the proxy resolves the host name");
    let mut host = vec![0; usize::from(request[4])];
    stream.read_exact(&mut host).await?;
    let port = stream.read_u16().await?;
    stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await?;
    Ok(format!("{}:{port}", String::from_utf8(host).unwrap()))
}

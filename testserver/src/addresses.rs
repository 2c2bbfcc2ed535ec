//! Addresses of the server: what it listens on, and the base URLs that they have.

use std::io;
use std::net::SocketAddr;

use tokio::net::TcpListener;

use crate::base_url::{BaseUrls, listener_url};
use crate::router::ServerRole;
use crate::server::Naming;

/// Base URLs of the server, and the listeners behind them.
pub(crate) struct Addresses {
    pub(crate) url: String,
    pub(crate) streaming_url: String,
    pub(crate) naming: Naming,
    pub(crate) listeners: Vec<(TcpListener, ServerRole)>,
}

impl Addresses {
    pub(crate) fn in_memory(url: &str) -> Self {
        let BaseUrls { url, streaming_url } = BaseUrls::of(url);
        Self {
            url,
            streaming_url,
            naming: Naming::Configured,
            listeners: Vec::new(),
        }
    }

    /// Listens on one address, or on a second one for the streaming API.
    pub(crate) async fn bind(
        scheme: &str,
        address: SocketAddr,
        streaming_address: Option<SocketAddr>,
    ) -> io::Result<Self> {
        let (listener, address) = bind(address).await?;
        let BaseUrls { url, streaming_url } = BaseUrls::of(&listener_url(scheme, address));
        let Some(streaming_address) = streaming_address else {
            return Ok(Self {
                url,
                streaming_url,
                naming: Naming::ByRequest {
                    streaming_port: None,
                },
                listeners: vec![(listener, ServerRole::All)],
            });
        };
        let (streaming_listener, streaming_address) = bind(streaming_address).await?;
        Ok(Self {
            url,
            streaming_url: BaseUrls::of(&listener_url(scheme, streaming_address)).streaming_url,
            naming: Naming::ByRequest {
                streaming_port: Some(streaming_address.port()),
            },
            listeners: vec![
                (listener, ServerRole::Rest),
                (streaming_listener, ServerRole::Streaming),
            ],
        })
    }

    /// Replaces the URLs by a configured one. A streaming API of its own keeps its port.
    pub(crate) fn named(mut self, url: &str) -> io::Result<Self> {
        let mut schemes = ["http://", "https://"].iter();
        if !schemes.any(|scheme| url.starts_with(scheme)) {
            let error = format!("the URL {url} must start with http:// or https://");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, error));
        }
        let configured = BaseUrls::of(url);
        self.streaming_url = match self.naming {
            Naming::ByRequest {
                streaming_port: Some(port),
            } => configured.streaming_url_at(port),
            _ => configured.streaming_url,
        };
        self.url = configured.url;
        self.naming = Naming::Configured;
        Ok(self)
    }
}

/// Listens on an address. Port 0 becomes a free one.
async fn bind(address: SocketAddr) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(address).await;
    let listener = listener.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => io::Error::new(
            io::ErrorKind::AddrInUse,
            format!(
                "port {} is taken: choose another, or 0 for a free one",
                address.port()
            ),
        ),
        kind => io::Error::new(kind, format!("cannot listen on {address}: {error}")),
    })?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

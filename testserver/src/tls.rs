//! TLS: given certificates, or certificates that the server makes at its start, with an authority of its own.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose,
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::server::TlsStream;
use tokio_rustls::{Accept, TlsAcceptor};

use crate::connection::Encryption;

/// Operating systems reject certificates that are valid for longer.
const VALID_DAYS: i64 = 365;
/// Maximum number of certificates for names that clients ask for.
const MAX_NAMES: usize = 100;

/// Where the certificate of a server comes from.
#[derive(Clone)]
pub(crate) enum TlsSource {
    Generated,
    /// Certificate chain and private key, as PEM.
    Given(Vec<u8>, Vec<u8>),
}

/// The key is secret.
impl std::fmt::Debug for TlsSource {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Generated => "Generated",
            Self::Given(..) => "Given",
        })
    }
}

/// TLS of a server.
#[derive(Clone)]
pub(crate) struct Tls {
    acceptor: TlsAcceptor,
    /// Certificate of the generated authority, as PEM.
    pub(crate) authority: Option<String>,
}

impl Tls {
    /// `hosts` are the names and IP addresses, with or without a port, that a generated certificate is valid for. Names
    /// that clients ask for are added.
    pub(crate) fn new(source: &TlsSource, hosts: &[&str]) -> io::Result<Self> {
        match source {
            TlsSource::Generated => {
                let mut names = vec!["localhost".to_owned()];
                names.extend([
                    Ipv4Addr::LOCALHOST.to_string(),
                    Ipv6Addr::LOCALHOST.to_string(),
                ]);
                names.extend(hosts.iter().filter_map(|host| name_of(host)));
                let (authority, pem) = Authority::generate().map_err(io::Error::other)?;
                let own = authority.issue(names).map_err(io::Error::other)?;
                Ok(Self {
                    acceptor: acceptor(Arc::new(Generated {
                        authority,
                        own,
                        asked: Mutex::default(),
                    }))?,
                    authority: Some(pem),
                })
            }
            TlsSource::Given(certificate, key) => {
                let key = certified(certificate, key)
                    .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
                Ok(Self {
                    acceptor: acceptor(Arc::new(Given(Arc::new(key))))?,
                    authority: None,
                })
            }
        }
    }

    /// Returns the encryption of accepted connections. The handshake takes place when a connection is first used.
    pub(crate) fn encryption(&self) -> Encryption {
        let acceptor = self.acceptor.clone();
        Arc::new(move |stream| {
            Box::new(TlsConnection::Handshake(Box::new(acceptor.accept(stream))))
        })
    }
}

/// Returns the name or IP address of a host with an optional port.
fn name_of(host: &str) -> Option<String> {
    let authority: axum::http::uri::Authority = host.parse().ok()?;
    Some(authority.host().trim_matches(['[', ']']).to_owned())
}

fn acceptor(certificates: Arc<dyn ResolvesServerCert>) -> io::Result<TlsAcceptor> {
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions();
    let config = config.map_err(io::Error::other)?.with_no_client_auth();
    let mut config = config.with_cert_resolver(certificates);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Reads a given certificate chain with its key.
fn certified(certificate: &[u8], key: &[u8]) -> Result<CertifiedKey, String> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificate).collect();
    let chain = chain.map_err(|error| format!("the certificate is no PEM: {error}"))?;
    if chain.is_empty() {
        return Err("the file of the certificate contains none".to_owned());
    }
    let key = PrivateKeyDer::from_pem_slice(key)
        .map_err(|error| format!("the private key is no PEM: {error}"))?;
    CertifiedKey::from_der(chain, key, &ring::default_provider())
        .map_err(|error| format!("the private key does not fit the certificate: {error}"))
}

/// Authority that exists as long as the server.
#[derive(Debug)]
struct Authority(Issuer<'static, KeyPair>);

impl Authority {
    /// Returns the authority and its certificate as PEM.
    fn generate() -> Result<(Self, String), rcgen::Error> {
        let key = KeyPair::generate()?;
        let mut params = params(Vec::new(), "mastodon-test-server authority")?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let pem = params.self_signed(&key)?.pem();
        Ok((Self(Issuer::new(params, key)), pem))
    }

    fn issue(&self, names: Vec<String>) -> Result<Arc<CertifiedKey>, String> {
        let issue = || {
            let key = KeyPair::generate()?;
            let mut params = params(names, "mastodon-test-server")?;
            params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
            params.use_authority_key_identifier_extension = true;
            let certificate = params.signed_by(&key, &self.0)?;
            Ok((certificate, key))
        };
        let (certificate, key) = issue().map_err(|error: rcgen::Error| error.to_string())?;
        let key = PrivateKeyDer::try_from(key.serialize_der())?;
        let chain = vec![certificate.der().clone()];
        let certified = CertifiedKey::from_der(chain, key, &ring::default_provider());
        Ok(Arc::new(certified.map_err(|error| error.to_string())?))
    }
}

/// The certificates are valid by the time of the machine, as clients check them, not by the clock of the server.
fn params(names: Vec<String>, title: &str) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, title);
    let date = |days: i64| {
        let at = Timestamp::now().saturating_add(SignedDuration::from_hours(24 * days));
        let date = Offset::UTC.to_datetime(at.unwrap_or_default()).date();
        rcgen::date_time_ymd(
            date.year().into(),
            date.month().unsigned_abs(),
            date.day().unsigned_abs(),
        )
    };
    params.not_before = date(-1);
    params.not_after = date(VALID_DAYS);
    Ok(params)
}

/// Chooses a generated certificate.
#[derive(Debug)]
struct Generated {
    authority: Authority,
    own: Arc<CertifiedKey>,
    /// Certificates for names that clients asked for, such as those of containers.
    asked: Mutex<BTreeMap<String, Arc<CertifiedKey>>>,
}

impl ResolvesServerCert for Generated {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let Some(name) = hello.server_name().filter(|name| *name != "localhost") else {
            return Some(Arc::clone(&self.own));
        };
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = asked.get(name) {
            return Some(Arc::clone(known));
        }
        if asked.len() >= MAX_NAMES || name.parse::<IpAddr>().is_ok() {
            return Some(Arc::clone(&self.own));
        }
        let issued = self.authority.issue(vec![name.to_owned()]).ok()?;
        asked.insert(name.to_owned(), Arc::clone(&issued));
        Some(issued)
    }
}

#[derive(Debug)]
struct Given(Arc<CertifiedKey>);

impl ResolvesServerCert for Given {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

/// Encrypted connection. Its handshake does not hold up the listener.
enum TlsConnection<S> {
    Handshake(Box<Accept<S>>),
    Open(Box<TlsStream<S>>),
    Failed,
}

impl<S: AsyncRead + AsyncWrite + Unpin> TlsConnection<S> {
    fn poll_open(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Pin<&mut TlsStream<S>>>> {
        if let Self::Handshake(accept) = self {
            *self = match ready!(Pin::new(&mut **accept).poll(cx)) {
                Ok(stream) => Self::Open(Box::new(stream)),
                Err(_) => Self::Failed,
            };
        }
        Poll::Ready(match self {
            Self::Open(stream) => Ok(Pin::new(stream)),
            _ => Err(io::ErrorKind::ConnectionAborted.into()),
        })
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for TlsConnection<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(self.poll_open(cx))?.poll_read(cx, buf)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for TlsConnection<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_open(cx))?.poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_open(cx))?.poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_open(cx))?.poll_shutdown(cx)
    }
}

//! TLS: the library, and the root certificates with which it checks certificates of servers.

#[cfg(feature = "_rustls")]
pub(crate) mod rustls_config;

use std::fmt;

use crate::error::Error;

/// Root certificates of the application, in addition to those of the operating system.
#[derive(Clone, Default)]
pub(crate) struct RootCertificates(Vec<Vec<u8>>);

impl RootCertificates {
    /// Adds a certificate in DER format, or one or more in PEM format. [`apply`](Self::apply) reports an invalid one.
    pub(crate) fn add(&mut self, certificate: Vec<u8>) {
        self.0.push(certificate);
    }

    /// Loads the root certificates, which takes some milliseconds.
    #[cfg(feature = "_rustls")]
    pub(super) fn load(&self) -> Result<Tls, Error> {
        rustls_config::config(&self.0).map(Tls)
    }

    /// Parses the root certificates. The library loads those of the operating system.
    #[cfg(all(feature = "native-tls", not(feature = "_rustls")))]
    pub(super) fn load(&self) -> Result<Tls, Error> {
        let mut certificates = Vec::new();
        for certificate in &self.0 {
            let parsed = if is_pem(certificate) {
                reqwest::Certificate::from_pem_bundle(certificate)
            } else {
                reqwest::Certificate::from_der(certificate).map(|parsed| vec![parsed])
            };
            let parsed = parsed.map_err(|_| invalid_certificate())?;
            if parsed.is_empty() {
                return Err(invalid_certificate());
            }
            certificates.extend(parsed);
        }
        Ok(Tls(certificates))
    }

    /// Without TLS there are no certificates.
    #[cfg(not(any(feature = "_rustls", feature = "native-tls")))]
    pub(super) fn load(&self) -> Result<Tls, Error> {
        if self.0.is_empty() {
            return Ok(Tls);
        }
        Err(Error::configuration(
            "add_root_certificate",
            "`add_root_certificate`: this program was built without TLS; enable the Cargo feature `rustls`",
        ))
    }
}

impl fmt::Debug for RootCertificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RootCertificates({})", self.0.len())
    }
}

/// How HTTP clients check the certificates of servers.
#[cfg(feature = "_rustls")]
pub(super) struct Tls(rustls::ClientConfig);

/// Root certificates in addition to those of the operating system.
#[cfg(all(feature = "native-tls", not(feature = "_rustls")))]
pub(super) struct Tls(Vec<reqwest::Certificate>);

#[cfg(not(any(feature = "_rustls", feature = "native-tls")))]
pub(super) struct Tls;

impl Tls {
    /// Sets how an HTTP client checks certificates, whatever was set before.
    #[cfg(feature = "_rustls")]
    pub(super) fn apply(&self, builder: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
        builder.tls_backend_preconfigured(self.0.clone())
    }

    /// Sets how an HTTP client checks certificates, whatever was set before.
    #[cfg(all(feature = "native-tls", not(feature = "_rustls")))]
    pub(super) fn apply(&self, builder: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
        builder
            .tls_backend_native()
            .tls_danger_accept_invalid_certs(false)
            .tls_danger_accept_invalid_hostnames(false)
            .tls_certs_merge(self.0.iter().cloned())
    }

    #[cfg(not(any(feature = "_rustls", feature = "native-tls")))]
    pub(super) fn apply(&self, builder: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
        builder
    }
}

/// Returns whether a certificate is in PEM format.
#[cfg(any(feature = "_rustls", feature = "native-tls"))]
fn is_pem(certificate: &[u8]) -> bool {
    const START: &[u8] = b"-----BEGIN ";
    certificate
        .windows(START.len())
        .any(|window| window == START)
}

#[cfg(any(feature = "_rustls", feature = "native-tls"))]
fn invalid_certificate() -> Error {
    Error::configuration(
        "add_root_certificate",
        "`add_root_certificate`: the certificate is not valid; pass the content of a file with one certificate in DER format, or with certificates in PEM format",
    )
}

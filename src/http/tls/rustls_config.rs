//! TLS by rustls. The process-wide provider of rustls is neither needed nor changed.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, OtherError, RootCertStore, SignatureScheme};
use rustls_platform_verifier::Verifier;

use super::{invalid_certificate, is_pem};
use crate::error::Error;

/// Returns the TLS configuration of a client that also trusts these root certificates.
pub(super) fn config(extra: &[Vec<u8>]) -> Result<ClientConfig, Error> {
    #[cfg(feature = "rustls-aws-lc")]
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    #[cfg(not(feature = "rustls-aws-lc"))]
    let provider = rustls::crypto::ring::default_provider();
    let provider = Arc::new(provider);
    let verifier = verifier(parse_certificates(extra)?, &provider)?;
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::internal(format!("cannot set up TLS: {error}")))?;
    Ok(builder
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth())
}

/// Returns the verifier of the operating system. On a machine without root certificates, those in the program are used
/// instead: the extra ones, and with the Cargo feature `webpki-roots` those of Mozilla.
fn verifier(
    extra: Vec<CertificateDer<'static>>,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, Error> {
    match shared_verifier(provider) {
        Ok(verifier) if extra.is_empty() => Ok(verifier),
        Ok(_) => with_extra_roots(extra, provider),
        Err(_) => with_roots_of_program(extra, provider),
    }
}

/// Returns the verifier with the root certificates of the operating system. All clients of the process share it: to load
/// the certificates takes some milliseconds and 100 KB. When no client uses it any more, they are loaded again.
fn shared_verifier(provider: &Arc<CryptoProvider>) -> Result<Arc<Verifier>, rustls::Error> {
    static SHARED: Mutex<Weak<Verifier>> = Mutex::new(Weak::new());
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(verifier) = shared.upgrade() {
        return Ok(verifier);
    }
    let verifier = Arc::new(Verifier::new(Arc::clone(provider))?);
    *shared = Arc::downgrade(&verifier);
    Ok(verifier)
}

#[cfg(not(target_os = "android"))]
fn with_extra_roots(
    extra: Vec<CertificateDer<'static>>,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, Error> {
    let verifier = Verifier::new_with_extra_roots(extra, Arc::clone(provider));
    verifier.map_or_else(
        |_| Err(invalid_certificate()),
        |verifier| Ok(Arc::new(verifier) as Arc<dyn ServerCertVerifier>),
    )
}

/// The verifier of Android accepts no other root certificates.
#[cfg(target_os = "android")]
fn with_extra_roots(
    _extra: Vec<CertificateDer<'static>>,
    _provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, Error> {
    Err(Error::configuration(
        "add_root_certificate",
        "`add_root_certificate`: not supported on Android; install the certificate on the device",
    ))
}

fn with_roots_of_program(
    extra: Vec<CertificateDer<'static>>,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, Error> {
    let mut roots = RootCertStore::empty();
    #[cfg(feature = "webpki-roots")]
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    for certificate in extra {
        roots.add(certificate).map_err(|_| invalid_certificate())?;
    }
    if roots.is_empty() {
        // A client for a server without TLS needs no root certificates, so their absence is an error of the connection.
        return Ok(Arc::new(RejectAll(Arc::clone(provider))));
    }
    let verifier = WebPkiServerVerifier::builder_with_provider(roots.into(), Arc::clone(provider));
    let verifier = verifier
        .build()
        .map_err(|error| Error::internal(format!("cannot set up TLS: {error}")))?;
    Ok(verifier)
}

/// Parses certificates, each in DER format or one or more in PEM format.
fn parse_certificates(encoded: &[Vec<u8>]) -> Result<Vec<CertificateDer<'static>>, Error> {
    let mut certificates = Vec::new();
    for certificate in encoded {
        let before = certificates.len();
        if is_pem(certificate) {
            for parsed in CertificateDer::pem_slice_iter(certificate) {
                certificates.push(parsed.map_err(|_| invalid_certificate())?);
            }
        } else {
            certificates.push(CertificateDer::from(certificate.clone()));
        }
        if certificates.len() == before {
            return Err(invalid_certificate());
        }
    }
    // The verifier of some operating systems checks the format only when it is used.
    for certificate in &certificates {
        let checked = RootCertStore::empty().add(certificate.clone());
        checked.map_err(|_| invalid_certificate())?;
    }
    Ok(certificates)
}

/// The machine has no root certificates. Containers without an operating system have none.
#[derive(Debug)]
pub(crate) struct NoRootCertificates;

impl std::error::Error for NoRootCertificates {}

impl fmt::Display for NoRootCertificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this machine has no root certificates to check the server's certificate with")
    }
}

/// Rejects every certificate.
#[derive(Debug)]
struct RejectAll(Arc<CryptoProvider>);

impl RejectAll {
    fn error() -> rustls::Error {
        rustls::Error::Other(OtherError(Arc::new(NoRootCertificates)))
    }
}

impl ServerCertVerifier for RejectAll {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Err(Self::error())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(Self::error())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(Self::error())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_share_the_root_certificates_of_the_operating_system() {
        let config = || config(&[]).unwrap();
        let _client = config();
        let provider = Arc::clone(config().crypto_provider());
        // A machine without root certificates has nothing to share.
        let Ok(first) = shared_verifier(&provider) else {
            return;
        };
        let second = shared_verifier(&provider).unwrap();
        assert!(Arc::ptr_eq(&first, &second));
    }
}

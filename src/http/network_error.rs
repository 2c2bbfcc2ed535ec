//! Errors of connections, with what to do about them.

use std::io;

use http::{Method, StatusCode};
use url::Url;

use super::proxy::ProxyAdvice;
#[cfg(all(feature = "native-tls", not(feature = "_rustls")))]
use crate::error::is_tls_mismatch;
use crate::error::{EndpointName, Error, any_cause};

/// Converts an error of a connection that was open. Its URL is removed, since it may contain secrets.
pub(crate) fn network_error(endpoint: impl Into<EndpointName>, error: reqwest::Error) -> Error {
    request_error(endpoint, error, None)
}

/// Converts an error of a request. `proxy`: what to do about the proxy that it was sent through.
pub(super) fn request_error(
    endpoint: impl Into<EndpointName>,
    error: reqwest::Error,
    proxy: Option<ProxyAdvice>,
) -> Error {
    let url = error.url().cloned();
    let error = error.without_url();
    let mut reason = root_cause(&error);
    let advice = advice(&error, url.as_ref(), proxy);
    if error.is_connect() {
        let host = url.as_ref().and_then(Url::host_str).unwrap_or_default();
        let advice = advice.unwrap_or("check its name and your network");
        reason = format!("cannot connect to {host}: {reason}; {advice}");
    } else if let Some(advice) = advice {
        reason = format!("{reason}; {advice}");
    }
    Error::Network {
        endpoint: endpoint.into(),
        reason,
        source: Some(Box::new(error)),
    }
}

/// Returns what to do about an error, if more is known than that the connection failed.
fn advice(
    error: &reqwest::Error,
    url: Option<&Url>,
    proxy: Option<ProxyAdvice>,
) -> Option<&'static str> {
    if let Some(ProxyAdvice::Unsupported(advice)) = proxy {
        return Some(advice);
    }
    if let Some(advice) = tls_advice(error, url) {
        return Some(advice);
    }
    if let (Some(ProxyAdvice::Check(advice)), true) = (proxy, error.is_connect()) {
        return Some(advice);
    }
    let is_refused = any_cause(error, &|cause| {
        let cause = cause.downcast_ref::<io::Error>();
        cause.is_some_and(|cause| cause.kind() == io::ErrorKind::ConnectionRefused)
    });
    if is_refused {
        return Some(
            "nothing accepts connections there; check the port, and whether the server is running",
        );
    }
    let is_plain = url.is_some_and(|url| url.scheme() == "http");
    (is_plain && is_not_http(error))
        .then_some("the response is not HTTP; if the port is one of TLS, use https://")
}

/// Returns whether a response does not start as one of HTTP: a server that expects TLS sends a TLS alert.
fn is_not_http(error: &reqwest::Error) -> bool {
    any_cause(error, &|cause| {
        cause.to_string().starts_with("invalid HTTP version")
    })
}

#[cfg(all(feature = "native-tls", not(feature = "_rustls")))]
fn tls_advice(error: &reqwest::Error, _: Option<&Url>) -> Option<&'static str> {
    is_tls_mismatch(error).then_some(
        "check the certificate of the server, its name, the root certificates and the clock of this machine, and whether the port is one of TLS",
    )
}

#[cfg(not(any(feature = "_rustls", feature = "native-tls")))]
fn tls_advice(error: &reqwest::Error, url: Option<&Url>) -> Option<&'static str> {
    let is_https = url.is_some_and(|url| url.scheme() == "https");
    (is_https && root_cause(error).contains("scheme is not http"))
        .then_some("this program was built without TLS; enable the Cargo feature `rustls`")
}

#[cfg(feature = "_rustls")]
fn tls_advice(error: &reqwest::Error, _: Option<&Url>) -> Option<&'static str> {
    use std::cell::Cell;

    use rustls::CertificateError::{
        Expired, ExpiredContext, NotValidForName, NotValidForNameContext, NotValidYet,
        NotValidYetContext,
    };
    use rustls::Error::{InvalidCertificate, InvalidMessage, Other, PeerIncompatible};
    use rustls::OtherError;

    use super::tls::rustls_config::NoRootCertificates;

    let advice = Cell::new(None);
    any_cause(error, &|cause| {
        let known = match cause.downcast_ref() {
            Some(InvalidCertificate(Expired | ExpiredContext { .. })) => {
                "the certificate of the server has expired; if it has not, check the clock of this machine"
            }
            Some(InvalidCertificate(NotValidYet | NotValidYetContext { .. })) => {
                "check the clock of this machine"
            }
            Some(InvalidCertificate(NotValidForName | NotValidForNameContext { .. })) => {
                "the certificate is one of another host; check the address"
            }
            Some(InvalidCertificate(_)) => {
                "check the certificate of the server and the root certificates of this machine"
            }
            Some(InvalidMessage(_)) => {
                "the server does not respond with TLS; the port may be one of plain HTTP: check the port, or use http://"
            }
            Some(PeerIncompatible(_)) => {
                "the server supports no version of TLS that this program supports: 1.2 and 1.3"
            }
            Some(Other(OtherError(error))) if error.is::<NoRootCertificates>() => {
                "install the package `ca-certificates`, or set the environment variable SSL_CERT_FILE to a file of root certificates in PEM format, or enable the Cargo feature `webpki-roots`"
            }
            _ => return false,
        };
        advice.set(Some(known));
        true
    });
    advice.get()
}

/// Converts an error of reading a body: the connection was lost, or the body cannot be decompressed.
pub(super) fn body_error(
    endpoint: impl Into<EndpointName>,
    status: StatusCode,
    error: reqwest::Error,
) -> Error {
    if !is_decompression_error(&error) {
        return network_error(endpoint, error);
    }
    let error = error.without_url();
    Error::Body {
        endpoint: endpoint.into(),
        status,
        reason: format!("it cannot be decompressed: {}", root_cause(&error)),
        source: Some(Box::new(error)),
    }
}

/// Mentions in the error of an unreadable body that the server has carried out the call, so that it is not repeated.
pub(super) fn mention_success_of_write(method: &Method, mut error: Error) -> Error {
    if let Error::Body { status, reason, .. } = &mut error
        && status.is_success()
        && !method.is_safe()
    {
        reason.push_str("; the server has carried out the call");
    }
    error
}

/// Returns whether a body cannot be decompressed. The decoder returns errors of invalid data, and an error without
/// an inner one if the data ends early. An error of the connection has an inner error or a number of the operating
/// system.
fn is_decompression_error(error: &reqwest::Error) -> bool {
    any_cause(error, &|cause| {
        let Some(error) = cause.downcast_ref::<io::Error>() else {
            return false;
        };
        match error.kind() {
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => true,
            io::ErrorKind::UnexpectedEof => {
                error.get_ref().is_none() && error.raw_os_error().is_none()
            }
            _ => false,
        }
    })
}

/// Returns the message of the last error in a chain of sources.
pub(crate) fn root_cause(error: &(dyn std::error::Error + 'static)) -> String {
    let mut deepest = error;
    while let Some(deeper) = deepest.source() {
        deepest = deeper;
    }
    deepest.to_string()
}

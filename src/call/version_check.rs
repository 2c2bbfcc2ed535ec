//! Checks calls against the server's version before they are sent.

use std::fmt;

use super::endpoint::Endpoint;
use super::request::Request;
use crate::error::Error;
use crate::facts::{ServerVersion, Support, Version};

/// What is checked against the server's version before a call is sent.
///
/// A failed check is [`Error::Version`](crate::Error::Version). Software other than Mastodon is checked for what
/// it is known to have or to lack, and if it reports an API version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum VersionCheck {
    /// Endpoints: a call fails if the server's version does not have the endpoint. `created` of Mastodon.py.
    #[default]
    Endpoints,
    /// Endpoints and parameters: a call also fails if the server's version does not have a parameter that is
    /// set. `changed` of Mastodon.py.
    Parameters,
    /// Nothing. The server's version is fetched only for endpoints whose address depends on it. `none` of Mastodon.py.
    Off,
}

/// Fails if the server lacks the endpoint or, with [`VersionCheck::Parameters`], a parameter.
pub(crate) async fn check_version(request: &Request) -> Result<(), Error> {
    supported_endpoint(request).await.map(drop)
}

/// Returns the endpoint at the address that it has on the server. Fails as [`check_version`].
pub(crate) async fn supported_endpoint(request: &Request) -> Result<&'static Endpoint, Error> {
    let endpoint = request.endpoint;
    let used = request.values.iter().map(|(name, _)| name);
    let mut requirements = requirements(request.endpoint, request.version_check, used).peekable();
    if requirements.peek().is_none() && endpoint.elsewhere.is_empty() {
        return Ok(endpoint);
    }
    let Some(server) = request.core.server.version(&request.core).await else {
        return Ok(endpoint);
    };
    match requirements.find(|requirement| !requirement.is_met_by(&server)) {
        None => Ok(endpoint.at(&server)),
        Some(unmet) => Err(Error::Version {
            endpoint: request.endpoint.name,
            what: unmet.parameter.map_or_else(
                || "the endpoint".to_owned(),
                |name| format!("the parameter `{name}`"),
            ),
            needed: (!unmet.support.is_only_elsewhere).then_some(unmet.since),
            required: unmet.to_string(),
            server: server.to_string(),
        }),
    }
}

/// All servers in use have at least the features of this version, so it is not checked.
const OLDEST: Version = Version::new(1, 0, 0);

/// Returns the versions that a call requires of the server.
fn requirements<'a>(
    endpoint: &'static Endpoint,
    check: VersionCheck,
    used: impl Iterator<Item = &'a str> + Clone,
) -> impl Iterator<Item = Requirement> {
    let endpoint_requirement = Requirement {
        parameter: None,
        since: endpoint.since,
        removed: endpoint.removed,
        support: endpoint.support,
    };
    let params = used
        .filter(move |_| check == VersionCheck::Parameters)
        .filter_map(|name| endpoint.param(name))
        .map(|param| Requirement {
            parameter: Some(param.name),
            since: param.since,
            removed: param.removed,
            support: param.support,
        });
    std::iter::once(endpoint_requirement)
        .chain(params)
        .filter(move |required| {
            let is_new = required.since > OLDEST || required.removed.is_some();
            check != VersionCheck::Off && (is_new || required.support != Support::MASTODON)
        })
}

/// Versions that have the endpoint or a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Requirement {
    parameter: Option<&'static str>,
    since: Version,
    removed: Option<Version>,
    support: Support,
}

impl Requirement {
    fn is_met_by(&self, server: &ServerVersion) -> bool {
        self.support.includes(server, self.since, self.removed)
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let others = self.support.to_string();
        match (self.support.is_only_elsewhere, self.since > OLDEST) {
            (true, _) => return f.write_str(&others),
            (false, true) => write!(f, "Mastodon {}", self.since)?,
            (false, false) => f.write_str("Mastodon")?,
        }
        if others.is_empty() {
            return Ok(());
        }
        write!(f, " or {others}")
    }
}

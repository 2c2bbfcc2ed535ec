//! Checks calls against the server's version before they are sent.

use super::endpoint::Endpoint;
use super::request::Request;
use crate::error::Error;
use crate::facts::{ServerVersion, Version};

/// What is checked against the server's version before a call is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum VersionCheck {
    /// A call of an endpoint that the server's version lacks is an error. `created` of Mastodon.py.
    #[default]
    Endpoints,
    /// As [`VersionCheck::Endpoints`], and so is the use of a parameter that the server's version lacks.
    /// `changed` of Mastodon.py.
    Parameters,
    /// Nothing is checked, and the server's version is never fetched.
    Off,
}

/// Fails if the server's version lacks the endpoint or, with [`VersionCheck::Parameters`], a parameter.
pub(crate) async fn check_version(request: &Request) -> Result<(), Error> {
    let used = request.values.iter().map(|(name, _)| name);
    let mut required = requirements(request.endpoint, request.version_check, used).peekable();
    if required.peek().is_none() {
        return Ok(());
    }
    let Some(server) = request.core.server.version(&request.core).await else {
        return Ok(());
    };
    match required.find(|requirement| !requirement.is_met_by(&server)) {
        None => Ok(()),
        Some(unmet) => Err(Error::Version {
            endpoint: request.endpoint.name,
            what: unmet.parameter.map_or_else(
                || "the endpoint".to_owned(),
                |name| format!("the parameter `{name}`"),
            ),
            needed: unmet.since,
            server: server.to_string(),
        }),
    }
}

/// Every server that is still in use has what Mastodon had in this version, so it is not checked.
const EVERYWHERE: Version = Version::new(1, 0, 0);

/// Versions that a call requires of the server.
fn requirements<'a>(
    endpoint: &'static Endpoint,
    check: VersionCheck,
    used: impl Iterator<Item = &'a str> + Clone,
) -> impl Iterator<Item = Requirement> {
    let own = Requirement {
        parameter: None,
        since: endpoint.since,
        removed: endpoint.removed,
    };
    let params = used
        .filter(move |_| check == VersionCheck::Parameters)
        .filter_map(|name| endpoint.param(name))
        .map(|param| Requirement {
            parameter: Some(param.name),
            since: param.since,
            removed: param.removed,
        });
    std::iter::once(own).chain(params).filter(move |required| {
        check != VersionCheck::Off && (required.since > EVERYWHERE || required.removed.is_some())
    })
}

/// Versions that have the endpoint or a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Requirement {
    parameter: Option<&'static str>,
    since: Version,
    removed: Option<Version>,
}

impl Requirement {
    fn is_met_by(&self, server: &ServerVersion) -> bool {
        server.supports(self.since) && !server.has_removed(self.removed)
    }
}

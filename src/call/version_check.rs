//! Checks calls against the server's version before they are sent.

use std::fmt;

use super::endpoint::Endpoint;
use super::request::Request;
use crate::error::Error;
use crate::facts::{ServerVersion, Software, Support, Version};

/// What is checked against the server's version before a call is sent.
///
/// A failed check is [`Error::Version`](crate::Error::Version). For software other than Mastodon, the specification
/// lists what it has and lacks. Software that it does not list is treated like the version of Mastodon that it reports.
#[doc(alias("version_check_mode"))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum VersionCheck {
    /// Endpoints: a call fails if the server's version does not have the endpoint, or a parameter without which the
    /// call would do something else, such as `scheduled_at`: some software would publish the status at once. `created`
    /// of Mastodon.py.
    #[default]
    Endpoints,
    /// Endpoints and parameters: a call also fails if the server's version does not have a parameter that is
    /// set. `changed` of Mastodon.py.
    Parameters,
    /// Nothing. The server's version is not fetched, so an endpoint whose path depends on the software is requested
    /// at its first path unless the software is already known. `none` of Mastodon.py.
    Off,
}

/// Returns the endpoint with the route that it has on the server. Fails if the server lacks the endpoint or, with
/// [`VersionCheck::Parameters`], a parameter.
pub(crate) async fn supported_endpoint(request: &Request) -> Result<&'static Endpoint, Error> {
    let endpoint = request.endpoint;
    let used = request.values.iter().map(|(name, _)| name);
    let mut requirements = requirements(endpoint, request.version_check, used);
    let has_routes =
        !endpoint.alternative_routes.is_empty() && request.version_check != VersionCheck::Off;
    let time_cursor = request
        .time_cursor
        .filter(|_| request.version_check != VersionCheck::Off);
    let depends_on_version = has_routes
        || time_cursor.is_some()
        || requirements
            .clone()
            .any(|required| required.depends_on_version());
    let context = &request.core.server;
    let server = if depends_on_version {
        context.version(&request.core, request.max_retries).await
    } else {
        // Mastodon has always had it. To find out whether the software lacks it would cost each client another request.
        context.known_version()
    };
    let Some(server) = server else {
        return Ok(endpoint);
    };
    if let Some(name) = time_cursor
        && !matches!(server.software, Software::Other(_))
        && !server.software.is_mastodon()
    {
        let reason = format!(
            "the IDs of statuses on {server} contain no time as those of Mastodon do; use the ID of a status"
        );
        return Err(Error::argument(endpoint.name, name, reason));
    }
    match requirements.find(|requirement| !requirement.is_met_by(&server)) {
        None => Ok(endpoint.at(&server)),
        Some(unmet) => Err(Error::Version {
            endpoint: endpoint.name.into(),
            what: match unmet.parameter {
                None => "the endpoint".to_owned(),
                Some(name) if unmet.is_essential => format!(
                    "the parameter `{name}`, which the server would ignore (`VersionCheck::Off` sends the call anyway),"
                ),
                Some(name) => format!("the parameter `{name}`"),
            },
            since: unmet.support.is_on_mastodon.then_some(unmet.since),
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
) -> impl Iterator<Item = Requirement> + Clone {
    let endpoint_requirement = Requirement {
        parameter: None,
        is_essential: false,
        since: endpoint.since,
        removed: endpoint.removed,
        support: endpoint.support,
    };
    let params = used
        .filter_map(|name| endpoint.param(name))
        .filter(move |param| param.essential || check == VersionCheck::Parameters)
        .map(|param| Requirement {
            parameter: Some(param.name),
            is_essential: param.essential,
            since: param.since,
            removed: param.removed,
            support: param.support,
        });
    std::iter::once(endpoint_requirement)
        .chain(params)
        .filter(move |required| {
            let is_special = required.depends_on_version() || required.support != Support::MASTODON;
            check != VersionCheck::Off && is_special
        })
}

/// Versions that have the endpoint or a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Requirement {
    parameter: Option<&'static str>,
    /// Whether the call would do something else without the parameter.
    is_essential: bool,
    since: Version,
    removed: Option<Version>,
    support: Support,
}

impl Requirement {
    /// Returns whether a version of Mastodon, or Mastodon at all, may lack it.
    fn depends_on_version(&self) -> bool {
        self.since > OLDEST || self.removed.is_some() || !self.support.is_on_mastodon
    }

    fn is_met_by(&self, server: &ServerVersion) -> bool {
        self.support.includes(server, self.since, self.removed)
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let others = self.support.to_string();
        match (self.support.is_on_mastodon, self.since > OLDEST) {
            (false, _) => return f.write_str(&others),
            (true, true) => write!(f, "Mastodon {}", self.since)?,
            (true, false) => f.write_str("Mastodon")?,
        }
        if others.is_empty() {
            return Ok(());
        }
        write!(f, " or {others}")
    }
}

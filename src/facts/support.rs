//! Server software, and the conditions under which it has an endpoint or a parameter.

use std::fmt;

use super::servers;
use super::version::{ServerVersion, Version};
use super::{Software, servers::KNOWN};

/// Facts about server software.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Server {
    /// The name in prose, in NodeInfo and in version strings.
    pub(crate) name: &'static str,
    /// Other names in NodeInfo and in version strings.
    pub(crate) also_named: &'static [&'static str],
    /// The software that it is based on.
    pub(crate) based_on: &'static [Base],
    /// Where its own version is in its version string.
    pub(crate) version: VersionLocation,
    /// The start of its build metadata.
    pub(crate) build: Option<&'static str>,
    /// The key of its API level in `api_versions`.
    pub(crate) api: Option<&'static str>,
    /// The path of its list of features in the instance.
    pub(crate) features: Option<&'static str>,
}

/// Software that other software is based on.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Base {
    pub(crate) server: &'static Server,
    /// The version at which it was forked; `None` if the fork follows all versions.
    pub(crate) forked_at: Option<Version>,
}

/// The location of the software's own version in its version string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum VersionLocation {
    /// The first number of the string.
    Own,
    /// After the start of the build metadata.
    Build,
    /// After the name, if anywhere.
    AfterName,
}

impl Server {
    /// Returns whether it follows the versions of other software, directly or not.
    pub(crate) fn follows(&self, other: &Server) -> bool {
        self == other
            || self
                .based_on
                .iter()
                .any(|base| base.forked_at.is_none() && base.server.follows(other))
    }

    /// Returns whether it is based on other software, directly or not.
    pub(crate) fn descends_from(&self, other: &Server) -> bool {
        let mut bases = self.based_on.iter();
        bases.any(|base| base.server == other || base.server.descends_from(other))
    }

    /// Returns the key of its API level, its own or that of the software that it is based on.
    fn api_key(&self) -> Option<&'static str> {
        let inherited = || self.based_on.iter().find_map(|base| base.server.api_key());
        self.api.or_else(inherited)
    }

    /// Returns whether it has one of these names, in upper or lower case.
    pub(crate) fn is_named(&self, name: &str) -> bool {
        let mut names = self.also_named.iter().chain([&self.name]);
        names.any(|known| known.eq_ignore_ascii_case(name))
    }
}

/// Which versions of one server software have an endpoint or a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerSupport {
    server: &'static Server,
    condition: Condition,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Condition {
    Never,
    Versions {
        since: Option<Version>,
        until: Option<Version>,
    },
    Api(u32),
    Features(&'static [&'static str]),
}

impl ServerSupport {
    pub(crate) const fn always(server: &'static Server) -> Self {
        let condition = Condition::Versions {
            since: None,
            until: None,
        };
        Self { server, condition }
    }

    pub(crate) const fn never(server: &'static Server) -> Self {
        let condition = Condition::Never;
        Self { server, condition }
    }

    pub(crate) const fn api(server: &'static Server, level: u32) -> Self {
        let condition = Condition::Api(level);
        Self { server, condition }
    }

    pub(crate) const fn features(server: &'static Server, names: &'static [&'static str]) -> Self {
        let condition = Condition::Features(names);
        Self { server, condition }
    }

    pub(crate) const fn since(mut self, major: u16, minor: u16, patch: u16) -> Self {
        if let Condition::Versions { until, .. } = self.condition {
            let since = Some(Version::new(major, minor, patch));
            self.condition = Condition::Versions { since, until };
        }
        self
    }

    pub(crate) const fn until(mut self, major: u16, minor: u16, patch: u16) -> Self {
        if let Condition::Versions { since, .. } = self.condition {
            let until = Some(Version::new(major, minor, patch));
            self.condition = Condition::Versions { since, until };
        }
        self
    }

    /// Returns the software.
    pub fn software(&self) -> Software {
        let mut known = KNOWN.iter();
        let found = known.find(|software| software.server() == Some(self.server));
        found.cloned().unwrap_or(Software::Unknown)
    }

    /// Returns whether no version of the software has it.
    pub fn is_unsupported(&self) -> bool {
        self.condition == Condition::Never
    }

    /// Returns whether the server meets the condition. What is not known of the server is assumed to be met.
    fn is_met_by(&self, server: &ServerVersion) -> bool {
        match self.condition {
            Condition::Never => false,
            Condition::Versions { since, until } => {
                server.version_as(self.server).is_none_or(|version| {
                    since.is_none_or(|since| version >= since)
                        && until.is_none_or(|until| version < until)
                })
            }
            Condition::Api(required) => {
                let Some(key) = self.server.api_key() else {
                    return true;
                };
                server.api_level(key).is_some_and(|level| level >= required)
            }
            Condition::Features(names) => server.features.as_ref().is_none_or(|features| {
                names
                    .iter()
                    .any(|name| features.iter().any(|feature| feature == name))
            }),
        }
    }

    /// Returns whether a fork of this version has it: it keeps what the version had.
    fn existed_at_fork(&self, forked_at: Version, server: &ServerVersion) -> bool {
        match self.condition {
            Condition::Versions { since, until } => {
                since.is_none_or(|since| forked_at >= since)
                    && until.is_none_or(|until| forked_at < until)
            }
            _ => self.is_met_by(server),
        }
    }
}

impl fmt::Display for ServerSupport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.server.name)?;
        match self.condition {
            Condition::Never => f.write_str(" (never)"),
            Condition::Versions { since, until } => {
                since.map_or(Ok(()), |since| write!(f, " since {}", Short(since)))?;
                until.map_or(Ok(()), |until| write!(f, " before {}", Short(until)))
            }
            Condition::Api(level) => write!(f, " since API level {level}"),
            Condition::Features(names) => write!(f, " with the feature {}", names.join(" or ")),
        }
    }
}

/// A version without a third number that is zero, which most software omits.
struct Short(Version);

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Version {
            major,
            minor,
            patch,
        } = self.0;
        match (major, patch) {
            // Years are followed by two digits.
            (2000.., 0) => write!(f, "{major}.{minor:02}"),
            _ => write!(f, "{}", self.0),
        }
    }
}

/// Server software that has an endpoint or a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Support {
    /// Whether Mastodon has it, or had it before it was removed.
    pub is_on_mastodon: bool,
    /// Other software that has it or lacks it. Software that is not listed is like the software that it is based on; software
    /// that is not based on any is assumed to have what Mastodon has.
    pub servers: &'static [ServerSupport],
}

impl Support {
    pub(crate) const MASTODON: Self = Self {
        is_on_mastodon: true,
        servers: &[],
    };

    /// Returns whether the server has what Mastodon introduced and removed in these versions.
    pub(crate) fn includes(
        &self,
        server: &ServerVersion,
        since: Version,
        removed: Option<Version>,
    ) -> bool {
        let has_mastodons = || server.supports(since) && !server.has_removed(removed);
        let Some(own) = server.software.server() else {
            // Nothing is known of the software.
            return !self.is_on_mastodon || has_mastodons();
        };
        match find_match(self.servers, own, server) {
            Match::Met => true,
            Match::Never => false,
            Match::Unmet | Match::Unlisted if !self.is_on_mastodon => false,
            Match::Unlisted => has_mastodons(),
            // A fork that lacks its own form can have Mastodon's.
            Match::Unmet => own.follows(&servers::MASTODON) && has_mastodons(),
        }
    }
}

/// Returns whether one of the conditions names the server, and is met.
pub(crate) fn is_supported(servers: &[ServerSupport], server: &ServerVersion) -> bool {
    let own = server.software.server();
    own.is_some_and(|own| find_match(servers, own, server) == Match::Met)
}

/// Result of comparing a server with the conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Match {
    Met,
    Unmet,
    Never,
    Unlisted,
}

/// Finds the condition for software: its own, or otherwise that of the software that it is based on.
fn find_match(servers: &[ServerSupport], software: &Server, server: &ServerVersion) -> Match {
    if let Some(own) = servers.iter().find(|own| own.server == software) {
        return match (own.is_met_by(server), own.is_unsupported()) {
            (true, _) => Match::Met,
            (false, true) => Match::Never,
            (false, false) => Match::Unmet,
        };
    }
    let inherited = software.based_on.iter().map(|base| {
        let own = servers.iter().find(|own| own.server == base.server);
        match (base.forked_at, own) {
            (Some(version), Some(own)) if !own.is_unsupported() => {
                if own.existed_at_fork(version, server) {
                    Match::Met
                } else {
                    Match::Unmet
                }
            }
            _ => find_match(servers, base.server, server),
        }
    });
    // It has the features of each, so one is sufficient.
    let found: Vec<Match> = inherited.collect();
    [Match::Met, Match::Unmet, Match::Never]
        .into_iter()
        .find(|wanted| found.contains(wanted))
        .unwrap_or(Match::Unlisted)
}

impl fmt::Display for Support {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let supporting = self
            .servers
            .iter()
            .filter(|server| !server.is_unsupported());
        let supporting: Vec<String> = supporting.map(ToString::to_string).collect();
        f.write_str(&supporting.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::servers::{AKKOMA, FEDIBIRD, GLITCH, GOTOSOCIAL, HOMETOWN, PLEROMA, TAKAHE};
    use super::*;

    const NEW: Version = Version::new(4, 5, 0);

    fn only(servers: &'static [ServerSupport]) -> Support {
        Support {
            is_on_mastodon: false,
            servers,
        }
    }

    fn too(servers: &'static [ServerSupport]) -> Support {
        Support {
            is_on_mastodon: true,
            servers,
        }
    }

    #[track_caller]
    fn assert_support(support: Support, cases: &[(&str, bool)]) {
        for (raw, expected) in cases {
            let server = ServerVersion::parse(raw, None);
            assert_eq!(support.includes(&server, NEW, None), *expected, "{raw}");
        }
    }

    #[test]
    fn software_that_is_not_listed_lacks_what_mastodon_lacks() {
        static ON: [ServerSupport; 1] = [ServerSupport::always(&GOTOSOCIAL).since(0, 17, 0)];
        assert_support(
            only(&ON),
            &[
                ("0.17.0+git-57cb4fe", true),
                ("0.16.9+git-57cb4fe", false),
                ("4.7.0", false),
                ("4.7.0+glitch", false),
                ("takahe/0.11.0", false),
                ("4.0.0 (compatible; Unheard 1.0)", true),
                ("0.20.0", true),
            ],
        );
    }

    #[test]
    fn forks_have_what_the_software_that_they_are_based_on_has() {
        static ON: [ServerSupport; 2] = [
            ServerSupport::always(&GLITCH),
            ServerSupport::always(&FEDIBIRD),
        ];
        assert_support(
            only(&ON),
            &[
                ("4.7.0+glitch", true),
                ("4.7.0+chuckya", true),
                ("4.4.0+kmyblue.16.0-dev", true),
                ("4.5.0+hometown-1.1.2", false),
            ],
        );
    }

    #[test]
    fn a_fork_keeps_what_there_was_when_it_was_forked() {
        static OLD: [ServerSupport; 1] = [ServerSupport::always(&PLEROMA).since(2, 3, 0)];
        static LATER: [ServerSupport; 1] = [ServerSupport::always(&PLEROMA).since(2, 6, 0)];
        static REMOVED: [ServerSupport; 2] = [
            ServerSupport::always(&PLEROMA),
            ServerSupport::always(&AKKOMA).until(3, 17, 0),
        ];
        let akkoma = "2.7.2 (compatible; Akkoma 3.20.0)";
        assert_support(only(&OLD), &[(akkoma, true)]);
        assert_support(only(&LATER), &[(akkoma, false)]);
        assert_support(
            only(&REMOVED),
            &[
                (akkoma, false),
                ("2.7.2 (compatible; Akkoma 3.16.0)", true),
                ("2.7.2 (compatible; Akkoma)", true),
            ],
        );
    }

    #[test]
    fn software_can_have_or_lack_what_mastodon_has() {
        static ON: [ServerSupport; 4] = [
            ServerSupport::always(&GOTOSOCIAL).since(0, 20, 0),
            ServerSupport::never(&TAKAHE),
            ServerSupport::never(&HOMETOWN),
            ServerSupport::api(&GLITCH, 1),
        ];
        assert_support(
            too(&ON),
            &[
                ("0.20.0+git-57cb4fe", true),
                ("0.19.0+git-57cb4fe", false),
                ("takahe/0.11.0", false),
                ("4.6.0+hometown-1.2.0", false),
                ("4.5.0", true),
                ("4.4.0", false),
                // Mastodon's form, without the API level.
                ("4.5.0+glitch", true),
                ("4.4.0+glitch", false),
                ("2.7.2 (compatible; Pleroma 2.7.0)", true),
            ],
        );
        let glitch = ServerVersion::parse("4.4.0+glitch", None).with_api_version("glitch", 1);
        assert!(too(&ON).includes(&glitch, NEW, None));
    }

    #[test]
    fn a_feature_is_assumed_until_the_list_is_known() {
        static ON: [ServerSupport; 1] = [ServerSupport::features(&PLEROMA, &["editing", "polls"])];
        let server = ServerVersion::parse("2.7.2 (compatible; Akkoma 3.20.0)", None);
        let has = |server: &ServerVersion| only(&ON).includes(server, NEW, None);
        assert!(has(&server));
        let other = server.clone().with_features(["chat"]);
        assert!(!has(&other));
        assert!(has(&other.with_features(["polls"])));
    }

    #[test]
    fn every_listed_software_is_named() {
        static ON: [ServerSupport; 4] = [
            ServerSupport::always(&GOTOSOCIAL).since(0, 17, 0),
            ServerSupport::never(&TAKAHE),
            ServerSupport::always(&servers::FRIENDICA)
                .since(2023, 4, 0)
                .until(2024, 9, 1),
            ServerSupport::features(&PLEROMA, &["editing", "polls"]),
        ];
        let expected = "GoToSocial since 0.17.0, Friendica since 2023.04 before 2024.9.1, Pleroma with the feature editing or polls";
        assert_eq!(only(&ON).to_string(), expected);
        assert_eq!(ON[0].software(), Software::GoToSocial);
    }
}

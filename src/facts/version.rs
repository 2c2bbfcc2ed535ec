//! Versions, and the software and version that a server reports.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use super::servers::{self, KNOWN};
use super::support::{Server, VersionLocation};
use super::{RELEASES, Software};

/// A Mastodon version. Versions are ordered by their numbers.
///
/// ```
/// use mastodon_sdk::server::Version;
/// let version: Version = "4.4.0".parse()?;
/// assert!(version > Version::new(4, 3, 12));
/// # Ok::<(), mastodon_sdk::server::ParseVersionError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// Major version.
    pub major: u16,
    /// Minor version: a release with new features.
    pub minor: u16,
    /// Patch version: a release with bug fixes.
    pub patch: u16,
}

impl Version {
    /// Creates a version from its three numbers.
    pub const fn new(major: u16, minor: u16, patch: u16) -> Version {
        Version {
            major,
            minor,
            patch,
        }
    }

    /// Finds the first version in a string, such as 0.11.0 in `takahe/0.11.0`.
    fn find_in(string: &str) -> Option<Version> {
        string
            .split(|c: char| !(c.is_ascii_digit() || c == '.'))
            .find_map(|candidate| {
                let mut numbers = candidate
                    .split('.')
                    .map_while(|part| part.parse::<u16>().ok());
                Some(Version::new(
                    numbers.next()?,
                    numbers.next()?,
                    numbers.next().unwrap_or(0),
                ))
            })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl FromStr for Version {
    type Err = ParseVersionError;

    /// Parses `4.3` or `4.3.1`. A suffix such as `rc1`, `-beta.2` or `+glitch` is ignored.
    fn from_str(string: &str) -> Result<Version, ParseVersionError> {
        let string = string.trim();
        let starts_with_digit = string.starts_with(|c: char| c.is_ascii_digit());
        Version::find_in(string)
            .filter(|_| starts_with_digit)
            .ok_or_else(|| ParseVersionError(string.chars().take(64).collect()))
    }
}

/// The string is not a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseVersionError(String);

impl fmt::Display for ParseVersionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a version; use one such as 4.3.1", self.0)
    }
}

impl std::error::Error for ParseVersionError {}

impl Software {
    /// Returns the software with this name, in upper or lower case.
    pub fn from_name(name: &str) -> Software {
        let mut known = KNOWN.iter();
        known
            .find(|software| {
                software
                    .server()
                    .is_some_and(|server| server.is_named(name))
            })
            .cloned()
            .unwrap_or_else(|| Software::Other(name.to_owned()))
    }

    /// Returns whether it is Mastodon or a fork with the same versions.
    pub fn is_mastodon(&self) -> bool {
        let server = self.server();
        server.is_some_and(|server| server.follows(&servers::MASTODON))
    }
}

impl fmt::Display for Software {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.server(), self) {
            (Some(server), _) => f.write_str(server.name),
            (None, Software::Other(name)) => f.write_str(name),
            (None, _) => f.write_str("unknown software"),
        }
    }
}

/// The version that a server reports, and the software that it indicates.
///
/// ```
/// use mastodon_sdk::server::{ServerVersion, Software, Version};
///
/// let server = ServerVersion::parse("4.2.1 (compatible; Akkoma 3.10.4)", None);
/// assert_eq!(server.software, Software::Akkoma);
/// assert_eq!(server.version, Version::new(4, 2, 1));
/// assert_eq!(server.software_version, Some(Version::new(3, 10, 4)));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerVersion {
    /// The software.
    pub software: Software,
    /// First version in the string. It is a Mastodon version if the software is Mastodon or reports
    /// itself compatible with it.
    pub version: Version,
    /// Version of the software itself, if the server reports it; that of Mastodon for Mastodon and for forks
    /// without versions of their own. Versions that are dates are numbers too: 2024.9.0 for `2024.09-rc`.
    pub software_version: Option<Version>,
    /// API version, `api_versions.mastodon`, if the server reports it. Since Mastodon 4.3.0.
    pub api_version: Option<u32>,
    /// All API versions that the server reports, such as `mastodon` and `glitch`.
    pub api_versions: BTreeMap<String, u32>,
    /// Features that the server lists, such as `pleroma_emoji_reactions`, if it has such a list.
    pub features: Option<Vec<String>>,
    /// The whole version string of the server.
    pub raw: String,
}

/// Maximum number of features that are kept, and their maximum length.
const MAX_FEATURES: (usize, usize) = (1000, 200);

impl ServerVersion {
    /// Parses a version string such as `4.2.1 (compatible; Akkoma 3.10.4)`.
    ///
    /// Accepts any string: one without a version results in [`Software::Unknown`] and version 0.0.0.
    pub fn parse(raw: &str, api_version: Option<u32>) -> ServerVersion {
        let version = Version::find_in(raw).unwrap_or(Version::new(0, 0, 0));
        let (software, own) = detect_software(raw, version);
        let mut server = ServerVersion {
            software: Software::Unknown,
            version,
            software_version: own,
            api_version,
            api_versions: BTreeMap::new(),
            features: None,
            raw: raw.to_owned(),
        };
        if let Some(level) = api_version {
            server.api_versions.insert("mastodon".to_owned(), level);
        }
        server.set_software(software);
        server
    }

    /// Reads the version, the API versions and the list of features from an instance, of either version of the
    /// endpoint.
    pub(crate) fn from_instance(instance: &serde_json::Value) -> ServerVersion {
        let level = |level: &serde_json::Value| u32::try_from(level.as_u64()?).ok();
        let levels = &instance["api_versions"];
        let raw = instance["version"].as_str().unwrap_or_default();
        let mut server = ServerVersion::parse(raw, level(&levels["mastodon"]));
        let levels = levels.as_object().into_iter().flatten();
        let levels = levels.filter_map(|(key, value)| Some((key, level(value)?)));
        for (key, level) in levels.take(MAX_FEATURES.0) {
            server.api_versions.insert(key.clone(), level);
        }
        let mut paths = Vec::new();
        for path in KNOWN.iter().filter_map(|known| known.server()?.features) {
            if !paths.contains(&path) {
                paths.push(path);
            }
        }
        let lists = paths.into_iter().filter_map(|path| {
            let list = path.split('.').fold(instance, |value, key| &value[key]);
            list.as_array()
        });
        for list in lists {
            let names = list.iter().filter_map(|name| name.as_str());
            server = server.with_features(names);
        }
        server
    }

    /// Sets an API version, such as that of `glitch`.
    #[must_use]
    pub fn with_api_version(mut self, key: &str, level: u32) -> ServerVersion {
        if key == "mastodon" {
            self.api_version = Some(level);
        }
        self.api_versions.insert(key.to_owned(), level);
        self
    }

    /// Adds features that the server lists.
    #[must_use]
    pub fn with_features<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> ServerVersion {
        let features = self.features.get_or_insert_default();
        let (count, length) = MAX_FEATURES;
        let names = names.into_iter().filter(|name| name.len() <= length);
        features.extend(
            names
                .take(count.saturating_sub(features.len()))
                .map(str::to_owned),
        );
        self
    }

    /// Sets the software to the one that NodeInfo names, with its version there. A fork that the version string
    /// names is more specific than the software that it is based on.
    #[must_use]
    pub fn with_nodeinfo(mut self, name: &str, version: Option<&str>) -> ServerVersion {
        let named = Software::from_name(name);
        let is_more_specific = match (self.software.server(), named.server()) {
            (Some(own), Some(named)) => own.descends_from(named),
            // The version string of a fork names what the fork is based on.
            (Some(own), None) => *own != servers::MASTODON,
            (None, _) => false,
        };
        if !is_more_specific && named != self.software {
            self.software_version = None;
            self.set_software(named);
        }
        if self.software_version.is_none() {
            self.software_version = version.and_then(Version::find_in);
        }
        self
    }

    fn set_software(&mut self, software: Software) {
        let location = software.server().map(|server| server.version);
        if location == Some(VersionLocation::Own) && self.software_version.is_none() {
            self.software_version = Some(self.version);
        }
        self.software = software;
    }

    /// Returns the version of the server in the numbers of this software, if it has them.
    pub(crate) fn version_as(&self, other: &Server) -> Option<Version> {
        let own = self.software.server()?;
        if own == other {
            return self.software_version;
        }
        // Forks that follow it report its version first.
        (other.version == VersionLocation::Own && own.follows(other)).then_some(self.version)
    }

    /// Returns an API level.
    pub(crate) fn api_level(&self, key: &str) -> Option<u32> {
        self.api_versions.get(key).copied()
    }

    /// Returns whether the server supports what Mastodon introduced in this version.
    ///
    /// The API version decides if the server reports it and it distinguishes the releases; otherwise the
    /// version of Mastodon or its fork decides. Other software is assumed to support everything.
    pub fn supports(&self, since: Version) -> bool {
        let is_mastodon = self.software.is_mastodon();
        let release = RELEASES
            .iter()
            .rev()
            .find(|(version, api)| *version <= since && *api > 0);
        match (self.api_version, release) {
            (Some(api), Some((version, required))) => {
                api > *required
                    || (api == *required
                        && (since == *version || !is_mastodon || self.version >= since))
            }
            // The required version is older than API versions.
            (Some(_), None) => true,
            (None, _) => !is_mastodon || self.version >= since,
        }
    }

    /// Returns whether the server lacks what Mastodon removed in this version.
    pub(crate) fn has_removed(&self, removed: Option<Version>) -> bool {
        self.software.is_mastodon() && removed.is_some_and(|removed| self.version >= removed)
    }
}

impl fmt::Display for ServerVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} ({})",
            self.software,
            self.raw.chars().take(80).collect::<String>()
        )
    }
}

/// Returns the software that a version string names, and its own version.
fn detect_software(raw: &str, version: Version) -> (Software, Option<Version>) {
    comment(raw)
        .or_else(|| named_first(raw))
        .or_else(|| build_metadata(raw))
        .unwrap_or(if version.major == 0 {
            (Software::Unknown, None)
        } else {
            (Software::Mastodon, None)
        })
}

/// Reads a comment in parentheses that names software: `(compatible; Akkoma 3.1)`, `(Mitra 2.1)`,
/// `(not true; really snac/2.73)`. Other comments, such as `(beta)`, are ignored.
fn comment(raw: &str) -> Option<(Software, Option<Version>)> {
    let mut comments = raw.split('(').skip(1);
    comments.find_map(|comment| {
        let comment = comment.split(')').next().unwrap_or_default();
        let mut is_other = false;
        let mut parts = comment.split([';', ',', ':']);
        let found = parts.find_map(|part| {
            let part = part.trim();
            let (first, rest) = part.split_once(char::is_whitespace).unwrap_or((part, ""));
            // `compatible` and `really` announce the name.
            let is_announced = ["compatible", "really"]
                .iter()
                .any(|word| first.eq_ignore_ascii_case(word));
            is_other |= is_announced;
            let part = if is_announced {
                rest.trim_start()
            } else {
                part
            };
            let (name, own) = name_and_version(part)?;
            let software = Software::from_name(name);
            // An unknown name is that of software if it is announced or has a version.
            let is_software = is_other || own.is_some() || software.server().is_some();
            is_software.then_some((software, own))
        });
        found.or_else(|| is_other.then_some((Software::Unknown, None)))
    })
}

/// Reads a string that starts with the name of the software: `takahe/0.11.0`.
fn named_first(raw: &str) -> Option<(Software, Option<Version>)> {
    let raw = raw.trim();
    let (name, own) = name_and_version(raw)?;
    let is_named = own.is_some() && name.len() < raw.len();
    // The letter in `v4.3.0` is not a name.
    let is_letter = name.eq_ignore_ascii_case("v");
    (is_named && !is_letter).then(|| (Software::from_name(name), own))
}

/// Splits `Akkoma 3.1` or `snac/2.73` into name and version. The name ends at the first word that starts with a
/// digit.
fn name_and_version(text: &str) -> Option<(&str, Option<Version>)> {
    let text = text.trim();
    if !text.starts_with(char::is_alphabetic) {
        return None;
    }
    let is_end = |index: usize| text[index..].starts_with(|c: char| c.is_ascii_digit());
    let mut separators = text.match_indices([' ', '/', '\t']);
    let end = separators.find(|(index, separator)| is_end(index + separator.len()));
    // Without a version, a comment names the software by its first word.
    let end = end.map_or_else(|| text.find([' ', '/']), |(index, _)| Some(index));
    let (name, rest) = text.split_at(end.unwrap_or(text.len()));
    let name = name.trim_end_matches(['/', '-']).trim();
    Some((name, Version::find_in(rest)))
}

/// Reads the build metadata: `4.5.0+hometown-1.1.2`.
fn build_metadata(raw: &str) -> Option<(Software, Option<Version>)> {
    let mut found: Option<(&Software, &Server, &str)> = None;
    for part in raw.split('+').skip(1).map(str::trim) {
        for software in KNOWN {
            let Some((server, build)) = software.server().and_then(|it| Some((it, it.build?)))
            else {
                continue;
            };
            let start = part.get(..build.len());
            let is_named = start.is_some_and(|start| start.eq_ignore_ascii_case(build));
            // A fork of a fork names both.
            let is_better = found.is_none_or(|(_, other, _)| server.descends_from(other));
            if is_named && is_better {
                found = Some((software, server, &part[build.len()..]));
            }
        }
    }
    let (software, server, rest) = found?;
    let own = (server.version == VersionLocation::Build).then(|| Version::find_in(rest));
    Some((software.clone(), own.flatten()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text_strategy::unicode_text;
    use proptest::prelude::*;

    #[test]
    fn version_strings_of_real_servers_are_recognized() {
        let cases = [
            (
                "4.2.1 (compatible; Akkoma 3.10.4)",
                Software::Akkoma,
                (4, 2, 1),
            ),
            (
                "2.7.2 (compatible; Pleroma 2.6.0)",
                Software::Pleroma,
                (2, 7, 2),
            ),
            ("takahe/0.11.0", Software::Takahe, (0, 11, 0)),
            ("0.10.0", Software::Unknown, (0, 10, 0)),
            ("0.17.0+git-3b7faac", Software::GoToSocial, (0, 17, 0)),
            ("4.7.3+glitch", Software::GlitchSoc, (4, 7, 3)),
            ("4.0.15+hometown-1.1.1", Software::Hometown, (4, 0, 15)),
            ("4.4.0-nightly.2025-02-03", Software::Mastodon, (4, 4, 0)),
            ("4.3.0-rc1", Software::Mastodon, (4, 3, 0)),
            ("4.2.10-beta.2+glitch.th", Software::GlitchSoc, (4, 2, 10)),
            ("4.3.1+vendor", Software::Mastodon, (4, 3, 1)),
            (
                "2.8.0 (compatible; Friendica 2024.12)",
                Software::Friendica,
                (2, 8, 0),
            ),
            ("0.17.0", Software::Unknown, (0, 17, 0)),
            (
                "4.8.0-alpha.3+pr-41085-a68fedb",
                Software::Mastodon,
                (4, 8, 0),
            ),
            ("4.0.0rc1", Software::Mastodon, (4, 0, 0)),
            (
                "3.5.3 (compatible; Pixelfed 0.11.13)",
                Software::Pixelfed,
                (3, 5, 3),
            ),
            (
                "2.8.0 (compatible; Sharkey 2024.9)",
                Software::Sharkey,
                (2, 8, 0),
            ),
            (
                "2.8.0 (Compatible; Wildebeest 0.4)",
                Software::Other("Wildebeest".into()),
                (2, 8, 0),
            ),
            (
                "2.8.0 (compatible; My Server)",
                Software::Other("My".into()),
                (2, 8, 0),
            ),
            ("4.0.0 (compatible)", Software::Unknown, (4, 0, 0)),
            ("4.0.0 ((", Software::Mastodon, (4, 0, 0)),
            ("4.3.0 (beta)", Software::Mastodon, (4, 3, 0)),
            ("v4.3.0", Software::Mastodon, (4, 3, 0)),
            ("4.3.0+GLITCH", Software::GlitchSoc, (4, 3, 0)),
            ("4.3.0+glitch+chuckya", Software::Chuckya, (4, 3, 0)),
            ("4.3.0+é", Software::Mastodon, (4, 3, 0)),
            (
                "Wildebeest/0.4.0",
                Software::Other("Wildebeest".into()),
                (0, 4, 0),
            ),
            ("4.3", Software::Mastodon, (4, 3, 0)),
            ("", Software::Unknown, (0, 0, 0)),
        ];
        for (raw, software, (major, minor, patch)) in cases {
            let parsed = ServerVersion::parse(raw, None);
            assert_eq!(parsed.software, software, "{raw}");
            assert_eq!(parsed.version, Version::new(major, minor, patch), "{raw}");
        }
    }

    #[test]
    fn every_form_names_its_software_whatever_the_case_and_the_spaces() {
        let forms = [
            ("3.4.1 (Mitra 2.1)", Software::Mitra, Some((2, 1, 0))),
            (
                "4.0.0 (not true; really snac/2.73)",
                Software::Snac,
                Some((2, 73, 0)),
            ),
            (
                "4.0.0 (compatible:GoToSocial 0.5.2)",
                Software::GoToSocial,
                Some((0, 5, 2)),
            ),
            (
                "4.0.0 (Compatible; pleroma 2.1.0",
                Software::Pleroma,
                Some((2, 1, 0)),
            ),
            (
                "4.0.0( compatible ;AKKOMA  3.1 )",
                Software::Akkoma,
                Some((3, 1, 0)),
            ),
            ("4.0.0 (compatible; Friendica)", Software::Friendica, None),
            ("TAKAHE/0.11.0", Software::Takahe, Some((0, 11, 0))),
            ("Mastodon 4.3.0", Software::Mastodon, Some((4, 3, 0))),
        ];
        let forms = forms.into_iter().map(|(raw, software, version)| {
            let version = version.map(|(major, minor, patch)| Version::new(major, minor, patch));
            (raw, software, version)
        });
        let examples = servers::EXAMPLES.iter().cloned();
        for (raw, software, version) in examples.chain(forms) {
            for raw in [raw.to_owned(), raw.to_uppercase(), format!(" {raw} ")] {
                let parsed = ServerVersion::parse(&raw, None);
                assert_eq!(parsed.software, software, "{raw}");
                if version.is_some() {
                    assert_eq!(parsed.software_version, version, "{raw}");
                }
            }
        }
    }

    #[test]
    fn every_known_software_has_examples_or_a_version_of_its_own_alone() {
        for software in KNOWN {
            let has_examples = servers::EXAMPLES
                .iter()
                .any(|(_, named, _)| named == software);
            let location = software.server().unwrap().version;
            assert!(
                has_examples || location == VersionLocation::Own,
                "{software}"
            );
        }
    }

    #[test]
    fn nodeinfo_names_the_software_unless_the_version_is_more_specific() {
        let parse = |raw: &str| ServerVersion::parse(raw, None);
        let glitch = parse("4.7.3+glitch").with_nodeinfo("mastodon", Some("4.7.3+glitch"));
        assert_eq!(glitch.software, Software::GlitchSoc);
        let hollo = parse("0.10.0").with_nodeinfo("hollo", Some("0.10.0"));
        assert_eq!(hollo.software, Software::Hollo);
        assert_eq!(hollo.software_version, Some(Version::new(0, 10, 0)));
        let fedibird = parse("3.4.1").with_nodeinfo("fedibird", Some("0.1"));
        assert_eq!(fedibird.software, Software::Fedibird);
        assert_eq!(fedibird.version, Version::new(3, 4, 1));
        let fork = parse("2.7.2 (compatible; Pleroma 2.7.51)").with_nodeinfo("rebased", None);
        assert_eq!(fork.software, Software::Pleroma);
        let other = parse("1.0.0").with_nodeinfo("Bookwyrm", Some("0.7.5"));
        assert_eq!(other.software, Software::Other("Bookwyrm".into()));
        assert_eq!(other.software_version, Some(Version::new(0, 7, 5)));
    }

    #[test]
    fn the_instance_lists_api_versions_and_features() {
        let instance = serde_json::json!({
            "version": "4.7.0+glitch",
            "api_versions": { "mastodon": 9, "glitch": 1, "other": "2" },
            "pleroma": { "metadata": { "features": ["polls", 3, "editing"] } },
        });
        let server = ServerVersion::from_instance(&instance);
        assert_eq!(server.software, Software::GlitchSoc);
        assert_eq!(server.api_version, Some(9));
        assert_eq!(server.api_level("glitch"), Some(1));
        assert_eq!(server.api_level("other"), None);
        assert_eq!(server.features.unwrap(), ["polls", "editing"]);
        for malformed in [serde_json::json!([]), serde_json::json!({ "version": 4 })] {
            let server = ServerVersion::from_instance(&malformed);
            assert_eq!(server.software, Software::Unknown);
            assert_eq!(server.features, None);
        }
    }

    #[test]
    fn other_software_is_assumed_to_support_every_version() {
        for raw in [
            "2.7.2 (compatible; Pleroma 2.6.0)",
            "takahe/0.11.0",
            "0.10.0",
            "0.17.0+git-3b7faac",
        ] {
            assert!(
                ServerVersion::parse(raw, None).supports(Version::new(4, 6, 0)),
                "{raw}"
            );
        }
        assert!(!ServerVersion::parse("2.7.2", None).supports(Version::new(4, 6, 0)));
    }

    #[test]
    fn the_api_version_decides_if_the_server_reports_it() {
        let hollo = ServerVersion::parse("0.10.0", Some(7));
        assert!(hollo.supports(Version::new(3, 0, 0)));
        assert!(hollo.supports(Version::new(4, 5, 0)));
        assert!(!hollo.supports(Version::new(4, 6, 0)));
        let fork = ServerVersion::parse("4.2.0", Some(7));
        assert!(fork.supports(Version::new(4, 5, 0)));
        let patched = ServerVersion::parse("4.4.0", Some(6));
        assert!(patched.supports(Version::new(4, 4, 0)));
        assert!(!patched.supports(Version::new(4, 4, 1)));
        let fork_with_own_version = ServerVersion::parse("1.0.0+fork", Some(6));
        assert!(fork_with_own_version.supports(Version::new(4, 2, 0)));
        assert!(!fork_with_own_version.supports(Version::new(4, 5, 0)));
    }

    #[test]
    fn forks_and_prereleases_count_as_the_release_that_they_name() {
        for raw in [
            "4.3.0+glitch",
            "4.3.0+hometown-1.1.1",
            "4.3.0-rc1",
            "4.3.0-nightly.2024-09-01",
        ] {
            let server = ServerVersion::parse(raw, None);
            assert!(server.software.is_mastodon(), "{raw}");
            assert!(server.supports(Version::new(4, 3, 0)), "{raw}");
            assert!(!server.supports(Version::new(4, 4, 0)), "{raw}");
            assert!(server.has_removed(Some(Version::new(4, 0, 0))), "{raw}");
        }
    }

    #[test]
    fn strings_that_are_not_versions_are_errors() {
        for string in ["", "four", "v4.3.0", "4"] {
            assert!(string.parse::<Version>().is_err(), "{string}");
        }
        assert_eq!("4.0.0rc1".parse(), Ok(Version::new(4, 0, 0)));
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_as_a_version_or_rejected(text in unicode_text(), number in 0u16..50) {
            for raw in [
                text.clone(),
                format!("{number}.{text}"),
                format!("4.{number}.0 (compatible; {text})"),
                format!("{text} {number}.1.0+{text}"),
            ] {
                let server = ServerVersion::parse(&raw, None);
                prop_assert_eq!(server.raw.as_str(), raw.as_str());
                let _ = (server.to_string(), raw.parse::<Version>(), Software::from_name(&raw).to_string());
            }
        }
    }
}

//! Mastodon versions, and the version that a server reports.

use std::fmt;
use std::str::FromStr;

use super::RELEASES;

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
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a version; use one such as 4.3.1")]
pub struct ParseVersionError(String);

/// The software of a server.
///
/// ```
/// use mastodon_sdk::server::Software;
/// assert_eq!(Software::from_name("akkoma"), Software::Akkoma);
/// assert!(!Software::Akkoma.is_mastodon());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Software {
    /// Mastodon.
    Mastodon,
    /// glitch-soc, a fork of Mastodon with the same versions.
    GlitchSoc,
    /// Hometown, a fork of Mastodon with the same versions.
    Hometown,
    /// GoToSocial.
    GoToSocial,
    /// Pleroma.
    Pleroma,
    /// Akkoma.
    Akkoma,
    /// Pixelfed.
    Pixelfed,
    /// Hollo.
    Hollo,
    /// Takahe.
    Takahe,
    /// Friendica.
    Friendica,
    /// Other software, with the name that it reports.
    Other(String),
    /// The version is not one of Mastodon's, and the server does not name its software.
    Unknown,
}

impl Software {
    /// Returns the software with this name, in upper or lower case.
    pub fn from_name(name: &str) -> Software {
        const KNOWN: [(&str, Software); 10] = [
            ("mastodon", Software::Mastodon),
            ("glitch-soc", Software::GlitchSoc),
            ("hometown", Software::Hometown),
            ("gotosocial", Software::GoToSocial),
            ("pleroma", Software::Pleroma),
            ("akkoma", Software::Akkoma),
            ("pixelfed", Software::Pixelfed),
            ("hollo", Software::Hollo),
            ("takahe", Software::Takahe),
            ("friendica", Software::Friendica),
        ];
        KNOWN
            .into_iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map_or_else(
                || Software::Other(name.to_owned()),
                |(_, software)| software,
            )
    }

    /// Returns whether it is Mastodon or a fork with the same versions.
    pub fn is_mastodon(&self) -> bool {
        matches!(
            self,
            Software::Mastodon | Software::GlitchSoc | Software::Hometown
        )
    }
}

impl fmt::Display for Software {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Software::Mastodon => "Mastodon",
            Software::GlitchSoc => "glitch-soc",
            Software::Hometown => "Hometown",
            Software::GoToSocial => "GoToSocial",
            Software::Pleroma => "Pleroma",
            Software::Akkoma => "Akkoma",
            Software::Pixelfed => "Pixelfed",
            Software::Hollo => "Hollo",
            Software::Takahe => "Takahe",
            Software::Friendica => "Friendica",
            Software::Other(name) => name,
            Software::Unknown => "unknown software",
        })
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
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerVersion {
    /// The software.
    pub software: Software,
    /// First version in the string. It is a Mastodon version if the software is Mastodon or reports
    /// itself compatible with it.
    pub version: Version,
    /// API version, `api_versions.mastodon`, if the server reports it. Since Mastodon 4.3.0.
    pub api_version: Option<u32>,
    /// The whole version string of the server.
    pub raw: String,
}

impl ServerVersion {
    /// Parses a version string such as `4.2.1 (compatible; Akkoma 3.10.4)`.
    ///
    /// Accepts any string: one without a version results in [`Software::Unknown`] and version 0.0.0.
    pub fn parse(raw: &str, api_version: Option<u32>) -> ServerVersion {
        let version = Version::find_in(raw).unwrap_or(Version::new(0, 0, 0));
        ServerVersion {
            software: detect_software(raw, version),
            version,
            api_version,
            raw: raw.to_owned(),
        }
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

fn detect_software(raw: &str, version: Version) -> Software {
    let compatible = raw
        .split_once("(compatible;")
        .map(|(_, rest)| rest.trim_start());
    let named = compatible
        .or_else(|| raw.contains('/').then_some(raw))
        .filter(|suffix| suffix.starts_with(|c: char| c.is_alphabetic()))
        .and_then(|suffix| suffix.split([' ', '/', ')']).next());
    if let Some(name) = named {
        Software::from_name(name)
    } else if raw.contains("+git-") {
        Software::GoToSocial
    } else if raw.contains("+glitch") {
        Software::GlitchSoc
    } else if raw.contains("+hometown") {
        Software::Hometown
    } else if version.major == 0 {
        Software::Unknown
    } else {
        Software::Mastodon
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
                Software::Other("Sharkey".into()),
                (2, 8, 0),
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
}

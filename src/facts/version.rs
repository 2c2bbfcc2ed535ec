//! Versions, and what a server says of its own.

use std::fmt;
use std::str::FromStr;

use super::RELEASES;

/// A Mastodon version, as numbers.
///
/// ```
/// use mastodon_sdk::server::Version;
/// let version: Version = "4.4.0".parse()?;
/// assert!(version > Version::new(4, 3, 12));
/// # Ok::<(), mastodon_sdk::server::ParseVersionError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// Counts the generations.
    pub major: u16,
    /// Counts the releases with new features.
    pub minor: u16,
    /// Counts the releases with corrections.
    pub patch: u16,
}

impl Version {
    /// The version of these three numbers.
    pub const fn new(major: u16, minor: u16, patch: u16) -> Version {
        Version {
            major,
            minor,
            patch,
        }
    }

    /// The first thing in the text that looks like a version, whatever surrounds it.
    fn find(text: &str) -> Option<Version> {
        text.split(|c: char| !(c.is_ascii_digit() || c == '.'))
            .find_map(|word| {
                let mut numbers = word.split('.').map_while(|part| part.parse::<u16>().ok());
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

    /// Reads `4.3` and `4.3.1`; what follows the numbers (`rc1`, `-beta.2`, `+glitch`) is left out.
    fn from_str(text: &str) -> Result<Version, ParseVersionError> {
        let text = text.trim();
        let starts_with_digit = text.starts_with(|c: char| c.is_ascii_digit());
        Version::find(text)
            .filter(|_| starts_with_digit)
            .ok_or_else(|| ParseVersionError(text.chars().take(64).collect()))
    }
}

/// The text is not a version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a version; one looks like 4.3.1")]
pub struct ParseVersionError(String);

/// What kind of server answers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Software {
    /// Mastodon.
    Mastodon,
    /// glitch-soc, a variant of Mastodon with the same versions.
    GlitchSoc,
    /// Hometown, a variant of Mastodon with the same versions.
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
    /// Another one, by the name that it gives itself.
    Other(String),
    /// Not Mastodon by its version, and it does not say what it is.
    Unknown,
}

impl Software {
    /// The software of this name, in whatever case.
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

    /// Whether its version is a version of Mastodon.
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

/// What a server says of its version.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerVersion {
    /// The software.
    pub software: Software,
    /// The first version in the text. It is one of Mastodon's where the software is Mastodon or
    /// calls itself compatible with it.
    pub version: Version,
    /// The number of the API, `api_versions.mastodon`, where the server gives it.
    pub api_version: Option<u32>,
    /// The text that the server gave.
    pub raw: String,
}

impl ServerVersion {
    /// Reads a version text such as `4.2.1 (compatible; Akkoma 3.10.4)`.
    ///
    /// No text is refused: one that says nothing gives [`Software::Unknown`] and version 0.0.0.
    pub fn parse(raw: &str, api_version: Option<u32>) -> ServerVersion {
        let version = Version::find(raw).unwrap_or(Version::new(0, 0, 0));
        ServerVersion {
            software: software_in(raw, version),
            version,
            api_version,
            raw: raw.to_owned(),
        }
    }

    /// Whether the server has what Mastodon has since this version, as far as it says.
    ///
    /// The number of the API decides where the server gives one and the releases differ in it;
    /// else the version of a Mastodon does. Other software is believed to have everything.
    pub fn supports(&self, since: Version) -> bool {
        let compares = self.software.is_mastodon();
        let release = RELEASES
            .iter()
            .rev()
            .find(|(version, api)| *version <= since && *api > 0);
        match (self.api_version, release) {
            (Some(api), Some((version, needed))) => {
                api > *needed
                    || (api == *needed && (since == *version || !compares || self.version >= since))
            }
            // Older than the numbers themselves.
            (Some(_), None) => true,
            (None, _) => !compares || self.version >= since,
        }
    }

    /// Whether the server has taken away what Mastodon has taken away in this version.
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

fn software_in(raw: &str, version: Version) -> Software {
    let compatible = raw
        .split_once("(compatible;")
        .map(|(_, rest)| rest.trim_start());
    let named = compatible
        .or_else(|| raw.contains('/').then_some(raw))
        .filter(|text| text.starts_with(|c: char| c.is_alphabetic()))
        .and_then(|text| text.split([' ', '/', ')']).next());
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
    fn every_version_text_seen_in_the_wild_is_recognised() {
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
    fn other_software_is_never_refused_for_its_version_text() {
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
    fn the_number_of_the_api_decides_where_it_is_given() {
        let hollo = ServerVersion::parse("0.10.0", Some(7));
        assert!(hollo.supports(Version::new(3, 0, 0)));
        assert!(hollo.supports(Version::new(4, 5, 0)));
        assert!(!hollo.supports(Version::new(4, 6, 0)));
        let fork = ServerVersion::parse("4.2.0", Some(7));
        assert!(fork.supports(Version::new(4, 5, 0)));
        let patched = ServerVersion::parse("4.4.0", Some(6));
        assert!(patched.supports(Version::new(4, 4, 0)));
        assert!(!patched.supports(Version::new(4, 4, 1)));
        let oddly_named = ServerVersion::parse("1.0.0+fork", Some(6));
        assert!(oddly_named.supports(Version::new(4, 2, 0)));
        assert!(!oddly_named.supports(Version::new(4, 5, 0)));
    }

    #[test]
    fn a_variant_and_a_preview_count_as_the_release_that_they_name() {
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
    fn texts_that_are_no_versions_are_errors() {
        for text in ["", "four", "v4.3.0", "4"] {
            assert!(text.parse::<Version>().is_err(), "{text}");
        }
        assert_eq!("4.0.0rc1".parse(), Ok(Version::new(4, 0, 0)));
    }
}

//! Credentials file: stores the server, the application and the access token after a login.

use std::io::{self, Read};
use std::path::Path;

use super::App;
use crate::client::{Mastodon, MastodonBuilder};
use crate::error::{Error, FileAction, OAuthError};
use crate::files;
use crate::serde_impls::{deserialize_struct, serialize_struct};
use mastodon_types::SecretString;

/// Server, application and access token: what an application stores to stay logged in.
///
/// ```no_run
/// # fn main() -> Result<(), mastodon_sdk::Error> {
/// use mastodon_sdk::auth::Credentials;
/// let mastodon = Credentials::load("bot.json")?.builder()?.build()?;
/// # Ok(())
/// # }
/// ```
#[doc(alias("token file", "secret file", "keyring"))]
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Credentials {
    /// URL of the server. Old files of Mastodon.py do not contain it.
    pub server: Option<String>,
    /// The application.
    pub app: Option<App>,
    /// The access token.
    pub access_token: Option<SecretString>,
}

/// Content of the file.
struct CredentialsFile {
    version: u32,
    server: Option<String>,
    app: Option<App>,
    access_token: Option<SecretString>,
}

serialize_struct!(CredentialsFile {
    version,
    server,
    app,
    access_token
});
deserialize_struct!(CredentialsFile {
    version: required,
    server: default,
    app: default,
    access_token: default
});

/// Version of the file format that is written.
const FORMAT_VERSION: u32 = 1;

/// Maximum size of a file that is read, in bytes. Credentials have a few hundred bytes.
const MAX_SIZE: u64 = 64 << 10;

impl Credentials {
    /// Writes the credentials to a file that only its owner can read (mode 600). An existing file is replaced
    /// atomically.
    ///
    /// On Windows, files have no mode. The new file has the permissions of its folder, even if it replaces a file
    /// with other permissions. Use a folder in the user's profile, such as `%APPDATA%`: by default, only the user,
    /// administrators and the system can read its files.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        let write_error = |error: io::Error| Error::file(FileAction::Write, path, error);
        let file = CredentialsFile {
            version: FORMAT_VERSION,
            server: self.server.clone(),
            app: self.app.clone(),
            access_token: self.access_token.clone(),
        };
        let text =
            serde_json::to_string_pretty(&file).map_err(|error| write_error(error.into()))?;
        files::replace(path, text.as_bytes()).map_err(write_error)
    }

    /// Reads credentials from a file that [`Credentials::save`] wrote, or from a file of Mastodon.py: a client
    /// credentials file or a user credentials file.
    ///
    /// Logs a warning if other users can read the file. On Windows this is not checked.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if the file cannot be read or contains no credentials.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let read_error = |error: io::Error| Error::file(FileAction::Read, path, error);
        let invalid = |reason: &str| {
            read_error(io::Error::new(
                io::ErrorKind::InvalidData,
                reason.to_owned(),
            ))
        };
        // The size that the file system reports may change, and is 0 for a device.
        let file = std::fs::File::open(path).map_err(read_error)?;
        let mut text = String::new();
        file.take(MAX_SIZE + 1)
            .read_to_string(&mut text)
            .map_err(read_error)?;
        if text.len() as u64 > MAX_SIZE {
            return Err(invalid("it is too large to contain credentials"));
        }
        warn_if_others_can_read(path);
        if !text.trim_start().starts_with('{') {
            return decode_mastodon_py(&text).ok_or_else(|| {
                invalid("it contains no credentials of this SDK or of Mastodon.py")
            });
        }
        let file: CredentialsFile = serde_json::from_str(&text).map_err(|error| {
            // The parser's message may contain a secret value; the position does not.
            let (line, column) = (error.line(), error.column());
            invalid(&format!(
                "it is invalid at line {line}, column {column}; log in again to replace it"
            ))
        })?;
        if file.version > FORMAT_VERSION {
            return Err(invalid(
                "a later version of this SDK wrote it; update the SDK to read it",
            ));
        }
        Ok(Self {
            server: file.server,
            app: file.app,
            access_token: file.access_token,
        })
    }

    /// Fills in missing fields from other credentials, such as the application of a user's credentials.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            server: self.server.or(other.server),
            app: self.app.or(other.app),
            access_token: self.access_token.or(other.access_token),
        }
    }

    /// Returns a builder of a client for the server, with the access token if there is one.
    ///
    /// # Errors
    ///
    /// [`OAuthError::NoServer`] if `server` is `None`.
    pub fn builder(&self) -> Result<MastodonBuilder, Error> {
        let Some(server) = &self.server else {
            return Err(OAuthError::NoServer.into());
        };
        let builder = Mastodon::builder(server.as_str());
        Ok(match &self.access_token {
            Some(token) => builder.access_token(token.clone()),
            None => builder,
        })
    }
}

/// # OAuth: credentials
impl Mastodon {
    /// Returns the server and the access token of this client, with the application, to be stored.
    #[doc(alias("persistable_login_credentials"))]
    pub fn credentials(&self, app: Option<&App>) -> Credentials {
        let token = self.core().token.as_ref();
        Credentials {
            server: Some(self.server().to_owned()),
            app: app.cloned(),
            access_token: token.map(|token| token.secret().clone()),
        }
    }
}

/// Decodes a file of Mastodon.py. Each value is a line: in a user credentials file the access token, the
/// server, the client ID and the client secret; in a client credentials file the client ID, the client
/// secret and the server. Old files end earlier.
fn decode_mastodon_py(text: &str) -> Option<Credentials> {
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .take_while(|line| !line.is_empty())
        .collect();
    let is_url = |line: &str| line.starts_with("https://") || line.starts_with("http://");
    let is_secret =
        |line: &str| !is_url(line) && line.len() >= 8 && line.chars().all(|c| c.is_ascii_graphic());
    let app = |id: &str, secret: &str| App::new(id, secret, super::OUT_OF_BAND, "");
    let (server, app, access_token) = match *lines.as_slice() {
        [token] if is_secret(token) => (None, None, Some(token)),
        [token, server] if is_secret(token) && is_url(server) => (Some(server), None, Some(token)),
        [token, server, id, secret, ..] if is_secret(token) && is_url(server) => {
            (Some(server), Some(app(id, secret)), Some(token))
        }
        [id, secret] if is_secret(id) && is_secret(secret) => (None, Some(app(id, secret)), None),
        [id, secret, server, ..] if is_secret(id) && is_secret(secret) && is_url(server) => {
            (Some(server), Some(app(id, secret)), None)
        }
        _ => return None,
    };
    Some(Credentials {
        server: server.map(str::to_owned),
        app,
        access_token: access_token.map(SecretString::from),
    })
}

#[cfg(unix)]
fn warn_if_others_can_read(path: &Path) {
    use std::os::unix::fs::PermissionsExt;

    let mode = std::fs::metadata(path).map_or(0, |data| data.permissions().mode());
    if mode & 0o077 != 0 {
        let mode = format!("{:o}", mode & 0o777);
        tracing::warn!(
            ?path,
            mode,
            "other users can read this credentials file; set its mode to 600"
        );
    }
}

#[cfg(not(unix))]
fn warn_if_others_can_read(_: &Path) {}

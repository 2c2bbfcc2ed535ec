//! Keeping what a log-in gave: a file that only its owner can read.

use std::io::{self, Write};
use std::path::Path;

use super::App;
use crate::call::encode::random_hex;
use crate::client::{Mastodon, MastodonBuilder};
use crate::error::{Error, FileAction, OAuthError};
use mastodon_types::SecretString;

/// What a program needs to go on where it stopped: the server, the program, the token.
///
/// ```no_run
/// # fn main() -> Result<(), mastodon_sdk::Error> {
/// use mastodon_sdk::auth::Credentials;
/// let mastodon = Credentials::load("bot.json")?.builder()?.build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Credentials {
    /// The server; old files of Mastodon.py do not tell it.
    pub server: Option<String>,
    /// The program.
    pub app: Option<App>,
    /// The token.
    pub access_token: Option<SecretString>,
}

/// The file as it is written. A later form has another number.
#[derive(serde::Serialize, serde::Deserialize)]
struct Stored {
    version: u32,
    #[serde(default)]
    server: Option<String>,
    #[serde(default)]
    app: Option<App>,
    #[serde(default)]
    access_token: Option<SecretString>,
}

/// The form that is written.
const VERSION: u32 = 1;

/// The largest file that is read: credentials have a few hundred bytes.
const MAX_SIZE: u64 = 64 << 10;

impl Credentials {
    /// Writes them to a file that only its owner can read. The file is either written whole or left
    /// as it was.
    ///
    /// # Errors
    ///
    /// [`Error::File`] when it cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        let failed = |error: io::Error| Error::file(FileAction::Write, path, error);
        let stored = Stored {
            version: VERSION,
            server: self.server.clone(),
            app: self.app.clone(),
            access_token: self.access_token.clone(),
        };
        let text = serde_json::to_string_pretty(&stored).map_err(|error| failed(error.into()))?;
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.tmp", random_hex()?));
        let beside = path.with_file_name(name);
        let written =
            write_private(&beside, text.as_bytes()).and_then(|()| std::fs::rename(&beside, path));
        written.map_err(|error| {
            // What is left of the attempt holds secrets; if it cannot be removed either, the first error matters more.
            let _removed = std::fs::remove_file(&beside);
            failed(error)
        })
    }

    /// Reads them from a file that [`Credentials::save`] wrote, or from a file of Mastodon.py: that
    /// of a program or that of a user.
    ///
    /// # Errors
    ///
    /// [`Error::File`] when it cannot be read, or holds something else.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let failed = |error: io::Error| Error::file(FileAction::Read, path, error);
        let wrong =
            |what: &str| failed(io::Error::new(io::ErrorKind::InvalidData, what.to_owned()));
        let size = std::fs::metadata(path).map_err(failed)?.len();
        if size > MAX_SIZE {
            return Err(wrong("it is too large to hold credentials"));
        }
        let text = std::fs::read_to_string(path).map_err(failed)?;
        warn_if_others_can_read(path);
        if !text.trim_start().starts_with('{') {
            return from_lines(&text).ok_or_else(|| {
                wrong("it holds no credentials, neither of this library nor of Mastodon.py")
            });
        }
        let stored: Stored = serde_json::from_str(&text).map_err(|error| {
            // The message of the parser may show a value, its place does not.
            let (line, column) = (error.line(), error.column());
            wrong(&format!(
                "it is damaged at line {line}, column {column}; log in again to write it anew"
            ))
        })?;
        if stored.version > VERSION {
            return Err(wrong(
                "a later version of this library wrote it; use that one",
            ));
        }
        Ok(Self {
            server: stored.server,
            app: stored.app,
            access_token: stored.access_token,
        })
    }

    /// Fills in from others what is missing here, such as the program of a user.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            server: self.server.or(other.server),
            app: self.app.or(other.app),
            access_token: self.access_token.or(other.access_token),
        }
    }

    /// Begins a client for the server, with the token if there is one.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] when the server is not known.
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

impl Mastodon {
    /// What is needed to go on later: the server and the token of this client, and the program.
    pub fn credentials(&self, app: Option<&App>) -> Credentials {
        Credentials {
            server: Some(self.server().to_owned()),
            app: app.cloned(),
            access_token: self.core().token.clone(),
        }
    }
}

/// The files of Mastodon.py: lines of a token, or of a program's id and secret, then the server. That
/// of a user repeats the program after the server.
fn from_lines(text: &str) -> Option<Credentials> {
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .take_while(|line| !line.is_empty())
        .collect();
    let is_address = |line: &str| line.starts_with("https://") || line.starts_with("http://");
    let is_secret = |line: &str| {
        !is_address(line) && line.len() >= 8 && line.chars().all(|c| c.is_ascii_graphic())
    };
    let app = |id: &str, secret: &str| App::new(id, secret, super::OUT_OF_BAND, "");
    let (server, app, access_token) = match *lines.as_slice() {
        [token] if is_secret(token) => (None, None, Some(token)),
        [token, server] if is_secret(token) && is_address(server) => {
            (Some(server), None, Some(token))
        }
        [token, server, id, secret, ..] if is_secret(token) && is_address(server) => {
            (Some(server), Some(app(id, secret)), Some(token))
        }
        [id, secret] if is_secret(id) && is_secret(secret) => (None, Some(app(id, secret)), None),
        [id, secret, server, ..] if is_secret(id) && is_secret(secret) && is_address(server) => {
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

/// Writes a new file that only its owner can read, and makes sure that it is on the disk.
fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
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
            "others can read these credentials; make the file's mode 600"
        );
    }
}

#[cfg(not(unix))]
fn warn_if_others_can_read(_: &Path) {}

//! Downloading attachments: streamed, bounded, resumed, and without the token, because media live on
//! other hosts.

mod fetch;
mod part;

use std::fmt;
use std::future::{Future, IntoFuture};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use url::Url;

use crate::client::{Mastodon, hide_userinfo};
use crate::entities::MediaAttachment;
use crate::error::Error;
use fetch::{Fetch, Sink};
use part::Part;

/// What errors name in place of a method.
const NAME: &str = "download";

/// The largest file that is written unless said otherwise: 1 GiB.
const MAX_FILE: u64 = 1 << 30;

/// What is to be downloaded: an attachment, or an address.
#[derive(Clone, PartialEq, Eq)]
pub struct DownloadSource(Option<String>);

/// Without the query, which may be what opens the door.
impl fmt::Debug for DownloadSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = self.0.as_deref().map(hide_userinfo);
        f.debug_tuple("DownloadSource").field(&address).finish()
    }
}

impl From<&MediaAttachment> for DownloadSource {
    /// The file as the server has it, or else as its home has it.
    fn from(media: &MediaAttachment) -> Self {
        Self(media.url.clone().or_else(|| media.remote_url.clone()))
    }
}

impl From<&str> for DownloadSource {
    fn from(address: &str) -> Self {
        Self(Some(address.to_owned()))
    }
}

impl From<String> for DownloadSource {
    fn from(address: String) -> Self {
        Self(Some(address))
    }
}

impl From<&String> for DownloadSource {
    fn from(address: &String) -> Self {
        address.as_str().into()
    }
}

impl Mastodon {
    /// Downloads a file: an attachment, or what is at an address, such as that of an avatar.
    ///
    /// The token stays here: media often live on other hosts. Failures of the network and of the server
    /// are overcome as those of calls are, and what has come already is not fetched again where the host
    /// can continue a file.
    ///
    /// ```no_run
    /// # async fn example(mastodon: mastodon_sdk::Mastodon) -> Result<(), mastodon_sdk::Error> {
    /// let status = mastodon.status("103254962155278888").await?;
    /// for media in &status.media_attachments {
    ///     let file = mastodon.download(media).to_file(format!("{}.media", media.id)).resume().await?;
    ///     println!("{} bytes in {}", file.size, file.path.display());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn download(&self, source: impl Into<DownloadSource>) -> Download {
        Download {
            client: self.clone(),
            source: source.into(),
            max_size: None,
            progress: None,
        }
    }
}

/// Called with how many bytes there are, and how many there will be where that is known.
type Progress = Arc<dyn Fn(u64, Option<u64>) + Send + Sync>;

/// A download that was not begun yet. [`Download::to_file`] or [`Download::bytes`] says where to.
#[derive(Clone)]
#[must_use = "a download does nothing until it is awaited"]
pub struct Download {
    client: Mastodon,
    source: DownloadSource,
    max_size: Option<u64>,
    progress: Option<Progress>,
}

impl Download {
    /// The largest file that is taken, in bytes; a larger one is an error. Unless set, 1 GiB for a file,
    /// and for bytes in memory as much as for any answer ([`MastodonBuilder::max_body`](crate::MastodonBuilder::max_body)).
    pub fn max_size(mut self, bytes: u64) -> Self {
        self.max_size = Some(bytes);
        self
    }

    /// Calls a function whenever something has come, with the bytes that there are and those that there
    /// will be, where the host tells.
    pub fn on_progress(mut self, call: impl Fn(u64, Option<u64>) + Send + Sync + 'static) -> Self {
        self.progress = Some(Arc::new(call));
        self
    }

    /// Writes it to a file. Until it is whole it is beside that, under the same name with `.part`; then it
    /// takes the place of what was there.
    pub fn to_file(self, path: impl Into<PathBuf>) -> FileDownload {
        FileDownload {
            download: self,
            path: path.into(),
            resume: false,
        }
    }

    /// Downloads it into memory.
    ///
    /// # Errors
    ///
    /// When there is no such file, it is too large, or the host cannot be reached.
    pub async fn bytes(self) -> Result<Bytes, Error> {
        let bound = self.client.core().settings.transport.max_body;
        let max_size = self
            .max_size
            .unwrap_or(u64::try_from(bound).unwrap_or(u64::MAX));
        let mut memory = BytesMut::new();
        self.fetch(max_size)?.into_sink(&mut memory).await?;
        Ok(memory.freeze())
    }

    fn fetch(self, max_size: u64) -> Result<Fetch, Error> {
        let address = self.source.0.ok_or_else(|| {
            Error::argument(
                NAME,
                "source",
                "the attachment has no URL yet, since its server is still processing it; fetch it again with `media`",
            )
        })?;
        let url = Url::parse(&address).ok();
        let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let url = url.ok_or_else(|| {
            Error::argument(
                NAME,
                "source",
                "it is not a web address, such as https://files.example/image.png",
            )
        })?;
        Ok(Fetch {
            client: self.client,
            url,
            max_size,
            progress: self.progress,
        })
    }
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download")
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

/// A download to a file. It does nothing until it is awaited.
#[derive(Clone, Debug)]
#[must_use = "a download does nothing until it is awaited"]
pub struct FileDownload {
    download: Download,
    path: PathBuf,
    resume: bool,
}

impl FileDownload {
    /// Goes on where an earlier download to this file was cut off. If the file is there already, nothing
    /// is fetched. If the host cannot continue a file, or has another one now, it begins anew.
    pub fn resume(mut self) -> Self {
        self.resume = true;
        self
    }

    /// See [`Download::max_size`].
    pub fn max_size(mut self, bytes: u64) -> Self {
        self.download = self.download.max_size(bytes);
        self
    }

    /// See [`Download::on_progress`].
    pub fn on_progress(mut self, call: impl Fn(u64, Option<u64>) + Send + Sync + 'static) -> Self {
        self.download = self.download.on_progress(call);
        self
    }

    async fn run(self) -> Result<DownloadedFile, Error> {
        let max_size = self.download.max_size.unwrap_or(MAX_FILE);
        let fetch = self.download.fetch(max_size)?;
        if self.resume
            && let Ok(there) = tokio::fs::metadata(&self.path).await
            && there.is_file()
        {
            return Ok(DownloadedFile {
                path: self.path,
                size: there.len(),
                fetched: 0,
            });
        }
        let mut part = Part::open(&self.path, self.resume).await?;
        let kept = part.length();
        let size = fetch.into_sink(&mut part).await?;
        let fetched = size.saturating_sub(if part.was_continued() { kept } else { 0 });
        part.complete().await?;
        Ok(DownloadedFile {
            path: self.path,
            size,
            fetched,
        })
    }
}

impl IntoFuture for FileDownload {
    type Output = Result<DownloadedFile, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// A file that was downloaded.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DownloadedFile {
    /// Where it is.
    pub path: PathBuf,
    /// How many bytes it has.
    pub size: u64,
    /// How many of them were fetched this time.
    pub fetched: u64,
}

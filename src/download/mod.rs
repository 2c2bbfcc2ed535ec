//! Downloads of media: streamed, limited in size, resumable. The access token is never sent, because media
//! are often on other hosts than the API.

mod fetch;
mod partial_file;

use std::fmt;
use std::future::{Future, IntoFuture};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use url::Url;

use crate::client::Mastodon;
use crate::entities::MediaAttachment;
use crate::error::Error;
use crate::redact::redact_url;
use crate::tasks::run_io;
use fetch::{Fetcher, Sink};
use partial_file::PartialFile;

/// Name of the operation in errors.
const ENDPOINT_NAME: &str = "download";

/// Default maximum size of a download to a file: 1 GiB.
const DEFAULT_MAX_FILE_SIZE: u64 = 1 << 30;

/// Source of a download: a [`MediaAttachment`] or a URL.
#[derive(Clone, PartialEq, Eq)]
pub struct DownloadSource(Option<String>);

/// Omits user information and the query, which can contain a signature or a password.
impl fmt::Debug for DownloadSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = self.0.as_deref().map(redact_url);
        f.debug_tuple("DownloadSource").field(&url).finish()
    }
}

impl From<&MediaAttachment> for DownloadSource {
    /// Returns the attachment's `url`, or its `remote_url` if the server has no copy.
    fn from(media: &MediaAttachment) -> Self {
        Self(media.url.clone().or_else(|| media.remote_url.clone()))
    }
}

impl From<&str> for DownloadSource {
    fn from(url: &str) -> Self {
        Self(Some(url.to_owned()))
    }
}

impl From<String> for DownloadSource {
    fn from(url: String) -> Self {
        Self(Some(url))
    }
}

impl From<&String> for DownloadSource {
    fn from(url: &String) -> Self {
        url.as_str().into()
    }
}

/// # Downloads
impl Mastodon {
    /// Downloads a media attachment, or the file at a URL, such as that of an avatar.
    ///
    /// Nothing is sent until [`Download::bytes`] or [`Download::to_file`] is awaited. The access token is not
    /// sent, because media are often on other hosts. Network errors and the statuses 429, 502 to 504 and
    /// 520 to 527 are retried up to [`MastodonBuilder::max_retries`](crate::MastodonBuilder::max_retries) times. A retry
    /// of a download to a file fetches only the missing bytes if the host supports range requests; each
    /// attempt that makes progress this way resets the number of retries.
    ///
    /// ```no_run
    /// # async fn example(mastodon: mastodon_sdk::Mastodon) -> Result<(), mastodon_sdk::Error> {
    /// let status = mastodon.status("103254962155278888").await?;
    /// for media in &status.media_attachments {
    ///     let path = format!("{}.media", media.id);
    ///     let file = mastodon.download(media).to_file(path).continue_partial(true).await?;
    ///     println!("{}: {} bytes", file.path.display(), file.size);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Mastodon's documentation: <https://docs.joinmastodon.org/entities/MediaAttachment/>
    #[doc(alias("fetch file", "save media"))]
    pub fn download(&self, source: impl Into<DownloadSource>) -> Download {
        Download {
            client: self.clone(),
            source: source.into(),
            max_size: None,
            on_progress: None,
        }
    }
}

/// Called with the number of bytes downloaded, and the total if it is known.
type ProgressCallback = Arc<dyn Fn(u64, Option<u64>) + Send + Sync>;

/// Builder of a download. [`to_file`](Self::to_file) or [`bytes`](Self::bytes) selects the destination.
#[derive(Clone)]
#[must_use = "a download does nothing until it is awaited"]
pub struct Download {
    client: Mastodon,
    source: DownloadSource,
    max_size: Option<u64>,
    on_progress: Option<ProgressCallback>,
}

impl Download {
    maybe_method!();

    /// Maximum size of the file in bytes. A larger file is an error.
    ///
    /// Default: 1 GiB for a download to a file; for a download to memory, the maximum response size of the
    /// client ([`MastodonBuilder::max_body`](crate::MastodonBuilder::max_body)).
    pub fn max_size(mut self, bytes: u64) -> Self {
        self.max_size = Some(bytes);
        self
    }

    /// Calls `callback` after each received chunk, with the number of bytes downloaded and the total number
    /// of bytes, if the host sends it.
    ///
    /// A resumed download counts the bytes of earlier attempts. A download that starts over counts from 0
    /// again. The callback must not block.
    pub fn on_progress(
        mut self,
        callback: impl Fn(u64, Option<u64>) + Send + Sync + 'static,
    ) -> Self {
        self.on_progress = Some(Arc::new(callback));
        self
    }

    /// Downloads to the file at `path`.
    ///
    /// The bytes are written to a file of the same name with the suffix `.part`, which is renamed when it is
    /// complete and then replaces an existing file at `path`. After an error it is kept only if it can be continued.
    ///
    /// Links at the names `.part` and `.part.etag` are not followed, so that others who can write to the folder cannot
    /// choose what is overwritten.
    ///
    /// # Errors
    ///
    /// Awaiting the download fails with [`Error::File`] if the file cannot be written, or if a link or something else
    /// that is not a regular file has the name of the `.part` file; and with the errors of [`bytes`](Self::bytes).
    pub fn to_file(self, path: impl Into<PathBuf>) -> FileDownload {
        FileDownload {
            download: self,
            path: path.into(),
            continue_partial: false,
        }
    }

    /// Downloads to memory.
    ///
    /// # Errors
    ///
    /// - [`Error::IllegalArgument`]: the attachment has no URL yet, or the URL is invalid.
    /// - [`Error::Api`]: the host returned an error status, such as 404.
    /// - [`Error::FileTooLarge`]: the file is larger than [`max_size`](Self::max_size).
    /// - [`Error::Network`] or [`Error::Timeout`]: the download still failed after the last retry.
    pub async fn bytes(self) -> Result<Bytes, Error> {
        let max_body = self.client.core().settings.transport.max_body;
        let max_size = self
            .max_size
            .unwrap_or(u64::try_from(max_body).unwrap_or(u64::MAX));
        let mut memory = BytesMut::new();
        self.fetcher(max_size)?.fetch_into(&mut memory).await?;
        Ok(memory.freeze())
    }

    fn fetcher(self, max_size: u64) -> Result<Fetcher, Error> {
        let url = self.source.0.ok_or_else(|| {
            Error::argument(
                ENDPOINT_NAME,
                "source",
                "the attachment has no URL yet: the server is still processing it; fetch it again with `media`",
            )
        })?;
        let url = Url::parse(&url).ok();
        let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let url = url.ok_or_else(|| {
            Error::argument(
                ENDPOINT_NAME,
                "source",
                "the URL is invalid; use an absolute URL that starts with https://",
            )
        })?;
        Ok(Fetcher {
            client: self.client,
            url,
            max_size,
            on_progress: self.on_progress,
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

/// Builder of a download to a file. Await it to start the download.
#[derive(Clone, Debug)]
#[must_use = "a download does nothing until it is awaited"]
pub struct FileDownload {
    download: Download,
    path: PathBuf,
    continue_partial: bool,
}

impl FileDownload {
    maybe_method!();

    /// Whether to resume an earlier download to the same path. Default: false.
    ///
    /// If the file at the path exists, nothing is fetched. If only the `.part` file exists, the missing bytes
    /// are fetched. The download starts over if the file has changed on the host, or if the host does not
    /// support range requests.
    pub fn continue_partial(mut self, continue_partial: bool) -> Self {
        self.continue_partial = continue_partial;
        self
    }

    /// Maximum size of the file in bytes. See [`Download::max_size`].
    pub fn max_size(mut self, bytes: u64) -> Self {
        self.download = self.download.max_size(bytes);
        self
    }

    /// Calls `callback` after each received chunk. See [`Download::on_progress`].
    pub fn on_progress(
        mut self,
        callback: impl Fn(u64, Option<u64>) + Send + Sync + 'static,
    ) -> Self {
        self.download = self.download.on_progress(callback);
        self
    }

    async fn run(self) -> Result<DownloadedFile, Error> {
        let max_size = self.download.max_size.unwrap_or(DEFAULT_MAX_FILE_SIZE);
        let fetcher = self.download.fetcher(max_size)?;
        let path = self.path.clone();
        if self.continue_partial
            && let Ok(existing) = run_io(|| std::fs::metadata(path)).await
            && existing.is_file()
        {
            return Ok(DownloadedFile {
                path: self.path,
                size: existing.len(),
                fetched: 0,
            });
        }
        let mut partial = PartialFile::open(&self.path, self.continue_partial).await?;
        let length_before = partial.length();
        let size = match fetcher.fetch_into(&mut partial).await {
            Ok(size) => size,
            Err(error) => {
                partial.abandon(&error).await;
                return Err(error);
            }
        };
        let kept = if partial.was_resumed() {
            length_before
        } else {
            0
        };
        partial.finish().await?;
        Ok(DownloadedFile {
            path: self.path,
            size,
            fetched: size.saturating_sub(kept),
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

/// A downloaded file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DownloadedFile {
    /// Path of the file.
    pub path: PathBuf,
    /// Size of the file in bytes.
    pub size: u64,
    /// Bytes of the file that this download fetched: less than `size` if it resumed an earlier download, 0 if
    /// the file already existed.
    pub fetched: u64,
}

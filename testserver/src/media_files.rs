//! Media files: their addresses, and what is behind them. An address ends in the extension of the file and changes
//! with the file.

use std::fmt::Write;

use axum::http::header;
use sha2::{Digest, Sha256};

use crate::handlers::accounts::profile_images::DEFAULT_IMAGE;
use crate::media_info::{MediaInfo, MediaKind};
use crate::response::{HandlerResult, Response, route_not_found};
use crate::server::Shared;
use crate::state::Media;

const FOLDER: &str = "/system/media_attachments/";
/// Number of digits of the folders of an ID.
const FOLDER_DIGITS: usize = 3;
/// Number of bytes of the hash in a file name.
const NAME_BYTES: usize = 8;
/// Files never change, so clients can keep them for a year.
const CACHE_CONTROL: &str = "public, max-age=31536000, immutable";

/// File with its media type.
type Served = (&'static str, Vec<u8>);

/// Returns the path of the original file. Its extension is that of the format into which Mastodon converts the file;
/// this server serves the file as it was uploaded.
pub(crate) fn original_path(media: &Media) -> String {
    let name = file_name(&media.bytes, converted_extension(&media.info));
    path("files", media, "original", &name)
}

/// Returns the path of the preview: of the uploaded thumbnail, or of the file in small. Audio has none by itself.
pub(crate) fn preview_path(media: &Media) -> Option<String> {
    if let Some((bytes, info)) = &media.thumbnail {
        let name = file_name(bytes, extension(info.mime));
        return Some(path("thumbnails", media, "original", &name));
    }
    let extension = match media.info.kind {
        MediaKind::Audio => return None,
        MediaKind::Image => converted_extension(&media.info),
        // The preview of a video is one of its frames.
        MediaKind::Gifv | MediaKind::Video => "png",
    };
    Some(path(
        "files",
        media,
        "small",
        &file_name(&media.bytes, extension),
    ))
}

/// Serves a media file or its preview. Returns `None` if the path is not one of a media file.
pub(crate) fn serve(shared: &Shared, path: &str) -> Option<HandlerResult> {
    let rest = path.strip_prefix(FOLDER)?;
    let file = find(shared, path, rest).map(|(mime, bytes)| {
        Response::with_body(mime, bytes).header(header::CACHE_CONTROL, CACHE_CONTROL.to_owned())
    });
    Some(file.ok_or_else(route_not_found))
}

fn find(shared: &Shared, path: &str, rest: &str) -> Option<Served> {
    let folders = rest
        .split('/')
        .filter(|folder| folder.bytes().all(|byte| byte.is_ascii_digit()));
    let id = folders.collect::<String>().parse().ok()?;
    let state = shared.state();
    let media = state.media.get(&id)?;
    let original = || (media.info.mime, media.bytes.to_vec());
    if path == original_path(media) {
        return Some(original());
    }
    if preview_path(media).as_deref() != Some(path) {
        return None;
    }
    Some(match (&media.thumbnail, media.info.kind) {
        (Some((bytes, info)), _) => (info.mime, bytes.to_vec()),
        (None, MediaKind::Image) => original(),
        // The server does not decode videos.
        (None, _) => ("image/png", DEFAULT_IMAGE.to_vec()),
    })
}

fn path(kind: &str, media: &Media, style: &str, name: &str) -> String {
    let digits = format!("{:018}", media.id);
    let folders =
        digits
            .as_bytes()
            .chunks(FOLDER_DIGITS)
            .fold(String::new(), |mut path, folder| {
                path.push_str(&String::from_utf8_lossy(folder));
                path.push('/');
                path
            });
    format!("{FOLDER}{kind}/{folders}{style}/{name}")
}

/// Returns a file name that depends on the content.
fn file_name(bytes: &[u8], extension: &str) -> String {
    let digest = Sha256::digest(bytes);
    let mut name = String::new();
    for byte in digest.iter().take(NAME_BYTES) {
        // Writing to a string cannot fail.
        let _written = write!(name, "{byte:02x}");
    }
    format!("{name}.{extension}")
}

/// Returns the extension of a file after Mastodon has converted it.
fn converted_extension(info: &MediaInfo) -> &'static str {
    match (info.kind, info.mime) {
        (MediaKind::Audio, _) => "mp3",
        (MediaKind::Gifv | MediaKind::Video, _) => "mp4",
        (MediaKind::Image, "image/heic" | "image/heif" | "image/avif") => "jpeg",
        (MediaKind::Image, mime) => extension(mime),
    }
}

/// Returns the extension of the images of a media type.
fn extension(mime: &'static str) -> &'static str {
    mime.rsplit('/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extension_is_that_of_the_converted_file() {
        for (kind, mime, expected) in [
            (MediaKind::Image, "image/png", "png"),
            (MediaKind::Image, "image/avif", "jpeg"),
            (MediaKind::Gifv, "image/gif", "mp4"),
            (MediaKind::Video, "video/webm", "mp4"),
            (MediaKind::Audio, "audio/ogg", "mp3"),
        ] {
            let info = MediaInfo {
                kind,
                mime,
                size: None,
                duration: None,
            };
            assert_eq!(converted_extension(&info), expected);
        }
    }
}

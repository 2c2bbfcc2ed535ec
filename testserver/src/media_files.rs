//! Addresses and content of media files. As in Mastodon, an address ends in the extension of the file and changes with it.

use sha2::{Digest, Sha256};

use crate::media_info::MediaKind;
use crate::state::Media;

/// Path of the folder that has all media files.
pub(crate) const FOLDER: &str = "/system/media_attachments/";
/// Maximum number of pixels of a preview and of a stored image.
pub(crate) const PREVIEW_PIXELS: f64 = 230_400.0;
pub(crate) const IMAGE_PIXELS: f64 = 8_294_400.0;
/// Dimensions of the preview of a video whose dimensions are unknown.
const UNKNOWN_DIMENSIONS: (u32, u32) = (640, 360);

/// File of a media attachment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MediaFile {
    Original,
    /// Preview that the server made from the original.
    Preview,
    /// Preview that the user uploaded.
    Thumbnail,
}

impl MediaFile {
    /// Returns the file at the given place if the media has it.
    pub(crate) fn at(media: &Media, folder: &str, style: &str) -> Option<Self> {
        let file = match (folder, style) {
            ("files", "original") => Self::Original,
            ("files", "small") => Self::Preview,
            ("thumbnails", "original") => Self::Thumbnail,
            _ => return None,
        };
        let exists = match file {
            Self::Original => true,
            Self::Preview => media.info.kind != MediaKind::Audio,
            Self::Thumbnail => media.thumbnail.is_some(),
        };
        exists.then_some(file)
    }

    /// Returns the file that is shown before the original; `None` for audio without a thumbnail.
    pub(crate) fn preview_of(media: &Media) -> Option<Self> {
        let thumbnail = Self::at(media, "thumbnails", "original");
        thumbnail.or_else(|| Self::at(media, "files", "small"))
    }

    /// Returns the path below the folder of all media.
    pub(crate) fn path(self, media: &Media) -> String {
        let (folder, style) = match self {
            Self::Original => ("files", "original"),
            Self::Preview => ("files", "small"),
            Self::Thumbnail => ("thumbnails", "original"),
        };
        let id = format!("{:018}", media.id);
        let parts = [0, 3, 6, 9, 12, 15].map(|at| id.get(at..at + 3).unwrap_or_default());
        let bytes = match (self, &media.thumbnail) {
            (Self::Thumbnail, Some((bytes, _))) => bytes,
            _ => &media.bytes,
        };
        let name: String = digest(bytes)
            .iter()
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let extension = extension(self.mime(media));
        format!("{folder}/{}/{style}/{name}.{extension}", parts.join("/"))
    }

    fn mime(self, media: &Media) -> &'static str {
        match (self, media.info.kind, &media.thumbnail) {
            (Self::Thumbnail, _, Some((_, info))) => info.mime,
            (Self::Preview, MediaKind::Video | MediaKind::Gifv, _) => "image/png",
            _ => media.info.mime,
        }
    }

    /// Returns the media type and the content. The server does not decode media: a preview of an image is the image itself,
    /// and a preview of a video is an image of a single color.
    pub(crate) fn content(self, media: &Media) -> (&'static str, Vec<u8>) {
        let bytes = match (self, media.info.kind, &media.thumbnail) {
            (Self::Thumbnail, _, Some((bytes, _))) => bytes.to_vec(),
            (Self::Preview, MediaKind::Video | MediaKind::Gifv, _) => {
                let (width, height) = media.info.size.unwrap_or(UNKNOWN_DIMENSIONS);
                let (width, height) = scaled_down(width, height, PREVIEW_PIXELS);
                single_color_png(width, height, color(&media.bytes))
            }
            _ => media.bytes.to_vec(),
        };
        (self.mime(media), bytes)
    }
}

fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Returns the color that stands for a file.
pub(crate) fn color(bytes: &[u8]) -> [u8; 3] {
    let digest = digest(bytes);
    [digest[0], digest[1], digest[2]]
}

fn extension(mime: &str) -> &str {
    match mime {
        "video/quicktime" => "mov",
        "audio/mpeg" => "mp3",
        "audio/mp4" => "m4a",
        _ => mime.split_once('/').map_or(mime, |(_, name)| name),
    }
}

/// Returns the dimensions of an image that is scaled down to at most `max_pixels`, with its aspect ratio.
pub(crate) fn scaled_down(width: u32, height: u32, max_pixels: f64) -> (u32, u32) {
    let (w, h) = (f64::from(width), f64::from(height));
    if w * h <= max_pixels {
        return (width, height);
    }
    // Fits into `u32`: the check above ensures that no side grows.
    let side = |a: f64, b: f64| (max_pixels * a / b).sqrt().round().max(1.0) as u32;
    (side(w, h), side(h, w))
}

/// Makes an image of a single color, without compression.
fn single_color_png(width: u32, height: u32, color: [u8; 3]) -> Vec<u8> {
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = Vec::new();
    header.extend(width.to_be_bytes());
    header.extend(height.to_be_bytes());
    // One bit per pixel, with a palette.
    header.extend([1, 3, 0, 0, 0]);
    write_chunk(&mut png, *b"IHDR", &header);
    write_chunk(&mut png, *b"PLTE", &color);
    // Each row has a filter byte and its pixels, all zero: the first color of the palette.
    let length = (1 + width.div_ceil(8) as usize) * height as usize;
    write_chunk(&mut png, *b"IDAT", &stored_zeros(length));
    write_chunk(&mut png, *b"IEND", &[]);
    png
}

fn write_chunk(png: &mut Vec<u8>, name: [u8; 4], content: &[u8]) {
    png.extend(
        u32::try_from(content.len())
            .unwrap_or(u32::MAX)
            .to_be_bytes(),
    );
    let checked = [&name, content].concat();
    png.extend(&checked);
    let crc = checked.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 {
                crc >> 1 ^ 0xedb8_8320
            } else {
                crc >> 1
            }
        })
    });
    png.extend((!crc).to_be_bytes());
}

/// Returns a zlib stream of zeros, in blocks without compression.
fn stored_zeros(length: usize) -> Vec<u8> {
    const BLOCK: usize = 0xffff;
    let mut stream = vec![0x78, 0x01];
    let mut rest = length;
    loop {
        let block = rest.min(BLOCK);
        rest -= block;
        stream.push(u8::from(rest == 0));
        let size = u16::try_from(block).unwrap_or(u16::MAX);
        stream.extend(size.to_le_bytes());
        stream.extend((!size).to_le_bytes());
        stream.resize(stream.len() + block, 0);
        if rest == 0 {
            break;
        }
    }
    // Adler-32 of zeros: the first sum stays 1, the second counts the bytes.
    let second = u32::try_from(length % 65_521).unwrap_or_default();
    stream.extend((second << 16 | 1).to_be_bytes());
    stream
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn single_color_image_is_a_valid_png() {
        let png = single_color_png(2, 1, [0, 0, 0]);
        // As written by an independent encoder, with the same settings.
        let idat = b"\0\0\0\x0dIDAT\x78\x01\x01\x02\0\xfd\xff\0\0\0\x02\0\x01";
        assert_eq!(
            png[8..29],
            *b"\0\0\0\x0dIHDR\0\0\0\x02\0\0\0\x01\x01\x03\0\0\0"
        );
        assert!(png.windows(idat.len()).any(|part| part == idat), "{png:x?}");
        assert!(png.ends_with(b"\0\0\0\0IEND\xaeB`\x82"));
    }

    #[test]
    fn large_images_are_scaled_down_with_their_aspect_ratio() {
        assert_eq!(scaled_down(1600, 900, PREVIEW_PIXELS), (640, 360));
        assert_eq!(scaled_down(7680, 4320, IMAGE_PIXELS), (3840, 2160));
        assert_eq!(scaled_down(100, 100, IMAGE_PIXELS), (100, 100));
    }
}

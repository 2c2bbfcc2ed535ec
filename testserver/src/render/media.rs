//! Media attachments.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::media_files;
use crate::media_info::{MediaInfo, MediaKind};
use crate::state::{Media, State};

/// Maximum number of pixels of a preview and of a stored image.
const PREVIEW_PIXELS: f64 = 230_400.0;
const IMAGE_PIXELS: f64 = 8_294_400.0;
/// Digits of the base 83 encoding of BlurHash.
const DIGITS: &[u8; 83] =
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~";

pub(crate) fn media(state: &State, media: &Media, now: Timestamp) -> Value {
    let address = |path: String| format!("{}{path}", state.url);
    let preview = media_files::preview_path(media);
    let has_preview = preview.is_some();
    json!({
        "id": media.id.to_string(), "type": media.info.kind.as_str(), "url": media.is_ready(now).then(|| address(media_files::original_path(media))),
        "preview_url": preview.map(address), "remote_url": null, "preview_remote_url": null,
        "text_url": null, "meta": meta(media), "description": media.description,
        "blurhash": has_preview.then(|| blurhash(media)),
    })
}

fn meta(media: &Media) -> Value {
    let mut meta = Map::new();
    if let Some((x, y)) = media.focus {
        meta.insert("focus".to_owned(), json!({ "x": x, "y": y }));
    }
    meta.insert("original".to_owned(), original(&media.info));
    let preview_source = media
        .thumbnail
        .as_ref()
        .map_or(&media.info, |(_, info)| info);
    if let Some((width, height)) = preview_source.size {
        let small = dimensions(scaled_down(width, height, PREVIEW_PIXELS));
        meta.insert("small".to_owned(), small);
    }
    Value::Object(meta)
}

fn original(info: &MediaInfo) -> Value {
    match (info.kind, info.size) {
        (MediaKind::Image, Some((width, height))) => {
            dimensions(scaled_down(width, height, IMAGE_PIXELS))
        }
        (_, size) => {
            let mut value = Map::new();
            if let Some((width, height)) = size {
                value.insert("width".to_owned(), width.into());
                value.insert("height".to_owned(), height.into());
            }
            if let Some(duration) = info.duration {
                value.insert("duration".to_owned(), duration.into());
            }
            Value::Object(value)
        }
    }
}

/// Returns the dimensions of an image that is scaled down to at most `max_pixels`, with its aspect ratio.
fn scaled_down(width: u32, height: u32, max_pixels: f64) -> (u32, u32) {
    let (w, h) = (f64::from(width), f64::from(height));
    if w * h <= max_pixels {
        return (width, height);
    }
    // Fits into `u32`: the check above ensures that no side grows.
    let side = |a: f64, b: f64| (max_pixels * a / b).sqrt().round().max(1.0) as u32;
    (side(w, h), side(h, w))
}

fn dimensions((width, height): (u32, u32)) -> Value {
    let aspect = f64::from(width) / f64::from(height);
    json!({ "width": width, "height": height, "size": format!("{width}x{height}"), "aspect": aspect })
}

/// Returns a valid BlurHash of a single color. The server does not decode images, so the color
/// is derived from a hash of the file.
fn blurhash(media: &Media) -> String {
    let bytes = media
        .thumbnail
        .as_ref()
        .map_or(&media.bytes, |(bytes, _)| bytes);
    let digest = Sha256::digest(bytes);
    let color = digest
        .iter()
        .take(3)
        .fold(0, |sum, byte| sum << 8 | usize::from(*byte));
    let digit = |power: u32| char::from(DIGITS[color / 83_usize.pow(power) % 83]);
    ['0', '0']
        .into_iter()
        .chain([3, 2, 1, 0].map(digit))
        .collect()
}

//! Uploaded files.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::media_info::{MediaInfo, MediaKind};
use crate::state::{Media, State};

/// The most pixels of a preview.
const PREVIEW_PIXELS: f64 = 230_400.0;
/// The digits of a BlurHash.
const DIGITS: &[u8; 83] =
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~";

pub(crate) fn media(state: &State, media: &Media, now: Timestamp) -> Value {
    let url = format!("{}/media/{}", state.url, media.id);
    let seen = media.info.kind != MediaKind::Audio || media.thumbnail.is_some();
    json!({
        "id": media.id.to_string(), "type": media.info.kind.as_str(), "url": media.is_ready(now).then_some(&url),
        "preview_url": seen.then(|| format!("{url}/small")), "remote_url": null, "preview_remote_url": null,
        "text_url": null, "meta": meta(media), "description": media.description,
        "blurhash": seen.then(|| blurhash(media)),
    })
}

fn meta(media: &Media) -> Value {
    let mut meta = Map::new();
    if let Some((x, y)) = media.focus {
        meta.insert("focus".to_owned(), json!({ "x": x, "y": y }));
    }
    meta.insert("original".to_owned(), original(&media.info));
    let pictured = media
        .thumbnail
        .as_ref()
        .map_or(&media.info, |(_, info)| info);
    if let Some((width, height)) = pictured.size {
        meta.insert("small".to_owned(), preview(width, height));
    }
    Value::Object(meta)
}

fn original(info: &MediaInfo) -> Value {
    match (info.kind, info.size) {
        (MediaKind::Image, Some((width, height))) => picture(width, height),
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

fn picture(width: u32, height: u32) -> Value {
    let aspect = f64::from(width) / f64::from(height);
    json!({ "width": width, "height": height, "size": format!("{width}x{height}"), "aspect": aspect })
}

/// The picture scaled down, its form kept, until it has no more than the pixels of a preview.
fn preview(width: u32, height: u32) -> Value {
    let (w, h) = (f64::from(width), f64::from(height));
    if w * h <= PREVIEW_PIXELS {
        return picture(width, height);
    }
    // In range by the test above: a side is at most its old length.
    let side = |a: f64, b: f64| (PREVIEW_PIXELS * a / b).sqrt().round().max(1.0) as u32;
    picture(side(w, h), side(h, w))
}

/// A valid BlurHash of one colour. The server does not decode pictures, so the colour comes of the bytes.
fn blurhash(media: &Media) -> String {
    let bytes = media
        .thumbnail
        .as_ref()
        .map_or(&media.bytes, |(bytes, _)| bytes);
    let digest = Sha256::digest(bytes);
    let colour = digest
        .iter()
        .take(3)
        .fold(0, |sum, byte| sum << 8 | usize::from(*byte));
    let digit = |power: u32| char::from(DIGITS[colour / 83_usize.pow(power) % 83]);
    ['0', '0']
        .into_iter()
        .chain([3, 2, 1, 0].map(digit))
        .collect()
}

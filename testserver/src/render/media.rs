//! Media attachments.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::media_files::{FOLDER, IMAGE_PIXELS, MediaFile, PREVIEW_PIXELS, color, scaled_down};
use crate::media_info::{MediaInfo, MediaKind};
use crate::state::{Media, State};

/// Digits of the base 83 encoding of BlurHash.
const DIGITS: &[u8; 83] =
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~";

pub(crate) fn media(state: &State, media: &Media, now: Timestamp) -> Value {
    let url = |file: MediaFile| format!("{}{FOLDER}{}", state.url, file.path(media));
    let preview = MediaFile::preview_of(media);
    json!({
        "id": media.id.to_string(), "type": media.info.kind.as_str(),
        "url": media.is_ready(now).then(|| url(MediaFile::Original)),
        "preview_url": preview.map(url), "remote_url": null, "preview_remote_url": null,
        "text_url": null, "meta": meta(media), "description": media.description,
        "blurhash": preview.map(|_| blurhash(media)),
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
    let color = color(bytes);
    let color = color
        .iter()
        .fold(0, |sum, byte| sum << 8 | usize::from(*byte));
    let digit = |power: u32| char::from(DIGITS[color / 83_usize.pow(power) % 83]);
    ['0', '0']
        .into_iter()
        .chain([3, 2, 1, 0].map(digit))
        .collect()
}

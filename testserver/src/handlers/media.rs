//! Media uploads.

use axum::http::StatusCode;
use serde_json::json;

use super::Context;
use crate::clock;
use crate::limits::{
    MAX_GIF_PIXELS, MAX_IMAGE_BYTES, MAX_IMAGE_PIXELS, MAX_MEDIA_DESCRIPTION, MAX_VIDEO_BYTES,
    MAX_VIDEO_PIXELS,
};
use crate::media_info::{MediaInfo, MediaKind, probe};
use crate::params::{File, Params};
use crate::render;
use crate::response::{
    ErrorResponse, HandlerResult, Response, not_found, unprocessable, validation_failed,
};
use crate::state::{Media, State};

/// Returns `None` if another module handles the route.
pub(super) fn handle(context: &Context<'_>) -> Option<HandlerResult> {
    Some(match context.route.name {
        "media_post_v1" => post(context, false),
        "media_post_v2" => post(context, true),
        "media" => show(context),
        "media_update" => update(context),
        "media_delete" => delete(context),
        _ => return None,
    })
}

/// Stores an uploaded file. Images are ready at once. Video, audio and animated images take some time; the v1 endpoint
/// responds only when they are ready.
fn post(context: &Context<'_>, asynchronous: bool) -> HandlerResult {
    let (user, now, params) = (context.user()?, context.now(), &context.params);
    let file = params
        .file("file")
        .ok_or_else(|| validation_failed("File can't be blank"))?;
    let info = validate("File", file)?;
    let is_processing = asynchronous && info.kind != MediaKind::Image;
    let (time, fails) = context.shared.behavior.with(|behavior| {
        let posting = &behavior.posting;
        (
            posting.media_processing_time,
            posting.media_processing_fails,
        )
    });
    let ready_at = clock::later(now, time);
    let mut state = context.shared.state();
    let media = Media {
        id: state.next_id(now),
        account: user,
        bytes: file.bytes.clone(),
        info,
        thumbnail: None,
        description: None,
        focus: None,
        ready_at: if is_processing { ready_at } else { now },
        fails,
        status: None,
        scheduled: None,
    };
    let media = with_params(&media, params)?;
    if fails && !is_processing {
        return Err(processing_failed(StatusCode::INTERNAL_SERVER_ERROR));
    }
    let response = Response::json(&render::media(&state, &media, now));
    state.media.insert(media.id, media);
    state.schedule_media_cleanup(now);
    Ok(if is_processing {
        response.status(StatusCode::ACCEPTED)
    } else {
        response
    })
}

fn processing_failed(status: StatusCode) -> ErrorResponse {
    let error = json!({ "error": "Error processing thumbnail for uploaded media" });
    Box::new(Response::json(&error).status(status))
}

/// Returns the type and dimensions of the file if the server accepts it.
fn validate(name: &str, file: &File) -> Result<MediaInfo, ErrorResponse> {
    let Some(info) = probe(&file.bytes) else {
        return Err(validation_failed(&format!(
            "{name} content type is invalid, {name} is invalid"
        )));
    };
    check_dimensions(&info)?;
    let max_bytes = match info.kind {
        MediaKind::Image | MediaKind::Gifv => MAX_IMAGE_BYTES,
        MediaKind::Video | MediaKind::Audio => MAX_VIDEO_BYTES,
    };
    if file.bytes.len() >= max_bytes {
        let max = max_bytes >> 20;
        return Err(validation_failed(&format!(
            "{name} must be less than {max} MB, {name} file size must be less than {max} MB"
        )));
    }
    if info.kind == MediaKind::Image && info.size.is_none() && info.mime != "image/avif" {
        return Err(unprocessable(
            "File type of uploaded media could not be verified",
        ));
    }
    Ok(info)
}

fn check_dimensions(info: &MediaInfo) -> Result<(), ErrorResponse> {
    let Some((width, height)) = info.size else {
        return Ok(());
    };
    let (max_pixels, files) = match info.kind {
        _ if info.mime == "image/gif" => (MAX_GIF_PIXELS, "GIF files"),
        MediaKind::Image | MediaKind::Gifv => (MAX_IMAGE_PIXELS, "images"),
        MediaKind::Video | MediaKind::Audio => (MAX_VIDEO_PIXELS, "videos"),
    };
    if u64::from(width) * u64::from(height) > max_pixels as u64 {
        return Err(unprocessable(&format!(
            "{width}x{height} {files} are not supported"
        )));
    }
    Ok(())
}

/// Returns the media with the description, focus and thumbnail of the parameters.
pub(super) fn with_params(media: &Media, params: &Params) -> Result<Media, ErrorResponse> {
    let mut media = media.clone();
    if let Some(thumbnail) = params.file("thumbnail") {
        let info = validate("Thumbnail", thumbnail)?;
        if info.kind != MediaKind::Image {
            return Err(validation_failed(
                "Thumbnail content type is invalid, Thumbnail is invalid",
            ));
        }
        media.thumbnail = Some((thumbnail.bytes.clone(), info));
    }
    let mut errors = Vec::new();
    if let Some(description) = params.string("description") {
        if description.chars().count() > MAX_MEDIA_DESCRIPTION {
            errors.push(format!(
                "Description is too long (maximum is {MAX_MEDIA_DESCRIPTION} characters)"
            ));
        }
        media.description = Some(description);
    }
    let has_audio_or_video = matches!(media.info.kind, MediaKind::Video | MediaKind::Audio);
    if media.thumbnail.is_some() && !has_audio_or_video {
        errors.push("Thumbnail must be blank".to_owned());
    }
    if !errors.is_empty() {
        return Err(validation_failed(&errors.join(", ")));
    }
    if let Some(focus) = params.non_blank("focus") {
        media.focus = Some(parse_focus(&focus));
    }
    Ok(media)
}

/// Parses two numbers as leniently as Mastodon does: what is no number is zero, and no number is too large.
fn parse_focus(text: &str) -> (f64, Option<f64>) {
    let mut numbers = text.split(',').map(leading_number);
    (numbers.next().unwrap_or_default(), numbers.next())
}

/// Parses the number at the start of a text, like Ruby; zero if there is none.
fn leading_number(text: &str) -> f64 {
    let text = text.trim_start();
    let ends = (1..=text.len())
        .rev()
        .filter(|end| text.is_char_boundary(*end));
    let starts_as_number =
        |part: &&str| part.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c));
    let mut parts = ends.map(|end| &text[..end]).filter(starts_as_number);
    let number = parts.find_map(|part| part.parse::<f64>().ok());
    number
        .filter(|number| number.is_finite())
        .unwrap_or_default()
}

/// Returns the media that the path names if the user uploaded it.
fn own_media<'s>(context: &Context<'_>, state: &'s State) -> Result<&'s Media, ErrorResponse> {
    let user = context.user()?;
    let media = state.media.get(&context.id());
    media
        .filter(|media| media.account == user)
        .ok_or_else(not_found)
}

/// Returns the media; with status 206 while it is processed.
fn media_response(context: &Context<'_>, state: &State, media: &Media) -> Response {
    let now = context.now();
    let response = Response::json(&render::media(state, media, now));
    if media.is_ready(now) {
        response
    } else {
        response.status(StatusCode::PARTIAL_CONTENT)
    }
}

/// Returns media that is not attached to a status. Attached media is changed through its status. Fails if the processing of
/// the media has failed.
fn unattached<'s>(context: &Context<'_>, state: &'s State) -> Result<&'s Media, ErrorResponse> {
    let media = own_media(context, state)?;
    if media.status.is_some() {
        return Err(not_found());
    }
    if media.fails && media.ready_at <= context.now() {
        return Err(processing_failed(StatusCode::UNPROCESSABLE_ENTITY));
    }
    Ok(media)
}

fn show(context: &Context<'_>) -> HandlerResult {
    let state = context.shared.state();
    let media = unattached(context, &state)?;
    Ok(media_response(context, &state, media))
}

fn update(context: &Context<'_>) -> HandlerResult {
    let mut state = context.shared.state();
    let media = with_params(unattached(context, &state)?, &context.params)?;
    let response = media_response(context, &state, &media);
    state.media.insert(media.id, media);
    Ok(response)
}

fn delete(context: &Context<'_>) -> HandlerResult {
    let mut state = context.shared.state();
    let media = own_media(context, &state)?;
    if media.status.is_some() {
        return Err(unprocessable(
            "Media attachment is currently used by a status",
        ));
    }
    let id = media.id;
    state.media.remove(&id);
    Ok(Response::empty_object())
}

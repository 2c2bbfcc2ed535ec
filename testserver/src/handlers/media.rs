//! Media uploads.

use std::time::Duration;

use axum::http::StatusCode;

use super::Context;
use crate::clock;
use crate::limits::{MAX_IMAGE_BYTES, MAX_MEDIA_DESCRIPTION, MAX_VIDEO_BYTES};
use crate::media_info::{MediaInfo, MediaKind, probe};
use crate::params::{File, Params};
use crate::render;
use crate::response::{
    ErrorResponse, HandlerResult, Response, not_found, unprocessable, validation_failed,
};
use crate::state::{Media, State};

/// Processing time of video and audio.
const PROCESSING_TIME: Duration = Duration::from_secs(1);

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

/// Stores an uploaded file. Images are ready at once. Video and audio take `PROCESSING_TIME`; the v1
/// endpoint responds only when they are ready.
fn post(context: &Context<'_>, asynchronous: bool) -> HandlerResult {
    let (user, now, params) = (context.user()?, context.now(), &context.params);
    let file = params
        .file("file")
        .ok_or_else(|| validation_failed("File can't be blank"))?;
    let info = validate("File", file)?;
    let is_processing = asynchronous && matches!(info.kind, MediaKind::Video | MediaKind::Audio);
    let ready_at = clock::later(now, PROCESSING_TIME);
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
        status: None,
        scheduled: None,
    };
    let media = with_params(&media, params)?;
    let response = Response::json(&render::media(&state, &media, now));
    state.media.insert(media.id, media);
    Ok(if is_processing {
        response.status(StatusCode::ACCEPTED)
    } else {
        response
    })
}

/// Returns the type and dimensions of the file if the server accepts it.
fn validate(name: &str, file: &File) -> Result<MediaInfo, ErrorResponse> {
    let Some(info) = probe(&file.bytes) else {
        return Err(validation_failed(&format!(
            "{name} content type is invalid, {name} is invalid"
        )));
    };
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

/// Returns the media with the description, focus and thumbnail of the parameters.
pub(super) fn with_params(media: &Media, params: &Params) -> Result<Media, ErrorResponse> {
    let mut media = media.clone();
    if let Some(description) = params.string("description") {
        if description.chars().count() > MAX_MEDIA_DESCRIPTION {
            return Err(validation_failed(&format!(
                "Description is too long (maximum is {MAX_MEDIA_DESCRIPTION} characters)"
            )));
        }
        media.description = Some(description).filter(|text| !text.is_empty());
    }
    if let Some(focus) = params.non_blank("focus") {
        media.focus =
            Some(parse_focus(&focus).ok_or_else(|| validation_failed("Focus is invalid"))?);
    }
    if let Some(thumbnail) = params.file("thumbnail") {
        let info = validate("Thumbnail", thumbnail)?;
        if info.kind != MediaKind::Image {
            return Err(validation_failed(
                "Thumbnail content type is invalid, Thumbnail is invalid",
            ));
        }
        media.thumbnail = Some((thumbnail.bytes.clone(), info));
    }
    Ok(media)
}

/// Parses two numbers from -1 to 1.
fn parse_focus(text: &str) -> Option<(f64, f64)> {
    let (x, y) = text.split_once(',')?;
    let coordinate = |text: &str| {
        let number: f64 = text.trim().parse().ok()?;
        (-1.0..=1.0).contains(&number).then_some(number)
    };
    Some((coordinate(x)?, coordinate(y)?))
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

/// Returns media that is not attached to a status. Attached media is changed through its status.
fn unattached<'s>(context: &Context<'_>, state: &'s State) -> Result<&'s Media, ErrorResponse> {
    let media = own_media(context, state)?;
    Some(media)
        .filter(|media| media.status.is_none())
        .ok_or_else(not_found)
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
    let (id, scheduled) = (media.id, media.scheduled);
    if let Some(entry) = scheduled.and_then(|id| state.scheduled_statuses.get_mut(&id)) {
        entry.draft.media.retain(|attached| *attached != id);
    }
    state.media.remove(&id);
    Ok(Response::empty_object())
}

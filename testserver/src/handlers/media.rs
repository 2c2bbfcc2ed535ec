//! Uploads.

use std::time::Duration;

use axum::http::StatusCode;

use super::Context;
use crate::clock;
use crate::ids::parse_id;
use crate::limits::{MAX_IMAGE_BYTES, MAX_MEDIA_DESCRIPTION, MAX_VIDEO_BYTES};
use crate::media_info::{MediaInfo, MediaKind, probe};
use crate::params::{File, Params};
use crate::render;
use crate::response::{
    ErrorResponse, HandlerResult, Response, not_found, unprocessable, validation_failed,
};
use crate::server::Shared;
use crate::state::{Media, State};

/// How long the server works on a video or a sound.
const PROCESSING: Duration = Duration::from_secs(1);

/// `None` for a route that is not answered here.
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

/// Takes a file. Images are ready at once; on the rest the server works, and only the older endpoint
/// waits until that is done.
fn post(context: &Context<'_>, later: bool) -> HandlerResult {
    let (user, now, params) = (context.user()?, context.now(), &context.params);
    let file = params
        .file("file")
        .ok_or_else(|| validation_failed("File can't be blank"))?;
    let info = check("File", file)?;
    let slow = later && matches!(info.kind, MediaKind::Video | MediaKind::Audio);
    let done = clock::later(now, PROCESSING);
    let mut state = context.shared.state();
    let new = Media {
        id: state.next_id(now),
        account: user,
        bytes: file.bytes.clone(),
        info,
        thumbnail: None,
        description: None,
        focus: None,
        ready_at: if slow { done } else { now },
        status: None,
        scheduled: None,
    };
    let new = changed(&new, params)?;
    let answer = Response::json(&render::media(&state, &new, now));
    state.media.insert(new.id, new);
    Ok(if slow {
        answer.status(StatusCode::ACCEPTED)
    } else {
        answer
    })
}

/// What kind of file it is, if the server takes it.
fn check(name: &str, file: &File) -> Result<MediaInfo, ErrorResponse> {
    let Some(info) = probe(&file.bytes) else {
        return Err(validation_failed(&format!(
            "{name} content type is invalid, {name} is invalid"
        )));
    };
    let most = match info.kind {
        MediaKind::Image | MediaKind::Gifv => MAX_IMAGE_BYTES,
        MediaKind::Video | MediaKind::Audio => MAX_VIDEO_BYTES,
    };
    if file.bytes.len() >= most {
        let most = most >> 20;
        return Err(validation_failed(&format!(
            "{name} must be less than {most} MB, {name} file size must be less than {most} MB"
        )));
    }
    if info.kind == MediaKind::Image && info.size.is_none() && info.mime != "image/avif" {
        return Err(unprocessable(
            "File type of uploaded media could not be verified",
        ));
    }
    Ok(info)
}

/// A file with what the parameters say of it: description, focus, thumbnail.
pub(super) fn changed(media: &Media, params: &Params) -> Result<Media, ErrorResponse> {
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
        media.focus = Some(point(&focus).ok_or_else(|| validation_failed("Focus is invalid"))?);
    }
    if let Some(thumbnail) = params.file("thumbnail") {
        let info = check("Thumbnail", thumbnail)?;
        if info.kind != MediaKind::Image {
            return Err(validation_failed(
                "Thumbnail content type is invalid, Thumbnail is invalid",
            ));
        }
        media.thumbnail = Some((thumbnail.bytes.clone(), info));
    }
    Ok(media)
}

/// Two numbers from -1 to 1.
fn point(text: &str) -> Option<(f64, f64)> {
    let (x, y) = text.split_once(',')?;
    let number = |text: &str| {
        let number: f64 = text.trim().parse().ok()?;
        (-1.0..=1.0).contains(&number).then_some(number)
    };
    Some((number(x)?, number(y)?))
}

/// A file of the user that the path names.
fn own<'s>(context: &Context<'_>, state: &'s State) -> Result<&'s Media, ErrorResponse> {
    let user = context.user()?;
    let found = state.media.get(&context.id());
    found
        .filter(|media| media.account == user)
        .ok_or_else(not_found)
}

/// The file as the answer; partial as long as the server works on it.
fn answer(context: &Context<'_>, state: &State, media: &Media) -> Response {
    let now = context.now();
    let reply = Response::json(&render::media(state, media, now));
    if media.is_ready(now) {
        reply
    } else {
        reply.status(StatusCode::PARTIAL_CONTENT)
    }
}

/// A file that is attached to no status yet; others are changed with their status.
fn unattached<'s>(context: &Context<'_>, state: &'s State) -> Result<&'s Media, ErrorResponse> {
    let found = own(context, state)?;
    Some(found)
        .filter(|media| media.status.is_none())
        .ok_or_else(not_found)
}

fn show(context: &Context<'_>) -> HandlerResult {
    let state = context.shared.state();
    let found = unattached(context, &state)?;
    Ok(answer(context, &state, found))
}

fn update(context: &Context<'_>) -> HandlerResult {
    let mut state = context.shared.state();
    let media = changed(unattached(context, &state)?, &context.params)?;
    let reply = answer(context, &state, &media);
    state.media.insert(media.id, media);
    Ok(reply)
}

fn delete(context: &Context<'_>) -> HandlerResult {
    let mut state = context.shared.state();
    let found = own(context, &state)?;
    if found.status.is_some() {
        return Err(unprocessable(
            "Media attachment is currently used by a status",
        ));
    }
    let (id, scheduled) = (found.id, found.scheduled);
    if let Some(entry) = scheduled.and_then(|id| state.scheduled_statuses.get_mut(&id)) {
        entry.draft.media.retain(|medium| *medium != id);
    }
    state.media.remove(&id);
    Ok(Response::empty_object())
}

/// The bytes of an attachment, at the address that it tells: the file itself, or its preview.
pub(crate) fn bytes(shared: &Shared, rest: &str) -> HandlerResult {
    let (id, variant) = rest.split_once('/').unwrap_or((rest, "original"));
    let state = shared.state();
    let found = state.media.get(&parse_id(id)).ok_or_else(not_found)?;
    let original = (&found.bytes, &found.info);
    let (bytes, info) = match (variant, &found.thumbnail) {
        ("small", Some((bytes, info))) => (bytes, info),
        _ => original,
    };
    Ok(Response::with_body(info.mime, bytes.to_vec()))
}

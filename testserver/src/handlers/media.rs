//! Uploads.

use std::time::Duration;

use axum::http::StatusCode;

use super::Context;
use crate::clock;
use crate::file::{self, Facts, Kind};
use crate::ids::position;
use crate::params::{File, Params};
use crate::render;
use crate::reply::{Outcome, Refusal, Reply, invalid, not_found, unprocessable};
use crate::server::Shared;
use crate::state::{Media, State};

/// How long the server works on a video or a sound.
const PROCESSING: Duration = Duration::from_secs(1);
/// The most characters of a description.
const MAX_DESCRIPTION: usize = 1500;
/// The largest files, in megabytes.
const MAX_IMAGE: usize = 16;
const MAX_VIDEO: usize = 99;

/// `None` for a route that is not answered here.
pub(super) fn handle(context: &Context<'_>) -> Option<Outcome> {
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
fn post(context: &Context<'_>, later: bool) -> Outcome {
    let (user, now, params) = (context.user()?, context.now(), &context.params);
    let file = params
        .file("file")
        .ok_or_else(|| invalid("File can't be blank"))?;
    let facts = check("File", file)?;
    let slow = later && matches!(facts.kind, Kind::Video | Kind::Audio);
    let done = clock::later(now, PROCESSING);
    let mut state = context.shared.state();
    let new = Media {
        id: state.next_id(now),
        account: user,
        bytes: file.bytes.clone(),
        facts,
        thumbnail: None,
        description: None,
        focus: None,
        ready: if slow { done } else { now },
        status: None,
        scheduled: None,
    };
    let new = changed(&new, params)?;
    let answer = Reply::json(&render::media(&state, &new, now));
    state.media.insert(new.id, new);
    Ok(if slow {
        answer.status(StatusCode::ACCEPTED)
    } else {
        answer
    })
}

/// What kind of file it is, if the server takes it.
fn check(name: &str, file: &File) -> Result<Facts, Refusal> {
    let Some(facts) = file::look(&file.bytes) else {
        return Err(invalid(&format!(
            "{name} content type is invalid, {name} is invalid"
        )));
    };
    let most = match facts.kind {
        Kind::Image | Kind::Gifv => MAX_IMAGE,
        Kind::Video | Kind::Audio => MAX_VIDEO,
    };
    if file.bytes.len() >= most << 20 {
        return Err(invalid(&format!(
            "{name} must be less than {most} MB, {name} file size must be less than {most} MB"
        )));
    }
    if facts.kind == Kind::Image && facts.size.is_none() && facts.mime != "image/avif" {
        return Err(unprocessable(
            "File type of uploaded media could not be verified",
        ));
    }
    Ok(facts)
}

/// A file with what the parameters say of it: description, focus, thumbnail.
pub(super) fn changed(media: &Media, params: &Params) -> Result<Media, Refusal> {
    let mut media = media.clone();
    if let Some(description) = params.text("description") {
        if description.chars().count() > MAX_DESCRIPTION {
            return Err(invalid(&format!(
                "Description is too long (maximum is {MAX_DESCRIPTION} characters)"
            )));
        }
        media.description = Some(description).filter(|text| !text.is_empty());
    }
    if let Some(focus) = params.filled("focus") {
        media.focus = Some(point(&focus).ok_or_else(|| invalid("Focus is invalid"))?);
    }
    if let Some(thumbnail) = params.file("thumbnail") {
        let facts = check("Thumbnail", thumbnail)?;
        if facts.kind != Kind::Image {
            return Err(invalid(
                "Thumbnail content type is invalid, Thumbnail is invalid",
            ));
        }
        media.thumbnail = Some((thumbnail.bytes.clone(), facts));
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
fn own<'s>(context: &Context<'_>, state: &'s State) -> Result<&'s Media, Refusal> {
    let user = context.user()?;
    let found = state.media.get(&context.id());
    found
        .filter(|media| media.account == user)
        .ok_or_else(not_found)
}

/// The file as the answer; partial as long as the server works on it.
fn answer(context: &Context<'_>, state: &State, media: &Media) -> Reply {
    let now = context.now();
    let reply = Reply::json(&render::media(state, media, now));
    if media.is_ready(now) {
        reply
    } else {
        reply.status(StatusCode::PARTIAL_CONTENT)
    }
}

/// A file that is attached to no status yet; others are changed with their status.
fn unattached<'s>(context: &Context<'_>, state: &'s State) -> Result<&'s Media, Refusal> {
    let found = own(context, state)?;
    Some(found)
        .filter(|media| media.status.is_none())
        .ok_or_else(not_found)
}

fn show(context: &Context<'_>) -> Outcome {
    let state = context.shared.state();
    let found = unattached(context, &state)?;
    Ok(answer(context, &state, found))
}

fn update(context: &Context<'_>) -> Outcome {
    let mut state = context.shared.state();
    let media = changed(unattached(context, &state)?, &context.params)?;
    let reply = answer(context, &state, &media);
    state.media.insert(media.id, media);
    Ok(reply)
}

fn delete(context: &Context<'_>) -> Outcome {
    let mut state = context.shared.state();
    let found = own(context, &state)?;
    if found.status.is_some() {
        return Err(unprocessable(
            "Media attachment is currently used by a status",
        ));
    }
    let (id, scheduled) = (found.id, found.scheduled);
    if let Some(entry) = scheduled.and_then(|id| state.scheduled.get_mut(&id)) {
        entry.draft.media.retain(|medium| *medium != id);
    }
    state.media.remove(&id);
    Ok(Reply::empty())
}

/// The bytes of an attachment, at the address that it tells: the file itself, or its preview.
pub(crate) fn bytes(shared: &Shared, rest: &str) -> Outcome {
    let (id, variant) = rest.split_once('/').unwrap_or((rest, "original"));
    let state = shared.state();
    let found = state.media.get(&position(id)).ok_or_else(not_found)?;
    let original = (&found.bytes, &found.facts);
    let (bytes, facts) = match (variant, &found.thumbnail) {
        ("small", Some((bytes, facts))) => (bytes, facts),
        _ => original,
    };
    Ok(Reply::of(facts.mime, bytes.to_vec()))
}

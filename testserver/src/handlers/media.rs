//! Uploads.

use super::Context;
use crate::ids::position;
use crate::render;
use crate::reply::{Outcome, Reply, not_found, unprocessable};
use crate::server::Shared;
use crate::state::Media;

/// `None` for a route that is not answered here.
pub(super) fn handle(context: &Context<'_>) -> Option<Outcome> {
    Some(match context.route.name {
        "media_post_v1" | "media_post_v2" => media_post(context),
        "media" => media(context),
        _ => return None,
    })
}

fn media_post(context: &Context<'_>) -> Outcome {
    let file = context
        .params
        .file("file")
        .ok_or_else(|| unprocessable("Validation failed: File can't be blank"))?;
    let known: [&[u8]; 4] = [b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF"];
    if !known
        .iter()
        .any(|signature| file.bytes.starts_with(signature))
    {
        return Err(unprocessable(
            "Validation failed: File content type is invalid",
        ));
    }
    let mut state = context.shared.state();
    let id = state.next_id(context.now());
    let attachment = Media {
        id,
        bytes: file.bytes.clone(),
        description: context.params.filled("description"),
    };
    let answer = render::media(&state, &attachment);
    state.media.insert(id, attachment);
    Ok(Reply::json(&answer))
}

fn media(context: &Context<'_>) -> Outcome {
    let state = context.shared.state();
    state
        .media
        .get(&context.id())
        .map(|found| Reply::json(&render::media(&state, found)))
        .ok_or_else(not_found)
}

/// The bytes of an attachment, at the address that it tells.
pub(crate) fn bytes(shared: &Shared, id: &str) -> Outcome {
    let state = shared.state();
    let found = state.media.get(&position(id)).ok_or_else(not_found)?;
    Ok(Reply::of("application/octet-stream", found.bytes.to_vec()))
}

//! Avatars and headers of accounts.

use axum::body::Bytes;

use super::validation::ValidationErrors;
use crate::handlers::Context;
use crate::ids::parse_id;
use crate::media_info::{MediaKind, gif_color_table_length, probe};
use crate::params::Params;
use crate::render;
use crate::response::{HandlerResult, Response, not_found, route_not_found};
use crate::server::Shared;
use crate::state::{Profile, ProfileImage, State};

/// Maximum size of an image, in megabytes.
const MAX_MEGABYTES: usize = 8;
/// The default image: a PNG of one gray pixel.
pub(crate) const DEFAULT_IMAGE: &[u8] = &[
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52,
    0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x00, 0x00, 0x3a, 0x7e, 0x9b,
    0x55, 0x00, 0x00, 0x00, 0x0a, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0x68, 0x00, 0x00, 0x00,
    0x82, 0x00, 0x81, 0x77, 0xcd, 0x72, 0xb6, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae,
    0x42, 0x60, 0x82,
];

/// Returns the uploaded image. Adds an error for the field if the file is not an image or is too large.
pub(super) fn uploaded_image(
    state: &mut State,
    params: &Params,
    field: &'static str,
    errors: &mut ValidationErrors,
) -> Option<ProfileImage> {
    let bytes = params.file(field)?.bytes.clone();
    let info = probe(&bytes).filter(|info| matches!(info.kind, MediaKind::Image | MediaKind::Gifv));
    let Some(info) = info else {
        errors.add(field, "INVALID", "content type is invalid");
        return None;
    };
    if bytes.len() >= MAX_MEGABYTES << 20 {
        let description = format!("file size must be less than {MAX_MEGABYTES} MB");
        errors.add(field, "LESS_THAN", description);
    }
    let extension = info.mime.rsplit('/').next().unwrap_or_default();
    let name = format!("{}.{extension}", state.unique_token("image"));
    Some(ProfileImage { name, bytes, info })
}

pub(super) fn delete(context: &Context<'_>) -> HandlerResult {
    let user = context.user()?;
    let mut state = context.shared.state();
    let account = state.accounts.get_mut(&user).ok_or_else(not_found)?;
    let profile = &mut account.profile;
    let (image, description) = if context.route.name == "account_delete_avatar" {
        (&mut profile.avatar, &mut profile.avatar_description)
    } else {
        (&mut profile.header, &mut profile.header_description)
    };
    *image = None;
    description.clear();
    Ok(Response::json(&render::credential_account(&state, user)))
}

/// Serves an avatar or header. Returns `None` if the path is not one of an image.
pub(crate) fn serve(shared: &Shared, path: &str) -> Option<HandlerResult> {
    let default_paths = [
        "/avatars/original/missing.png",
        "/headers/original/missing.png",
    ];
    if default_paths.contains(&path) {
        return Some(Ok(Response::with_body("image/png", DEFAULT_IMAGE.to_vec())));
    }
    let rest = path.strip_prefix("/system/accounts/")?;
    Some(serve_uploaded(shared, rest).ok_or_else(route_not_found))
}

fn serve_uploaded(shared: &Shared, rest: &str) -> Option<Response> {
    let [kind, id, style, name] = rest.split('/').collect::<Vec<_>>().try_into().ok()?;
    let image_of: fn(&Profile) -> &Option<ProfileImage> = match kind {
        "avatars" => |profile| &profile.avatar,
        "headers" => |profile| &profile.header,
        _ => return None,
    };
    let state = shared.state();
    let account = state.accounts.get(&parse_id(id))?;
    let image = image_of(&account.profile)
        .as_ref()
        .filter(|image| image.name == name)?;
    let bytes = match style {
        "original" => image.bytes.clone(),
        "static" => first_frame(&image.bytes)?,
        _ => return None,
    };
    Some(Response::with_body(image.info.mime, bytes.to_vec()))
}

/// Returns the GIF with only its first frame.
fn first_frame(gif: &Bytes) -> Option<Bytes> {
    let skip_sub_blocks = |mut offset: usize| {
        loop {
            let length = usize::from(*gif.get(offset)?);
            offset += 1 + length;
            if length == 0 {
                return Some(offset);
            }
        }
    };
    let mut offset = 13 + gif_color_table_length(*gif.get(10)?);
    loop {
        match gif.get(offset)? {
            0x21 => offset = skip_sub_blocks(offset + 2)?,
            0x2c => {
                let data = offset + 10 + gif_color_table_length(*gif.get(offset + 9)?);
                let end = skip_sub_blocks(data + 1)?;
                let mut first = gif.get(..end)?.to_vec();
                first.push(0x3b);
                return Some(first.into());
            }
            _ => return None,
        }
    }
}

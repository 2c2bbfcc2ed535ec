//! The pictures of accounts.

use axum::body::Bytes;

use super::problems::Problems;
use crate::handlers::Context;
use crate::ids::parse_id;
use crate::media_info::{MediaKind, probe};
use crate::params::Params;
use crate::render;
use crate::response::{HandlerResult, Response, not_found, route_not_found};
use crate::server::Shared;
use crate::state::{Profile, ProfileImage, State};

/// The largest picture, in megabytes.
const MAX_SIZE: usize = 8;
/// What is shown of an account without a picture: one grey point.
pub(crate) const MISSING: &[u8] = &[
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52,
    0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x00, 0x00, 0x3a, 0x7e, 0x9b,
    0x55, 0x00, 0x00, 0x00, 0x0a, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0x68, 0x00, 0x00, 0x00,
    0x82, 0x00, 0x81, 0x77, 0xcd, 0x72, 0xb6, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae,
    0x42, 0x60, 0x82,
];

/// A picture that was sent; what is no picture or too large is a mistake of that field.
pub(super) fn uploaded(
    state: &mut State,
    params: &Params,
    field: &'static str,
    problems: &mut Problems,
) -> Option<ProfileImage> {
    let bytes = params.file(field)?.bytes.clone();
    let info = probe(&bytes).filter(|info| matches!(info.kind, MediaKind::Image | MediaKind::Gifv));
    let Some(info) = info else {
        problems.add(field, "INVALID", "content type is invalid");
        return None;
    };
    if bytes.len() >= MAX_SIZE << 20 {
        let what = format!("file size must be less than {MAX_SIZE} MB");
        problems.add(field, "LESS_THAN", what);
    }
    let ending = info.mime.rsplit('/').next().unwrap_or_default();
    let name = format!("{}.{ending}", state.unique_token("picture"));
    Some(ProfileImage { name, bytes, info })
}

pub(super) fn delete(context: &Context<'_>) -> HandlerResult {
    let user = context.user()?;
    let mut state = context.shared.state();
    let account = state.accounts.get_mut(&user).ok_or_else(not_found)?;
    let profile = &mut account.profile;
    let (picture, description) = if context.route.name == "account_delete_avatar" {
        (&mut profile.avatar, &mut profile.avatar_description)
    } else {
        (&mut profile.header, &mut profile.header_description)
    };
    *picture = None;
    description.clear();
    Ok(Response::json(&render::credential_account(&state, user)))
}

/// A picture at its address; `None` where the address belongs to none.
pub(crate) fn bytes(shared: &Shared, path: &str) -> Option<HandlerResult> {
    let missing = [
        "/avatars/original/missing.png",
        "/headers/original/missing.png",
    ];
    if missing.contains(&path) {
        return Some(Ok(Response::with_body("image/png", MISSING.to_vec())));
    }
    let rest = path.strip_prefix("/system/accounts/")?;
    Some(uploaded_bytes(shared, rest).ok_or_else(route_not_found))
}

fn uploaded_bytes(shared: &Shared, rest: &str) -> Option<Response> {
    let [kind, id, style, name] = rest.split('/').collect::<Vec<_>>().try_into().ok()?;
    let of: fn(&Profile) -> &Option<ProfileImage> = match kind {
        "avatars" => |profile| &profile.avatar,
        "headers" => |profile| &profile.header,
        _ => return None,
    };
    let state = shared.state();
    let account = state.accounts.get(&parse_id(id))?;
    let picture = of(&account.profile)
        .as_ref()
        .filter(|found| found.name == name)?;
    let bytes = match style {
        "original" => picture.bytes.clone(),
        "static" => still(&picture.bytes)?,
        _ => return None,
    };
    Some(Response::with_body(picture.info.mime, bytes.to_vec()))
}

/// A GIF with its first image alone.
fn still(gif: &Bytes) -> Option<Bytes> {
    let table = |flags: u8| {
        if flags & 0x80 == 0 {
            0
        } else {
            3 << ((flags & 7) + 1)
        }
    };
    let blocks = |mut at: usize| {
        loop {
            let length = usize::from(*gif.get(at)?);
            at += 1 + length;
            if length == 0 {
                return Some(at);
            }
        }
    };
    let mut at = 13 + table(*gif.get(10)?);
    loop {
        match gif.get(at)? {
            0x21 => at = blocks(at + 2)?,
            0x2c => {
                let data = at + 10 + table(*gif.get(at + 9)?);
                let end = blocks(data + 1)?;
                let mut first = gif.get(..end)?.to_vec();
                first.push(0x3b);
                return Some(first.into());
            }
            _ => return None,
        }
    }
}

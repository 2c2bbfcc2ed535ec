//! IP addresses that cannot sign up, or have no access at all.

use std::net::IpAddr;

use axum::http::{HeaderMap, StatusCode};
use jiff::Timestamp;

use super::blocks::Records;
use super::{Context, authorize};
use crate::clock::seconds_after;
use crate::params::Params;
use crate::render;
use crate::response::{ErrorResponse, HandlerResult, Response, validation_failed};
use crate::server::Shared;
use crate::state::{IpBlock, IpRange, IpSeverity, Permission, State};

const BLOCKS: Records<IpBlock> = Records {
    permission: Permission::ManageBlocks,
    all: |state| &mut state.moderation.ip_blocks,
    render: |block, _| render::ip_block(block),
};

/// Returns `None` if another module handles the route.
pub(super) fn handle(context: &Context<'_>) -> Option<HandlerResult> {
    if context.route.name.contains("ip_block") {
        let now = context.now();
        let blocks = &mut context.shared.state().moderation.ip_blocks;
        blocks.retain(|_, block| block.expires.is_none_or(|at| at > now));
    }
    Some(match context.route.name {
        "admin_ip_blocks" => BLOCKS.list(context),
        "admin_ip_block" => BLOCKS.show(context),
        "admin_create_ip_block" => create(context),
        "admin_update_ip_block" => update(context),
        "admin_delete_ip_block" => BLOCKS.delete(context, |_, _| {}),
        _ => return None,
    })
}

/// Address, severity and other values of a request, over those of the existing block.
fn changed(
    params: &Params,
    state: &State,
    existing: Option<&IpBlock>,
    now: Timestamp,
) -> Result<IpBlock, ErrorResponse> {
    let mut errors = Vec::new();
    let severity = if params.contains("severity") || existing.is_none() {
        let name = params.string("severity").unwrap_or_default();
        let severity = IpSeverity::from_name(&name);
        if severity.is_none() {
            errors.push("Severity is not included in the list");
        }
        severity
    } else {
        existing.map(|block| block.severity)
    };
    // Without an address, the column has its default value.
    let default = || existing.map_or_else(|| "0.0.0.0".to_owned(), |block| block.range.to_string());
    let range = IpRange::parse(&params.string("ip").unwrap_or_else(default));
    if range.is_none() {
        errors.push("Ip can't be blank");
    }
    if severity.is_none() && params.non_blank("severity").is_none() {
        errors.push("Severity can't be blank");
    }
    let id = existing.map_or(0, |block| block.id);
    let mut others = state.moderation.ip_blocks.values();
    if others.any(|block| block.id != id && Some(block.range) == range) {
        errors.push("Ip has already been taken");
    }
    let (Some(severity), Some(range), true) = (severity, range, errors.is_empty()) else {
        return Err(validation_failed(&errors.join(", ")));
    };
    let comment = params.string("comment");
    let expires = if params.contains("expires_in") {
        let seconds = params.integer("expires_in");
        seconds.and_then(|seconds| seconds_after(now, seconds))
    } else {
        existing.and_then(|block| block.expires)
    };
    Ok(IpBlock {
        id,
        range,
        severity,
        comment: comment
            .or_else(|| existing.map(|block| block.comment.clone()))
            .unwrap_or_default(),
        created: existing.map_or(now, |block| block.created),
        expires,
    })
}

fn create(context: &Context<'_>) -> HandlerResult {
    let mut state = context.shared.state();
    authorize(context, &state, &[Permission::ManageBlocks])?;
    let mut block = changed(&context.params, &state, None, context.now())?;
    block.id = state.next_row_id();
    let response = BLOCKS.response(&block, context);
    state.moderation.ip_blocks.insert(block.id, block);
    Ok(response)
}

fn update(context: &Context<'_>) -> HandlerResult {
    let mut state = context.shared.state();
    let existing = BLOCKS.requested(context, &mut state)?;
    let block = changed(&context.params, &state, Some(&existing), context.now())?;
    let response = BLOCKS.response(&block, context);
    state.moderation.ip_blocks.insert(block.id, block);
    Ok(response)
}

/// Returns the IP address of a client. Like Mastodon, trusts the header `X-Forwarded-For` of clients in private
/// networks, because these are proxies.
pub(crate) fn client_address(peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    let values = headers.get_all("x-forwarded-for").iter();
    let values = values.filter_map(|value| value.to_str().ok());
    let forwarded = values.flat_map(|value| value.split(','));
    let forwarded = forwarded.filter_map(|text| text.trim().parse::<IpAddr>().ok());
    let mut path: Vec<IpAddr> = forwarded.collect();
    path.push(peer);
    let client = path.iter().rev().find(|address| !is_private(**address));
    client.or(path.first()).copied().unwrap_or(peer)
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_loopback() || address.is_private(),
        IpAddr::V6(address) => address.is_loopback() || address.is_unique_local(),
    }
}

/// Refuses all requests of a blocked address.
pub(crate) fn check_access(shared: &Shared, client: IpAddr) -> Result<(), ErrorResponse> {
    let now = shared.clock.now();
    let is_blocked = shared
        .state()
        .is_ip_blocked(client, IpSeverity::NoAccess, now);
    if is_blocked {
        let response = Response::with_body("text/plain", b"Forbidden\n".to_vec());
        return Err(Box::new(response.status(StatusCode::FORBIDDEN)));
    }
    Ok(())
}

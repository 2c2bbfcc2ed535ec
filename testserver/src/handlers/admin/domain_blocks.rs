//! Domains of other servers that this server limits, suspends or, in limited federation mode, allows.

use axum::http::StatusCode;
use serde_json::json;

use super::blocks::Records;
use super::{Context, authorize};
use crate::params::Params;
use crate::render;
use crate::response::{ErrorResponse, HandlerResult, Response, validation_failed};
use crate::state::{
    DomainAllow, DomainBlock, Permission, Severity, State, is_valid_domain, normalize_domain,
};

const BLOCKS: Records<DomainBlock> = Records {
    permission: Permission::ManageFederation,
    all: |state| &mut state.moderation.domain_blocks,
    render: |block, _| render::domain_block(block),
};
const ALLOWS: Records<DomainAllow> = Records {
    permission: Permission::ManageFederation,
    all: |state| &mut state.moderation.domain_allows,
    render: |allow, _| render::domain_allow(allow),
};

/// Returns `None` if another module handles the route.
pub(super) fn handle(context: &Context<'_>) -> Option<HandlerResult> {
    Some(match context.route.name {
        "admin_domain_blocks" => BLOCKS.list(context),
        "admin_domain_block" => BLOCKS.show(context),
        "admin_create_domain_block" => create_block(context),
        "admin_update_domain_block" => update_block(context),
        "admin_delete_domain_block" => BLOCKS.delete(context, |state, block| {
            state.remove_domain_block(block.id);
        }),
        "admin_domain_allows" => ALLOWS.list(context),
        "admin_domain_allow" => ALLOWS.show(context),
        "admin_create_domain_allow" => create_allow(context),
        "admin_delete_domain_allow" => {
            let now = context.now();
            ALLOWS.delete(context, |state, allow| {
                state.end_federation(&allow.domain, now);
            })
        }
        _ => return None,
    })
}

/// Returns the domain of the request, normalized, with the messages of the failed validations.
pub(super) fn requested_domain(
    params: &Params,
    is_taken: impl Fn(&str) -> bool,
) -> (String, Vec<&'static str>) {
    let domain = normalize_domain(&params.string("domain").unwrap_or_default());
    let errors = if domain.is_empty() {
        vec!["Domain can't be blank"]
    } else if is_taken(&domain) {
        vec!["Domain has already been taken"]
    } else if is_valid_domain(&domain) {
        Vec::new()
    } else {
        vec!["Domain is not a valid domain name"]
    };
    (domain, errors)
}

/// Sets what the request has. An unknown severity leads to a message.
fn set_options(params: &Params, block: &mut DomainBlock, errors: &mut Vec<&'static str>) {
    if params.contains("severity") {
        match Severity::from_name(&params.string("severity").unwrap_or_default()) {
            Some(severity) => block.severity = severity,
            None => errors.insert(0, "Severity is not included in the list"),
        }
    }
    for (name, option) in [
        ("reject_media", &mut block.reject_media),
        ("reject_reports", &mut block.reject_reports),
        ("obfuscate", &mut block.obfuscate),
    ] {
        if let Some(value) = params.flag(name) {
            *option = value;
        }
    }
    for (name, comment) in [
        ("private_comment", &mut block.private_comment),
        ("public_comment", &mut block.public_comment),
    ] {
        if params.contains(name) {
            *comment = params.string(name);
        }
    }
}

fn reject(errors: &[&str]) -> Result<(), ErrorResponse> {
    if errors.is_empty() {
        Ok(())
    } else {
        Err(validation_failed(&errors.join(", ")))
    }
}

fn create_block(context: &Context<'_>) -> HandlerResult {
    let mut state = context.shared.state();
    authorize(context, &state, &[Permission::ManageFederation])?;
    let (params, now) = (&context.params, context.now());
    let (domain, mut errors) = requested_domain(params, |_| false);
    let mut block = DomainBlock::new(&domain, Severity::Silence, now);
    set_options(params, &mut block, &mut errors);
    if let Some(existing) = state.domain_block_for(&domain)
        && (existing.domain == domain || !block.is_stricter_than(existing))
    {
        return Err(Box::new(conflict(existing)));
    }
    reject(&errors)?;
    let id = state.add_domain_block(block, now);
    stored_block(&state, id)
}

/// 422: the existing block of the domain, or of a parent domain, is as strict.
fn conflict(existing: &DomainBlock) -> Response {
    let domain = &existing.domain;
    Response::json(&json!({
        "error": format!("You have already imposed stricter limits on {domain}."),
        "existing_domain_block": render::domain_block(existing),
    }))
    .status(StatusCode::UNPROCESSABLE_ENTITY)
}

fn stored_block(state: &State, id: crate::ids::Id) -> HandlerResult {
    let block = state.moderation.domain_blocks.get(&id);
    let block = block.ok_or_else(crate::response::not_found)?;
    Ok(Response::json(&render::domain_block(block)))
}

fn update_block(context: &Context<'_>) -> HandlerResult {
    let mut state = context.shared.state();
    let mut block = BLOCKS.requested(context, &mut state)?;
    let mut errors = Vec::new();
    set_options(&context.params, &mut block, &mut errors);
    reject(&errors)?;
    let id = block.id;
    state.moderation.domain_blocks.insert(id, block);
    state.apply_domain_block(id, context.now());
    stored_block(&state, id)
}

/// Allows a domain. An allowed domain is returned as it is.
fn create_allow(context: &Context<'_>) -> HandlerResult {
    let mut state = context.shared.state();
    authorize(context, &state, &[Permission::ManageFederation])?;
    let given = context.params.string("domain").unwrap_or_default();
    let allows = &state.moderation.domain_allows;
    let known = |domain: &str| allows.values().find(|allow| allow.domain == domain);
    if let Some(existing) = known(&given) {
        return Ok(ALLOWS.response(existing, context));
    }
    let (domain, errors) = requested_domain(&context.params, |domain| known(domain).is_some());
    reject(&errors)?;
    let allow = DomainAllow {
        id: state.next_row_id(),
        domain,
        created: context.now(),
    };
    let response = ALLOWS.response(&allow, context);
    state.moderation.domain_allows.insert(allow.id, allow);
    Ok(response)
}

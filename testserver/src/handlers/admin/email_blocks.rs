//! Email domains and addresses that cannot be used to sign up.

use std::collections::BTreeMap;

use serde_json::Value;

use super::blocks::Records;
use super::domain_blocks::requested_domain;
use super::{Context, authorize};
use crate::render;
use crate::response::{HandlerResult, Response, missing_param, validation_failed};
use crate::state::{CanonicalEmailBlock, EmailDomainBlock, Permission};

const DOMAINS: Records<EmailDomainBlock> = Records {
    permission: Permission::ManageBlocks,
    all: |state| &mut state.moderation.email_domain_blocks,
    render: |block, context| render::email_domain_block(block, context.now()),
};
const ADDRESSES: Records<CanonicalEmailBlock> = Records {
    permission: Permission::ManageBlocks,
    all: |state| &mut state.moderation.canonical_email_blocks,
    render: |block, _| render::canonical_email_block(block),
};

/// Returns `None` if another module handles the route.
pub(super) fn handle(context: &Context<'_>) -> Option<HandlerResult> {
    Some(match context.route.name {
        "admin_email_domain_blocks" => DOMAINS.list(context),
        "admin_email_domain_block" => DOMAINS.show(context),
        "admin_create_email_domain_block" => create_domain_block(context),
        "admin_delete_email_domain_block" => DOMAINS.delete(context, |_, _| {}),
        "admin_canonical_email_blocks" => ADDRESSES.list(context),
        "admin_canonical_email_block" => ADDRESSES.show(context),
        "admin_test_canonical_email_block" => test_address(context),
        "admin_create_canonical_email_block" => create_address_block(context),
        "admin_delete_canonical_email_block" => ADDRESSES.delete(context, |_, _| {}),
        _ => return None,
    })
}

fn create_domain_block(context: &Context<'_>) -> HandlerResult {
    let mut state = context.shared.state();
    authorize(context, &state, &[Permission::ManageBlocks])?;
    let blocks = &state.moderation.email_domain_blocks;
    let (domain, errors) = requested_domain(&context.params, |domain| {
        blocks.values().any(|block| block.domain == domain)
    });
    if !errors.is_empty() {
        return Err(validation_failed(&errors.join(", ")));
    }
    let block = EmailDomainBlock {
        id: state.next_row_id(),
        domain,
        created: context.now(),
        allow_with_approval: context.params.is_true("allow_with_approval"),
        attempts: BTreeMap::new(),
    };
    let response = DOMAINS.response(&block, context);
    state.moderation.email_domain_blocks.insert(block.id, block);
    Ok(response)
}

/// Returns the blocks that an email address matches.
fn test_address(context: &Context<'_>) -> HandlerResult {
    let email = context.params.non_blank("email");
    let email = email.ok_or_else(|| missing_param("email"))?;
    let state = context.shared.state();
    authorize(context, &state, &[Permission::ManageBlocks])?;
    let hash = CanonicalEmailBlock::of_email(&email);
    let blocks = state.moderation.canonical_email_blocks.values();
    let matching = blocks.filter(|block| block.hash == hash);
    let matching: Vec<Value> = matching.map(render::canonical_email_block).collect();
    Ok(Response::json(&Value::Array(matching)))
}

/// Blocks an address, or the given hash of one.
fn create_address_block(context: &Context<'_>) -> HandlerResult {
    let mut state = context.shared.state();
    authorize(context, &state, &[Permission::ManageBlocks])?;
    let params = &context.params;
    let of_email = params.string("email");
    let hash = of_email.map_or_else(
        || params.string("canonical_email_hash").unwrap_or_default(),
        |email| CanonicalEmailBlock::of_email(&email),
    );
    if hash.trim().is_empty() {
        return Err(validation_failed("Canonical email hash can't be blank"));
    }
    let id = state.add_canonical_email_block(hash, None);
    let block = id.and_then(|id| state.moderation.canonical_email_blocks.get(&id));
    let taken = "Canonical email hash has already been taken";
    let block = block.ok_or_else(|| validation_failed(taken))?;
    Ok(ADDRESSES.response(block, context))
}

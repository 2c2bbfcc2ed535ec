//! Lists.

use super::Context;
use crate::ids::{Id, parse_id};
use crate::paging::{is_unlimited, page_response, paginate};
use crate::render;
use crate::response::{ErrorResponse, HandlerResult, Response, not_found, validation_failed};
use crate::state::{List, RepliesPolicy, RowSet, State};

const MAX_LISTS: usize = 50;
const MAX_TITLE: usize = 256;

/// Returns `None` if another module handles the route.
pub(super) fn handle(context: &Context<'_>) -> Option<HandlerResult> {
    Some(match context.route.name {
        "lists" => index(context),
        "list" => show(context),
        "list_create" => create(context),
        "list_update" => update(context),
        "list_delete" => delete(context),
        "list_accounts" => members(context),
        "list_accounts_add" => add(context),
        "list_accounts_delete" => remove(context),
        _ => return None,
    })
}

/// Returns the list that the path names if the user owns it.
fn own_list<'s>(
    context: &Context<'_>,
    state: &'s mut State,
) -> Result<&'s mut List, ErrorResponse> {
    let user = context.user()?;
    let list = state.lists.get_mut(&context.id());
    list.filter(|list| list.owner == user).ok_or_else(not_found)
}

fn index(context: &Context<'_>) -> HandlerResult {
    let (user, state) = (context.user()?, context.shared.state());
    let lists = state.lists.values().filter(|list| list.owner == user);
    Ok(Response::json(&lists.map(render::list).collect()))
}

fn show(context: &Context<'_>) -> HandlerResult {
    let mut state = context.shared.state();
    Ok(Response::json(&render::list(own_list(
        context, &mut state,
    )?)))
}

fn title_param(context: &Context<'_>) -> Result<Option<String>, ErrorResponse> {
    let Some(title) = context.params.string("title") else {
        return Ok(None);
    };
    if title.trim().is_empty() {
        return Err(validation_failed("Title can't be blank"));
    }
    if title.chars().count() > MAX_TITLE {
        return Err(validation_failed(&format!(
            "Title is too long (maximum is {MAX_TITLE} characters)"
        )));
    }
    Ok(Some(title))
}

fn replies_policy_param(context: &Context<'_>) -> Result<Option<RepliesPolicy>, ErrorResponse> {
    let Some(name) = context.params.non_blank("replies_policy") else {
        return Ok(None);
    };
    let policy = RepliesPolicy::from_name(&name);
    policy
        .map(Some)
        .ok_or_else(|| validation_failed("Replies policy is not included in the list"))
}

fn create(context: &Context<'_>) -> HandlerResult {
    let user = context.user()?;
    let title = title_param(context)?.ok_or_else(|| validation_failed("Title can't be blank"))?;
    let replies_policy = replies_policy_param(context)?.unwrap_or(RepliesPolicy::List);
    let mut state = context.shared.state();
    let lists = state.lists.values().filter(|list| list.owner == user);
    if lists.count() >= MAX_LISTS {
        return Err(validation_failed(
            "You have reached the maximum number of lists",
        ));
    }
    let id = state.next_row_id();
    let list = List {
        id,
        title,
        owner: user,
        replies_policy,
        exclusive: context.params.is_true("exclusive"),
        members: RowSet::default(),
    };
    let value = render::list(&list);
    state.lists.insert(id, list);
    Ok(Response::json(&value))
}

fn update(context: &Context<'_>) -> HandlerResult {
    let mut state = context.shared.state();
    let list = own_list(context, &mut state)?;
    let (title, policy) = (title_param(context)?, replies_policy_param(context)?);
    if let Some(title) = title {
        list.title = title;
    }
    if let Some(policy) = policy {
        list.replies_policy = policy;
    }
    if let Some(exclusive) = context.params.flag("exclusive") {
        list.exclusive = exclusive;
    }
    Ok(Response::json(&render::list(list)))
}

fn delete(context: &Context<'_>) -> HandlerResult {
    let mut state = context.shared.state();
    let id = own_list(context, &mut state)?.id;
    state.lists.remove(&id);
    state.feeds.delete_list(id);
    Ok(Response::empty_object())
}

fn members(context: &Context<'_>) -> HandlerResult {
    let mut state = context.shared.state();
    // Only here, the cursors are the IDs of the accounts.
    let mut rows = own_list(context, &mut state)?.members.newest_first();
    rows.sort_unstable_by_key(|(_, id)| std::cmp::Reverse(*id));
    rows.retain(|(_, id)| {
        let account = state.accounts.get(id);
        account.is_some_and(|account| !account.suspended)
    });
    let (rows, links) = if is_unlimited(context) {
        (rows, None)
    } else {
        paginate(context, rows, |(_, id)| *id)
    };
    let accounts = rows.into_iter().map(|(_, id)| render::account(&state, id));
    Ok(page_response(accounts.collect(), links))
}

fn account_ids_param(context: &Context<'_>) -> Vec<Id> {
    let ids = context.params.list("account_ids");
    ids.iter().map(|id| parse_id(id)).collect()
}

/// Adds all accounts or none. The owner must follow each of them or have requested to; the owner can
/// also be a member.
fn add(context: &Context<'_>) -> HandlerResult {
    let (user, ids) = (context.user()?, account_ids_param(context));
    let mut state = context.shared.state();
    let mut members = own_list(context, &mut state)?.members.clone();
    if ids.iter().any(|id| !state.accounts.contains_key(id)) {
        return Err(not_found());
    }
    for id in ids.iter().copied() {
        let is_followed = |account: &crate::state::Account| {
            account.follows.contains_key(&id) || account.follow_requests.contains_key(&id)
        };
        let mut errors = Vec::new();
        if members.contains(&id) {
            errors.push("Account is already on the list");
        }
        if id != user && !state.accounts.get(&user).is_some_and(is_followed) {
            errors.push("Account must be a followed account");
        }
        if !errors.is_empty() {
            return Err(validation_failed(&errors.join(", ")));
        }
        let row = state.next_row_id();
        members.insert(id, row);
    }
    let list = own_list(context, &mut state)?;
    list.members = members;
    let list = list.id;
    // Only statuses of followed members are added: not those of requested ones, nor one's own.
    for id in ids
        .into_iter()
        .filter(|id| state.follows(user, *id))
        .collect::<Vec<_>>()
    {
        state.merge_into_list(id, list, context.now());
    }
    Ok(Response::empty_object())
}

fn remove(context: &Context<'_>) -> HandlerResult {
    let user = context.user()?;
    let mut state = context.shared.state();
    let list = own_list(context, &mut state)?.id;
    for id in account_ids_param(context) {
        let list_members = &mut own_list(context, &mut state)?.members;
        if list_members.remove(&id).is_some() && state.follows(user, id) {
            state.unmerge_from_list(id, list);
        }
    }
    Ok(Response::empty_object())
}

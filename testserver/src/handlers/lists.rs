//! Lists.

use super::Context;
use crate::ids::{Id, parse_id};
use crate::paging::{page_response, paginate};
use crate::render;
use crate::response::{
    ErrorResponse, HandlerResult, Response, not_found, unprocessable, validation_failed,
};
use crate::state::{List, RepliesPolicy, RowSet, State};

const MAX_LISTS: usize = 50;
const MAX_TITLE: usize = 256;

/// `None` for a route that is not answered here.
pub(super) fn handle(context: &Context<'_>) -> Option<HandlerResult> {
    Some(match context.route.name {
        "lists" => all(context),
        "list" => one(context),
        "list_create" => create(context),
        "list_update" => update(context),
        "list_delete" => delete(context),
        "list_accounts" => accounts(context),
        "list_accounts_add" => add(context),
        "list_accounts_delete" => remove(context),
        _ => return None,
    })
}

/// The list that the path names, if it is the user's.
fn own<'s>(context: &Context<'_>, state: &'s mut State) -> Result<&'s mut List, ErrorResponse> {
    let user = context.user()?;
    let list = state.lists.get_mut(&context.id());
    list.filter(|list| list.owner == user).ok_or_else(not_found)
}

fn all(context: &Context<'_>) -> HandlerResult {
    let (user, state) = (context.user()?, context.shared.state());
    let own = state.lists.values().filter(|list| list.owner == user);
    Ok(Response::json(&own.map(render::list).collect()))
}

fn one(context: &Context<'_>) -> HandlerResult {
    let mut state = context.shared.state();
    Ok(Response::json(&render::list(own(context, &mut state)?)))
}

fn title(context: &Context<'_>) -> Result<Option<String>, ErrorResponse> {
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

fn replies_policy(context: &Context<'_>) -> Result<Option<RepliesPolicy>, ErrorResponse> {
    let Some(name) = context.params.non_blank("replies_policy") else {
        return Ok(None);
    };
    let named = RepliesPolicy::from_name(&name);
    named
        .map(Some)
        .ok_or_else(|| unprocessable(&format!("'{name}' is not a valid replies_policy")))
}

fn create(context: &Context<'_>) -> HandlerResult {
    let user = context.user()?;
    let title = title(context)?.ok_or_else(|| validation_failed("Title can't be blank"))?;
    let replies_policy = replies_policy(context)?.unwrap_or(RepliesPolicy::List);
    let mut state = context.shared.state();
    let own = state.lists.values().filter(|list| list.owner == user);
    if own.count() >= MAX_LISTS {
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
    let answer = render::list(&list);
    state.lists.insert(id, list);
    Ok(Response::json(&answer))
}

fn update(context: &Context<'_>) -> HandlerResult {
    let mut state = context.shared.state();
    let list = own(context, &mut state)?;
    let (title, policy) = (title(context)?, replies_policy(context)?);
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
    let id = own(context, &mut state)?.id;
    state.lists.remove(&id);
    Ok(Response::empty_object())
}

fn accounts(context: &Context<'_>) -> HandlerResult {
    let mut state = context.shared.state();
    let mut rows = own(context, &mut state)?.members.newest_first();
    rows.retain(|(_, id)| {
        let account = state.accounts.get(id);
        account.is_some_and(|account| !account.suspended)
    });
    // A limit of zero means all of them here, and nowhere else.
    let (rows, links) = if context.params.integer("limit") == Some(0) {
        (rows, None)
    } else {
        paginate(context, rows, |(row, _)| *row)
    };
    let accounts = rows.into_iter().map(|(_, id)| render::account(&state, id));
    Ok(page_response(accounts.collect(), links))
}

fn given(context: &Context<'_>) -> Vec<Id> {
    let ids = context.params.list("account_ids");
    ids.iter().map(|id| parse_id(id)).collect()
}

/// Adds all accounts or none. They have to be followed, or be asked for leave to; the owner is always fine.
fn add(context: &Context<'_>) -> HandlerResult {
    let (user, given) = (context.user()?, given(context));
    let mut state = context.shared.state();
    let mut members = own(context, &mut state)?.members.clone();
    for id in given {
        let known = |account: &crate::state::Account| {
            account.follows.contains_key(&id) || account.follow_requests.contains_key(&id)
        };
        let exists = state.accounts.contains_key(&id);
        if !exists || id != user && !state.accounts.get(&user).is_some_and(known) {
            return Err(not_found());
        }
        if members.contains(&id) {
            return Err(validation_failed("Account has already been taken"));
        }
        let row = state.next_row_id();
        members.insert(id, row);
    }
    own(context, &mut state)?.members = members;
    Ok(Response::empty_object())
}

fn remove(context: &Context<'_>) -> HandlerResult {
    let mut state = context.shared.state();
    let list = own(context, &mut state)?;
    for id in given(context) {
        list.members.remove(&id);
    }
    Ok(Response::empty_object())
}

//! What the endpoints for blocked and allowed domains, addresses and emails have in common.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Context, authorize};
use crate::ids::Id;
use crate::paging::{page_response, paginate};
use crate::response::{ErrorResponse, HandlerResult, Response, not_found};
use crate::state::{Permission, State};

/// Records of one kind: where they are stored, the permission that they need, and how they are rendered.
pub(super) struct Records<T> {
    pub(super) permission: Permission,
    pub(super) all: fn(&mut State) -> &mut BTreeMap<Id, T>,
    pub(super) render: fn(&T, &Context<'_>) -> Value,
}

impl<T: Clone> Records<T> {
    /// Lists the records, newest first.
    pub(super) fn list(&self, context: &Context<'_>) -> HandlerResult {
        let mut state = context.shared.state();
        authorize(context, &state, &[self.permission])?;
        let records: Vec<(Id, T)> = (self.all)(&mut state)
            .iter()
            .rev()
            .map(|(id, record)| (*id, record.clone()))
            .collect();
        let (records, links) = paginate(context, records, |(id, _)| *id);
        let records = records
            .iter()
            .map(|(_, record)| (self.render)(record, context));
        Ok(page_response(records.collect(), links))
    }

    /// Returns the record that the path names, if the role permits it.
    pub(super) fn requested(
        &self,
        context: &Context<'_>,
        state: &mut State,
    ) -> Result<T, ErrorResponse> {
        let record = (self.all)(state).get(&context.id()).cloned();
        let record = record.ok_or_else(not_found)?;
        authorize(context, state, &[self.permission])?;
        Ok(record)
    }

    pub(super) fn show(&self, context: &Context<'_>) -> HandlerResult {
        let mut state = context.shared.state();
        let record = self.requested(context, &mut state)?;
        Ok(self.response(&record, context))
    }

    /// Removes the record that the path names.
    pub(super) fn delete(
        &self,
        context: &Context<'_>,
        undo: impl FnOnce(&mut State, &T),
    ) -> HandlerResult {
        let mut state = context.shared.state();
        let record = self.requested(context, &mut state)?;
        undo(&mut state, &record);
        (self.all)(&mut state).remove(&context.id());
        Ok(Response::empty_object())
    }

    pub(super) fn response(&self, record: &T, context: &Context<'_>) -> Response {
        Response::json(&(self.render)(record, context))
    }
}

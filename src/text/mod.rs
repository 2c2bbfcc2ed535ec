//! HTML of statuses as plain text.

mod html;

pub(crate) use html::plain;

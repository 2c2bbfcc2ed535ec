//! Texts of statuses as the server reads them: what in them is a link or a mention, how long they count,
//! and what HTML says.

mod html;
mod length;
mod link;

pub(crate) use html::plain;
pub(crate) use length::length;

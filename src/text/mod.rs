//! Texts of statuses as the server reads them: what in them is a link or a mention, and how long they count.

mod length;
mod link;

pub(crate) use length::length;

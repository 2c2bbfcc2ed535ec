//! The generator's output for its small test specification, which uses each feature once. It is compiled
//! here, so that code that the API itself does not use is known to compile.
#![allow(dead_code, unused_imports, unreachable_pub, clippy::large_enum_variant)]

#[rustfmt::skip]
#[path = "../codegen/tests/small/expected/generated/api.rs"]
mod api;
#[rustfmt::skip]
#[path = "../codegen/tests/small/expected/generated/endpoints/mod.rs"]
mod endpoints;
#[rustfmt::skip]
#[path = "../codegen/tests/small/expected/types/generated/entities/mod.rs"]
mod entities;
#[rustfmt::skip]
#[path = "../codegen/tests/small/expected/generated/methods/mod.rs"]
mod methods;
#[rustfmt::skip]
#[path = "../codegen/tests/small/expected/generated/servers.rs"]
pub(crate) mod servers;
#[rustfmt::skip]
#[path = "../codegen/tests/small/expected/generated/values.rs"]
mod values;

mod prelude {
    pub(crate) use std::collections::BTreeMap;
    pub(crate) use std::marker::PhantomData;
    pub(crate) use std::time::Duration;

    pub(crate) use http::Method;
    pub(crate) use mastodon_types::__private::prelude::*;
    pub(crate) use mastodon_types::PlainText;

    pub(crate) use super::api::*;
    pub(crate) use super::endpoints::*;
    pub(crate) use super::entities::*;
    pub(crate) use super::methods::*;
    pub(crate) use super::servers;
    pub(crate) use crate::call::endpoint::{
        AlreadyApplied, AlternativeRoute, Auth, Encoding, Endpoint, LostResponse, OnDuplicate,
        Paging, Param, Verification,
    };
    pub(crate) use crate::call::page::{Page, PageBody};
    pub(crate) use crate::call::params::{Group, Value, integers, list, string_values};
    pub(crate) use crate::call::request::Request;
    pub(crate) use crate::call::{Call, OffsetCall, PagedCall};
    pub(crate) use crate::client::Mastodon;
    pub(crate) use crate::endpoints::{find, prepare};
    pub(crate) use crate::facts::support::{Base, Server, ServerSupport, VersionLocation};
    pub(crate) use crate::facts::{RateLimitBucket, StatusLimits, Version};
    pub(crate) use crate::http::upload::Upload;
}

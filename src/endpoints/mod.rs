//! Behavior of single endpoints that the specification cannot describe: hooks that prepare a request, and
//! methods that combine several endpoints.

// The documentation of `Mastodon` lists its methods in the order of these modules.
mod shortcuts;

mod statuses;

mod lookup;

pub(crate) mod media;

mod bulk;
mod wait_until;

mod filters;
mod instance;
mod timelines;

pub(crate) mod find;
mod limits;
/// The methods and their call types.
#[rustfmt::skip]
#[allow(unused_imports, unreachable_pub)]
#[path = "../../generated/methods/mod.rs"]
pub(crate) mod methods;
pub(crate) mod prepare;

pub use bulk::{Bulk, BulkItem};
pub use instance::InstanceCall;
pub use lookup::{AccountFindCall, StatusFindCall};
pub use statuses::{SplitError, SplitOptions, ThreadPostCall};
pub use timelines::{TimelineFeed, TimelineOrigin};
pub use wait_until::WaitUntilCall;

/// Names that the generated methods use.
mod prelude {
    pub(crate) use std::collections::BTreeMap;
    pub(crate) use std::marker::PhantomData;
    pub(crate) use std::time::Duration;

    pub(crate) use jiff::civil::Date;
    #[allow(
        unused_imports,
        reason = "some are used only for servers other than Mastodon"
    )]
    pub(crate) use mastodon_types::{PlainText, Time};

    pub(crate) use super::methods::*;
    pub(crate) use super::{find, prepare};
    pub(crate) use crate::call::endpoints::*;
    #[allow(unused_imports, reason = "for links in the documentation")]
    pub(crate) use crate::call::page::Page;
    pub(crate) use crate::call::page::PageBody;
    pub(crate) use crate::call::params::{Group, Value, integers, list};
    pub(crate) use crate::call::request::Request;
    pub(crate) use crate::call::{Call, OffsetCall, PagedCall};
    pub(crate) use crate::client::Mastodon;
    pub(crate) use crate::entities::*;
    pub(crate) use crate::http::upload::Upload;
}

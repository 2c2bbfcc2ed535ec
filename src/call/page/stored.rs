//! Pages that are stored as JSON.

use std::marker::PhantomData;
use std::sync::{Arc, OnceLock};

use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};

use super::neighbors::{Links, Neighbors};
use super::{ListRange, Page, PageBody};
use crate::call::core::Core;
use crate::call::params::Group;
use crate::call::request::Request;
use crate::error::Error;
use crate::serde_impls::deserialize_struct;

impl<T, W: Serialize> Serialize for Page<T, W> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut page = serializer.serialize_struct("Page", 8)?;
        page.serialize_field("server", self.request.core.server_url())?;
        page.serialize_field("endpoint", &self.request.stored_name())?;
        page.serialize_field("values", &self.request.values)?;
        page.serialize_field("range", &self.request.range())?;
        page.serialize_field("oldest_first", &self.request.is_oldest_first())?;
        page.serialize_field("next", &self.neighbors().next)?;
        page.serialize_field("previous", &self.neighbors().previous)?;
        page.serialize_field("body", &self.body)?;
        page.end()
    }
}

/// A [`Page`] loaded from JSON: its items and its cursors.
///
/// [`into_items`](Self::into_items) returns the items; [`attach`](Self::attach) converts it to a page that
/// can fetch the next and the previous page.
///
/// ```
/// # async fn example(mastodon: mastodon_sdk::Mastodon) -> Result<(), Box<dyn std::error::Error>> {
/// use mastodon_sdk::Status;
/// use mastodon_sdk::call::StoredPage;
///
/// let page = mastodon.timeline_home().await?;
/// let json = serde_json::to_string(&page)?;
///
/// let stored: StoredPage<Status> = serde_json::from_str(&json)?;
/// let older = stored.attach(&mastodon)?.next().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct StoredPage<T, W = Vec<T>> {
    server: String,
    endpoint: String,
    values: Group,
    range: Option<ListRange>,
    oldest_first: bool,
    next: Option<Group>,
    previous: Option<Group>,
    body: W,
    item: PhantomData<fn() -> T>,
}

deserialize_struct!(impl['de, T, W: Deserialize<'de>] StoredPage[T, W] as "StoredPage", {
    server: required,
    endpoint: required,
    values: required,
    range: default,
    oldest_first: default,
    next: required,
    previous: required,
    body: required;
    item = PhantomData
});

impl<T, W: PageBody<Item = T>> StoredPage<T, W> {
    /// Converts the stored page to a page that fetches its neighbors with this core.
    pub(crate) fn attach_to(self, core: &Arc<Core>) -> Result<Page<T, W>, Error> {
        if self.server != core.server_url() {
            return Err(Error::StoredPage {
                reason: format!(
                    "it is from {}, the client is for {}; use a client for the same server",
                    self.server,
                    core.server_url()
                ),
            });
        }
        let Some(request) = Request::from_stored_name(core, &self.endpoint) else {
            return Err(Error::StoredPage {
                reason: format!(
                    "it is from `{}`, a list that this version of the SDK does not know; fetch it again",
                    self.endpoint
                ),
            });
        };
        let mut request = request.with_values(self.values);
        request.range = self.range;
        request.oldest_first = self.oldest_first;
        Ok(Page {
            body: self.body,
            request,
            links: Links::default(),
            neighbors: OnceLock::from(Neighbors {
                next: self.next,
                previous: self.previous,
            }),
            rejected: Vec::new(),
            item: PhantomData,
        })
    }

    /// Converts the page to its items.
    pub fn into_items(self) -> Vec<T> {
        self.body.into_items()
    }
}

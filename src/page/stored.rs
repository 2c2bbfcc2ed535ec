//! Pages that outlive the program.

use std::marker::PhantomData;

use serde::ser::{Error as _, SerializeStruct};
use serde::{Deserialize, Serialize, Serializer};

use super::{Page, PageBody};
use crate::client::Mastodon;
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::params::Group;
use crate::request::Request;

impl<T, W: Serialize> Serialize for Page<T, W> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let stored = |values: &Group| values.to_json().map_err(S::Error::custom);
        let neighbour = |values: &Option<Group>| values.as_ref().map(stored).transpose();
        let mut page = serializer.serialize_struct("Page", 6)?;
        page.serialize_field("server", self.request.client.server())?;
        page.serialize_field("endpoint", self.request.endpoint.name)?;
        page.serialize_field("values", &stored(&self.request.values)?)?;
        page.serialize_field("next", &neighbour(&self.next)?)?;
        page.serialize_field("previous", &neighbour(&self.previous)?)?;
        page.serialize_field("body", &self.body)?;
        page.end()
    }
}

/// A [`Page`] as it was stored: its items, and the way to its neighbours, which a client can take
/// again.
///
/// ```
/// # async fn example(mastodon: mastodon_sdk::Mastodon) -> Result<(), Box<dyn std::error::Error>> {
/// use mastodon_sdk::{Status, StoredPage};
///
/// let page = mastodon.timeline_home().await?;
/// let text = serde_json::to_string(&page)?;
///
/// let stored: StoredPage<Status> = serde_json::from_str(&text)?;
/// let older = stored.attach(&mastodon)?.next().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(bound(deserialize = "W: Deserialize<'de>"))]
pub struct StoredPage<T, W = Vec<T>> {
    server: String,
    endpoint: String,
    values: Group,
    next: Option<Group>,
    previous: Option<Group>,
    body: W,
    #[serde(skip)]
    item: PhantomData<fn() -> T>,
}

impl<T, W: PageBody<Item = T>> StoredPage<T, W> {
    /// The page again, its neighbours to be asked for by this client.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] when the page is of another server than the client, or of a list that this
    /// version of the SDK does not know.
    pub fn attach(self, client: &Mastodon) -> Result<Page<T, W>, Error> {
        if self.server != client.server() {
            return Err(Error::Config(format!(
                "the stored page is of {}, the client is of {}; use a client of the same server",
                self.server,
                client.server()
            )));
        }
        let mut known = Endpoint::all().iter();
        let endpoint = known.find(|known| known.name == self.endpoint && known.paging.is_some());
        let Some(endpoint) = endpoint else {
            return Err(Error::Config(format!(
                "the stored page is of `{}`, which is no list that this version of the SDK knows; fetch it anew",
                self.endpoint
            )));
        };
        Ok(Page {
            body: self.body,
            request: Request::new(client, endpoint).at(self.values),
            next: self.next,
            previous: self.previous,
            item: PhantomData,
        })
    }

    /// The items, where the neighbours do not matter.
    pub fn into_items(self) -> Vec<T> {
        self.body.into_items()
    }
}

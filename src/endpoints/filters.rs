//! Applies a user's filters on the client.

use jiff::Timestamp;
use mastodon_types::filters::{Filterable, Filtered, apply_filters};

use crate::client::Mastodon;
use crate::entities::{Filter, FilterContext};

/// # Filters that the client applies
impl Mastodon {
    /// Applies a user's filters to statuses or notifications, as the server does. Returns all items, each
    /// with the filters that matched it. Sends no request.
    ///
    /// Pass the filters of [`Mastodon::filters_v2`], or of [`Mastodon::filters`] for servers older than
    /// 4.0.0. Expired filters and filters of other contexts are ignored.
    /// [`apply_filters`] describes what is matched.
    ///
    /// ```no_run
    /// # async fn example(mastodon: mastodon_sdk::Mastodon) -> Result<(), mastodon_sdk::Error> {
    /// use mastodon_sdk::FilterContext;
    /// let filters = mastodon.filters_v2().await?;
    /// let page = mastodon.timeline_home().await?;
    /// for filtered in mastodon.filters_apply(page, &filters, FilterContext::Home) {
    ///     if !filtered.is_hidden() {
    ///         println!("{} {:?}", filtered.item.content, filtered.action());
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn filters_apply<T: Filterable>(
        &self,
        items: impl IntoIterator<Item = T>,
        filters: impl IntoIterator<Item = impl Into<Filter>>,
        context: FilterContext,
    ) -> Vec<Filtered<T>> {
        apply_filters(items, filters, context, Timestamp::now())
    }
}

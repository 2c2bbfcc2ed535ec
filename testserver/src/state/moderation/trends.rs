//! Review of trends: hashtags, linked pages, their websites, and statuses.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::domains::variants;
use crate::ids::Id;
use crate::state::{State, Status};
use crate::text;

/// Minimum number of accounts that link to a trending page, and the period in which they do.
const MIN_LINKING_ACCOUNTS: usize = 2;
const TREND_DAYS: i64 = 7;
/// Seconds per day.
const DAY: i64 = 86_400;

/// Decisions of the staff about trends. Without a decision, [`Behavior::trend_review`] applies.
///
/// [`Behavior::trend_review`]: crate::Behavior::trend_review
#[derive(Debug, Default)]
pub(crate) struct TrendReviews {
    /// Decisions about hashtags, by normalized name.
    pub(crate) tags: BTreeMap<String, TagReview>,
    /// Linked pages by URL.
    links: BTreeMap<String, LinkReview>,
    /// Websites of trending pages.
    pub(crate) publishers: BTreeMap<Id, Publisher>,
    /// Whether statuses may trend.
    pub(crate) statuses: BTreeMap<Id, bool>,
}

/// Decisions about a hashtag. `None` is the default.
#[derive(Clone, Debug, Default)]
pub(crate) struct TagReview {
    /// Whether local users may use it in statuses.
    pub(crate) usable: Option<bool>,
    /// Whether searches find it.
    pub(crate) listable: Option<bool>,
    pub(crate) trendable: Option<bool>,
    pub(crate) is_reviewed: bool,
}

/// Linked page.
#[derive(Clone, Debug)]
pub(crate) struct LinkReview {
    pub(crate) id: Id,
    pub(crate) trendable: Option<bool>,
}

/// Website of linked pages.
#[derive(Clone, Debug)]
pub(crate) struct Publisher {
    pub(crate) id: Id,
    pub(crate) domain: String,
    pub(crate) trendable: Option<bool>,
    pub(crate) requested: Timestamp,
    pub(crate) reviewed: Option<Timestamp>,
}

/// Returns the host of a URL.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#', ':']).next().unwrap_or_default()
}

impl TrendReviews {
    pub(crate) fn tag(&self, name: &str) -> TagReview {
        self.tags.get(name).cloned().unwrap_or_default()
    }

    pub(crate) fn is_tag_listable(&self, name: &str) -> bool {
        self.tag(name).listable != Some(false)
    }

    pub(crate) fn link(&self, url: &str) -> Option<&LinkReview> {
        self.links.get(url)
    }

    /// Decides about a page. Returns its URL; `None` if there is no such page.
    pub(crate) fn decide_about_link(&mut self, id: Id, trendable: bool) -> Option<String> {
        let mut links = self.links.iter_mut();
        let (url, link) = links.find(|(_, link)| link.id == id)?;
        link.trendable = Some(trendable);
        Some(url.clone())
    }

    /// Returns the website of a page, by its domain or the closest parent domain.
    pub(crate) fn publisher_of(&self, url: &str) -> Option<&Publisher> {
        let publishers = &self.publishers;
        variants(host(url)).iter().find_map(|domain| {
            publishers
                .values()
                .find(|publisher| publisher.domain == *domain)
        })
    }

    /// Whether neither the page nor its website has been reviewed.
    pub(crate) fn link_requires_review(&self, url: &str) -> bool {
        let is_decided = self
            .links
            .get(url)
            .is_some_and(|link| link.trendable.is_some());
        let publisher = self.publisher_of(url);
        !is_decided && publisher.is_none_or(|publisher| publisher.reviewed.is_none())
    }
}

impl State {
    /// Whether trends show what the staff has not decided about.
    fn is_trendable_by_default(&self) -> bool {
        !self.behavior.with(|behavior| behavior.trend_review)
    }

    pub(crate) fn is_tag_trendable(&self, name: &str) -> bool {
        let decision = self.moderation.trends.tag(name).trendable;
        decision.unwrap_or_else(|| self.is_trendable_by_default())
    }

    pub(crate) fn is_status_trendable(&self, status: Id) -> bool {
        let decision = self.moderation.trends.statuses.get(&status).copied();
        decision.unwrap_or_else(|| self.is_trendable_by_default())
    }

    /// Whether trends show a page. A decision about its website counts if there is none about the page.
    pub(crate) fn is_link_trendable(&self, url: &str) -> bool {
        let trends = &self.moderation.trends;
        let own = trends.link(url).and_then(|link| link.trendable);
        let of_publisher = || trends.publisher_of(url)?.trendable;
        let decision = own.or_else(of_publisher);
        decision.unwrap_or_else(|| self.is_trendable_by_default())
    }

    /// Returns the pages that several accounts have linked to recently, the most linked ones first.
    fn popular_links(&self, now: Timestamp) -> Vec<String> {
        let recent = self.public_statuses(None, now);
        let recent = recent.filter(|status| {
            now.as_second() - status.created.as_second() < TREND_DAYS * DAY && !status.sensitive
        });
        let mut accounts: BTreeMap<&str, BTreeSet<Id>> = BTreeMap::new();
        for status in recent {
            if let Some(link) = &status.card {
                accounts.entry(link).or_default().insert(status.account);
            }
        }
        let popular = accounts.into_iter();
        let popular = popular.filter(|(_, accounts)| accounts.len() >= MIN_LINKING_ACCOUNTS);
        let mut popular: Vec<_> = popular.collect();
        popular.sort_by_key(|(_, accounts)| std::cmp::Reverse(accounts.len()));
        popular
            .into_iter()
            .map(|(link, _)| link.to_owned())
            .collect()
    }

    /// Returns the trending pages, including those that wait for a review. Each has an ID then, and its website too.
    pub(crate) fn trending_links(&mut self, now: Timestamp) -> Vec<String> {
        let links = self.with_forced_links(self.popular_links(now));
        for link in &links {
            if self.moderation.trends.links.contains_key(link) {
                continue;
            }
            let id = self.next_row_id();
            let review = LinkReview {
                id,
                trendable: None,
            };
            self.moderation.trends.links.insert(link.clone(), review);
            if self.moderation.trends.publisher_of(link).is_none() {
                let id = self.next_row_id();
                let publisher = Publisher {
                    id,
                    domain: host(link).to_lowercase(),
                    trendable: None,
                    requested: now,
                    reviewed: None,
                };
                self.moderation.trends.publishers.insert(id, publisher);
            }
        }
        links
    }

    /// Returns the hashtags of a text that the staff has made unusable.
    pub(crate) fn unusable_hashtags(&self, text: &str) -> Vec<String> {
        let mut names = text::hashtags(text);
        names.retain(|name| self.moderation.trends.tag(name).usable == Some(false));
        names
    }

    /// Returns the normalized name of the hashtag with an ID.
    pub(crate) fn tag_with_id(&self, id: Id) -> Option<String> {
        let mut tags = self.tags.iter();
        let found = tags.find(|(_, tag)| tag.id == id);
        found.map(|(name, _)| name.clone())
    }

    /// Returns the public statuses with a link.
    pub(crate) fn statuses_with_link<'s>(
        &'s self,
        url: &'s str,
        now: Timestamp,
    ) -> impl Iterator<Item = &'s Status> {
        let statuses = self.public_statuses(None, now);
        statuses.filter(move |status| text::links(&status.text).any(|link| link == url))
    }
}

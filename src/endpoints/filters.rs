//! A user's filters, applied on this side.

use jiff::Timestamp;

use crate::client::Mastodon;
use crate::entities::{
    Filter, FilterAction, FilterContext, FilterId, FilterKeyword, FilterResult, Notification,
    Status, StatusId, V1Filter,
};
use crate::text;

/// What a filter can be applied to.
pub trait Filterable {
    /// The status that filters look at, if there is one.
    fn filterable_status(&self) -> Option<&Status>;
}

impl Filterable for Status {
    fn filterable_status(&self) -> Option<&Status> {
        Some(self)
    }
}

impl Filterable for Notification {
    fn filterable_status(&self) -> Option<&Status> {
        self.status.as_ref()
    }
}

impl<T: Filterable> Filterable for &T {
    fn filterable_status(&self) -> Option<&Status> {
        (*self).filterable_status()
    }
}

/// A status or a notification, and the filters that matched it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Filtered<T> {
    /// The status or the notification.
    pub item: T,
    /// Each filter that matched, with what it found; empty if none did. It is what the server tells in
    /// [`Status::filtered`].
    pub matches: Vec<FilterResult>,
}

impl<T> Filtered<T> {
    /// What becomes of it: of all that the filters want, the strictest; `None` if no filter matched.
    pub fn action(&self) -> Option<&FilterAction> {
        let actions = self.matches.iter().map(|found| &found.filter.filter_action);
        actions.max_by_key(|action| match action {
            FilterAction::Blur => 0,
            FilterAction::Hide => 2,
            // An unknown action counts as a warning.
            _ => 1,
        })
    }

    /// Whether it is not to be shown at all.
    pub fn is_hidden(&self) -> bool {
        matches!(self.action(), Some(FilterAction::Hide))
    }
}

impl From<&Filter> for Filter {
    fn from(filter: &Filter) -> Self {
        filter.clone()
    }
}

/// An old filter has one phrase. One that the server drops for good hides; the others warn.
impl From<&V1Filter> for Filter {
    fn from(old: &V1Filter) -> Self {
        Self {
            id: FilterId::from(old.id.as_str()),
            title: old.phrase.clone(),
            context: old.context.clone(),
            expires_at: old.expires_at,
            filter_action: if old.irreversible {
                FilterAction::Hide
            } else {
                FilterAction::Warn
            },
            keywords: vec![FilterKeyword {
                id: old.id.clone(),
                keyword: old.phrase.clone(),
                whole_word: old.whole_word,
            }],
            statuses: Vec::new(),
        }
    }
}

impl From<V1Filter> for Filter {
    fn from(old: V1Filter) -> Self {
        Self::from(&old)
    }
}

impl Mastodon {
    /// Applies a user's filters to statuses or notifications, as the server does, and returns all of
    /// them with what matched.
    ///
    /// A filter looks for its keywords, in whatever case, in the content warning, the text, the answers
    /// of the poll and the descriptions of the media, and for its statuses by their ids; of a boost it
    /// sees the status that was boosted. Filters that have ended, or apply elsewhere than in this
    /// context, do nothing. The user's own statuses match like any others.
    ///
    /// The filters are those of [`Mastodon::filters_v2`], or those of [`Mastodon::filters`] from servers
    /// older than 4.0.0. Nothing is sent.
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
    #[allow(
        clippy::needless_pass_by_value,
        reason = "a context is written where it is used"
    )]
    pub fn filters_apply<T: Filterable>(
        &self,
        items: impl IntoIterator<Item = T>,
        filters: impl IntoIterator<Item = impl Into<Filter>>,
        context: FilterContext,
    ) -> Vec<Filtered<T>> {
        let now = Timestamp::now();
        let filters: Vec<Rules> = filters
            .into_iter()
            .map(Into::into)
            .filter(|filter: &Filter| filter.context.contains(&context))
            .filter(|filter| filter.expires_at.is_none_or(|end| end > now))
            .map(Rules::new)
            .collect();
        let apply = |item: T| {
            let status = item.filterable_status();
            let matches = status.map_or_else(Vec::new, |status| matches(status, &filters));
            Filtered { item, matches }
        };
        items.into_iter().map(apply).collect()
    }
}

fn matches(status: &Status, filters: &[Rules]) -> Vec<FilterResult> {
    if filters.is_empty() {
        return Vec::new();
    }
    let text = Folded::new(searchable(status.reblog.as_deref().unwrap_or(status)));
    let ids: Vec<&StatusId> = [Some(status), status.reblog.as_deref()]
        .into_iter()
        .flatten()
        .map(|status| &status.id)
        .collect();
    filters
        .iter()
        .filter_map(|rules| rules.apply(&text, &ids))
        .collect()
}

/// Where filters look for their words.
fn searchable(status: &Status) -> String {
    let mut parts = vec![status.spoiler_text.clone(), status.plain_text()];
    let options = status.poll.iter().flat_map(|poll| &poll.options);
    parts.extend(options.map(|option| option.title.clone()));
    let media = status.media_attachments.iter();
    parts.extend(media.filter_map(|media| media.description.clone()));
    parts.join("\n\n")
}

/// A text and its lower case, with the way back.
struct Folded {
    original: String,
    lower: String,
    /// For each byte of the lower case, where its character begins in the original.
    origins: Vec<usize>,
}

impl Folded {
    fn new(original: String) -> Self {
        let (mut lower, mut origins) = (String::with_capacity(original.len()), Vec::new());
        for (at, c) in original.char_indices() {
            lower.extend(c.to_lowercase());
            origins.resize(lower.len(), at);
        }
        Self {
            original,
            lower,
            origins,
        }
    }

    fn find(&self, keyword: &Keyword) -> Option<String> {
        let mut from = 0;
        while let Some(found) = self.lower.get(from..)?.find(&keyword.lower) {
            let (start, end) = (from + found, from + found + keyword.lower.len());
            let (before, after) = (&self.lower[..start], &self.lower[end..]);
            let starts = !keyword.starts_word || !before.chars().next_back().is_some_and(is_word);
            let ends = !keyword.ends_word || !after.chars().next().is_some_and(is_word);
            if starts && ends {
                let length = self.original.len();
                let origin = |at: usize| self.origins.get(at).copied().unwrap_or(length);
                let matched = self
                    .original
                    .get(origin(start)..origin(end).max(origin(start)));
                return Some(matched.unwrap_or_default().to_owned());
            }
            from = start + self.lower[start..].chars().next().map_or(1, char::len_utf8);
        }
        None
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

struct Keyword {
    lower: String,
    /// Whether no other letter may stand before it, or behind it.
    starts_word: bool,
    ends_word: bool,
}

/// A filter that is ready to be applied.
struct Rules {
    /// Without its keywords and statuses, as the server shows it in a status.
    filter: Filter,
    keywords: Vec<Keyword>,
    statuses: Vec<StatusId>,
}

impl Rules {
    fn new(mut filter: Filter) -> Self {
        let keywords = std::mem::take(&mut filter.keywords).into_iter();
        let keywords = keywords.filter(|keyword| !keyword.keyword.is_empty());
        let keywords = keywords.map(|keyword| Keyword {
            lower: keyword.keyword.to_lowercase(),
            starts_word: keyword.whole_word && keyword.keyword.starts_with(is_word),
            ends_word: keyword.whole_word && keyword.keyword.ends_with(is_word),
        });
        let keywords = keywords.collect();
        let statuses = std::mem::take(&mut filter.statuses).into_iter();
        let statuses = statuses.map(|status| status.status_id).collect();
        Self {
            filter,
            keywords,
            statuses,
        }
    }

    fn apply(&self, text: &Folded, ids: &[&StatusId]) -> Option<FilterResult> {
        let found = self
            .keywords
            .iter()
            .filter_map(|keyword| text.find(keyword));
        let keyword_matches: Vec<String> = found.collect();
        let status_matches = ids.iter().filter(|id| self.statuses.contains(id));
        let status_matches: Vec<StatusId> = status_matches.map(|id| (*id).clone()).collect();
        let matched = !keyword_matches.is_empty() || !status_matches.is_empty();
        matched.then(|| FilterResult {
            filter: self.filter.clone(),
            keyword_matches,
            status_matches,
        })
    }
}

impl Status {
    /// The text without HTML: paragraphs and breaks as lines, links and mentions as their words.
    pub fn plain_text(&self) -> String {
        text::plain(&self.content)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn status(more: Value) -> Status {
        let account = json!({ "id": "2", "username": "bob", "acct": "bob", "created_at": "2026-01-01T00:00:00Z" });
        let mut status = json!({
            "id": "5", "created_at": "2026-01-01T00:00:00Z", "account": account, "content": "",
            "visibility": "public", "spoiler_text": "", "sensitive": false,
        });
        if let Value::Object(more) = more {
            for (name, value) in more {
                status[name] = value;
            }
        }
        serde_json::from_value(status).unwrap()
    }

    fn filter(more: Value) -> Filter {
        let mut filter = json!({
            "id": "1", "title": "Birds", "context": ["home"], "expires_at": null, "filter_action": "warn",
        });
        if let Value::Object(more) = more {
            for (name, value) in more {
                filter[name] = value;
            }
        }
        serde_json::from_value(filter).unwrap()
    }

    fn words(words: &[(&str, bool)]) -> Value {
        let keyword = |(word, whole): &(&str, bool)| json!({ "id": "1", "keyword": word, "whole_word": whole });
        json!({ "keywords": words.iter().map(keyword).collect::<Vec<_>>() })
    }

    fn apply(status: &Status, filters: &[Filter]) -> Vec<FilterResult> {
        let client = Mastodon::builder("a.example").build().unwrap();
        let mut all = client.filters_apply([status], filters, FilterContext::Home);
        all.remove(0).matches
    }

    #[test]
    fn words_are_found_wherever_a_status_has_them() {
        let birds = filter(words(&[("bird", false)]));
        for more in [
            json!({ "content": "<p>A <b>BI</b>RD</p>" }),
            json!({ "spoiler_text": "Birdsong" }),
            json!({ "media_attachments": [{ "id": "1", "type": "image", "url": "x", "description": "two birds" }] }),
            json!({ "poll": { "id": "1", "expired": false, "multiple": false, "votes_count": 0, "options": [{ "title": "bird" }] } }),
            json!({ "reblog": serde_json::to_value(status(json!({ "content": "bird" }))).unwrap() }),
        ] {
            assert_eq!(
                apply(&status(more.clone()), std::slice::from_ref(&birds)).len(),
                1,
                "{more}"
            );
        }
        assert!(apply(&status(json!({ "content": "fish" })), &[birds]).is_empty());
    }

    #[test]
    fn whole_words_end_where_the_word_ends() {
        let cases = [
            ("cat", true, "The CAT.", Some("CAT")),
            ("cat", true, "concat", None),
            ("cat", true, "concat cats cat", Some("cat")),
            ("cat", false, "conCatenate", Some("Cat")),
            ("#cat", true, "x#cat", Some("#cat")),
            ("#cat", true, "#cats", None),
            ("c++", true, "c++11", Some("c++")),
            ("straße", true, "die STRAßE.", Some("STRAßE")),
            ("größe", true, "Größer", None),
            ("two words", true, "two words", Some("two words")),
            ("a.c", false, "abc", None),
            ("i̇", false, "İ", Some("İ")),
        ];
        for (keyword, whole, text, found) in cases {
            let results = apply(
                &status(json!({ "spoiler_text": text })),
                &[filter(words(&[(keyword, whole)]))],
            );
            let first = results
                .first()
                .map(|result| result.keyword_matches[0].as_str());
            assert_eq!(first, found, "{keyword} in {text}");
        }
    }

    #[test]
    fn a_filter_that_has_ended_or_applies_elsewhere_does_nothing() {
        let cat = |more: Value| {
            let mut filter = filter(words(&[("cat", false)]));
            filter.context = vec![more["context"].as_str().unwrap_or("home").into()];
            filter.expires_at = more["expires_at"]
                .as_str()
                .map(|time| time.parse().unwrap());
            filter
        };
        let status = status(json!({ "content": "cat" }));
        assert!(apply(&status, &[cat(json!({ "context": "public" }))]).is_empty());
        assert!(
            apply(
                &status,
                &[cat(json!({ "expires_at": "2020-01-01T00:00:00Z" }))]
            )
            .is_empty()
        );
        assert_eq!(
            apply(
                &status,
                &[cat(json!({ "expires_at": "2999-01-01T00:00:00Z" }))]
            )
            .len(),
            1
        );
    }

    #[test]
    fn statuses_match_by_their_ids_and_by_that_of_what_they_boost() {
        let boost = status(
            json!({ "reblog": serde_json::to_value(status(json!({ "id": "4" }))).unwrap() }),
        );
        let found = apply(
            &boost,
            &[filter(
                json!({ "statuses": [{ "id": "9", "status_id": "4" }] }),
            )],
        );
        assert_eq!(found[0].status_matches, [StatusId::from("4")]);
        assert!(
            found[0].filter.statuses.is_empty(),
            "it is shown as the server shows it"
        );
    }

    #[test]
    fn the_strictest_filter_decides() {
        let client = Mastodon::builder("a.example").build().unwrap();
        let with = |action: &str| {
            let mut filter = filter(words(&[("cat", false)]));
            filter.filter_action = action.into();
            filter
        };
        let action = |filters: &[Filter]| {
            let all = client.filters_apply(
                [status(json!({ "content": "cat" }))],
                filters,
                FilterContext::Home,
            );
            all[0].action().cloned()
        };
        assert_eq!(action(&[]), None);
        assert_eq!(action(&[with("blur")]), Some(FilterAction::Blur));
        assert_eq!(
            action(&[with("warn"), with("blur")]),
            Some(FilterAction::Warn)
        );
        assert_eq!(
            action(&[with("blur"), with("hide"), with("warn")]),
            Some(FilterAction::Hide)
        );
    }

    #[test]
    fn old_filters_and_notifications_will_do_as_well() {
        let client = Mastodon::builder("a.example").build().unwrap();
        let old: V1Filter = serde_json::from_value(json!({
            "id": "8", "phrase": "cat", "context": ["notifications"], "expires_at": null, "irreversible": true, "whole_word": true,
        })).unwrap();
        let account = serde_json::to_value(status(json!({})).account).unwrap();
        let notification = |more: Option<Status>| -> Notification {
            serde_json::from_value(json!({
                "id": "1", "type": "mention", "created_at": "2026-01-01T00:00:00Z", "account": account, "status": more,
            })).unwrap()
        };
        let items = [
            notification(Some(status(json!({ "content": "a cat" })))),
            notification(None),
        ];
        let all = client.filters_apply(&items, [&old], FilterContext::Notifications);
        assert!(all[0].is_hidden() && !all[1].is_hidden());
        assert_eq!(all[0].matches[0].keyword_matches, ["cat"]);
    }

    proptest! {
        #[test]
        fn any_keyword_is_found_in_a_text_that_has_it(before in "\\PC{0,9}", keyword in "\\PC{1,9}", after in "\\PC{0,9}", whole: bool) {
            let text = Folded::new(format!("{before} {keyword} {after}"));
            let rules = Rules::new(filter(words(&[(&keyword, whole)])));
            let found = text.find(&rules.keywords[0]);
            prop_assert!(found.is_some(), "{:?}", text.lower);
        }
    }
}

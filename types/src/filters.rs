//! A user's filters, applied by the client.

use jiff::Timestamp;

use crate::entities::{
    Filter, FilterAction, FilterContext, FilterId, FilterKeyword, FilterResult, Notification,
    Status, StatusId, V1Filter,
};

/// An item that filters can be applied to.
pub trait Filterable {
    /// Returns the status that filters are matched against, if the item has one.
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

/// A status or notification, with the filters that matched it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Filtered<T> {
    /// The status or notification.
    pub item: T,
    /// Filters that matched, with the keywords and statuses that they matched. The server returns the
    /// same in [`Status::filtered`].
    pub matches: Vec<FilterResult>,
}

impl<T> Filtered<T> {
    /// Returns the strictest action of the filters that matched. `None` if no filter matched.
    pub fn action(&self) -> Option<&FilterAction> {
        let actions = self
            .matches
            .iter()
            .map(|result| &result.filter.filter_action);
        actions.max_by_key(|action| match action {
            FilterAction::Blur => 0,
            FilterAction::Hide => 2,
            // Clients treat unknown actions as `Warn`.
            _ => 1,
        })
    }

    /// Returns whether the item must not be shown.
    pub fn is_hidden(&self) -> bool {
        matches!(self.action(), Some(FilterAction::Hide))
    }
}

impl From<&Filter> for Filter {
    fn from(filter: &Filter) -> Self {
        filter.clone()
    }
}

/// A filter of the first version of the API has one phrase. `irreversible` filters hide; all others warn.
impl From<&V1Filter> for Filter {
    fn from(filter: &V1Filter) -> Self {
        Self {
            id: FilterId::from(filter.id.as_str()),
            title: filter.phrase.clone(),
            context: filter.context.clone(),
            expires_at: filter.expires_at,
            filter_action: if filter.irreversible {
                FilterAction::Hide
            } else {
                FilterAction::Warn
            },
            keywords: vec![FilterKeyword {
                id: filter.id.clone(),
                keyword: filter.phrase.clone(),
                whole_word: filter.whole_word,
            }],
            statuses: Vec::new(),
        }
    }
}

impl From<V1Filter> for Filter {
    fn from(filter: V1Filter) -> Self {
        Self::from(&filter)
    }
}

/// Applies a user's filters to statuses or notifications, as the server does. Returns all items, each
/// with the filters that matched it.
///
/// Keywords are searched, regardless of case, in the content warning, the content, the options of the
/// poll and the descriptions of the media; statuses are matched by their IDs. For a boost, the boosted
/// status is searched. Filters that expired before `now` or apply in other contexts are ignored. The
/// user's own statuses are matched like all others.
#[allow(
    clippy::needless_pass_by_value,
    reason = "callers pass a variant such as `FilterContext::Home`"
)]
pub fn apply_filters<T: Filterable>(
    items: impl IntoIterator<Item = T>,
    filters: impl IntoIterator<Item = impl Into<Filter>>,
    context: FilterContext,
    now: Timestamp,
) -> Vec<Filtered<T>> {
    let filters: Vec<CompiledFilter> = filters
        .into_iter()
        .map(Into::into)
        .filter(|filter: &Filter| filter.context.contains(&context))
        .filter(|filter| filter.expires_at.is_none_or(|end| end > now))
        .map(CompiledFilter::new)
        .collect();
    let apply = |item: T| {
        let status = item.filterable_status();
        let matches = status.map_or_else(Vec::new, |status| matches(status, &filters));
        Filtered { item, matches }
    };
    items.into_iter().map(apply).collect()
}

fn matches(status: &Status, filters: &[CompiledFilter]) -> Vec<FilterResult> {
    if filters.is_empty() {
        return Vec::new();
    }
    let text = FoldedText::new(searchable_text(status.reblog.as_deref().unwrap_or(status)));
    let ids: Vec<&StatusId> = [Some(status), status.reblog.as_deref()]
        .into_iter()
        .flatten()
        .map(|status| &status.id)
        .collect();
    filters
        .iter()
        .filter_map(|filter| filter.apply(&text, &ids))
        .collect()
}

/// Joins the strings in which keywords are searched.
fn searchable_text(status: &Status) -> String {
    let mut parts = vec![status.spoiler_text.clone(), status.content.to_text()];
    let options = status.poll.iter().flat_map(|poll| &poll.options);
    parts.extend(options.map(|option| option.title.clone()));
    let media = status.media_attachments.iter();
    parts.extend(media.filter_map(|media| media.description.clone()));
    parts.join("\n\n")
}

/// A text with its case folded, and the original. Folding a character can change its length, so offsets of
/// one are not valid in the other.
struct FoldedText {
    original: String,
    folded: String,
    /// For each byte of `folded`, the offset of its character in `original`.
    original_offsets: Vec<usize>,
}

impl FoldedText {
    fn new(original: String) -> Self {
        let (mut folded, mut original_offsets) =
            (String::with_capacity(original.len()), Vec::new());
        for (offset, c) in original.char_indices() {
            folded.extend(fold_case(c));
            original_offsets.resize(folded.len(), offset);
        }
        Self {
            original,
            folded,
            original_offsets,
        }
    }

    /// Converts an offset in `folded` to one in `original`; `None` if it is inside the folding of a character.
    fn original_offset(&self, offset: usize) -> Option<usize> {
        let original = self.original_offsets.get(offset).copied();
        let previous = offset
            .checked_sub(1)
            .and_then(|previous| self.original_offsets.get(previous).copied());
        (original != previous || offset == 0).then(|| original.unwrap_or(self.original.len()))
    }

    /// Returns the first match of the keyword, as the original spells it.
    fn find(&self, keyword: &Keyword) -> Option<String> {
        let mut from = 0;
        while let Some(found) = self.folded.get(from..)?.find(&keyword.folded) {
            let (start, end) = (from + found, from + found + keyword.folded.len());
            let (before, after) = (&self.folded[..start], &self.folded[end..]);
            let has_valid_start =
                !keyword.starts_at_word || !before.chars().next_back().is_some_and(is_word);
            let has_valid_end = !keyword.ends_at_word || !after.chars().next().is_some_and(is_word);
            if has_valid_start
                && has_valid_end
                && let Some(start) = self.original_offset(start)
                && let Some(end) = self.original_offset(end)
            {
                return self.original.get(start..end).map(str::to_owned);
            }
            from = start
                + self.folded[start..]
                    .chars()
                    .next()
                    .map_or(1, char::len_utf8);
        }
        None
    }
}

/// Folds the case of a character. A final sigma equals the other forms of the letter.
fn fold_case(c: char) -> impl Iterator<Item = char> {
    c.to_lowercase().map(|c| if c == 'ς' { 'σ' } else { c })
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

struct Keyword {
    folded: String,
    /// Whether the match must start at a word boundary.
    starts_at_word: bool,
    /// Whether the match must end at a word boundary.
    ends_at_word: bool,
}

/// A filter with its keywords prepared for matching.
struct CompiledFilter {
    /// The filter without keywords and statuses, as the server returns it in a status.
    filter: Filter,
    keywords: Vec<Keyword>,
    statuses: Vec<StatusId>,
}

impl CompiledFilter {
    fn new(mut filter: Filter) -> Self {
        let keywords = std::mem::take(&mut filter.keywords).into_iter();
        let keywords = keywords
            .filter(|keyword| !keyword.keyword.is_empty())
            .map(|keyword| Keyword {
                folded: keyword.keyword.chars().flat_map(fold_case).collect(),
                starts_at_word: keyword.whole_word && keyword.keyword.starts_with(is_word),
                ends_at_word: keyword.whole_word && keyword.keyword.ends_with(is_word),
            })
            .collect();
        let statuses = std::mem::take(&mut filter.statuses).into_iter();
        let statuses = statuses.map(|status| status.status_id).collect();
        Self {
            filter,
            keywords,
            statuses,
        }
    }

    fn apply(&self, text: &FoldedText, ids: &[&StatusId]) -> Option<FilterResult> {
        let keyword_matches: Vec<String> = self
            .keywords
            .iter()
            .filter_map(|keyword| text.find(keyword))
            .collect();
        let status_matches: Vec<StatusId> = ids
            .iter()
            .filter(|id| self.statuses.contains(id))
            .map(|id| (*id).clone())
            .collect();
        let is_match = !keyword_matches.is_empty() || !status_matches.is_empty();
        is_match.then(|| FilterResult {
            filter: self.filter.clone(),
            keyword_matches,
            status_matches,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::text_strategy::unicode_text;

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

    fn keywords(words: &[(&str, bool)]) -> Value {
        let keyword = |(word, whole): &(&str, bool)| json!({ "id": "1", "keyword": word, "whole_word": whole });
        json!({ "keywords": words.iter().map(keyword).collect::<Vec<_>>() })
    }

    fn apply(status: &Status, filters: &[Filter]) -> Vec<FilterResult> {
        let mut all = apply_filters([status], filters, FilterContext::Home, Timestamp::now());
        all.remove(0).matches
    }

    #[test]
    fn keywords_are_found_in_all_texts_of_a_status() {
        let birds = filter(keywords(&[("bird", false)]));
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
    fn whole_word_keywords_match_at_word_boundaries_only() {
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
            ("i", false, "İi", Some("i")),
            ("i", false, "İ", None),
            ("ΟΔΟΣ", true, "Η οδος.", Some("οδος")),
            ("οδος", true, "Η ΟΔΟΣ.", Some("ΟΔΟΣ")),
        ];
        for (keyword, whole, text, found) in cases {
            let results = apply(
                &status(json!({ "spoiler_text": text })),
                &[filter(keywords(&[(keyword, whole)]))],
            );
            let first = results
                .first()
                .map(|result| result.keyword_matches[0].as_str());
            assert_eq!(first, found, "{keyword} in {text}");
        }
    }

    #[test]
    fn expired_filters_and_filters_of_other_contexts_are_ignored() {
        let cat = |more: Value| {
            let mut filter = filter(keywords(&[("cat", false)]));
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
    fn statuses_match_by_their_id_and_the_id_of_the_boosted_status() {
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
            "the server returns filters without their statuses here"
        );
    }

    #[test]
    fn the_strictest_action_wins() {
        let with = |action: &str| {
            let mut filter = filter(keywords(&[("cat", false)]));
            filter.filter_action = action.into();
            filter
        };
        let action = |filters: &[Filter]| {
            let all = apply_filters(
                [status(json!({ "content": "cat" }))],
                filters,
                FilterContext::Home,
                Timestamp::now(),
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
    fn v1_filters_apply_to_notifications() {
        let v1_filter: V1Filter = serde_json::from_value(json!({
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
        let all = apply_filters(
            &items,
            [&v1_filter],
            FilterContext::Notifications,
            Timestamp::now(),
        );
        assert!(all[0].is_hidden() && !all[1].is_hidden());
        assert_eq!(all[0].matches[0].keyword_matches, ["cat"]);
    }

    proptest! {
        #[test]
        fn every_keyword_is_found_in_a_text_that_contains_it(before in unicode_text(), keyword in unicode_text(), after in unicode_text(), whole: bool) {
            prop_assume!(!keyword.is_empty());
            let text = FoldedText::new(format!("{before} {keyword} {after}"));
            let compiled = CompiledFilter::new(filter(keywords(&[(&keyword, whole)])));
            let found = text.find(&compiled.keywords[0]);
            prop_assert!(found.is_some(), "{:?}", text.folded);
            prop_assert_eq!(FoldedText::new(found.unwrap()).folded, FoldedText::new(keyword).folded);
        }
    }
}

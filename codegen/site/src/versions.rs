//! The page of versions: added, deprecated and removed items with links.

use serde::Serialize;

use super::Site;
use mastodon_spec::history::{self, Item, ItemKind, Span};

/// A version with changes.
#[derive(Debug, Serialize)]
pub(super) struct Release {
    version: String,
    /// The index among the releases; `None` for the first entry.
    index: Option<usize>,
    api_version: Option<u32>,
    /// The lists with their titles.
    lists: Vec<List>,
    count: usize,
}

#[derive(Debug, Serialize)]
struct List {
    kind: &'static str,
    title: &'static str,
    items: Vec<Entry>,
}

#[derive(Debug, Serialize)]
struct Entry {
    kind: ItemKind,
    name: String,
    http: Option<String>,
    href: Option<String>,
}

/// All versions, newest first.
pub(super) fn releases(site: &Site<'_>) -> Vec<Release> {
    let known = &site.model.spec.api.releases;
    let mut all: Vec<Release> = history::history(site.model, &Span::default())
        .into_iter()
        .map(|release| {
            let index = known
                .iter()
                .position(|known| known.version.to_string() == release.version);
            let lists = [
                ("added", "Added", release.added),
                ("deprecated", "Deprecated", release.deprecated),
                ("removed", "Removed", release.removed),
            ];
            let lists: Vec<List> = lists
                .into_iter()
                .filter(|(_, _, items)| !items.is_empty())
                .map(|(kind, title, items)| List {
                    kind,
                    title,
                    items: items.into_iter().map(|item| entry(site, item)).collect(),
                })
                .collect();
            Release {
                count: lists.iter().map(|list| list.items.len()).sum(),
                version: release.version,
                index,
                api_version: release.api_version,
                lists,
            }
        })
        .collect();
    all.reverse();
    all
}

fn entry(site: &Site<'_>, item: Item) -> Entry {
    Entry {
        href: site.urls.item(&item),
        kind: item.kind,
        name: item.name,
        http: item.http,
    }
}

//! What each version brought, deprecated and took away, with a link to each thing.

use serde::Serialize;

use super::Site;
use mastodon_spec_diff::history::{self, Span, Thing, What};

/// A version that did something.
#[derive(Debug, Serialize)]
pub(super) struct Release {
    version: String,
    /// Its position among the releases; none for the beginning.
    index: Option<usize>,
    api_version: Option<u32>,
    /// A title each, and what stands under it.
    lists: Vec<List>,
    count: usize,
}

#[derive(Debug, Serialize)]
struct List {
    kind: &'static str,
    title: &'static str,
    things: Vec<Entry>,
}

#[derive(Debug, Serialize)]
struct Entry {
    what: What,
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
                .filter(|(_, _, things)| !things.is_empty())
                .map(|(kind, title, things)| List {
                    kind,
                    title,
                    things: things.into_iter().map(|thing| entry(site, thing)).collect(),
                })
                .collect();
            Release {
                count: lists.iter().map(|list| list.things.len()).sum(),
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

fn entry(site: &Site<'_>, thing: Thing) -> Entry {
    Entry {
        href: site.places.thing(&thing),
        what: thing.what,
        name: thing.name,
        http: thing.http,
    }
}

//! Emits search.js: releases, pages and the search index.

use indexmap::IndexSet;

use super::Pages;
use super::parts::{Member, Versions};
use mastodon_spec::json::{Json, Object};

/// Collects the search index.
#[derive(Default)]
struct Index {
    pages: IndexSet<String>,
    entries: Vec<Json>,
    /// Whether the current page describes what only servers other than Mastodon have.
    is_of_other_servers: bool,
}

/// An entry of the search index.
#[derive(Default)]
struct Entry<'a> {
    kind: &'a str,
    name: &'a str,
    /// The owner, or the path of a method.
    context: &'a str,
    description: &'a str,
    /// The URL, relative to the root of the site.
    url: String,
}

/// The kinds of entries, in the order of the results.
const KINDS: [&str; 13] = [
    "method",
    "entity",
    "parameter",
    "field",
    "value",
    "enumeration",
    "group",
    "scope",
    "stream",
    "event",
    "header",
    "error",
    "page",
];

/// The first version of what only servers other than Mastodon have. The search lists it last.
const OTHER_SERVERS: i64 = -2;

impl Index {
    /// Adds an entry as an array, which keeps the file small. It ends with the versions, without trailing nulls.
    fn add(&mut self, entry: &Entry<'_>, versions: &Versions) {
        let (page, anchor) = entry.url.split_once('#').unwrap_or((&entry.url, ""));
        let (page, _) = self.pages.insert_full(page.to_owned());
        let kind = KINDS
            .iter()
            .position(|kind| *kind == entry.kind)
            .unwrap_or(0);
        let number = |number: usize| Json::from(u32::try_from(number).unwrap_or(u32::MAX));
        let mut values: Vec<Json> = vec![
            number(kind),
            entry.name.into(),
            number(page),
            // Most anchors follow from the name, or the name with that of the owner.
            match anchor {
                own if own == entry.name => 0_u32.into(),
                own if own
                    .strip_suffix(entry.name)
                    .and_then(|rest| rest.strip_suffix('.'))
                    == Some(entry.context) =>
                {
                    1_u32.into()
                }
                own => own.into(),
            },
            entry.context.into(),
            entry.description.into(),
        ];
        if self.is_of_other_servers || versions.is_only_on_others() {
            values.push(OTHER_SERVERS.into());
        }
        let versions = versions.indexes();
        let last = versions
            .iter()
            .rposition(Option::is_some)
            .map_or(0, |at| at + 1);
        values.extend(
            versions[..last]
                .iter()
                .map(|at| at.map_or(Json::from(-1_i64), number)),
        );
        self.entries.push(values.into());
    }

    fn members(&mut self, kind: &str, page: &str, owner: &str, members: &[Member]) {
        for member in members {
            let entry = Entry {
                kind,
                name: &member.name,
                context: owner,
                description: "",
                url: format!("{page}#{}", member.id),
            };
            self.add(&entry, &member.versions);
            let owner = format!("{owner}.{}", member.name);
            self.members(kind, page, &owner, &member.members);
        }
    }
}

/// The content of search.js.
pub(super) fn script(pages: &Pages) -> Result<String, String> {
    let mut index = Index::default();
    for (page, resource) in &pages.resources {
        index.is_of_other_servers = page.contains("/servers_");
        let entry = Entry {
            kind: "page",
            name: &resource.title,
            url: page.clone(),
            ..Entry::default()
        };
        index.add(&entry, &Versions::default());
        for method in &resource.methods {
            let context = format!("{} {}", method.http_method, method.path);
            let entry = Entry {
                kind: "method",
                name: &method.name,
                context: &context,
                description: &method.description,
                url: format!("{page}#{}", method.id),
            };
            index.add(&entry, &method.versions);
            for params in &method.params {
                index.members("parameter", page, &method.name, &params.members);
            }
        }
        for group in &resource.inputs {
            let entry = Entry {
                kind: "group",
                name: &group.name,
                description: &group.description,
                url: format!("{page}#{}", group.id),
                ..Entry::default()
            };
            index.add(&entry, &Versions::default());
            index.members("parameter", page, &group.name, &group.members);
        }
    }
    for (page, entity) in &pages.entities {
        index.is_of_other_servers = entity.is_of_other_servers;
        let entry = Entry {
            kind: "entity",
            name: &entity.name,
            description: &entity.about,
            url: page.clone(),
            ..Entry::default()
        };
        index.add(&entry, &entity.versions);
        index.members("field", page, &entity.name, &entity.fields);
        for values in &entity.enums {
            let entry = Entry {
                kind: "enumeration",
                name: &values.name,
                description: &values.about,
                url: format!("{page}#{}", values.id),
                ..Entry::default()
            };
            index.add(&entry, &Versions::default());
            for value in &values.values {
                let entry = Entry {
                    kind: "value",
                    name: &value.name,
                    context: &values.name,
                    description: &value.description,
                    url: format!("{page}#{}", value.id),
                };
                index.add(&entry, &value.versions);
            }
        }
    }
    index.is_of_other_servers = false;
    api_entries(&mut index, pages);
    let releases = pages.releases.iter().map(String::as_str);
    let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let groups = pages.navigation();
    let navigation = groups.iter().map(|group| {
        let links = group.links.iter();
        let links = links.map(|(title, page)| {
            let (page, _) = index.pages.insert_full(page.clone());
            Json::List(vec![title.into(), number(page).into()])
        });
        let links: Json = links.collect();
        Json::List(vec![group.title.into(), links])
    });
    let navigation: Vec<Json> = navigation.collect();
    let document = Object::new()
        .with("releases", releases.collect::<Json>())
        .with("newest", pages.newest.map(number))
        .with("kinds", KINDS.into_iter().collect::<Json>())
        .with("pages", index.pages.iter().collect::<Json>())
        .with("navigation", navigation);
    let compact = |json: &Json| serde_json::to_string(json).map_err(|error| error.to_string());
    // One entry per line, so that changes of the specification are small diffs.
    let entries: Result<Vec<String>, String> = index.entries.iter().map(compact).collect();
    let document = compact(&document.into())?;
    let entries = entries?.join(",\n");
    Ok(format!(
        "window.SITE = {};\nSITE.entries = [\n{}\n];\n",
        escape_json(&document),
        escape_json(&entries)
    ))
}

/// Escapes JSON for use in a script.
fn escape_json(json: &str) -> String {
    json.replace('<', "\\u003c")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

/// The entries of the pages about the whole API.
fn api_entries(index: &mut Index, pages: &Pages) {
    use super::urls::{ERRORS, PAGING, SCOPES, STREAMS};
    let api = &pages.api;
    let lists = [
        ("scope", SCOPES, &api.scopes),
        ("stream", STREAMS, &api.streams),
        ("event", STREAMS, &api.events),
        ("header", PAGING, &api.headers),
        ("error", ERRORS, &api.schemas),
    ];
    for (kind, page, entries) in lists {
        for item in entries {
            let entry = Entry {
                kind,
                name: &item.name,
                description: &item.description,
                url: format!("{page}#{}", item.id),
                ..Entry::default()
            };
            index.add(&entry, &item.versions);
        }
    }
    for (title, page) in super::GUIDES {
        let entry = Entry {
            kind: "page",
            name: title,
            url: page.to_owned(),
            ..Entry::default()
        };
        index.add(&entry, &Versions::default());
    }
}

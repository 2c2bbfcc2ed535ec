//! Emits search.js: releases, pages and the search index. `templates/ranking.js` searches in it.

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
    /// The HTTP method and path of a method.
    context: &'a str,
    description: &'a str,
    /// Other words by which people search for it.
    words: &'a [String],
    /// The URL, relative to the root of the site.
    url: String,
    /// The kind of the items below it: parameters, fields, values.
    below: &'a str,
    members: Vec<Json>,
}

/// The kinds of entries.
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

/// The first version of what only servers other than Mastodon have.
const OTHER_SERVERS: i64 = -2;

fn number(number: usize) -> Json {
    Json::from(u32::try_from(number).unwrap_or(u32::MAX))
}

fn kind(name: &str) -> Json {
    number(
        KINDS
            .iter()
            .position(|kind| *kind == name)
            .unwrap_or_default(),
    )
}

/// Several words in one string.
fn joined(words: &[String]) -> Json {
    words.join("|").into()
}

/// A list without what is empty at its end, which keeps the file small.
fn trimmed(mut values: Vec<Json>) -> Json {
    let is_empty = |value: &Json| match value {
        Json::Scalar(scalar) => scalar.as_str() == Some("") || scalar.as_i64() == Some(-1),
        Json::List(items) => items.is_empty(),
        _ => false,
    };
    while values.last().is_some_and(is_empty) {
        values.pop();
    }
    values.into()
}

/// The three versions, -1 for none.
fn indexes(versions: &Versions, is_of_other_servers: bool) -> [Json; 3] {
    let [since, deprecated, removed] = versions.indexes();
    let index = |at: Option<usize>| at.map_or(Json::from(-1_i64), number);
    let since = if is_of_other_servers {
        OTHER_SERVERS.into()
    } else {
        index(since)
    };
    [since, index(deprecated), index(removed)]
}

impl Index {
    /// Adds an entry as an array: kind, name, page, anchor, context, description, words, versions, kind of the members,
    /// members.
    fn add(&mut self, entry: Entry<'_>, versions: &Versions) {
        let (page, anchor) = entry.url.split_once('#').unwrap_or((&entry.url, ""));
        let (page, _) = self.pages.insert_full(page.to_owned());
        // Most anchors are the name.
        let anchor = if anchor == entry.name {
            0_u32.into()
        } else {
            anchor.into()
        };
        let mut values: Vec<Json> = vec![
            kind(entry.kind),
            entry.name.into(),
            number(page),
            anchor,
            entry.context.into(),
            entry.description.into(),
            joined(entry.words),
        ];
        let is_other = self.is_of_other_servers || versions.is_only_on_others();
        values.extend(indexes(versions, is_other));
        if !entry.members.is_empty() {
            values.push(kind(entry.below));
            values.push(entry.members.into());
        }
        self.entries.push(trimmed(values));
    }

    /// A member of an entry: its path, or an array of path, description, words and versions.
    fn member(path: &str, description: &str, words: &[String], versions: &Versions) -> Json {
        let mut values: Vec<Json> = vec![path.into(), description.into(), joined(words)];
        values.extend(indexes(versions, versions.is_only_on_others()));
        match trimmed(values) {
            Json::List(mut only) if only.len() == 1 => only.remove(0),
            values => values,
        }
    }

    /// Parameters or fields, with those inside them.
    fn members<'m>(members: impl IntoIterator<Item = &'m Member>) -> Vec<Json> {
        let mut all = Vec::new();
        Self::add_members("", members, &mut all);
        all
    }

    fn add_members<'m>(
        above: &str,
        members: impl IntoIterator<Item = &'m Member>,
        all: &mut Vec<Json>,
    ) {
        for member in members {
            let path = format!("{above}{}", member.name);
            all.push(Self::member(&path, "", &member.words, &member.versions));
            Self::add_members(&format!("{path}."), &member.members, all);
        }
    }

    fn resources(&mut self, pages: &Pages) {
        for (page, resource) in &pages.resources {
            self.is_of_other_servers = resource.is_of_other_servers;
            let entry = Entry {
                kind: "page",
                name: &resource.title,
                url: page.clone(),
                ..Entry::default()
            };
            self.add(entry, &Versions::default());
            for method in &resource.methods {
                let entry = Entry {
                    kind: "method",
                    name: &method.name,
                    context: &format!("{} {}", method.http_method, method.path),
                    description: &method.description,
                    words: &method.words,
                    url: format!("{page}#{}", method.id),
                    below: "parameter",
                    members: Self::members(method.params.iter().flat_map(|params| &params.members)),
                };
                self.add(entry, &method.versions);
            }
            for group in &resource.inputs {
                let entry = Entry {
                    kind: "group",
                    name: &group.name,
                    description: &group.description,
                    words: &group.words,
                    url: format!("{page}#{}", group.id),
                    below: "parameter",
                    members: Self::members(&group.members),
                    ..Entry::default()
                };
                self.add(entry, &Versions::default());
            }
        }
    }

    fn entities(&mut self, pages: &Pages) {
        for (page, entity) in &pages.entities {
            self.is_of_other_servers = entity.is_of_other_servers;
            let entry = Entry {
                kind: "entity",
                name: &entity.name,
                description: &entity.about,
                words: &entity.words,
                url: page.clone(),
                below: "field",
                members: Self::members(&entity.fields),
                ..Entry::default()
            };
            self.add(entry, &entity.versions);
            for values in &entity.enums {
                let members = values.values.iter();
                let members = members.map(|value| {
                    Self::member(
                        &value.name,
                        &value.description,
                        &value.words,
                        &value.versions,
                    )
                });
                let entry = Entry {
                    kind: "enumeration",
                    name: &values.name,
                    description: &values.about,
                    words: &values.words,
                    url: format!("{page}#{}", values.id),
                    below: "value",
                    members: members.collect(),
                    ..Entry::default()
                };
                self.add(entry, &Versions::default());
            }
        }
    }

    /// The entries of the pages about the whole API.
    fn api(&mut self, pages: &Pages) {
        use super::urls::{ERRORS, PAGING, SCOPES, STREAMS};
        self.is_of_other_servers = false;
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
                self.add(entry, &item.versions);
            }
        }
        for (title, page) in super::GUIDES {
            let entry = Entry {
                kind: "page",
                name: title,
                url: page.to_owned(),
                ..Entry::default()
            };
            self.add(entry, &Versions::default());
        }
    }
}

/// The content of search.js.
pub(super) fn script(pages: &Pages) -> Result<String, String> {
    let mut index = Index::default();
    index.resources(pages);
    index.entities(pages);
    index.api(pages);
    let releases = pages.releases.iter().map(String::as_str);
    let groups = pages.navigation();
    let navigation = groups.iter().map(|group| {
        let links = group.links.iter();
        let links = links.map(|(title, page)| {
            let (page, _) = index.pages.insert_full(page.clone());
            Json::List(vec![title.into(), number(page)])
        });
        let links: Json = links.collect();
        let is_other = u32::from(group.is_of_other_servers);
        Json::List(vec![group.title.into(), links, is_other.into()])
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

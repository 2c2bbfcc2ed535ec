//! What the page's program knows: releases, pages, and everything that can be searched for.

use indexmap::IndexSet;

use super::Pages;
use super::parts::{Life, Member};
use mastodon_spec::json::{Json, Object};

/// Collects what can be found.
#[derive(Default)]
struct Index {
    pages: IndexSet<String>,
    entries: Vec<Json>,
}

/// What is known of a thing that can be found.
#[derive(Default)]
struct Found<'a> {
    kind: &'a str,
    name: &'a str,
    /// What it belongs to, or its path.
    context: &'a str,
    does: &'a str,
    /// From the root of the site.
    place: String,
}

/// The kinds of things, in the order in which the best matches are shown.
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

impl Index {
    /// An entry is a list to keep the file small; it ends with what it has of the three versions.
    fn add(&mut self, found: &Found<'_>, life: &Life) {
        let (page, anchor) = found.place.split_once('#').unwrap_or((&found.place, ""));
        let (page, _) = self.pages.insert_full(page.to_owned());
        let kind = KINDS
            .iter()
            .position(|kind| *kind == found.kind)
            .unwrap_or(0);
        let number = |number: usize| Json::from(u32::try_from(number).unwrap_or(u32::MAX));
        let mut entry: Vec<Json> = vec![
            number(kind),
            found.name.into(),
            number(page),
            // Most anchors follow from the names: their own, or with that of their owner.
            match anchor {
                own if own == found.name => 0_u32.into(),
                own if own
                    .strip_suffix(found.name)
                    .and_then(|rest| rest.strip_suffix('.'))
                    == Some(found.context) =>
                {
                    1_u32.into()
                }
                own => own.into(),
            },
            found.context.into(),
            found.does.into(),
        ];
        let versions = life.indexes();
        let last = versions
            .iter()
            .rposition(Option::is_some)
            .map_or(0, |at| at + 1);
        entry.extend(
            versions[..last]
                .iter()
                .map(|at| at.map_or(Json::from(-1_i64), number)),
        );
        self.entries.push(entry.into());
    }

    fn members(&mut self, kind: &str, page: &str, owner: &str, members: &[Member]) {
        for member in members {
            let found = Found {
                kind,
                name: &member.name,
                context: owner,
                does: "",
                place: format!("{page}#{}", member.id),
            };
            self.add(&found, &member.life);
            let owner = format!("{owner}.{}", member.name);
            self.members(kind, page, &owner, &member.members);
        }
    }
}

/// The file with all of it.
pub(super) fn script(pages: &Pages<'_>) -> Result<String, String> {
    let mut index = Index::default();
    for (page, resource) in &pages.resources {
        let found = Found {
            kind: "page",
            name: &resource.title,
            place: page.clone(),
            ..Found::default()
        };
        index.add(&found, &Life::default());
        for method in &resource.methods {
            let context = format!("{} {}", method.verb, method.path);
            let found = Found {
                kind: "method",
                name: &method.name,
                context: &context,
                does: &method.does,
                place: format!("{page}#{}", method.id),
            };
            index.add(&found, &method.life);
            for params in &method.params {
                index.members("parameter", page, &method.name, &params.members);
            }
        }
        for group in &resource.inputs {
            let found = Found {
                kind: "group",
                name: &group.name,
                does: &group.does,
                place: format!("{page}#{}", group.id),
                ..Found::default()
            };
            index.add(&found, &Life::default());
            index.members("parameter", page, &group.name, &group.members);
        }
    }
    for (page, entity) in &pages.entities {
        let found = Found {
            kind: "entity",
            name: &entity.name,
            does: &entity.about,
            place: page.clone(),
            ..Found::default()
        };
        index.add(&found, &entity.life);
        index.members("field", page, &entity.name, &entity.fields);
        for values in &entity.enums {
            let found = Found {
                kind: "enumeration",
                name: &values.name,
                does: &values.about,
                place: format!("{page}#{}", values.id),
                ..Found::default()
            };
            index.add(&found, &Life::default());
            for value in &values.values {
                let found = Found {
                    kind: "value",
                    name: &value.name,
                    context: &values.name,
                    does: &value.does,
                    place: format!("{page}#{}", value.id),
                };
                index.add(&found, &value.life);
            }
        }
    }
    whole(&mut index, pages);
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
    let lines = |json: &Json| serde_json::to_string(json).map_err(|error| error.to_string());
    // An entry a line: a change of the specification is a small change here.
    let entries: Result<Vec<String>, String> = index.entries.iter().map(lines).collect();
    let document = lines(&document.into())?;
    let entries = entries?.join(",\n");
    Ok(format!(
        "window.SITE = {};\nSITE.entries = [\n{}\n];\n",
        inert(&document),
        inert(&entries)
    ))
}

/// JSON that ends no script and no line, wherever it is put.
fn inert(json: &str) -> String {
    json.replace('<', "\\u003c")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

/// What holds for the whole API.
fn whole(index: &mut Index, pages: &Pages<'_>) {
    use super::places::{ERRORS, PAGING, SCOPES, STREAMS};
    let whole = &pages.whole;
    let lists = [
        ("scope", SCOPES, &whole.scopes),
        ("stream", STREAMS, &whole.streams),
        ("event", STREAMS, &whole.events),
        ("header", PAGING, &whole.headers),
        ("error", ERRORS, &whole.shapes),
    ];
    for (kind, page, entries) in lists {
        for entry in entries {
            let found = Found {
                kind,
                name: &entry.name,
                does: &entry.does,
                place: format!("{page}#{}", entry.id),
                ..Found::default()
            };
            index.add(&found, &entry.life);
        }
    }
    for (title, page) in super::GUIDES {
        let found = Found {
            kind: "page",
            name: title,
            place: page.to_owned(),
            ..Found::default()
        };
        index.add(&found, &Life::default());
    }
}

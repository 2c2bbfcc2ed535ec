//! The website of the API reference.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use mastodon_spec::Outputs;
use mastodon_spec::history::{self, Span};
use mastodon_spec::load;
use mastodon_spec::model::Model;
use mastodon_spec::reference::{RUSTDOC, SITE as PUBLISHED, resource_page};
use mastodon_spec::yaml::{Field, Map, Returns, Spec};
use scraper::{ElementRef, Html, Node, Selector};

use crate::{NOTE, NOTES, changed, codegen, root, small, spec, write};

/// Maximum size of the site and of a page in bytes.
const MAX_BYTES: usize = 4_000_000;
const MAX_PAGE_BYTES: usize = 200_000;

/// What pages link to outside of the site.
const EXTERNAL: [&str; 3] = [
    "https://docs.joinmastodon.org/",
    RUSTDOC,
    "https://github.com/mastodon-sdk/mastodon-sdk",
];

static SPEC: LazyLock<Spec> =
    LazyLock::new(|| spec(load::files(&root().join("spec")).expect("the folder can be read")));
static SITE: LazyLock<Outputs> = LazyLock::new(|| site(&SPEC));
static PAGES: LazyLock<BTreeMap<String, Page>> = LazyLock::new(|| parsed(&SITE));

/// The tested parts of a page.
struct Page {
    ids: BTreeSet<String>,
    links: Vec<String>,
    /// Resources that a browser loads.
    fetched: Vec<String>,
    text: String,
    html_errors: Vec<String>,
    duplicate_ids: Vec<String>,
}

fn site(spec: &Spec) -> Outputs {
    mastodon_site::site(&Model::new(spec)).expect("the templates use only defined values")
}

fn parsed(site: &Outputs) -> BTreeMap<String, Page> {
    let pages = site
        .iter()
        .filter(|(path, _)| path.extension().is_some_and(|own| own == "html"));
    pages.map(|(path, text)| (name(path), page(text))).collect()
}

fn name(path: &Path) -> String {
    path.to_str().expect("names are UTF-8").replace('\\', "/")
}

fn select(selector: &str) -> Selector {
    Selector::parse(selector).expect("a selector")
}

fn page(text: &str) -> Page {
    let document = Html::parse_document(text);
    let all = |selector: &str, attribute: &str| -> Vec<String> {
        let selector = select(selector);
        let found = document.select(&selector);
        found
            .map(|own| own.value().attr(attribute).unwrap_or_default().to_owned())
            .collect()
    };
    let (mut ids, mut duplicate_ids) = (BTreeSet::new(), Vec::new());
    for id in all("[id]", "id") {
        if !ids.insert(id.clone()) {
            duplicate_ids.push(id);
        }
    }
    Page {
        links: all("a[href]", "href"),
        fetched: [all("[src]", "src"), all("link[href]", "href")].concat(),
        text: words(document.root_element()),
        html_errors: document.errors.iter().map(ToString::to_string).collect(),
        ids,
        duplicate_ids,
    }
}

/// The text of an element, with single spaces, also between blocks.
fn words(element: ElementRef<'_>) -> String {
    let mut text = String::new();
    for node in element.descendants() {
        match node.value() {
            Node::Text(own) => text.push_str(own),
            Node::Element(own)
                if !["a", "b", "code", "i", "em", "span", "var", "wbr", "small"]
                    .contains(&own.name()) =>
            {
                text.push(' ');
            }
            _ => {}
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The file and the anchor of a link.
fn target(from: &str, link: &str) -> (String, String) {
    let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
    if file.is_empty() {
        return (from.to_owned(), anchor.to_owned());
    }
    let mut folder: Vec<&str> = from.split('/').collect();
    folder.pop();
    for part in file.split('/') {
        if part == ".." {
            folder.pop();
        } else {
            folder.push(part);
        }
    }
    (folder.join("/"), anchor.to_owned())
}

fn anchor(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_.-:".contains(c);
    name.chars()
        .map(|c| if plain(c) { c } else { '-' })
        .collect()
}

#[track_caller]
fn has(page: &str, id: &str) {
    let own = PAGES
        .get(page)
        .unwrap_or_else(|| panic!("there is no {page}"));
    assert!(own.ids.contains(&anchor(id)), "{page} has no anchor {id}");
}

#[test]
fn every_method_and_parameter_has_an_anchor() {
    for (file, methods) in &SPEC.methods {
        let page = format!("methods/{}.html", file.replace('/', "_"));
        for (name, method) in &methods.methods {
            has(&page, name);
            for param in method.params.keys() {
                has(&page, &format!("{name}.{param}"));
            }
            let text = &PAGES[&page].text;
            let http = method.http.as_ref().expect("the checks require it");
            assert!(text.contains(&http.path), "{page} lacks the path of {name}");
        }
        for (name, input) in &methods.inputs {
            for param in input.params.keys() {
                has(&page, &format!("{}.{param}", name.replace("::", "")));
            }
        }
    }
}

#[test]
fn every_entity_field_value_and_id_has_an_anchor() {
    fn fields(page: &str, path: &str, all: &Map<Field>) {
        for (name, field) in all {
            let path = format!("{path}{name}");
            has(page, &path);
            fields(page, &format!("{path}."), &field.fields);
        }
    }
    for file in SPEC.entities.values() {
        let page_of = |name: &str| format!("entities/{}.html", name.replace("::", ""));
        for (name, entity) in &file.entities {
            fields(&page_of(name), "", &entity.fields);
        }
        let is_on_a_page = |id: &str| {
            let mut pages = file.entities.keys().map(|name| page_of(name));
            let id = anchor(id);
            pages.any(|page| PAGES[&page].ids.contains(&id))
        };
        for (name, known) in &file.enums {
            for value in known.values.keys() {
                let id = format!("{}.{value}", name.replace("::", ""));
                assert!(is_on_a_page(&id), "no anchor for {name}::{value}");
            }
        }
        for name in file.ids.keys() {
            assert!(
                is_on_a_page(&name.replace("::", "")),
                "no anchor for {name}"
            );
        }
    }
}

#[test]
fn every_internal_link_resolves() {
    let mut count = 0;
    for (from, page) in PAGES.iter() {
        for link in page.links.iter().chain(&page.fetched) {
            if EXTERNAL.iter().any(|root| link.starts_with(root)) {
                continue;
            }
            let (file, anchor) = target(from, link);
            assert!(
                SITE.contains_key(Path::new(&file)),
                "{from} links to {link}, which does not exist"
            );
            if !anchor.is_empty() {
                let ids = &PAGES[&file].ids;
                assert!(
                    ids.contains(&anchor),
                    "{from} links to {link}, which does not exist"
                );
            }
            count += 1;
        }
    }
    assert!(count > 5_000, "only {count} links");
}

#[test]
fn no_external_resources_are_loaded() {
    for (name, page) in PAGES.iter() {
        for url in &page.fetched {
            assert!(
                !url.contains(':') && !url.starts_with("//"),
                "{name}: {url}"
            );
        }
    }
    let css = &SITE[Path::new("site.css")];
    assert!(
        !css.contains("url(") && !css.contains("@import"),
        "the style sheet loads a resource"
    );
    let script = &SITE[Path::new("site.js")];
    for word in [
        "http:",
        "https:",
        "fetch(",
        "import ",
        "import(",
        "XMLHttpRequest",
        "innerHTML",
    ] {
        assert!(!script.contains(word), "the script contains `{word}`");
    }
}

#[test]
fn site_size_is_bounded() {
    let bytes: usize = SITE.values().map(String::len).sum();
    assert!(bytes < MAX_BYTES, "{bytes} bytes");
    for (path, text) in SITE.iter() {
        let is_page = path.extension().is_some_and(|own| own == "html");
        let (path, bytes) = (path.display(), text.len());
        assert!(!is_page || bytes < MAX_PAGE_BYTES, "{path}: {bytes} bytes");
    }
}

#[test]
fn site_is_deterministic() {
    assert!(site(&SPEC) == *SITE);
}

#[test]
fn pages_are_valid_html_with_unique_ids() {
    assert!(!page("<!doctype html><p></i>").html_errors.is_empty());
    for (name, page) in PAGES.iter() {
        assert_eq!(page.html_errors, Vec::<String>::new(), "{name}");
        assert_eq!(page.duplicate_ids, Vec::<String>::new(), "{name}");
    }
}

#[test]
fn shorter_html_has_the_same_content() {
    let readable = mastodon_site::readable(&Model::new(&SPEC)).expect("the templates are valid");
    for (path, text) in &readable {
        if path.extension().is_some_and(|own| own == "html") {
            let short = &SITE[path];
            assert!(short.len() < text.len());
            assert_eq!(outline(short), outline(text), "{}", path.display());
        }
    }
}

/// The elements with their depth and attributes, and the texts without white space outside of `pre`.
fn outline(page: &str) -> Vec<String> {
    let document = Html::parse_document(page);
    let mut all = Vec::new();
    for node in document.root_element().descendants() {
        let depth = node.ancestors().count();
        let in_pre = node.ancestors().any(|own| {
            own.value()
                .as_element()
                .is_some_and(|own| own.name() == "pre")
        });
        match node.value() {
            Node::Element(own) => {
                let attributes: BTreeSet<_> = own.attrs().collect();
                all.push(format!("{depth} {} {attributes:?}", own.name()));
            }
            Node::Text(own) if in_pre => all.push(format!("{depth} {:?}", &own[..])),
            Node::Text(own) if !own.trim().is_empty() => {
                all.push(format!("{depth} {:?}", own.trim()));
            }
            _ => {}
        }
    }
    all
}

#[test]
fn no_two_files_differ_only_in_case() {
    let names: BTreeSet<String> = SITE.keys().map(|path| name(path).to_lowercase()).collect();
    assert_eq!(names.len(), SITE.len());
}

#[test]
fn every_change_of_every_version_is_listed_and_linked() {
    let releases = history::history(&Model::new(&SPEC), &Span::default());
    let text = &SITE[Path::new("versions.html")];
    let document = Html::parse_document(text);
    let of_release = select(".release");
    for release in &releases {
        let id = format!("v{}", release.version);
        let section = document
            .select(&of_release)
            .find(|section| section.value().attr("id") == Some(&id))
            .unwrap_or_else(|| panic!("{id} is missing"));
        let lists = [
            ("added", &release.added),
            ("deprecated", &release.deprecated),
            ("removed", &release.removed),
        ];
        for (kind, items) in lists {
            let linked = select(&format!(".items.{kind} > li > a[href]"));
            let links = section.select(&linked);
            let linked_names: Vec<String> = links.map(|link| link.text().collect()).collect();
            let names: Vec<&str> = items.iter().map(|item| item.name.as_str()).collect();
            assert_eq!(linked_names, names, "{kind} in {}", release.version);
        }
    }
}

#[test]
fn text_of_the_specification_is_escaped() {
    let hostile = "<img src=x onerror=alert(1)> & \\\"quoted\\\" `<b>` </script>.";
    let files = changed(&[
        (
            NOTES,
            "summary: Fetches a note.",
            &format!("summary: \"{hostile}\""),
        ),
        (
            NOTES,
            "description: Short texts.",
            &format!("description: \"{hostile}\""),
        ),
        (
            NOTE,
            "description: A short text.",
            &format!("description: \"{hostile}\""),
        ),
        (
            NOTE,
            "description: When it was posted.",
            &format!("description: \"{hostile}\""),
        ),
        (
            NOTE,
            "description: Not calmly.",
            &format!("description: \"{hostile}\""),
        ),
    ]);
    let site = site(&spec(files));
    for (name, page) in parsed(&site) {
        assert_eq!(page.html_errors, Vec::<String>::new(), "{name}");
        assert!(!site[Path::new(&name)].contains("<img"), "{name}");
    }
    let text = &parsed(&site)["methods/notes.html"].text;
    assert!(
        text.contains("<img src=x onerror=alert(1)> & \"quoted\" <b> </script>."),
        "{text}"
    );
    let index = &site[Path::new("search.js")];
    assert!(!index.contains('<'), "the index can end a script");
}

#[test]
fn page_contains_all_facts_of_a_method() {
    let site = site(&spec(changed(&[])));
    let page = &parsed(&site)["methods/notes.html"];
    for expected in [
        // Other paths and the documented path.
        "Documented as POST /api/v1/note",
        "POST /api/v1_alpha/notes since 2.6.0 deprecated 2.6.0",
        // Parameters.
        "text string required unless a file is given The text.",
        "default calm",
        "60 to 3600",
        "at most 4 items",
        "nullable",
        "in forms fields[0]",
        "sent as an integer",
        "in Rust idempotency_key",
        // Responses, limits, paging, retries.
        "202 The note is being processed.",
        "Body: NoteError.",
        "statuses: 300 in 3 hours per user.",
        "User token with the scope write:statuses or follow.",
        "Documented but not supported: min_id",
        "Missing in the Link header: any.",
        "By offset; no Link header.",
        "page of Note in NoteList.notes",
        "returns 422 “Seen already”; it was applied if note returns seen.",
        "Use note_post instead. The Deprecation header has the date 2018-10-30.",
        "The streaming server,",
    ] {
        let text = &page.text;
        assert!(
            text.contains(expected),
            "`{expected}` is missing in\n{text}"
        );
    }
}

#[test]
fn calls_are_shown_in_rust_and_for_curl() {
    let site = site(&spec(changed(&[])));
    let document = Html::parse_document(&site[Path::new("methods/notes.html")]);
    let calls = |method: &str| -> Vec<String> {
        let selector = select(&format!("#{method} figure:not(.answer) pre"));
        document
            .select(&selector)
            .map(|pre| pre.text().collect())
            .collect()
    };
    assert_eq!(
        calls("note_post"),
        [
            "let posted_note = mastodon\n    .note_post(\"We are looking into it.\")\n    .mood(Mood::VeryCross)\n    .file(\"cat.png\")\n    .await?;",
            "curl https://mastodon.example/api/v1/notes \\\n  -H \"Authorization: Bearer $TOKEN\" \\\n  -F 'text=We are looking into it.' \\\n  -F mood=very.cross \\\n  -F file=@cat.png",
        ]
    );
    assert_eq!(
        calls("note_delete"),
        [
            "mastodon.note_delete(\"23972\").await?;",
            "curl -X DELETE \\\n  https://mastodon.example/api/v1/notes/23972 \\\n  -H \"Authorization: Bearer $TOKEN\"",
        ]
    );
    assert_eq!(
        calls("notes_by_tag")[1],
        "curl -G \\\n  https://mastodon.example/api/v1/tags/rust/notes \\\n  -H \"Authorization: Bearer $TOKEN\" \\\n  -d 'ids[]=23972' \\\n  -d 'any[]=rustlang' \\\n  -d limit=40"
    );
    assert_eq!(
        calls("stream_open"),
        [
            "curl -N \\\n  wss://streaming.mastodon.example/api/v1/streaming \\\n  -H \"Authorization: Bearer $TOKEN\""
        ],
        "the method has no Rust example"
    );
}

/// The texts of the example responses of a method.
fn answers(document: &Html, method: &str) -> Vec<String> {
    let selector = select(&format!("[id=\"{method}\"] .answer pre"));
    let pres = document.select(&selector);
    pres.map(|pre| pre.text().collect()).collect()
}

#[test]
fn responses_have_the_status_the_headers_and_the_body() {
    let site = site(&spec(changed(&[])));
    let document = Html::parse_document(&site[Path::new("methods/notes.html")]);
    assert_eq!(
        answers(&document, "note"),
        [
            "HTTP/1.1 200 OK\n\n{\n  \"id\": \"23972\",\n  \"text\": \"<p>Hello, world!</p>\",\n  \"mood\": \"calm\",\n  \"type\": \"text\",\n  \"likes\": \"7\",\n  \"posted_at\": \"2026-01-31T12:00:00.000Z\",\n  \"seen\": false,\n  \"tags\": [\"text\"],\n  \"counts\": { \"en\": 7 },\n  \"reply_to\": { Note },\n  \"place\": { \"@1x\": \"https://mastodon.example/\" }\n}",
            "HTTP/1.1 404 Not Found\n\n{ \"error\": \"Record not found\" }"
        ]
    );
}

#[test]
fn every_request_has_a_response_that_is_valid_json() {
    for (file, methods) in &SPEC.methods {
        let page = resource_page(file);
        let document = Html::parse_document(&SITE[Path::new(&page)]);
        for (name, method) in &methods.methods {
            let answers = answers(&document, name);
            let is_shown = !matches!(
                method.returns,
                Some(Returns::WebPage | Returns::Stream(Some(_)))
            );
            let expected = usize::from(is_shown) + usize::from(!method.errors.is_empty());
            assert_eq!(answers.len(), expected, "{name}");
            let is_json = matches!(
                method.returns,
                Some(Returns::Value(_) | Returns::Page { .. } | Returns::Nothing)
            );
            for (number, answer) in answers.iter().enumerate() {
                let status = if number == 0 && is_shown {
                    "HTTP/1.1 2"
                } else {
                    "HTTP/1.1 "
                };
                assert!(answer.starts_with(status), "{name}: {answer}");
                if number == 0 && is_shown && !is_json {
                    continue;
                }
                let (_, body) = answer.split_once("\n\n").expect("a body");
                assert!(is_json_with_entities(body), "{name}: {body}");
            }
        }
    }
}

/// Whether a text is JSON in which `{ Name }` stands for an entity, and `… all fields of Name` for its fields.
fn is_json_with_entities(text: &str) -> bool {
    let mut json = String::new();
    for line in text.lines() {
        let rest = line.trim_start().strip_prefix("… all fields of ");
        json.push_str(if rest.is_some() { "\"rest\": 1" } else { line });
    }
    let is_name = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == ':');
    let pieces = json.split("{ ").map(|piece| match piece.split_once(" }") {
        Some((name, rest)) if is_name(name) => format!("}}{rest}"),
        _ => format!(" {piece}"),
    });
    let json = pieces.collect::<Vec<_>>().join("{");
    serde_json::from_str::<serde_json::Value>(&json).is_ok()
}

#[test]
fn pages_of_lists_have_a_link_header() {
    let document = Html::parse_document(&SITE[Path::new("methods/timelines.html")]);
    let home = &answers(&document, "timeline_home")[0];
    assert!(
        home.starts_with("HTTP/1.1 200 OK\nLink: <https://mastodon.example/api/v1/timelines/home?limit=40&max_id=115989597388812345>; rel=\"next\", <https://mastodon.example/api/v1/timelines/home?limit=40&min_id=115989597388812345>; rel=\"prev\"\nMastodon-Async-Refresh: id=\"4815\", retry=5, result_count=2\n\n["),
        "{home}"
    );
}

#[test]
fn a_response_contains_what_the_call_has_changed() {
    let document = Html::parse_document(&SITE[Path::new("methods/statuses.html")]);
    let shown = |method: &str, line: &str| {
        let answer = answers(&document, method).swap_remove(0);
        assert!(answer.contains(line), "{method}: {answer}");
    };
    shown("status_favourite", "\"id\": \"23972\"");
    shown("status_favourite", "\"favourited\": true");
    shown("status_unfavourite", "\"favourited\": false");
    shown("status_post", "\"visibility\": \"unlisted\"");
    shown("status_reblog", "\"reblog\": { Status }");
    let boost = answers(&document, "status_reblog").swap_remove(0);
    assert!(!boost.contains("23972"), "a boost has its own ID: {boost}");
}

#[test]
fn methods_entities_and_enumerations_link_to_docs_rs() {
    let links = |page: &str, target: &str| {
        let links = &PAGES[page].links;
        let url = format!("{RUSTDOC}{target}");
        assert!(links.contains(&url), "{page} has no link to {url}");
    };
    for (file, methods) in &SPEC.methods {
        for (name, method) in &methods.methods {
            // Web pages and WebSockets are not requested by a method.
            if !matches!(
                method.returns,
                Some(Returns::WebPage | Returns::Stream(Some(_)))
            ) {
                links(
                    &resource_page(file),
                    &format!("struct.Mastodon.html#method.{name}"),
                );
            }
        }
    }
    links("entities/Status.html", "entities/struct.Status.html");
    links("entities/Status.html", "entities/enum.Visibility.html");
    links("entities/Status.html", "entities/struct.StatusId.html");
    links(
        "entities/AdminAccount.html",
        "entities/struct.AdminAccount.html",
    );
    links(
        "entities/PostedStatus.html",
        "entities/enum.PostedStatus.html",
    );
    links("methods/statuses.html", "methods/struct.NewPoll.html");
}

#[test]
fn rustdoc_links_to_existing_pages_of_the_site() {
    let mut links = BTreeSet::new();
    for folder in ["generated/methods", "types/generated/entities"] {
        for entry in walk(&root().join(folder)) {
            let text = fs::read_to_string(&entry).unwrap();
            let start = format!("<{PUBLISHED}");
            let found = text.split(&start).skip(1);
            links.extend(found.filter_map(|rest| Some(rest.split_once('>')?.0.to_owned())));
        }
    }
    for link in &links {
        let (page, anchor) = link.split_once('#').unwrap_or((link, ""));
        let known = PAGES
            .get(page)
            .unwrap_or_else(|| panic!("there is no {page}"));
        assert!(
            anchor.is_empty() || known.ids.contains(anchor),
            "there is no {link}"
        );
    }
    for expected in ["methods/statuses.html#status_post", "entities/Status.html"] {
        assert!(links.contains(expected), "no link to {expected}");
    }
}

/// The files in a folder.
fn walk(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let entries = entries.flat_map(|path| {
        if path.is_dir() {
            walk(&path)
        } else {
            vec![path]
        }
    });
    entries.collect()
}

#[test]
fn code_of_the_page_getting_started_is_that_of_the_documentation() {
    let sources = [
        "README.md",
        "docs/guide/first_post.md",
        "docs/guide/logging_in.md",
        "docs/guide/streaming_events.md",
    ];
    let sources = sources.map(|path| fs::read_to_string(root().join(path)).unwrap());
    let lines: BTreeSet<&str> = sources.iter().flat_map(|text| text.lines()).collect();
    let document = Html::parse_document(&SITE[Path::new("start.html")]);
    let pre = select("pre");
    let blocks: Vec<String> = document
        .select(&pre)
        .map(|pre| pre.text().collect())
        .collect();
    let all = blocks.join("\n");
    for line in all.lines() {
        assert!(lines.contains(line), "`{line}` is not in the documentation");
    }
    for step in [
        "cargo add mastodon-sdk",
        ".status_post(",
        ".log_in_with_browser(",
        "mastodon.stream_user()",
    ] {
        assert!(all.contains(step), "no example with `{step}`");
    }
}

#[test]
fn items_of_other_servers_have_badges_with_name_and_version() {
    let document = Html::parse_document(&SITE[Path::new("entities/Status.html")]);
    let badges = |id: &str| -> Vec<String> {
        let selector = select(&format!("[id=\"{id}\"][data-o] > p:first-child > b.on"));
        document
            .select(&selector)
            .map(|badge| badge.text().collect())
            .collect()
    };
    assert_eq!(
        badges("Visibility.local"),
        ["Pleroma since 2.3.0", "Iceshrimp.NET"]
    );
    assert_eq!(badges("Visibility.public"), [""; 0]);
}

#[test]
fn notes_for_reviewers_are_told_from_those_for_users() {
    let files = changed(&[
        (
            NOTE,
            "description: When it was posted.",
            "description: When it was posted., note: It never changes., review_note: Seen on a server.",
        ),
        (
            NOTES,
            "summary: Lists notes.",
            "summary: Lists notes.\n    note: The newest note is first.",
        ),
    ]);
    let site = site(&spec(files));
    let texts = |page: &str, selector: &str| -> Vec<String> {
        let document = Html::parse_document(&site[Path::new(page)]);
        document.select(&select(selector)).map(words).collect()
    };
    // The note of a field continues its description.
    let field = texts("entities/Note.html", "#posted_at > p:not(.note)");
    assert_eq!(field[1], "When it was posted. It never changes.");
    let note = texts("entities/Note.html", "#posted_at > p.note");
    assert_eq!(note, ["Seen on a server."]);
    let notes = texts("methods/notes.html", "p.hint");
    assert_eq!(notes, ["The newest note is first."]);
    let css = &site[Path::new("site.css")];
    assert!(
        css.contains(".note { display: none;")
            && css.contains(".ui-review .note { display: block; }")
    );
}

#[test]
fn methods_and_entities_of_other_servers_have_their_own_groups() {
    let index = &SITE[Path::new("search.js")];
    let (_, after) = index
        .split_once("\"Methods of other servers\",[")
        .expect("a group");
    let (group, after) = after.split_once("]],").expect("its links");
    assert!(
        group.contains("Pleroma") && after.starts_with('1'),
        "{group}"
    );
    let document = Html::parse_document(&SITE[Path::new("methods.html")]);
    let other = select("section[data-o] code");
    assert!(
        document
            .select(&other)
            .any(|code| words(code) == "/api/v1/pleroma/scrobble")
    );
    let own = select("section:not([data-o]) code");
    assert!(
        document
            .select(&own)
            .all(|code| !words(code).contains("/pleroma/"))
    );
}

#[test]
fn command_writes_the_site_and_deletes_only_its_own_old_pages() {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("spec"), &changed(&[]));
    let out = folder.path().join("out");
    let old = site(&spec(changed(&[])))[Path::new("entities/Note.html")].clone();
    fs::create_dir_all(out.join("entities")).unwrap();
    fs::write(out.join("entities/Gone.html"), old).unwrap();
    fs::write(out.join("entities/mine.html"), "<p>mine</p>").unwrap();
    fs::write(out.join("notes.txt"), "mine").unwrap();

    let (ok, output, message) = codegen(folder.path(), &["site", "--out", out.to_str().unwrap()]);
    assert!(ok, "{message}");
    assert!(
        output.contains("files in") && output.contains("index.html"),
        "{output}"
    );
    let expected = site(&spec(load::files(&small().join("spec")).unwrap()));
    for (path, text) in &expected {
        assert_eq!(
            &fs::read_to_string(out.join(path)).unwrap(),
            text,
            "{}",
            path.display()
        );
    }
    assert!(!out.join("entities/Gone.html").exists());
    assert!(out.join("entities/mine.html").exists());
    assert!(out.join("notes.txt").exists());
}

#[test]
fn command_names_a_folder_that_cannot_be_written() {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("spec"), &changed(&[]));
    let file: PathBuf = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let (ok, _, message) = codegen(folder.path(), &["site", "--out", file.to_str().unwrap()]);
    assert!(!ok);
    assert!(
        message.contains("cannot write") && message.contains("file"),
        "{message}"
    );
}

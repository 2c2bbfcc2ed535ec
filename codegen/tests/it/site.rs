//! The website of the API reference.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use mastodon_spec::Outputs;
use mastodon_spec::history::{self, Span};
use mastodon_spec::load;
use mastodon_spec::model::Model;
use mastodon_spec::yaml::{Field, Map, Spec};
use scraper::{Html, Selector};

use crate::{NOTE, NOTES, changed, codegen, root, small, spec, write};

/// Maximum size of the site in bytes.
const MAX_BYTES: usize = 4_000_000;

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
        text: document.root_element().text().collect(),
        html_errors: document.errors.iter().map(ToString::to_string).collect(),
        ids,
        duplicate_ids,
    }
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
            if link.starts_with("https://docs.joinmastodon.org/") {
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
        "documented as POST /api/v1/note",
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
        let text: Vec<&str> = page.text.split_whitespace().collect();
        assert!(
            text.join(" ").contains(expected),
            "`{expected}` is missing in\n{}",
            text.join(" ")
        );
    }
}

#[test]
fn calls_are_shown_in_rust_and_for_curl() {
    let site = site(&spec(changed(&[])));
    let document = Html::parse_document(&site[Path::new("methods/notes.html")]);
    let calls = |method: &str| -> Vec<String> {
        let selector = select(&format!("#{method} pre"));
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

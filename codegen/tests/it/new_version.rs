//! A made-up Mastodon 4.9, from pages of its documentation to all generated files: nothing is written by hand outside of
//! the specification.
//!
//! `.ci/new-version` compiles and tests the result. It sets `MASTODON_NEW_VERSION` to the folder for the specification.

mod page;

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use mastodon_spec::load::{self, Files};

use crate::{codegen, root, write};

/// Pages of the documentation of the made-up version: all that it adds, and little of what was there before.
fn documentation() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/new_version/documentation")
}

/// What a person writes for the placeholders of the draft: the file, the key of the line, its text, the new text.
const ANSWERS: &[(&str, &str, &str, &str)] = &[
    ("methods/stickers.yaml", "title", "\"?\"", "Stickers"),
    (
        "methods/stickers.yaml",
        "description",
        "\"?\"",
        "Images that users attach to statuses.",
    ),
    (
        "methods/stickers.yaml",
        "summary",
        "\"?\"",
        "Returns the stickers of the user, newest first.",
    ),
    (
        "methods/stickers.yaml",
        "summary",
        "\"?\"",
        "Creates a sticker from an image.",
    ),
    (
        "methods/stickers.yaml",
        "stickers_create",
        "stickers_create",
        "sticker_create",
    ),
    ("methods/stickers.yaml", "file", "type: \"?\"", "type: file"),
    (
        "methods/stickers.yaml",
        "file",
        "description: \"?\"",
        "description: Image of the sticker.",
    ),
    (
        "methods/stickers.yaml",
        "title",
        "description: \"?\"",
        "description: Title of the sticker.",
    ),
    (
        "methods/stickers.yaml",
        "paging",
        "20 to 40",
        "20 to 40, cursor: id",
    ),
    ("entities/sticker.yaml", "title", "\"?\"", "Sticker"),
    (
        "entities/sticker.yaml",
        "description",
        "\"?\"",
        "Stickers of users.",
    ),
    (
        "entities/sticker.yaml",
        "description",
        "\"?\"",
        "Image that a user can attach to a status.",
    ),
    (
        "entities/sticker.yaml",
        "StickerId",
        "\"?\"",
        "ID of a sticker.",
    ),
    (
        "entities/sticker.yaml",
        "id",
        "description: \"?\"",
        "description: ID of the sticker.",
    ),
    (
        "entities/sticker.yaml",
        "title",
        "description: \"?\"",
        "description: Title of the sticker; null if there is none.",
    ),
    ("entities/sticker.yaml", "url", "type: string", "type: url"),
    (
        "entities/sticker.yaml",
        "url",
        "description: \"?\"",
        "description: URL of the image.",
    ),
    (
        "entities/sticker.yaml",
        "animated",
        "description: \"?\"",
        "description: Whether the image is animated.",
    ),
    (
        "entities/sticker.yaml",
        "created_at",
        "description: \"?\"",
        "description: Time of creation.",
    ),
    (
        "entities/status.yaml",
        "sticker",
        "description: \"?\"",
        "description: Attached sticker; null if there is none.",
    ),
    (
        "entities/filter.yaml",
        "dim",
        "since: \"?\"",
        "since: 4.9.0",
    ),
    (
        "entities/filter.yaml",
        "dim",
        "description: \"?\"",
        "description: The status is shown in a lighter color.",
    ),
    (
        "entities/notification.yaml",
        "sticker_use",
        "since: \"?\"",
        "since: 4.9.0",
    ),
    (
        "entities/notification.yaml",
        "sticker_use",
        "description: \"?\"",
        "description: Someone attached a sticker of the authenticated user to a status.",
    ),
    (
        "methods/statuses.yaml",
        "sticker_id",
        "type: string",
        "type: StickerId",
    ),
    (
        "methods/statuses.yaml",
        "sticker_id",
        "description: \"?\"",
        "description: ID of the sticker to attach.",
    ),
    (
        "methods/accounts.yaml",
        "since",
        "since: 3.4.0",
        "since: 3.4.0\n    deprecated: 4.9.0",
    ),
    (
        "methods/accounts.yaml",
        "deprecated",
        "4.9.0",
        "4.9.0\n    replaced_by: account_search",
    ),
    (
        "api.yaml",
        "- { version",
        "4.9.0 }",
        "4.9.0, api_version: 13 }",
    ),
];

/// The list of events of the stream `user`, in which the new event is missing.
const EVENTS: &str = "notifications_merged, emoji_reaction";

/// What the pages do not show, or the draft leaves to a person: the file, the key of a line, and the line before it.
const ADDITIONS: &[(&str, &str, &str)] = &[
    (
        "api.yaml",
        "read:statuses",
        "read:stickers: { since: 4.9.0, description: Grants read access to stickers. }",
    ),
    (
        "api.yaml",
        "push",
        "write:stickers: { since: 4.9.0, description: Grants write access to stickers. }",
    ),
    (
        "api.yaml",
        "emoji_reaction",
        "sticker.create: { payload: Sticker, since: 4.9.0, description: Sent when the user creates a sticker. }",
    ),
];

/// What the draft contains.
const DRAFTED: &[&str] = &[
    "GET /api/v1/stickers",
    "POST /api/v1/stickers",
    "Sticker",
    "Status.sticker",
    "status_post(sticker_id)",
    "FilterAction::dim",
    "NotificationType::sticker_use",
    "release 4.9.0",
];

/// Lines of `diff`.
const CHANGES: &[&str] = &[
    "additive  added       sticker_create: POST /api/v1/stickers",
    "additive  added       stickers: GET /api/v1/stickers",
    "additive  added       status_post(sticker_id): StickerId",
    "additive  added       Status.sticker: Option<Sticker>",
    "additive  added       FilterAction::dim",
    "additive  added       NotificationType::sticker_use",
    "additive  added       sticker.create: Box<Sticker>",
    "additive  deprecated  account_lookup",
];

/// Names in the output of `since`.
const SINCE: &[&str] = &[
    "sticker_create",
    "stickers",
    "status_post(sticker_id)",
    "Sticker",
    "Status.sticker",
    "FilterAction::dim",
    "NotificationType::sticker_use",
    "read:stickers",
    "write:stickers",
    "sticker.create",
    "account_lookup",
];

/// Texts in generated files.
const GENERATED: &[(&str, &[&str])] = &[
    (
        "generated/methods/stickers.rs",
        &["pub fn stickers(&self)", "pub fn sticker_create("],
    ),
    (
        "generated/methods/accounts.rs",
        &["deprecated since Mastodon 4.9.0; use `account_search`"],
    ),
    (
        "generated/streaming.rs",
        &["StickerCreate(Box<Sticker>),", "fn on_sticker_create("],
    ),
    (
        "types/generated/entities/sticker.rs",
        &["pub struct Sticker {", "pub animated: bool,"],
    ),
    (
        "types/generated/entities/status.rs",
        &["pub sticker: Option<Sticker>,"],
    ),
    ("types/generated/samples.rs", &["Sticker = "]),
    (
        "testserver/generated/routes/stickers.rs",
        &["ParamType::File", "sample:Sticker"],
    ),
    (
        "testserver/generated/routes/mod.rs",
        &["name: \"sticker.create\"", "name: \"write:stickers\""],
    ),
    ("conform/generated/decoders.rs", &["Sticker"]),
    (
        "tests/generated/calls.rs",
        &["\"sticker_create\"", "\"stickers\""],
    ),
    (
        "generated/openapi.json",
        &["\"/api/v1/stickers\"", "\"Sticker\""],
    ),
];

/// The value of a line with a key.
fn value<'l>(line: &'l str, key: &str) -> Option<&'l str> {
    line.trim_start().strip_prefix(key)?.strip_prefix(':')
}

/// Whether a value has all words that an answer adds.
fn has_answer(value: &str, from: &str, to: &str) -> bool {
    let mut added = to.split_whitespace().filter(|word| !from.contains(word));
    added.all(|word| value.contains(word.trim_end_matches(',')))
}

/// Replaces the first occurrence of a text in a line with a key, unless the draft has the new text already.
fn answer(text: &mut String, key: &str, from: &str, to: &str) {
    let added = to.lines().skip(1).last().map(str::trim);
    if added.is_some_and(|added| text.contains(added)) {
        return;
    }
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if let Some(value) = value(line, key) {
            if has_answer(value, from, to) {
                return;
            }
            if let Some(at) = line.find(from) {
                text.replace_range(start + at..start + at + from.len(), to);
                return;
            }
        }
        start += line.len();
    }
    panic!("no line `{key}` has `{from}`:\n{text}");
}

/// Inserts a line before the line with a key. Replaces the line instead if the draft has one.
fn insert(text: &mut String, before: &str, line: &str) {
    let (key, _) = line.split_once(": ").expect("the line has a key");
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.retain(|line| value(line, key).is_none());
    let position = lines.iter().position(|line| value(line, before).is_some());
    let position = position.unwrap_or_else(|| panic!("no line `{before}`"));
    let indent = lines[position].len() - lines[position].trim_start().len();
    lines.insert(position, format!("{}{line}", " ".repeat(indent)));
    *text = lines.join("\n") + "\n";
}

/// Runs a command, which must succeed. Returns its output.
fn run(folder: &Path, arguments: &[&str]) -> String {
    let (is_ok, printed, errors) = codegen(folder, arguments);
    assert!(is_ok, "{arguments:?}: {printed}{errors}");
    printed
}

/// The files of the specification under a root.
fn spec_files(folder: &Path) -> Files {
    load::files(&folder.join("spec")).expect("the folder can be read")
}

/// What the commands print, by their arguments as the page of the documentation has them.
type Printed = BTreeMap<&'static str, String>;

/// Runs a command, whatever its exit code. Returns what it prints.
fn output(folder: &Path, arguments: &[&str]) -> String {
    let (_, printed, errors) = codegen(folder, arguments);
    printed + &errors
}

/// Writes the specification of the made-up version into `spec/` of a folder: the draft, completed. Returns the drafted
/// files and what the commands print.
fn draft_and_complete(folder: &Path) -> (Files, Printed) {
    write(&folder.join("spec"), &spec_files(&root()));
    let pages = documentation();
    let pages = pages.to_str().expect("the path is text");
    let mut printed = Printed::new();
    // The pages describe little of what was there before, so there are differences.
    printed.insert(page::DRIFT, output(folder, &["drift", pages]));
    let (_, drafted, errors) = codegen(folder, &["drift", pages, "--draft"]);
    assert_eq!(errors, "");
    printed.insert(page::DRAFT, drafted);
    let (is_complete, problems, summary) = codegen(folder, &["check"]);
    let problems = problems + &summary;
    assert!(
        !is_complete && problems.contains("placeholder `?`"),
        "{problems}"
    );
    printed.insert(page::CHECK, problems);
    let drafted = spec_files(folder);
    let mut files = drafted.clone();
    for (file, key, from, to) in ANSWERS {
        let text = files.get_mut(*file);
        answer(
            text.unwrap_or_else(|| panic!("{file} is not drafted")),
            key,
            from,
            to,
        );
    }
    let api = files.get_mut("api.yaml").expect("it exists");
    if !api.contains("sticker.create,") && !api.contains("sticker.create]") {
        assert_eq!(api.matches(EVENTS).count(), 1, "{api}");
        *api = api.replace(
            EVENTS,
            "notifications_merged, sticker.create, emoji_reaction",
        );
    }
    for (file, key, line) in ADDITIONS {
        insert(
            files.get_mut(*file).expect("a file of the specification"),
            key,
            line,
        );
    }
    write(&folder.join("spec"), &files);
    run(folder, &["check"]);
    printed.insert(page::FMT, run(folder, &["fmt"]));
    (drafted, printed)
}

/// The names that `since` prints, which are the last words of the lines with three columns.
fn names(printed: &str) -> Vec<&str> {
    let rows = printed.lines().filter(|line| line.starts_with("  "));
    rows.filter_map(|row| row.split_whitespace().nth(2))
        .collect()
}

fn read(folder: &Path, path: &str) -> String {
    let path = folder.join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn made_up_version_is_drafted_completed_and_generated_without_a_change_outside_of_the_specification()
 {
    let temporary = tempfile::tempdir().expect("a folder can be created");
    let kept = env::var_os("MASTODON_NEW_VERSION").map(PathBuf::from);
    let folder = kept.as_deref().unwrap_or(temporary.path());
    if kept.is_none() {
        write(&folder.join("spec"), &spec_files(&root()));
        run(folder, &[]);
    }
    let (drafted_files, mut printed) = draft_and_complete(folder);
    for item in DRAFTED {
        let drafted = &printed[page::DRAFT];
        assert!(
            drafted.contains(&format!("drafted {item}")),
            "{item}: {drafted}"
        );
    }
    if kept.is_some() {
        return;
    }

    let pages = documentation();
    let pages = pages.to_str().expect("the path is text");
    let (_, compared, _) = codegen(folder, &["drift", pages]);
    assert!(
        compared.contains(" 0 missing in the specification"),
        "{compared}"
    );

    let old = root().join("spec");
    let changes = run(folder, &["diff", old.to_str().expect("the path is text")]);
    for change in CHANGES {
        assert!(
            changes.lines().any(|line| line.starts_with(change)),
            "{change}: {changes}"
        );
    }
    assert!(changes.contains("\n0 breaking, "), "{changes}");
    printed.insert(page::DIFF, changes);
    let since = run(folder, &["since", "4.9"]);
    for name in SINCE {
        assert!(names(&since).contains(name), "{name}: {since}");
    }
    printed.insert(page::SINCE, since);

    printed.insert(page::GENERATE, run(folder, &[]));
    run(folder, &["--check"]);
    for (path, texts) in GENERATED {
        let text = read(folder, path);
        for expected in *texts {
            assert!(text.contains(expected), "{path} lacks `{expected}`");
        }
    }
    let site = folder.join("site");
    run(
        folder,
        &["site", "--out", site.to_str().expect("the path is text")],
    );
    for page in ["methods/stickers.html", "entities/Sticker.html"] {
        assert!(read(&site, page).contains("Sticker"), "{page}");
    }
    page::assert_shows(&printed, &drafted_files);
}

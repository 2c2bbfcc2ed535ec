//! Every kind of problem in the YAML, with its complete message.
//!
//! Each case is one change of the small specification.

mod mistakes;
mod real;

use std::fs;

use mastodon_spec::{check, load};

use crate::{API, NOTE, NOTES, REACTIONS, SERVERS, changed, codegen, root, small, write};

/// The problems of the small specification after the changes.
fn problems(changes: &[(&str, &str, &str)]) -> Vec<String> {
    let problems = check::check(load::read(changed(changes)))
        .map(|_| ())
        .err()
        .unwrap_or_default();
    problems.iter().map(ToString::to_string).collect()
}

/// Each kind of mistake: the file, the original text and its replacement.
const MISTAKES: [(&str, &str, &str); 141] = [
    // Parsing.
    (API, "scopes:\n", "scopes: [\n"),
    (NOTES, "summary: Fetches a note.", "sumary: Fetches a note."),
    (NOTES, "since: 0.0.0", "since: 0.0"),
    (NOTES, "since: 0.0.0", "since: soon"),
    (
        NOTES,
        "http: GET /api/v1/notes/{id}",
        "http: FETCH /api/v1/notes/{id}",
    ),
    (NOTES, "http: GET /api/v1/notes/{id}", "http: GET"),
    (
        NOTES,
        "http: GET /api/v1/notes/{id}",
        "http: GET /api/v1/notes/{id",
    ),
    (
        NOTES,
        "auth: optional user, read:statuses",
        "auth: everybody",
    ),
    (
        NOTES,
        "limit: 20 to 40, unsupported",
        "limit: 40 to 20, unsupported",
    ),
    (
        NOTES,
        "style: offset, limit: 10 to 20, link_header",
        "style: page, limit: 10 to 20, link_header",
    ),
    (NOTES, "in: header", "in: head"),
    (
        NOTES,
        "returns: Note\n",
        "returns: page of Note in NoteList\n",
    ),
    (
        NOTES,
        "required: unless a file is given",
        "required: [text]",
    ),
    (NOTES, "missing_status: 404", "missing_status: 401"),
    (
        NOTES,
        "required: true, missing_status: 404",
        "missing_status: 404",
    ),
    (NOTE, "type: html", "type: htm"),
    (NOTE, "sent_as: string", "sent_as: text"),
    (
        NOTE,
        "nullable: true, also_sent_as: [object], since: 1.0.0, description: The kind.",
        "nullable: maybe, also_sent_as: [object], since: 1.0.0, description: The kind.",
    ),
    // Prose.
    (NOTES, "description: Short texts.\n", ""),
    (NOTES, "title: Notes\n", ""),
    (NOTES, "    summary: Lists notes.\n", ""),
    (NOTES, "summary: Lists notes.", "summary: Lists notes"),
    (NOTES, "summary: Lists notes.", "summary: TODO."),
    // Versions.
    (NOTES, "since: 0.0.0", "since: 4.2.9"),
    (
        NOTES,
        "deprecated: 2.6.0\n    deprecated_on: 2018-10-30\n    replaced_by",
        "deprecated: 4.3.0\n    removed: 2.6.0\n    replaced_by",
    ),
    (
        API,
        "- { version: 1.0.0 }\n  - { version: 2.6.0 }",
        "- { version: 2.6.0 }\n  - { version: 1.0.0 }",
    ),
    // Undefined names.
    (NOTES, "returns: Note\n", "returns: Nota\n"),
    (
        NOTES,
        "auth: optional user, read:statuses",
        "auth: optional user, read:status",
    ),
    (NOTES, "rate_limit: statuses", "rate_limit: status"),
    (NOTES, "deprecated_on: 2018-10-30", "deprecated_on: 2018-10"),
    (NOTES, "replaced_by: note_post", "replaced_by: notepost"),
    (NOTES, "unsupported: [min_id]", "unsupported: [minid]"),
    // `already_applied`.
    (
        NOTES,
        "already_applied: { status: 404 }",
        "already_applied: { status: 204 }",
    ),
    (
        NOTES,
        "already_applied: { status: 404 }",
        "already_applied: { message: Gone }",
    ),
    (NOTES, "    idempotent: true\n", ""),
    (NOTES, "verify_with: note,", "verify_with: notes,"),
    (NOTES, "verify_with: note, ", ""),
    (NOTES, "applied_when: seen", "applied_when: not likes"),
    (
        NOTES,
        "already_applied: { status: 410 }",
        "already_applied: { status: 410, verify_with: note }",
    ),
    // `lost_response`.
    (NOTES, "find_in: notes", "find_in: note_of_the_day"),
    (NOTES, "by: [words as text]", "by: [word as text]"),
    (NOTES, "by: [words as text]", "by: [words]"),
    (NOTES, "by: [words as text], ", ""),
    (
        NOTES,
        "by: [words as text],",
        "by: [words as text], created: at,",
    ),
    (NOTES, "find_with: posted_status", "find_with: post"),
    (
        NOTES,
        "find_in: notes,",
        "find_in: notes, find_with: posted_status,",
    ),
    (NOTES, "find_in: notes, ", ""),
    (
        NOTES,
        "check: the user's notes }\n    params:\n      id",
        "check: Notes. }\n    params:\n      id",
    ),
    (
        NOTES,
        "lost_response: { check",
        "idempotent: true\n    lost_response: { check",
    ),
    (NOTES, "dropped_by_link: [any]", "dropped_by_link: [many]"),
    (NOTES, "arguments: [text]", "arguments: [txt]"),
    (NOTES, "type: [NoteField]", "type: [NoteFeld]"),
    (NOTES, "type: [NoteField]", "type: [Note]"),
    (NOTES, "in NoteList.notes", "in NoteList.items"),
    (NOTE, "extends: Note", "extends: Not"),
    (API, "includes: [read:statuses]", "includes: [read:status]"),
    (API, "events: [update]", "events: [updated]"),
    (API, "method: stream_user", "method: stream_usr"),
    (API, "events: [update]", "param: tag, events: [update]"),
    (
        API,
        "events: [update]",
        "only_media: true, events: [update]",
    ),
    (API, "methods: [note_post]", "methods: [notepost]"),
    (API, "type: [NoteProblem]", "type: [NoteProblm]"),
    // Contradictions.
    (
        NOTES,
        "{ type: string, description: The tag. }",
        "{ in: query, type: file, description: The tag. }",
    ),
    (
        NOTES,
        "      name: { type: string, description: The tag. }\n",
        "",
    ),
    (
        NOTES,
        "Lists the best notes.\n    since: 1.0.0\n    auth: none\n    returns: page of Note",
        "Lists the best notes.\n    since: 1.0.0\n    auth: none\n    returns: [Note]",
    ),
    (
        NOTES,
        "    paging: { limit: 20 to 40, unsupported: [min_id] }\n",
        "",
    ),
    (
        NOTES,
        "http: GET /api/v1/notes/popular",
        "http: GET /api/v1/notes/{id}",
    ),
    (
        NOTES,
        "http: POST /api/v1_alpha/notes",
        "http: GET /api/v1/notes",
    ),
    (
        NOTES,
        "returns: Draft\n",
        "returns: page of Draft\n    paging: {}\n",
    ),
    (NOTES, "stream of Note", "stream of Notes"),
    (NOTES, "errors: [404]", "errors: [204]"),
    (API, "statuses: [422]", "statuses: [202]"),
    (API, "  NoteError:\n", "  Note:\n"),
    (NOTES, "responses: { 202:", "responses: { 502:"),
    (NOTES, "min: 60, max: 3600", "min: 3600, max: 60"),
    (
        NOTES,
        "mood: { type: Mood, default: calm,",
        "mood: { type: Mood, required: true, default: calm,",
    ),
    (
        NOTES,
        "value: { type: string,",
        "value: { type: string, as: name,",
    ),
    (
        NOTES,
        "[NoteId], sent_as: integer",
        "[NoteId], sent_as: string",
    ),
    (
        NOTES,
        "pinned: { type: flag,",
        "pinned: { type: flag, required: true,",
    ),
    (NOTES, "pinned: { type: flag,", "pinned: { type: [flag],"),
    (NOTE, "seen: { type: bool,", "seen: { type: flag,"),
    (
        NOTE,
        "one_of: { Draft: has waits_until, Note: otherwise }",
        "one_of: { Draft: sometimes, Note: otherwise }",
    ),
    (NOTE, "very.cross: { since", "Calm: { since"),
    (
        NOTE,
        "tags: { type: [string]",
        "tags: { type: [string], as: seen",
    ),
    (
        NOTE,
        "  NoteId: The id of a note.",
        "  NoteId: The id of a note.\n  LostId: Names nothing.",
    ),
    // Superfluous keys.
    (NOTES, "docs: get\n", "docs: get\n    undocumented: false\n"),
    (NOTES, "also_accepts: [PUT]", "also_accepts: [POST, PUT]"),
    (
        NOTES,
        "documented: { http: POST /api/v1/note }\n",
        "documented: { http: POST /api/v1/notes }\n",
    ),
    (
        NOTES,
        "already_applied: { status: 404 }",
        "idempotent: true\n    already_applied: { status: 404 }",
    ),
    (
        NOTES,
        "    host: streaming\n    returns: stream of Note",
        "    host: streaming\n    rate_limit: general\n    body: json\n    returns: stream of Note",
    ),
    (
        NOTES,
        "v1_alpha/notes, since: 2.6.0,",
        "v1_alpha/notes, since: 1.0.0,",
    ),
    (NOTES, "cursor: id", "cursor: text"),
    (NOTES, "cursor: id", "cursor: author.id"),
    (
        NOTES,
        "prev_cursor: since_id",
        "prev_cursor: min_id, style: cursor, link_header: true, limit_since: 1.0.0",
    ),
    (
        NOTES,
        "{ limit: 20 to 40, unsupported: [min_id] }",
        "{ limit: 20 to 40, cursors: [max_id, since_id, min_id] }",
    ),
    (
        NOTES,
        "      name: { type: string, description: The tag. }",
        "      name: { type: string, since: 1.0.0, required: false, as: name, description: The tag. }",
    ),
    (
        NOTES,
        "params:\n      q: { type",
        "arguments: [q]\n    params:\n      q: { required: true, type",
    ),
    (
        NOTES,
        "file: { type: file,",
        "file: { in: body, type: file,",
    ),
    (
        NOTE,
        "seen: { type: bool,",
        "seen: { type: bool, nullable: false,",
    ),
    (
        NOTE,
        "description: A scheduled note.",
        "description: A scheduled note.\n    docs: entities/Note",
    ),
    (NOTE, "very.cross: {", "very.cross: { as: VeryCross,"),
    (
        API,
        "  statuses: { requests",
        "  other: { requests: 1, seconds: 1, description: Nothing. }\n  statuses: { requests",
    ),
    (API, "events: [update]", "events: []"),
    // Repeated sentences.
    (
        NOTES,
        "any: { type: [string], since: 2.6.0, description: Other tags. }",
        "any: { type: [string], since: 2.6.0, description: Other tags. Up to four., note: Up to four. }",
    ),
    (
        NOTES,
        "summary: Lists notes by tag, inside an object.",
        "summary: Lists notes by tag. In an object.\n    note: In an object. Since 2.6.0 sorted.",
    ),
    (
        NOTE,
        "nullable: true, also_sent_as: [object], since: 1.0.0, description: The kind.",
        "nullable: true, also_sent_as: [object], since: 1.0.0, description: The kind., note: The kind.",
    ),
    // Other servers.
    (REACTIONS, "on: { robin: api 1 }", "on: { robbin: api 1 }"),
    (REACTIONS, "on: { robin: api 1 }", "on: { robin: level 1 }"),
    (
        REACTIONS,
        "on: { robin: api 1 }",
        "on: { robin: 1.0, wren: api 1 }",
    ),
    (REACTIONS, "on: { robin: api 1 }", "on: { mastodon: 4.3.0 }"),
    (REACTIONS, "on: { robin: api 1 }", "since: 1.0.0"),
    (REACTIONS, "seen: W reactions.c", "seen: V reactions.c"),
    (
        REACTIONS,
        "notes/{id}/reactions/{name}",
        "notes/{id}/reactions",
    ),
    (
        NOTES,
        "weight: { type: integer, since: 2.6.0, on: { robin: false }",
        "weight: { type: integer, since: 2.6.0, on: { robin: feature sizes or }",
    ),
    (
        NOTES,
        "    summary: Fetches a note.\n    since: 0.0.0",
        "    summary: Fetches a note.\n    on: { wren: true }",
    ),
    (
        NOTE,
        "on: { wren: 1.0, robin: false }, seen: W list.c",
        "on: { wren: 1.0, robin: false }, source: W list.c",
    ),
    (
        NOTE,
        "on: { wren: 1.0, robin: false }",
        "from: [best, notes, a.b.c], on: { wren: 1.2 until 1.1 }",
    ),
    (SERVERS, "based_on: wren 2.5", "based_on: wrenn 2.5"),
    (SERVERS, "based_on: wren 2.5", "based_on: wren two"),
    (SERVERS, "based_on: wren 2.5", "based_on: finch"),
    (SERVERS, "name: Finch.NET", "name: Wrenlet"),
    (SERVERS, "    build: finch-\n", ""),
    (SERVERS, "    source: W\n", "    source: X\n"),
    (
        API,
        "function: stream_wren, ",
        "function: stream_wren, method: stream_user, ",
    ),
    (API, "function: stream_wren, ", ""),
    (
        API,
        "method: stream_user,",
        "method: stream_user, scopes: [read:statuses],",
    ),
    (SERVERS, "token: [subprotocol, query]", "token: [bearer]"),
    (SERVERS, "shared_socket: 4.0.0", "shared_socket: api 1"),
    (
        SERVERS,
        "token: [subprotocol, query]",
        "token: [query, query]",
    ),
    (SERVERS, "source: W socket.c", "source: V socket.c"),
    // Search words.
    (
        NOTES,
        "search_words: [write, stick up]",
        "search_words: [Write,  stick  up]",
    ),
    (
        NOTES,
        "search_words: [write, stick up]",
        "search_words: [post note, note_post, write, write]",
    ),
    (
        NOTES,
        "type: file, search_words: [picture]",
        "type: file, required: true, search_words: [picture]",
    ),
    (NOTE, "search_words: [feeling]", "search_words: [\"mo od\"]"),
    (NOTE, "search_words: [mad]", "search_words: [cross]"),
    (NOTE, "search_words: [memo]", "search_words: [notes, note]"),
    (NOTE, "search_words: [favourites]", "search_words: [like]"),
    // Duplicate keys.
    (
        NOTES,
        "    summary: Lists notes.\n",
        "    summary: Lists notes.\n    summary: Lists notes.\n",
    ),
    (NOTES, "returns: [Note]\n", "returns: Note\n"),
    (
        NOTES,
        "type: [NoteId], items_per_request",
        "type: NoteId, items_per_request",
    ),
    (NOTES, "items_per_request: 20", "items_per_request: 0"),
];

#[test]
fn each_kind_of_mistake_is_reported_with_its_complete_message() {
    let messages: String = MISTAKES
        .iter()
        .chain(mistakes::MISLEADING)
        .chain(mistakes::SYNTAX)
        .map(|change| {
            let (file, from, to) = change;
            let found = problems(&[*change]);
            assert!(
                !found.is_empty(),
                "no problem is reported when {from:?} becomes {to:?} in {file}"
            );
            for message in &found {
                assert!(message.contains(" = help: "), "no help:\n{message}");
            }
            format!("### {from:?} becomes {to:?}\n\n{}\n\n", found.join("\n\n"))
        })
        .collect();
    let path = small().join("problems.txt");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &messages).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    for (expected, message) in expected.split("### ").zip(messages.split("### ")) {
        assert_eq!(message, expected);
    }
    assert_eq!(messages.len(), expected.len());
}

#[test]
fn all_problems_of_all_files_are_reported_in_one_run() {
    let found = problems(&[
        (NOTES, "summary: Fetches a note.", "sumary: Fetches a note."),
        (NOTES, "returns: Note\n", "returns: Nota\n"),
        (NOTES, "errors: [404]", "errors: [204]"),
        (NOTE, "type: html", "type: htm"),
        (API, "description: Posts.", "description: Posts"),
    ]);
    for part in [
        "unknown key `sumary`",
        "`Nota`",
        "204 is not an error status",
        "`htm` is not a type",
        "full stop",
    ] {
        assert!(
            found.iter().any(|message| message.contains(part)),
            "{part}: {found:#?}"
        );
    }
}

#[test]
fn a_missing_file_is_named_in_the_error() {
    let folder = tempfile::tempdir().unwrap();
    let error = load::load(folder.path()).unwrap_err();
    assert!(error.to_string().starts_with("api.yaml: "), "{error}");
}

#[test]
fn json_output_is_a_list_even_without_problems() {
    let check = |root: &std::path::Path| {
        let (ok, printed, _) = codegen(root, &["check", "--json"]);
        let problems: serde_json::Value = serde_json::from_str(&printed).unwrap();
        (ok, problems.as_array().unwrap().len())
    };
    assert_eq!(check(&small()), (true, 0));
    let broken = tempfile::tempdir().unwrap();
    for folder in ["spec/methods", "spec/entities"] {
        fs::create_dir_all(broken.path().join(folder)).unwrap();
    }
    fs::write(broken.path().join("spec/api.yaml"), "scopes: 3\n").unwrap();
    let (ok, problems) = check(broken.path());
    assert!(!ok && problems > 0);
}

#[test]
fn github_output_names_file_line_and_column() {
    let project = tempfile::tempdir().unwrap();
    let files = changed(&[(NOTES, "returns: Note\n", "returns: Nota\n")]);
    write(&project.path().join("spec"), &files);
    let (ok, printed, _) = codegen(project.path(), &["check", "--format", "github"]);
    assert!(!ok);
    assert_eq!(
        printed.lines().next(),
        Some(
            "::error file=spec/methods/notes.yaml,line=12,col=14,endColumn=18::unknown type `Nota`%0Adid you mean `Note`?"
        )
    );
}

#[test]
fn nonstandard_terms_are_reported_with_a_replacement() {
    let project = tempfile::tempdir().unwrap();
    let files = changed(&[(
        NOTES,
        "summary: Fetches a note.",
        "summary: Tells of a note. Told anew.",
    )]);
    write(&project.path().join("spec"), &files);
    let (ok, _, message) = codegen(project.path(), &["check"]);
    assert!(!ok);
    assert!(
        message.contains(
            "error: \"anew\" is not a standard term\n --> spec/methods/notes.yaml:9:36\n"
        ),
        "{message}"
    );
    assert!(message.contains("= help: write \"again\""), "{message}");
    assert!(
        message.contains("\"told\"") && message.contains("\"tells\""),
        "{message}"
    );
    // It does not prevent generation.
    assert!(codegen(project.path(), &[]).0);
}

#[test]
fn the_specification_uses_standard_terms() {
    let files = load::files(&root().join("spec")).unwrap();
    let problems = check::prose::check(&files);
    let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

//! Documentation pages of methods, in all their forms.

use crate::drift::{drift_files, findings};
use crate::{NOTES, changed, spec};

/// The differences from a page of methods, except items missing in the page.
fn differences(changes: &[(&str, &str, &str)], page: &str) -> Vec<String> {
    let text = format!("---\ntitle: notes API methods\n---\n\n{page}");
    let report = drift_files(changed(changes), "", &[("en/methods/notes.md", &text)]);
    assert_eq!(report.unread, Vec::<String>::new());
    let mut found = findings(&report);
    found.retain(|finding| !finding.starts_with("extra-e"));
    found.sort();
    found
}

/// The section of an endpoint.
fn section(line: &str, rest: &str) -> String {
    format!("## Words {{#get}}\n\n```http\n{line} HTTP/1.1\n```\n\nWords.\n\n{rest}\n")
}

/// The section of `note` with query parameters.
fn query(history: &str, params: &str) -> String {
    let rest = format!(
        "**Version history:**\\\n0.0.0 - added\\\n{history}\n\n#### Request\n\n##### Query parameters\n\n{params}\n"
    );
    section("GET /api/v1/notes/:id", &rest)
}

/// The change that adds the parameter `colour` to `note`.
fn colour(param: &str) -> (&str, &str, String) {
    let from = "      id: { type: NoteId, description: The note. }\n\n  notes:";
    let to = format!(
        "      id: {{ type: NoteId, description: The note. }}\n      colour: {param}\n\n  notes:"
    );
    (NOTES, from, to)
}

#[test]
fn grouped_endpoints_are_parsed() {
    let one = section("POST /api/v1/notes/:id/clone", "").replace("## Words", "### Words");
    let two = section("POST /api/v1/notes/:id/burn", "").replace("## Words", "### Words");
    let request = "### Request\n\nFor example:\n\n```http\nPOST /api/v1/notes/1/none HTTP/1.1\n```\n\n#### Headers\n\n";
    let page = format!("## Both {{#v1}}\n\nWords.\n\n---\n\n{one}{request}---\n\n{two}");
    assert_eq!(
        differences(&[], &page),
        [
            "missing-endpoint POST /api/v1/notes/{id}/burn: ",
            "missing-endpoint POST /api/v1/notes/{id}/clone: ",
        ]
    );
}

#[test]
fn comments_outside_of_code_fences_are_ignored() {
    let param = |name: &str| format!("{name}\n: String. Words.\n\n");
    let hidden = format!(
        "<!-- Not yet:\n{}```\n#### Response\n```\n-->\n",
        param("colour")
    );
    let example = "```text\n<!-- as it begins\n```\n\n";
    let page = query("", &format!("{hidden}{example}{}", param("shade")));
    assert_eq!(
        differences(&[], &page),
        ["missing-param note(shade): string"]
    );
    let page = query("", &format!("<!-- a -->{}<!-- b\n-->", param("shade")));
    assert_eq!(
        differences(&[], &page),
        ["missing-param note(shade): string"]
    );
}

#[test]
fn version_history_is_parsed_in_all_forms() {
    let since = |history: &str| {
        let page = section("POST /api/v1/notes/:id/clone", history);
        differences(&[], &page)
    };
    let expected = ["missing-endpoint POST /api/v1/notes/{id}/clone: since 4.3.0"];
    for history in [
        "**Version history:**\\\n4.3.0 - added",
        "**Version:**\\\n4.3.0 - added",
        "**Version history**:\\\n4.3.0 - added",
        "**Version history:**\\\n- 4.3.0 (`mastodon` [API version](x) 4) - added",
        "**Version history:**\\\nx.x.x - tried\\\n4.3.0 - added",
    ] {
        assert_eq!(since(history), expected, "{history}");
    }
}

#[test]
fn parameter_without_version_inherits_that_of_its_parent() {
    let (file, from, to) = colour("{ type: string, description: Which. }");
    let page = |version: &str| {
        let history = format!("{version} - added `colour`");
        differences(
            &[(file, from, &to)],
            &query(&history, "colour\n: String. Words.\n"),
        )
    };
    assert_eq!(
        page("2.6.0"),
        ["other-since note(colour): 0.0.0 in the specification, 2.6.0 in the source"]
    );
    assert_eq!(page("0.0.0"), Vec::<String>::new());
}

#[test]
fn history_entries_of_responses_are_not_parameters() {
    let history = "1.0.0 - added `red` value to `colour` attribute\\\n2.6.0 - added `colour` response property\\\n4.3.0 - added support for lists in `colour`";
    let page = query(history, "colour\n: String. Words.\n");
    assert_eq!(
        differences(&[], &page),
        ["missing-param note(colour): string"]
    );
    let page = query(
        "2.6.0 - added `colour[red,blue]`",
        "colour[red]\n: Boolean. Words.\n\ncolour[blue]\n: Boolean. Words.\n",
    );
    assert_eq!(
        differences(&[], &page),
        [
            "missing-param note(colour[blue]): bool, since 2.6.0",
            "missing-param note(colour[red]): bool, since 2.6.0",
        ]
    );
}

#[test]
fn values_are_found_in_sentences() {
    for (description, values) in [
        (
            "String. Whether to `accept`, `filter` or `drop` it.",
            "one of accept, filter, drop",
        ),
        (
            "String. Filter for `near` or `far` notes.",
            "one of near, far",
        ),
        (
            "String (Enumerable, oneOf `a`, `b`, or `c`). Defaults to a.",
            "one of a, b, c",
        ),
        (
            "Array of String. Words. Possible values: `a`, `b`. If not, none.",
            "one of a, b",
        ),
        (
            "String. One of `full` (default) or `half`. Words.",
            "one of full, half",
        ),
        ("String. Is one of the `addresses` of the `app`.", "string"),
        (
            "String. Words. Words. Ignored if `seen` is `a` or `b`.",
            "string",
        ),
        ("Hash. Words of `name` and `value`.", "object"),
    ] {
        let page = query("", &format!("colour\n: {description}\n"));
        let expected = format!("missing-param note(colour): {values}");
        assert_eq!(differences(&[], &page), [expected], "{description}");
    }
}

#[test]
fn deprecation_and_removal_of_a_method_are_compared() {
    let page = |heading: &str, history: &str| {
        let rest = format!("**Version history:**\\\n0.0.0 - added\\\n{history}\n");
        let text = section("GET /api/v1/notes/:id", &rest);
        differences(
            &[],
            &text.replace("## Words {#get}", &format!("## {heading}")),
        )
    };
    for how in [
        "2.6.0 - deprecated",
        "2.6.0 - deprecated. Words of it",
        "2.6.0 - added `x`. deprecated in favor of [it](#get)",
    ] {
        assert_eq!(
            page("Words {#get}", how),
            [
                "other-end note: not deprecated in the specification, deprecated in 2.6.0 in the source"
            ],
            "{how}"
        );
    }
    assert_eq!(
        page("(REMOVED) Words {#get}", "2.6.0 - removed; use another"),
        ["other-end note: not removed in the specification, removed in 2.6.0 in the source"]
    );
    // The removed item is another one.
    assert_eq!(
        page("Words {#get}", "2.6.0 - deprecated `colour`"),
        Vec::<String>::new()
    );

    let deprecated = (
        NOTES,
        "since: 0.0.0\n    auth: optional user, read:statuses",
        "since: 0.0.0\n    deprecated: 2.6.0\n    auth: optional user, read:statuses",
    );
    let text = section("GET /api/v1/notes/:id", "");
    assert_eq!(
        differences(&[deprecated], &text),
        ["other-end note: deprecated in 2.6.0 in the specification, not deprecated in the source"]
    );
    // A mark without a version matches any version.
    let marked = text.replace("Words {#get}", "Words {{%deprecated%}} {#get}");
    assert_eq!(differences(&[deprecated], &marked), Vec::<String>::new());
}

#[test]
fn removed_endpoint_is_not_reported_as_extra() {
    let history = "**Version history:**\\\n1.0.0 - added\\\n2.6.0 - removed\n";
    let page = section("POST /api/v1/notes/:id/forget", history);
    assert_eq!(differences(&[], &page), Vec::<String>::new());
    let page = section("POST /api/v1/notes/:id/forget", "").replace("## ", "## (REMOVED) ");
    assert_eq!(differences(&[], &page), Vec::<String>::new());
}

#[test]
fn permissions_and_statuses_are_compared() {
    let rest = "**Permissions:** Manage Notes, Read Notes\\\n**Version history:**\\\n0.0.0 - added\n\n#### Response\n##### 200: OK\n\n##### 206: Partial content\n\n##### 404: Not found\n\n##### 422: Server error\n";
    assert_eq!(
        differences(&[], &section("GET /api/v1/notes/:id", rest)),
        [
            "other-permission note: nothing in the specification, Manage Notes, Read Notes in the source",
            "other-statuses note: nothing only in the specification, 206, 422 only in the source",
        ]
    );
    let rest = "#### Response\n##### 200: OK\n\n##### 401: Unauthorized\n";
    assert_eq!(
        differences(&[], &section("GET /api/v1/notes/:id", rest)),
        ["other-statuses note: 404 only in the specification, nothing only in the source"]
    );
}

#[test]
fn defaults_and_limits_are_compared() {
    let page = |http_method: &str, text: &str| {
        let rest = format!("##### Query parameters\n\n{text}\n");
        section(&format!("{http_method} /api/v1/notes"), &rest).replace(" {#get}", "")
    };
    let limit = |text: &str| differences(&[], &page("GET", &format!("limit\n: Integer. {text}\n")));
    assert_eq!(
        limit("Defaults to 20 notes. Max 40 notes."),
        Vec::<String>::new()
    );
    assert_eq!(
        limit("Defaults to 25. Max 80."),
        [
            "other-default notes(limit): default 20 in the specification, 25 in the source",
            "other-default notes(limit): maximum 40 in the specification, 80 in the source",
        ]
    );
    assert_eq!(limit("Defaults to the usual."), Vec::<String>::new());
    let mood = |http_method: &str, value: &str| {
        let page = page(
            http_method,
            &format!("mood\n: String. Defaults to `{value}`.\n"),
        );
        let mut found = differences(&[], &page);
        found.retain(|finding| finding.starts_with("other-default"));
        found
    };
    assert_eq!(mood("POST", "calm"), Vec::<String>::new());
    assert_eq!(
        mood("POST", "glad"),
        ["other-default note_post(mood): default calm in the specification, glad in the source"]
    );
}

#[test]
fn documented_limit_is_reported_once_the_documentation_is_fixed() {
    let wrong = (
        NOTES,
        "paging: { limit: 20 to 40, unsupported: [min_id] }",
        "documented: { limit: 20 to 40 }\n    paging: { limit: 20 to 80, unsupported: [min_id] }",
    );
    let limit = |max: &str| {
        let rest = format!("##### Query parameters\n\nlimit\n: Integer. Max {max} notes.\n");
        let page = section("GET /api/v1/notes", &rest).replace(" {#get}", "");
        differences(&[wrong], &page)
    };
    assert_eq!(limit("40"), Vec::<String>::new());
    assert_eq!(
        limit("80"),
        ["other-default notes(limit): maximum 40 in the specification, 80 in the source"]
    );
}

#[test]
fn difference_that_documented_states_is_reported_once_the_documentation_is_fixed() {
    let documented = [(
        NOTES,
        "    docs: get\n",
        "    docs: get\n    documented: { since: 1.0.0, auth: none, statuses: [410] }\n",
    )];
    let page = |version: &str, token: &str, status: &str| {
        let rest = format!(
            "**OAuth:** {token}\\\n**Version history:**\\\n{version} - added\n\n#### Response\n##### 200: OK\n\n##### {status}: Words\n"
        );
        differences(&documented, &section("GET /api/v1/notes/:id", &rest))
    };
    assert_eq!(page("1.0.0", "Public", "410"), Vec::<String>::new());
    let stale = |key: &str| {
        format!(
            "stale note: `{key}`: the page says what the server does; remove it from `documented`"
        )
    };
    assert_eq!(page("0.0.0", "Public", "410"), [stale("since")]);
    assert_eq!(page("1.0.0", "Public", "404"), [stale("statuses")]);
    // A third value is a difference of its own.
    assert_eq!(
        page("2.6.0", "Public", "410"),
        ["other-since note: 0.0.0 in the specification, 2.6.0 in the source"]
    );
}

#[test]
fn documented_statement_that_the_page_does_not_make_is_reported() {
    let documented = [(
        NOTES,
        "id: { type: NoteId, description: The note. }\n\n  notes:",
        "id: { type: NoteId, documented: { since: 1.0.0 }, description: The note. }\n\n  notes:",
    )];
    assert_eq!(
        differences(&documented, &section("GET /api/v1/notes/:id", "Words.")),
        ["stale note(id): `since`: the page does not say it; remove it from `documented`"]
    );
}

#[test]
fn documented_defaults_of_edits_are_ignored() {
    let edit = |http_method: &str| {
        let http = format!("http: {http_method} /api/v1/notes/today");
        let changes = [
            (NOTES, "http: GET /api/v1/notes/today", http.as_str()),
            (
                NOTES,
                "responses: { 204: There is no note today. }\n",
                "responses: { 204: There is no note today. }\n    params:\n      colour: { type: string, description: Which. }\n",
            ),
        ];
        let rest = "##### Form data parameters\n\ncolour\n: String. Defaults to `red`.\n";
        let page =
            section(&format!("{http_method} /api/v1/notes/today"), rest).replace(" {#get}", "");
        differences(&changes, &page)
    };
    assert_eq!(edit("PATCH"), Vec::<String>::new());
    assert_eq!(
        edit("GET"),
        [
            "other-default note_of_the_day(colour): default none in the specification, red in the source"
        ]
    );
}

#[test]
fn anchor_of_a_method_is_compared() {
    let page = section("GET /api/v1/notes/:id", "").replace("{#get}", "{#show}");
    assert_eq!(
        differences(&[], &page),
        [
            "other-docs note: methods/notes#get in the specification, methods/notes#show in the source"
        ]
    );
    let page = section("GET /api/v1/notes", "").replace("{#get}", "{#index}");
    assert_eq!(
        differences(&[], &page),
        ["other-docs notes: methods/notes in the specification, methods/notes#index in the source"]
    );
    // Some headings have no anchor.
    let page = section("GET /api/v1/notes", "").replace(" {#get}", "");
    assert_eq!(differences(&[], &page), Vec::<String>::new());
}

#[test]
fn minimum_number_of_moves_is_reported() {
    let lines = |lines: [&str; 4]| {
        let sections = lines.map(|line| section(line, "").replace(" {#get}", ""));
        let mut found = differences(&[], &sections.concat());
        found.retain(|finding| finding.starts_with("other-order"));
        found
    };
    let (note, notes, popular, found) = (
        "GET /api/v1/notes/:id",
        "GET /api/v1/notes",
        "GET /api/v1/notes/popular",
        "GET /api/v1/notes/found",
    );
    assert_eq!(lines([note, notes, popular, found]), Vec::<String>::new());
    assert_eq!(
        lines([found, note, notes, popular]),
        ["other-order notes_found: before `note` in the source, after it in the specification"]
    );
    assert_eq!(
        lines([notes, popular, note, found]),
        ["other-order note: after `notes_popular` in the source, before it in the specification"]
    );
}

#[test]
fn websocket_route_is_matched_by_path() {
    let page = "## Open {#open}\n\n```http\nwss://example.org/api/v1/streaming\n```\n\n##### Parameters\n\ncolour\n: {{%optional%}} String. Words.\n";
    assert_eq!(
        differences(&[], page),
        [
            "missing-param stream_open(colour): string",
            "other-docs stream_open: methods/notes in the specification, methods/notes#open in the source",
        ]
    );
}

#[test]
fn streams_and_events_are_compared() {
    let list = |anchor: &str, items: &[(&str, &str)]| {
        let items = items.iter().map(|(name, version)| {
            format!("`{name}`\n: Words of [it](x). Available since v{version}\n\n")
        });
        format!("## Words {{#{anchor}}}\n\n{}\n", items.collect::<String>())
    };
    let note = section("GET /api/v1/notes/:id", "");
    let page = |streams: &[(&str, &str)], events: &[(&str, &str)]| {
        let lists = [list("events", events), list("streams", streams)].concat();
        differences(
            &[],
            &format!("{lists}## Words {{#http}}\n\n`x`\n: Words.\n\n{note}"),
        )
    };
    assert_eq!(
        page(&[("user", "1.0.0")], &[("update", "1.0")]),
        Vec::<String>::new()
    );
    assert_eq!(
        page(
            &[("user", "1.1"), ("list", "2.1.0")],
            &[("delete", "1.0.0")]
        ),
        [
            "extra-stream event update: ",
            "missing-stream event delete: since 1.0.0",
            "missing-stream stream list: since 2.1.0",
            "other-since stream user: 1.0.0 in the specification, 1.1.0 in the source",
        ]
    );
}

#[test]
fn entity_of_prereleases_is_not_compared() {
    let entity = |version: &str| {
        let field = format!(
            "**Description:** Words.\\\n**Type:** Integer\\\n**Version history:**\\\n{version} - added\\\n4.3.0-beta.2 - deprecated\n"
        );
        let page = format!(
            "{}## `FoundNotes` entity {{#FoundNotes}}\n\n### Attributes\n\n#### `total`\n\n{field}",
            section("GET /api/v1/notes/:id", "")
        );
        let mut found = differences(&[], &page);
        found.retain(|finding| finding.starts_with("missing"));
        found
    };
    assert_eq!(entity("4.3.0-beta.1"), Vec::<String>::new());
    assert_eq!(
        entity("4.3.0"),
        ["missing-field FoundNotes.total: integer, since 4.3.0"]
    );
}

#[test]
fn draft_contains_all_facts_of_the_page() {
    let rest = "**Returns:** Array of [Note]({{< relref \"entities/note\" >}})\\\n**OAuth:** User token + `read:statuses`\\\n**Permissions:** Manage Notes, Read Notes\\\n**Version history:**\\\n2.6.0 - added\\\n4.3.0 - deprecated\n\n##### Query parameters\n\nmax_id\n: String. Words.\n\nsince_id\n: String. Words.\n\nlimit\n: Integer. Defaults to 20 notes. Max 40 notes.\n\ncount\n: Integer. Defaults to 3. Max 9.\n\n#### Response\n##### 200: OK\n\n##### 206: Partial content\n\n##### 404: Not found\n\n##### 401: Unauthorized\n";
    let page = section("GET /api/v1/notes/old", rest).replace("#get", "#old");
    let text = format!("---\ntitle: notes\n---\n\n{page}");
    let report = drift_files(changed(&[]), "", &[("en/methods/notes.md", &text)]);
    let files = changed(&[]);
    let drafted = report.draft(&spec(files.clone()), &files, None);
    let notes = &drafted.files[NOTES];
    let wanted = "  notes_old:
    http: GET /api/v1/notes/old
    docs: old
    summary: \"?\"
    since: 2.6.0
    deprecated: 4.3.0
    auth: user, read:statuses
    permission: Manage Notes or Read Notes
    returns: page of Note
    paging: { limit: 20 to 40, cursors: [max_id, since_id], prev_cursor: since_id }
    responses: { 206: \"?\" }
    errors: [404]
    params:
      count: { type: integer, default: 3, max: 9, description: \"?\" }
";
    assert!(notes.contains(wanted), "{notes}");
}

#[test]
fn unparsed_parts_are_reported() {
    let note = section("GET /api/v1/notes/:id", "");
    let unread = |page: &str| {
        let text = format!("---\ntitle: notes\n---\n\n{note}");
        let page = format!("---\ntitle: notes\n---\n\n{page}");
        let files = [
            ("en/methods/notes.md", text.as_str()),
            ("en/methods/old.md", &page),
        ];
        drift_files(changed(&[]), "", &files).unread
    };
    assert_eq!(
        unread("{{< api-method method=\"get\" path=\"/api/v1/notes\" >}}\n"),
        ["en/methods/old.md: the page contains no endpoint in a known form"]
    );
    let page = section("GET /api/v1/notes", "**OAuth:** Public\n");
    assert_eq!(unread(&page), Vec::<String>::new());
    assert_eq!(
        unread(&page.replace("```http", "```rest")),
        ["en/methods/old.md:5: `Words` has no route"]
    );
    assert_eq!(
        unread(&format!("## About {{#about}}\n\nWords.\n\n{page}")),
        Vec::<String>::new()
    );
}

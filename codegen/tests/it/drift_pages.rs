//! Documentation pages of entities, scopes, rate limits and tokens.

use crate::drift::{drift_files, findings};
use crate::{NOTE, changed, spec};

/// A minimal checkout of the documentation.
const METHODS: (&str, &str) = (
    "en/methods/notes.md",
    "---\ntitle: notes\n---\n\n## Get {#get}\n\n```http\nGET /api/v1/notes/:id HTTP/1.1\n```\n",
);

/// The differences from a page, except items missing in it.
fn differences(changes: &[(&str, &str, &str)], page: &str, text: &str) -> Vec<String> {
    let text = format!("---\ntitle: Note\n---\n\n{text}");
    let report = drift_files(changed(changes), "", &[METHODS, (page, &text)]);
    assert_eq!(report.unread, Vec::<String>::new());
    let mut found = findings(&report);
    found.retain(|finding| !finding.starts_with("extra-e"));
    found
}

/// The section of a field.
fn field(heading: &str, ty: &str) -> String {
    format!(
        "### {heading} {{#x}}\n\n**Description:** Words.\\\n**Type:** {ty}\\\n**Version history:**\\\n1.0.0 - added\n\n"
    )
}

/// The sections of all fields of `Note`.
fn note() -> String {
    let fields = [
        ("`id`", "String"),
        ("`text`", "String (HTML)"),
        ("`type`", "{{<nullable>}} String"),
        ("`likes`", "String (cast from integer)"),
        (
            "`posted_at`",
            "String ([Datetime](/api/datetime-format#datetime))",
        ),
        ("`seen`", "Boolean"),
        (
            "`reply_to`",
            "{{<nullable>}} [Note]({{< relref \"entities/Note\" >}})",
        ),
    ];
    fields.map(|(name, ty)| field(name, ty)).concat()
}

#[test]
fn entity_continues_under_other_headings() {
    let late = |name: &str, ty: &str, since: &str| field(name, ty).replace("1.0.0", since);
    let text = format!(
        "## Required attributes\n\n{}## Deprecated attributes\n\n{}{}{}## Example\n\n### `languages` {{#languages}}\n\nWords.\n\n",
        note(),
        late("`mood`", "String", "4.3.0"),
        late("`tags`", "Array of String", "2.6.0"),
        late("`counts`", "Hash", "2.6.0"),
    );
    let text = format!(
        "{text}## Optional attributes\n\n{}",
        late("`place[@1x]`", "String (URL)", "2.6.0")
    );
    let deprecated = |name: &str| format!("other-end Note.{name}: deprecated in the source only");
    assert_eq!(
        differences(&[], "en/entities/Note.md", &text),
        [deprecated("mood"), deprecated("tags"), deprecated("counts")]
    );
    let without = text.replace("### `tags`", "### Tags");
    let page = format!("---\ntitle: Note\n---\n\n{without}");
    let report = drift_files(changed(&[]), "", &[METHODS, ("en/entities/Note.md", &page)]);
    assert_eq!(
        report.unread,
        ["en/entities/Note.md:68: the type is not that of a known field"]
    );
    let mut found = findings(&report);
    found.retain(|finding| !finding.starts_with("extra-e"));
    assert_eq!(
        found,
        [
            deprecated("mood"),
            "extra-field Note.tags: ".to_owned(),
            deprecated("counts")
        ],
        "text under a heading without a field belongs to no field"
    );
}

#[test]
fn nested_names_are_parsed_in_every_notation() {
    let place = "          \"@1x\": {";
    let older = (
        NOTE,
        "since: 2.6.0\n        description: Where it was posted.",
        "since: 1.0.0\n        description: Where it was posted.",
    );
    let maps = (
        NOTE,
        place,
        "          maps:\n            list: true\n            description: Maps.\n            fields:\n              name: { type: string, description: A name. }\n              size: { type: integer, description: A size. }\n          \"@1x\": {",
    );
    let nested = [older, maps];
    let text = |name: &str, size: &str| {
        let inner = field(name, "String") + &field(size, "String");
        format!("## Attributes\n\n{}{inner}", note())
    };
    let found = |name: &str, size: &str| {
        let found = differences(&nested, "en/entities/Note.md", &text(name, size)).into_iter();
        found
            .filter(|finding| finding.contains("maps"))
            .collect::<Vec<_>>()
    };
    let wrong =
        ["other-type Note.place.maps.size: integer in the specification, string in the source"];
    assert_eq!(
        found("`place[maps][][name]`", "`place[maps][][size]`"),
        wrong
    );
    assert_eq!(found("`place.maps[].name`", "`place.maps[].size`"), wrong);
    assert_eq!(found("`place[maps[]][name] ", "`place[maps][size] "), wrong);
    assert_eq!(
        found("`place[maps][][name]`", "`place[maps][][weight]`"),
        [
            "missing-field Note.place.maps.weight: string, since 1.0.0",
            "extra-field Note.place.maps.size: "
        ]
    );
}

#[test]
fn optional_field_of_a_page_must_be_optional() {
    let text = format!("## Attributes\n\n{}", note());
    let text = text.replace("### `posted_at`", "### `posted_at` {{%optional%}}");
    let text = text.replace("### `seen`", "### `seen` {{%optional%}}");
    let mut found = differences(&[], "en/entities/Note.md", &text);
    found.retain(|finding| !finding.starts_with("extra"));
    assert_eq!(
        found,
        ["other-absent Note.posted_at: sometimes absent in the source, never in the specification"],
        "an absent boolean is decoded as false"
    );
}

#[test]
fn deprecated_and_removed_fields_are_compared() {
    let ends = [
        (
            NOTE,
            "seen: { type: bool, since: 1.0.0,",
            "seen: { type: bool, since: 1.0.0, deprecated: 2.6.0,",
        ),
        (
            NOTE,
            "likes: { type: integer, sent_as: string, since: 1.0.0,",
            "likes: { type: integer, sent_as: string, since: 1.0.0, removed: 4.3.0,",
        ),
    ];
    let found = |seen: &str, likes: &str, type_: &str| {
        let text = format!("## Attributes\n\n{}", note());
        let after = |text: String, name: &str, line: &str| {
            let (before, rest) = text.split_once(name).unwrap();
            let rest = rest.replacen("1.0.0 - added\n", &format!("1.0.0 - added\\\n{line}\n"), 1);
            format!("{before}{name}{rest}")
        };
        let text = after(text, "### `seen`", seen);
        let text = after(text, "### `likes`", likes);
        let text = text.replace("### `type`", type_);
        let mut found = differences(&ends, "en/entities/Note.md", &text);
        found.retain(|line| line.starts_with("other-end"));
        found
    };
    let (seen, likes) = ("2.6.0 - deprecated, use another", "4.3.0 - removed");
    assert_eq!(found(seen, likes, "### `type`"), Vec::<String>::new());
    assert_eq!(
        found(
            "4.3.0 - deprecated",
            "2.6.0 - removed",
            "### `type` {{%deprecated%}}"
        ),
        [
            "other-end Note.type: deprecated in the source only",
            "other-end Note.likes: removed in 4.3.0 in the specification, removed in 2.6.0 in the source",
            "other-end Note.seen: deprecated in 2.6.0 in the specification, deprecated in 4.3.0 in the source",
        ]
    );
}

#[test]
fn drafted_field_has_its_deprecation() {
    let old = field("`old`", "String").replace("added\n", "added\\\n4.3.0 - deprecated\n");
    let text = format!("---\ntitle: Note\n---\n\n## Attributes\n\n{}{old}", note());
    let report = drift_files(changed(&[]), "", &[METHODS, ("en/entities/Note.md", &text)]);
    let files = changed(&[]);
    let drafted = report.draft(&spec(files.clone()), &files, None);
    let line = "      old: { type: string, deprecated: 4.3.0, description: \"?\" }\n";
    assert!(
        drafted.files[NOTE].contains(line),
        "{}",
        drafted.files[NOTE]
    );
}

#[test]
fn commented_out_fields_are_ignored() {
    let text = format!(
        "## Attributes\n\n{}<!--\n{}-->\n<!-- one line -->\n{}",
        note(),
        field("`ghost`", "String"),
        field("`shade`", "String"),
    );
    let found = differences(&[], "en/entities/Note.md", &text);
    assert!(
        found.contains(&"missing-field Note.shade: string, since 1.0.0".to_owned()),
        "{found:#?}"
    );
    assert!(
        !found.iter().any(|finding| finding.contains("ghost")),
        "{found:#?}"
    );
}

#[test]
fn entity_is_found_by_page_name_and_own_name() {
    let own = [
        (
            NOTE,
            "  NoteList:\n",
            "  Stamp:\n    description: A stamp.\n    fields:\n      price: { type: integer, since: 1.0.0, description: Its price. }\n  Note::Stamp:\n    description: A mark on a note.\n    fields:\n      colour: { type: string, since: 1.0.0, description: Its colour. }\n  NoteList:\n",
        ),
        (
            NOTE,
            "      seen: {",
            "      stamps: { type: [Note::Stamp], since: 1.0.0, description: Marks. }\n      all: { type: [Stamp], since: 1.0.0, description: Stamps. }\n      seen: {",
        ),
    ];
    let text = format!(
        "## Attributes\n\n{}{}{}## Stamp entity attributes {{#Stamp}}\n\n{}",
        note(),
        field("`stamps`", "Array of [Stamp](#Stamp)"),
        field("`all`", "Array of [Note]({{< relref \"entities/Note\" >}})"),
        field("`colour`", "Integer"),
    );
    let found = differences(&own, "en/entities/Note.md", &text);
    let found: Vec<_> = found
        .iter()
        .filter(|finding| !finding.starts_with("extra"))
        .collect();
    assert_eq!(
        found,
        [
            "other-type Note.all: [Stamp] in the specification, [Note] in the source",
            "other-type Note::Stamp.colour: string in the specification, integer in the source",
        ]
    );
}

#[test]
fn variant_of_an_entity_is_compared_with_it() {
    let page = |fields: &str| {
        let text = format!(
            "## Attributes\n\n{}## LockedNote entity attributes {{#x}}\n\n{fields}",
            note()
        );
        let mut found = differences(&[], "en/entities/Note.md", &text);
        found.retain(|finding| !finding.starts_with("extra"));
        found
    };
    let text = field("`text`", "{{<nullable>}} String");
    assert_eq!(
        page(&text),
        ["other-null Note.text: null in the source, never in the specification"]
    );
    assert_eq!(
        page(&(text + &field("`key`", "String"))),
        ["missing-entity LockedNote: 2 fields"],
        "an entity with fields of its own is a different one"
    );
}

#[test]
fn entity_without_fields_is_skipped_and_reported() {
    let text = "---\ntitle: Note\n---\n\n## Note attributes\n\n- `id` - Its id\n";
    let report = drift_files(changed(&[]), "", &[METHODS, ("en/entities/Note.md", text)]);
    assert_eq!(
        report.unread,
        ["en/entities/Note.md:5: `Note` has no described fields"]
    );
}

#[test]
fn different_token_is_reported() {
    let found = |token: &str| {
        let text = format!("{}\n**OAuth:** {token}\\\n", METHODS.1);
        let found = findings(&drift_files(changed(&[]), "", &[(METHODS.0, &text)]));
        found
            .into_iter()
            .find(|finding| finding.starts_with("other-auth"))
    };
    for same in [
        "Public for public notes, user token + `read:statuses` for others",
        "Public or user token + `read`",
        "Public",
    ] {
        assert_eq!(found(same), None, "{same}");
    }
    let ours = "other-auth note: optional user, read:statuses in the specification,";
    for (token, theirs) in [
        ("User token + `read:statuses`", "user, read:statuses"),
        (
            "Public or user token + `write:statuses`",
            "optional user, write:statuses",
        ),
        (
            "Public or user token + `read:statuses` or `write:statuses`",
            "optional user, read:statuses or write:statuses",
        ),
        (
            "Public. Requires app token + `read:statuses` if so set up",
            "optional app, read:statuses",
        ),
        ("Public or user token", "optional user"),
    ] {
        assert_eq!(
            found(token),
            Some(format!("{ours} {theirs} in the source")),
            "{token}"
        );
    }
    let post = "---\ntitle: notes\n---\n\n## Post {#post}\n\n```http\nPOST /api/v1/notes HTTP/1.1\n```\n\n**OAuth:** User token + `write:statuses`\\\n";
    let found = findings(&drift_files(changed(&[]), "", &[(METHODS.0, post)]));
    assert!(
        !found
            .iter()
            .any(|finding| finding.starts_with("other-auth")),
        "deprecated scopes may be missing: {found:#?}"
    );
}

#[test]
fn scopes_and_their_history_are_compared() {
    let table = "# Scopes\n\n- 1.0.0 - Added read\n- 4.3.0 - Added `write:statuses` [#1](https://x.example/1)\n- 2.6.0 - Deprecated `follow` for others\n\n\
        | Scope | Granular scopes |\n| :--- | :--- |\n| `read` | |\n| | `read:statuses` |\n| `write` | |\n| | `write:statuses` |\n| `follow` | |\n| | `read:statuses` |\n";
    let since = [(
        "api.yaml",
        "  write:statuses: { description: Posts. }",
        "  write:statuses: { description: Posts., since: 2.6.0 }",
    )];
    let page = "en/api/oauth-scopes.md";
    let found = |changes: &[_], text: &str| {
        let mut found = differences(changes, page, text);
        found.retain(|finding| !finding.contains(" Note") && !finding.contains("note"));
        found
    };
    assert_eq!(
        found(&since, table),
        [
            "missing-scope write: ",
            "other-since write:statuses: 2.6.0 in the specification, 4.3.0 in the source",
        ]
    );
    let older = "| read | write |\n| :--- | :--- |\n| **read:statuses** | write:media |\n| | write:statuses |\n\n| follow {{%deprecated%}} | |\n| | write:media |\n";
    assert_eq!(
        found(&[], older),
        [
            "missing-scope write: ",
            "missing-scope write:media: ",
            "other-scope follow: includes read:statuses in the specification, write:media in the source",
        ]
    );
    assert_eq!(
        found(
            &[],
            "| `read` {{%deprecated%}} | |\n| | `read:statuses` |\n| `follow` | |\n| | `read:statuses` |\n"
        ),
        [
            "other-scope read: deprecated in the source only",
            "extra-scope write:statuses: ",
            "other-scope follow: deprecated in the specification only",
        ]
    );
}

#[test]
fn rate_limits_in_sentences_and_tables_are_compared() {
    let found = |text: &str| {
        let mut found = differences(&[], "en/api/rate-limits.md", text);
        found.retain(|line| line.starts_with("other-limit"));
        found
    };
    let sentences = |count: &str, per: &str| {
        format!(
            "### Per {per}\n\nAll endpoints can be called 300 times within 5 minutes.\n\n#### Posting\n\n`POST /api/v1/notes` can be called {count} times within 3 hours.\n"
        )
    };
    assert_eq!(found(&sentences("300", "account")), Vec::<String>::new());
    let wrong = |detail: &str| format!("other-limit statuses: missing limit of {detail}: ");
    let first = |found: Vec<String>| {
        found
            .first()
            .and_then(|line| line.split("`requests").next().map(str::to_owned))
    };
    assert_eq!(
        first(found(&sentences("30", "account"))),
        Some(wrong("30 requests per user in 10800 seconds"))
    );
    assert_eq!(
        first(found(&sentences("300", "IP"))),
        Some(wrong("300 requests per IP address in 10800 seconds"))
    );
    let table = "|Endpoint|Bucket|Time period|Limit|Limit type|\n| :--- | :--- | :--- | :--- | :--- |\n|`* /api/*`|Access|5 minutes|1500|Account|\n|`POST /api/v1/notes`|Posting|1 day|300|Account|\n";
    assert_eq!(
        found(table),
        [
            "other-limit statuses: missing limit of 300 requests per user in 86400 seconds: `requests: 300, seconds: 86400, per: user`"
        ]
    );
}

#[test]
fn history_lines_that_cannot_be_parsed_are_listed_with_their_places() {
    let methods = format!(
        "{}\n**OAuth:** Public\\\n**Version history:**\\\n0.0.0 - added\\\nx.x.x - `size` added\\\nsoon - `colour` added\\\n4.3.0 `tone` added\n\nMore words.\n",
        METHODS.1
    );
    let entity = "---\ntitle: Note\n---\n\n## Attributes\n\n### `text` {#text}\n\n**Type:** String (HTML)\\\n**Version history:**\\\n1.0.0 - added\\\nsoon - renamed\n\nMore words.\n";
    let files = [
        (METHODS.0, methods.as_str()),
        ("en/entities/Note.md", entity),
    ];
    let report = drift_files(changed(&[]), "", &files);
    assert_eq!(
        report.unread,
        [
            "en/methods/notes.md:15: no version in the history line `soon - `colour` added`",
            "en/methods/notes.md:16: no ` - ` and change in the history line `4.3.0 `tone` added`",
            "en/entities/Note.md:12: no version in the history line `soon - renamed`",
        ]
    );
}

#[test]
fn documented_item_that_the_specification_has_only_for_other_servers_is_reported() {
    let methods = "---\ntitle: notes\n---\n\n## Post {#post}\n\n```http\nPOST /api/v1/notes HTTP/1.1\n```\n\n**Version history:**\\\n1.0.0 - added\\\n4.3.0 - `fields[][color]` added\n\n##### Form data parameters\n\nfields[][color]\n: String. The color.\n\n## React {#react}\n\n```http\nPOST /api/v1/notes/:id/reactions/:name HTTP/1.1\n```\n";
    let text = format!(
        "---\ntitle: Note\n---\n\n## Attributes\n\n{}",
        field("`seen`", "Boolean")
    );
    let changes = [
        (
            NOTE,
            "seen: { type: bool, since: 1.0.0,",
            "seen: { type: bool, on: { wren: 1.0 }, seen: W seen.c,",
        ),
        (
            NOTE,
            "calm: { description: Calmly. }",
            "calm: { description: Calmly. }\n      glad: { on: { wren: 1.0 }, seen: W mood.c, description: Gladly. }",
        ),
    ];
    let mood = "### `mood` {#mood}\n\n**Type:** String (Enumerable oneOf)\\\n`calm` = Calm.\\\n`glad` = Glad.\\\n**Version history:**\\\n4.3.0 - added\n";
    let entity = format!("{text}{mood}");
    let files = [
        ("en/methods/notes.md", methods),
        ("en/entities/Note.md", entity.as_str()),
    ];
    let mut found = findings(&drift_files(changed(&changes), "", &files));
    found.retain(|finding| finding.contains("on other servers"));
    assert_eq!(
        found,
        [
            "other-since Mood::glad: only on other servers in the specification, documented in the source",
            "other-since Note.seen: only on other servers in the specification, since 1.0.0 in the source",
            "other-since note_post(fields[color]): only on other servers in the specification, since 4.3.0 in the source",
        ]
    );
}

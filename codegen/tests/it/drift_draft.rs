//! `cargo codegen drift --draft`: every difference is drafted or listed.

use mastodon_spec::load::Files;
use mastodon_spec_drift::{Drafted, Report};

use crate::drift::{drift_files, findings};
use crate::{NOTE, NOTES, changed, spec};

/// The draft of the differences between the specification and a source.
fn drafted(specification: &Files, report: &Report) -> Drafted {
    report.draft(&spec(specification.clone()), specification, None)
}

fn page(sections: &str) -> String {
    format!("---\ntitle: notes\n---\n\n{sections}")
}

/// The draft of a page with methods and one with the entity `Note` or another one.
fn of_pages(methods: &str, entity: (&str, &str)) -> (Vec<String>, Drafted) {
    let methods = page(methods);
    let entity_page = format!("---\ntitle: {}\n---\n\n{}", entity.0, entity.1);
    let path = format!("en/entities/{}.md", entity.0);
    let files = [
        ("en/methods/notes.md", methods.as_str()),
        (path.as_str(), entity_page.as_str()),
    ];
    let specification = changed(&[]);
    let report = drift_files(specification.clone(), "", &files);
    assert_eq!(report.unread, Vec::<String>::new());
    (findings(&report), drafted(&specification, &report))
}

const HEALTH: &str = "## Health {#health}\n\n```http\nGET /health HTTP/1.1\n```\n\n";

fn field(name: &str, ty: &str, history: &str) -> String {
    format!(
        "### `{name}` {{#{name}}}\n\n**Description:** Words.\\\n**Type:** {ty}\\\n**Version history:**\\\n{history}\n\n"
    )
}

#[test]
fn new_entity_gets_an_id_type_and_enumerations() {
    let fields = [
        field("id", "String", "4.3.0 - added"),
        field("note_id", "String", "4.3.0 - added"),
        field("storm_id", "String", "4.3.0 - added"),
        field(
            "mood",
            "String (Enumerable oneOf)\\\n`calm` = Calm.\\\n`very.cross` = Cross.",
            "4.3.0 - added",
        ),
        field(
            "sky",
            "String (Enumerable oneOf)\\\n`blue` = Blue.\\\n`grey` = Grey.",
            "2.6.0 - added\\\n4.3.0 - added `grey`",
        ),
        field(
            "all",
            "Array of String. One of `blue`, `grey`",
            "4.3.0 - added",
        ),
    ];
    let (_, drafted) = of_pages(
        HEALTH,
        ("Weather", &format!("## Attributes\n\n{}", fields.concat())),
    );
    assert_eq!(
        drafted.files["entities/weather.yaml"],
        "# yaml-language-server: $schema=../schema.json
title: \"?\"
description: \"?\"
docs: entities/Weather
ids:
  WeatherId: \"?\"
enums:
  WeatherSky:
    description: \"?\"
    values:
      blue: { description: \"?\" }
      grey: { since: 4.3.0, description: \"?\" }
entities:
  Weather:
    description: \"?\"
    since: 2.6.0
    fields:
      id:       { type: WeatherId, since: 4.3.0, description: \"?\" }
      note_id:  { type: NoteId, since: 4.3.0, description: \"?\" }
      storm_id: { type: \"?\", since: 4.3.0, description: \"?\" }
      mood:     { type: Mood, since: 4.3.0, description: \"?\" }
      sky:      { type: WeatherSky, description: \"?\" }
      all:      { type: [WeatherSky], since: 4.3.0, description: \"?\" }
"
    );
}

#[test]
fn new_method_uses_the_id_types_of_its_path() {
    let fields = field("id", "String", "4.3.0 - added");
    let methods = "## Fetch {#fetch}\n\n```http\nGET /api/v1/weathers/:id/notes/:note_id/:word HTTP/1.1\n```\n\n**Returns:** [Weather]({{< relref \"entities/Weather\" >}})\\\n**OAuth:** Public\\\n**Version history:**\\\n4.3.0 - added\n\n##### Query parameters\n\nsky\n: String. One of `blue`, `grey`.\n\n";
    let (_, drafted) = of_pages(methods, ("Weather", &format!("## Attributes\n\n{fields}")));
    let notes = &drafted.files[NOTES];
    for line in [
        "      id: { type: WeatherId, description: \"?\" }\n",
        "      note_id: { type: NoteId, description: \"?\" }\n",
        "      word: { type: string, description: \"?\" }\n",
        "      sky: { type: WeathersSky, description: \"?\" }\n",
    ] {
        let unaligned = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            unaligned(notes).contains(unaligned(line).as_str()),
            "{line}: {notes}"
        );
    }
    assert!(drafted.files["entities/weather.yaml"].contains("WeathersSky:"));
}

#[test]
fn value_is_drafted_with_the_version_of_the_page() {
    let mood = field(
        "mood",
        "String (Enumerable oneOf)\\\n`calm` = Calm.\\\n`glad` = Glad.\\\n`sad` = Sad.",
        "4.3.0 - added\\\n2.6.0 - added `glad`",
    );
    let (found, drafted) = of_pages(HEALTH, ("Note", &format!("## Attributes\n\n{mood}")));
    assert!(
        found.contains(&"missing-value Mood::glad: a value of Note.mood, since 2.6.0".to_owned()),
        "{found:#?}"
    );
    let note = &drafted.files[NOTE];
    assert!(
        note.contains("glad:       { since: 2.6.0, description: \"?\" }"),
        "{note}"
    );
    assert!(
        note.contains("sad:        { since: \"?\", description: \"?\" }"),
        "{note}"
    );
}

#[test]
fn values_of_a_string_become_an_enumeration() {
    let kind = field(
        "type",
        "{{<nullable>}} String. One of `long`, `short`",
        "1.0.0 - added",
    );
    let (_, drafted) = of_pages(HEALTH, ("Note", &format!("## Attributes\n\n{kind}")));
    let note = &drafted.files[NOTE];
    assert!(
        note.contains("  NoteType:\n    description: \"?\"\n    values:\n"),
        "{note}"
    );
    assert!(note.contains("{ type: NoteType, nullable: true,"), "{note}");
}

#[test]
fn end_and_absence_of_fields_are_drafted() {
    let fields = [
        field("text", "{{<nullable>}} String", "1.0.0 - added\\\n4.3.0 - deprecated"),
        field("posted_at", "String ([Datetime](/x#datetime))", "1.0.0 - added\\\n4.3.0 - removed"),
        "### `mood` {{%optional%}} {{%deprecated%}} {#mood}\n\n**Description:** Words.\\\n**Type:** String\\\n**Version history:**\\\n4.3.0 - added\n\n".to_owned(),
        "### `place` {{%deprecated%}} {#place}\n\n**Description:** Words.\\\n**Type:** Hash\\\n**Version history:**\\\n2.6.0 - added\n\n".to_owned(),
    ];
    let (_, drafted) = of_pages(
        HEALTH,
        ("Note", &format!("## Attributes\n\n{}", fields.concat())),
    );
    let note = drafted.files[NOTE]
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    for line in [
        "text: { type: html, nullable: true, deprecated: 4.3.0,",
        "posted_at: { type: datetime, removed: 4.3.0,",
        "mood: { type: Mood, optional: true, since: 4.3.0, deprecated: \"?\",",
        "place: optional: true since: 2.6.0 deprecated: \"?\"",
    ] {
        assert!(note.contains(line), "{line}: {note}");
    }
}

#[test]
fn facts_of_existing_methods_are_drafted() {
    let section = |anchor: &str, route: &str, rest: &str| {
        format!("## X {{#{anchor}}}\n\n```http\n{route} HTTP/1.1\n```\n\n{rest}\n\n")
    };
    let methods = [
        section(
            "get",
            "GET /api/v1/notes/:id",
            "**Version history:**\\\n0.0.0 - added\\\n4.3.0 - deprecated\n\n##### 206: Partial\n\n##### 401: No token\n\n##### 404: Not found\n\n##### 422: Wrong",
        ),
        section(
            "found",
            "GET /api/v1/notes/found",
            "**Permissions:** Manage Notes\\\n\n##### 422: Wrong",
        ),
    ];
    let (_, drafted) = of_pages(&methods.concat(), ("Note", "## See also\n"));
    let notes = &drafted.files[NOTES];
    let method = |name: &str| {
        let start = notes.find(&format!("  {name}:\n")).unwrap();
        notes[start..].split("\n\n").next().unwrap()
    };
    for line in [
        "    deprecated: 4.3.0",
        "    errors: [404, 422]",
        "    responses: { 206: \"?\" }",
    ] {
        assert!(method("note").contains(line), "{line}: {}", method("note"));
    }
    for line in [
        "    docs: found",
        "    permission: Manage Notes",
        "    errors: [422]",
    ] {
        assert!(
            method("notes_found").contains(line),
            "{line}: {}",
            method("notes_found")
        );
    }
}

#[test]
fn streams_events_and_scopes_are_drafted() {
    let streaming = "## Events {#events}\n\n`update`\n: New. Payload contains a [Note]({{< relref \"x\" >}}) cast to a string. Available since v1.0.0\n\n`noted`\n: Payload contains an Array of [Note]({{< relref \"x\" >}}). Available since v4.3\n\n`gone`\n: Payload contains the String ID of it. Available since v4.3.0\n\n`empty`\n: Payload can be ignored. Available since v4.3.0\n\n## Streams {#streams}\n\n`user`\n: All. Available since v1.0.0\n\n`user:new`\n: New. Available since v4.3.0\n\n## Watch {#user}\n\n```http\nGET /api/v1/streaming/user HTTP/1.1\n```\n\n**Returns:** `update`, `noted`\\\n\n## Watch new {#new}\n\n```http\nGET /api/v1/streaming/user/new HTTP/1.1\n```\n\n**Returns:** `noted`\\\n**OAuth:** User token + `read:statuses`\\\n";
    let scopes = "- 4.3.0 - Added `read:weather`\n\n| `read` | |\n| | `read:statuses` |\n| | `read:weather` |\n| `write:statuses` | |\n| `follow` {{%deprecated%}} | |\n| | `read:statuses` |\n";
    let methods = page(streaming);
    let files = [
        ("en/methods/streaming.md", methods.as_str()),
        ("en/api/oauth-scopes.md", scopes),
    ];
    let specification = changed(&[]);
    let report = drift_files(specification.clone(), "", &files);
    let found = findings(&report);
    for expected in [
        "missing-stream event noted: since 4.3.0",
        "missing-stream stream user:new: since 4.3.0",
        "missing-stream stream user(noted): an event of stream_user",
        "missing-scope read:weather: since 4.3.0",
    ] {
        assert!(
            found.iter().any(|line| line == expected),
            "{expected}: {found:#?}"
        );
    }
    let drafted = drafted(&specification, &report);
    let api = drafted.files["api.yaml"]
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    for line in [
        "read:weather: { since: 4.3.0, description: \"?\" }",
        "events: [update, noted], description: Notes of the user.",
        "user:new: { method: streaming_user_new, since: 4.3.0, events: [noted], description: \"?\" }",
        "noted: { payload: [Note], since: 4.3.0, description: \"?\" }",
        "gone: { payload: \"?\", since: 4.3.0, description: \"?\" }",
        "empty: { since: 4.3.0, description: \"?\" }",
    ] {
        assert!(api.contains(line), "{line}: {api}");
    }
    let method = drafted.files["methods/streaming.yaml"].clone();
    for line in [
        "  streaming_user_new:",
        "    host: streaming",
        "    returns: stream",
    ] {
        assert!(method.contains(line), "{line}: {method}");
    }
}

#[test]
fn release_with_its_api_version_is_drafted() {
    let version = "module Mastodon::Version\n  def major = 4\n  def minor = 9\n  def patch = 0\n  def api_versions = { mastodon: 13 }\nend\n";
    let files = [
        ("config/routes/api.rb", "namespace :api do\nend\n"),
        ("lib/mastodon/version.rb", version),
    ];
    let specification = changed(&[]);
    let report = drift_files(specification.clone(), "", &files);
    let drafted = drafted(&specification, &report);
    assert!(
        drafted.files["api.yaml"].contains("  - { version: 4.9.0, api_version: 13 }\n"),
        "{}",
        drafted.files["api.yaml"]
    );
}

#[test]
fn what_is_not_drafted_is_listed_with_the_reason() {
    let likes = field("likes", "Boolean", "1.0.0 - added");
    let (found, drafted) = of_pages(
        "## X {#get}\n\n```http\nGET /api/v1/notes/:id HTTP/1.1\n```\n\n**OAuth:** User token\\\n",
        ("Note", &format!("## Attributes\n\n{likes}")),
    );
    let total = drafted
        .written
        .iter()
        .filter(|(_, subject)| !subject.starts_with("release"))
        .count();
    assert_eq!(
        total + drafted.manual.len(),
        found.len(),
        "nothing is left out"
    );
    let both = "both have it; correct the one that is wrong, or accept the difference";
    let extra =
        "the source does not have it; mark it as removed or undocumented, or accept the difference";
    for (subject, reason) in [
        ("other-auth note", both),
        ("other-type Note.likes", both),
        ("extra-field Note.text", extra),
    ] {
        let is_listed = drafted.manual.iter().any(|(finding, own)| {
            format!("{} {}", finding.rule.name(), finding.subject) == subject && own == reason
        });
        assert!(is_listed, "{subject}: {:#?}", drafted.manual);
    }
}

#[test]
fn event_is_added_to_a_list_in_several_lines() {
    let lines = [
        (
            "api.yaml",
            "events: [update], description: Notes of the user.",
            "events: [update,\n    gone], description: Notes of the user.",
        ),
        (
            "api.yaml",
            "events:\n  update:",
            "events:\n  gone: { since: 1.0.0, description: Gone. }\n  update:",
        ),
    ];
    let specification = changed(&lines);
    let text = page(
        "## Watch {#user}\n\n```http\nGET /api/v1/streaming/user HTTP/1.1\n```\n\n**Returns:** `update`, `noted`\\\n",
    );
    let report = drift_files(
        specification.clone(),
        "",
        &[("en/methods/streaming.md", &text)],
    );
    let drafted = drafted(&specification, &report);
    let api = drafted.files["api.yaml"]
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    assert!(api.contains("events: [noted, update, gone]"), "{api}");
}

//! `cargo codegen diff`: each rule, on two specifications with one difference.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use mastodon_spec::model::Model;
use mastodon_spec_diff::{Change, Impact, Report, Rule, diff};

use crate::{API, NOTE, NOTES, changed, codegen, root, small, spec, write};

/// The direction: from the small specification to the changed one, or the reverse.
#[derive(Clone, Copy)]
enum Direction {
    Forward,
    Backward,
}
use Direction::{Backward, Forward};

type Case = (
    Rule,
    Direction,
    &'static str,
    &'static [(&'static str, &'static str, &'static str)],
);

const NEW_METHOD: &str = "methods:\n  note_pin:\n    http: POST /api/v1/notes/{id}/pin\n    summary: Pins a note.\n    since: 4.3.0\n    auth: user, write:statuses\n    returns: Note\n    params:\n      id: { type: NoteId, description: The note. }\n\n";
const NEW_ENTITY: &[(&str, &str, &str)] = &[
    (
        NOTE,
        "entities:\n",
        "entities:\n  Extra:\n    description: More.\n    fields:\n      more: { type: string, since: 1.0.0, description: More. }\n",
    ),
    (
        NOTE,
        "      tags: { type: [string],",
        "      extra: { type: Extra, since: 4.3.0, description: More. }\n      tags: { type: [string],",
    ),
];
const NEW_ENUM: &[(&str, &str, &str)] = &[
    (
        NOTE,
        "enums:\n",
        "enums:\n  Colour:\n    description: A colour.\n    values:\n      red: { description: Red. }\n",
    ),
    (
        NOTE,
        "      tags: { type: [string],",
        "      colour: { type: Colour, since: 4.3.0, description: Its colour. }\n      tags: { type: [string],",
    ),
];
const NEW_ID: &[(&str, &str, &str)] = &[
    (NOTE, "ids:\n", "ids:\n  PlaceId: Names a place.\n"),
    (
        NOTE,
        "      tags: { type: [string],",
        "      place_id: { type: PlaceId, since: 4.3.0, description: Where. }\n      tags: { type: [string],",
    ),
];
const NEW_INPUT: &[(&str, &str, &str)] = &[
    (
        NOTES,
        "inputs:\n",
        "inputs:\n  Place:\n    description: A place.\n    params:\n      name: { type: string, description: Its name. }\n\n",
    ),
    (
        NOTES,
        "      file: { type: file,",
        "      place: { type: Place, description: Where. }\n      file: { type: file,",
    ),
];

const CASES: &[Case] = &[
    (
        Rule::MethodAdded,
        Forward,
        "note_pin",
        &[(NOTES, "methods:\n", NEW_METHOD)],
    ),
    (
        Rule::MethodRemoved,
        Backward,
        "note_pin",
        &[(NOTES, "methods:\n", NEW_METHOD)],
    ),
    (
        Rule::MethodRenamed,
        Forward,
        "notes_liked",
        &[(NOTES, "  notes_popular:\n", "  notes_liked:\n")],
    ),
    (
        Rule::MethodDeprecated,
        Forward,
        "note",
        &[(
            NOTES,
            "since: 0.0.0\n",
            "since: 0.0.0\n    deprecated: 4.3.0\n",
        )],
    ),
    (
        Rule::MethodRetired,
        Forward,
        "note_delete",
        &[(
            NOTES,
            "deprecated: 2.6.0\n    deprecated_on",
            "deprecated: 2.6.0\n    removed: 4.3.0\n    deprecated_on",
        )],
    ),
    (
        Rule::MethodRestored,
        Backward,
        "note",
        &[(
            NOTES,
            "since: 0.0.0\n",
            "since: 0.0.0\n    deprecated: 4.3.0\n",
        )],
    ),
    (
        Rule::MethodArguments,
        Forward,
        "note",
        &[
            (
                NOTES,
                "since: 0.0.0\n",
                "since: 0.0.0\n    arguments: [how]\n",
            ),
            (
                NOTES,
                "      id: { type: NoteId, description: The note. }\n\n  notes:",
                "      id: { type: NoteId, description: The note. }\n      how: { type: bool, description: How. }\n\n  notes:",
            ),
        ],
    ),
    (
        Rule::ArgumentRenamed,
        Forward,
        "notes_by_tag",
        &[(
            NOTES,
            "name: { type: string, description: The tag. }",
            "name: { type: string, as: tag, description: The tag. }",
        )],
    ),
    (
        Rule::MethodReturns,
        Forward,
        "note_take",
        &[(
            NOTES,
            "returns: Draft # as it was",
            "returns: Note # as it was",
        )],
    ),
    (
        Rule::MethodReturns,
        Backward,
        "note_of_the_day",
        &[(
            NOTES,
            "    responses: { 204: There is no note today. }\n",
            "",
        )],
    ),
    (
        Rule::MethodFact,
        Forward,
        "notes_popular",
        &[(
            NOTES,
            "style: offset, limit: 10 to 20, link_header",
            "style: offset, limit: 10 to 40, link_header",
        )],
    ),
    (
        Rule::ParamAdded,
        Forward,
        "note_post(colour)",
        &[(
            NOTES,
            "      file: { type: file,",
            "      colour: { type: string, description: A colour. }\n      file: { type: file,",
        )],
    ),
    (
        Rule::ParamRemoved,
        Backward,
        "note_post(colour)",
        &[(
            NOTES,
            "      file: { type: file,",
            "      colour: { type: string, description: A colour. }\n      file: { type: file,",
        )],
    ),
    (
        Rule::ParamRemoved,
        Forward,
        "notes_found(q)",
        &[(
            NOTES,
            "q: { type: string,",
            "q: { type: string, unsupported: true,",
        )],
    ),
    (
        Rule::ParamRemoved,
        Forward,
        "note_post(language)",
        &[(NOTES, "language, nullable: true", "language")],
    ),
    (
        Rule::ParamRenamed,
        Forward,
        "notes_found(q)",
        &[(NOTES, "q: { type: string,", "q: { type: string, as: query,")],
    ),
    (
        Rule::ParamType,
        Forward,
        "notes_found(q)",
        &[(NOTES, "q: { type: string,", "q: { type: [string],")],
    ),
    (
        Rule::ParamDeprecated,
        Forward,
        "notes_found(q)",
        &[(
            NOTES,
            "q: { type: string,",
            "q: { type: string, deprecated: 4.3.0,",
        )],
    ),
    (
        Rule::ParamFact,
        Forward,
        "note_post(expires_in)",
        &[(NOTES, "min: 60, max: 3600", "min: 60, max: 7200")],
    ),
    (Rule::InputAdded, Forward, "Place", NEW_INPUT),
    (Rule::InputRemoved, Backward, "Place", NEW_INPUT),
    (
        Rule::InputNew,
        Forward,
        "NoteField",
        &[(
            NOTES,
            "value: { type: string,",
            "value: { type: string, required: true,",
        )],
    ),
    (Rule::EntityAdded, Forward, "Extra", NEW_ENTITY),
    (Rule::EntityRemoved, Backward, "Extra", NEW_ENTITY),
    (
        Rule::EntityShape,
        Forward,
        "PostedNote",
        &[(
            NOTE,
            "one_of: { Draft: has waits_until, Note: otherwise }",
            "fields:\n      draft: { type: Draft, since: 1.0.0, description: It. }",
        )],
    ),
    (
        Rule::EntityParent,
        Forward,
        "Draft",
        &[(NOTE, "    extends: Note\n", "")],
    ),
    (
        Rule::EntityDeprecated,
        Forward,
        "Draft",
        &[(
            NOTE,
            "    extends: Note\n",
            "    extends: Note\n    deprecated: 4.3.0\n",
        )],
    ),
    (
        Rule::FieldAdded,
        Forward,
        "Note.colour",
        &[(
            NOTE,
            "      tags: { type: [string],",
            "      colour: { type: string, since: 4.3.0, description: Its colour. }\n      tags: { type: [string],",
        )],
    ),
    (
        Rule::FieldRemoved,
        Backward,
        "Note.colour",
        &[(
            NOTE,
            "      tags: { type: [string],",
            "      colour: { type: string, since: 4.3.0, description: Its colour. }\n      tags: { type: [string],",
        )],
    ),
    (
        Rule::FieldRenamed,
        Forward,
        "Note.tags",
        &[(
            NOTE,
            "tags: { type: [string],",
            "tags: { type: [string], as: words,",
        )],
    ),
    (
        Rule::FieldType,
        Forward,
        "Note.likes",
        &[(
            NOTE,
            "likes: { type: integer, sent_as: string,",
            "likes: { type: string,",
        )],
    ),
    (
        Rule::FieldType,
        Forward,
        "Note.posted_at",
        &[(NOTE, "type: datetime", "type: datetime, nullable: true")],
    ),
    (
        Rule::FieldDeprecated,
        Forward,
        "Note.tags",
        &[(
            NOTE,
            "tags: { type: [string],",
            "tags: { type: [string], deprecated: 4.3.0,",
        )],
    ),
    (
        Rule::FieldFact,
        Forward,
        "Note.likes",
        &[(NOTE, "type: integer, sent_as: string", "type: integer")],
    ),
    (
        Rule::VariantAdded,
        Forward,
        "PostedNote::NoteList",
        &[(
            NOTE,
            "{ Draft: has waits_until, Note",
            "{ Draft: has waits_until, NoteList: has notes, Note",
        )],
    ),
    (
        Rule::VariantRemoved,
        Backward,
        "PostedNote::NoteList",
        &[(
            NOTE,
            "{ Draft: has waits_until, Note",
            "{ Draft: has waits_until, NoteList: has notes, Note",
        )],
    ),
    (Rule::EnumAdded, Forward, "Colour", NEW_ENUM),
    (Rule::EnumRemoved, Backward, "Colour", NEW_ENUM),
    (
        Rule::ValueAdded,
        Forward,
        "Mood::glad",
        &[(
            NOTE,
            "      very.cross:",
            "      glad: { since: 4.3.0, description: Gladly. }\n      very.cross:",
        )],
    ),
    (
        Rule::ValueRemoved,
        Backward,
        "Mood::glad",
        &[(
            NOTE,
            "      very.cross:",
            "      glad: { since: 4.3.0, description: Gladly. }\n      very.cross:",
        )],
    ),
    (
        Rule::ValueRenamed,
        Forward,
        "Mood::very.cross",
        &[(
            NOTE,
            "very.cross: { since: 4.3.0,",
            "very.cross: { since: 4.3.0, as: angry,",
        )],
    ),
    (
        Rule::ValueDeprecated,
        Forward,
        "Mood::very.cross",
        &[(
            NOTE,
            "very.cross: { since: 4.3.0,",
            "very.cross: { since: 2.6.0, deprecated: 4.3.0,",
        )],
    ),
    (
        Rule::ValueFact,
        Forward,
        "Mood::very.cross",
        &[(
            NOTE,
            "very.cross: { since: 4.3.0,",
            "very.cross: { since: 2.6.0,",
        )],
    ),
    (Rule::IdAdded, Forward, "PlaceId", NEW_ID),
    (Rule::IdRemoved, Backward, "PlaceId", NEW_ID),
    (
        Rule::ScopeAdded,
        Forward,
        "write:places",
        &[(
            API,
            "  follow: {",
            "  write:places: { description: Places. }\n  follow: {",
        )],
    ),
    (
        Rule::ScopeRemoved,
        Backward,
        "write:places",
        &[(
            API,
            "  follow: {",
            "  write:places: { description: Places. }\n  follow: {",
        )],
    ),
    (
        Rule::RateLimitAdded,
        Forward,
        "places",
        &[
            (
                API,
                "  statuses: { requests",
                "  places: { requests: 1, seconds: 1, description: Places. }\n  statuses: { requests",
            ),
            (
                NOTES,
                "http: GET /api/v1/notes/popular\n",
                "http: GET /api/v1/notes/popular\n    rate_limit: places\n",
            ),
        ],
    ),
    (
        Rule::RateLimitRemoved,
        Backward,
        "places",
        &[
            (
                API,
                "  statuses: { requests",
                "  places: { requests: 1, seconds: 1, description: Places. }\n  statuses: { requests",
            ),
            (
                NOTES,
                "http: GET /api/v1/notes/popular\n",
                "http: GET /api/v1/notes/popular\n    rate_limit: places\n",
            ),
        ],
    ),
    (
        Rule::ApiFact,
        Forward,
        "release 4.4.0",
        &[(
            API,
            "api_version: 2 }\n",
            "api_version: 2 }\n  - { version: 4.4.0, api_version: 6 }\n",
        )],
    ),
    (
        Rule::ApiFact,
        Forward,
        "statuses",
        &[(
            API,
            "requests: 300, seconds: 10800",
            "requests: 200, seconds: 10800",
        )],
    ),
];

fn compared(direction: Direction, changes: &[(&str, &str, &str)]) -> Report {
    let (small, changed) = (spec(changed(&[])), spec(changed(changes)));
    let (small, changed) = (Model::new(&small), Model::new(&changed));
    match direction {
        Forward => diff(&small, &changed),
        Backward => diff(&changed, &small),
    }
}

#[test]
fn each_rule_reports_its_change_with_its_impact() {
    let mut seen = BTreeSet::new();
    for (rule, direction, subject, changes) in CASES {
        let report = compared(*direction, changes);
        let matches = |change: &&Change| change.rule == *rule && change.subject == *subject;
        let found = report.changes.iter().find(matches);
        let found = found.unwrap_or_else(|| panic!("{} {subject}: {report:#?}", rule.id()));
        assert_eq!(found.impact, rule.impact());
        assert!(report.impact >= found.impact);
        seen.insert(*rule);
    }
    let uncovered: Vec<_> = Rule::ALL
        .iter()
        .filter(|rule| !seen.contains(rule))
        .collect();
    assert_eq!(uncovered, Vec::<&Rule>::new(), "rules without a case");
}

#[test]
fn optional_field_is_breaking_and_added_field_is_additive() {
    let report = compared(
        Forward,
        &[(NOTE, "type: datetime", "type: datetime, nullable: true")],
    );
    assert_eq!(report.impact, Impact::Breaking);
    assert_eq!(
        report.changes[0].detail.as_deref(),
        Some("Timestamp → Option<Timestamp>")
    );
    let more = "      colour: { type: string, since: 4.3.0, description: Its colour. }\n      tags: { type";
    let report = compared(Forward, &[(NOTE, "      tags: { type", more)]);
    assert_eq!(report.impact, Impact::Additive);
}

#[test]
fn identical_specifications_have_no_changes() {
    let report = compared(Forward, &[]);
    assert_eq!(
        (report.impact, report.changes, report.texts),
        (Impact::None, vec![], 0)
    );
}

#[test]
fn changed_description_has_no_impact() {
    let report = compared(
        Forward,
        &[(NOTES, "summary: Fetches a note.", "summary: Gets a note.")],
    );
    assert_eq!(
        (report.impact, report.changes.len(), report.texts),
        (Impact::None, 0, 1)
    );
}

#[test]
fn changelog_has_a_section_per_kind_with_breaking_changes_first() {
    let report = compared(
        Forward,
        &[
            (NOTES, "methods:\n", NEW_METHOD),
            (
                NOTES,
                "since: 0.0.0\n",
                "since: 0.0.0\n    deprecated: 4.3.0\n",
            ),
            (NOTES, "  notes_popular:\n", "  notes_liked:\n"),
            (NOTE, "type: datetime", "type: datetime, nullable: true"),
            (
                NOTE,
                "      very.cross:",
                "      glad: { since: 4.3.0, description: Gladly. }\n      very.cross:",
            ),
        ],
    );
    assert_eq!(
        report.changelog(),
        "### Added\n\n\
         - Method `note_pin`: POST /api/v1/notes/{id}/pin\n\
         - Value `Mood::glad`: since 4.3.0\n\
         \n### Changed\n\n\
         - **Breaking:** Method `notes_liked`: renamed from `notes_popular`\n\
         - **Breaking:** Field `Draft.posted_at`: Timestamp → Option\\<Timestamp>\n\
         - **Breaking:** Field `Note.posted_at`: Timestamp → Option\\<Timestamp>\n\
         - Field `Draft.posted_at`: nullable: nothing → true\n\
         - Field `Note.posted_at`: nullable: nothing → true\n\
         \n### Deprecated\n\n\
         - Method `note`: since 4.3.0\n"
    );
    let report = compared(Backward, &[(NOTES, "methods:\n", NEW_METHOD)]);
    assert_eq!(
        report.changelog(),
        "### Removed\n\n- **Breaking:** Method `note_pin`: POST /api/v1/notes/{id}/pin\n"
    );
    assert_eq!(compared(Forward, &[]).changelog(), "");
}

/// The table of rules in the documentation; `UPDATE=1 cargo test -p mastodon-codegen` updates it.
#[test]
fn semver_page_lists_every_rule() {
    let path = root().join("docs/semver.md");
    let page = fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once("<!-- rules -->\n").unwrap();
    let (_, after) = rest.split_once("<!-- end of rules -->\n").unwrap();
    let mut rules = "| rule | means | why |\n| --- | --- | --- |\n".to_owned();
    for rule in Rule::ALL {
        let (id, impact, text) = (rule.id(), rule.impact().name(), rule.text());
        rules += &format!("| `{id}` | {impact} | {text} |\n");
    }
    let expected = format!("{before}<!-- rules -->\n{rules}<!-- end of rules -->\n{after}");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &expected).unwrap();
    }
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        expected,
        "run with UPDATE=1"
    );
}

#[test]
fn folders_and_git_revisions_are_compared_in_all_output_formats() {
    let folder = tempfile::tempdir().unwrap();
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.arg("-C").arg(folder.path());
        git.args(["-c", "user.name=A", "-c", "user.email=a@example.org"]);
        assert!(
            git.args(arguments).output().unwrap().status.success(),
            "{arguments:?}"
        );
    };
    git(&["init", "-q"]);
    write(&folder.path().join("spec"), &changed(&[]));
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "One"]);
    let files = changed(&[
        (NOTES, "methods:\n", NEW_METHOD),
        (NOTE, "type: url", "type: string"),
    ]);
    write(&folder.path().join("spec"), &files);

    let old = small().join("spec");
    for before in ["HEAD", old.to_str().unwrap()] {
        let (ok, text, message) = codegen(folder.path(), &["diff", before]);
        assert!(ok, "{message}");
        let line = "additive  added       note_pin: POST /api/v1/notes/{id}/pin  [method-added]\n";
        assert!(text.starts_with(line), "{text}");
    }
    let (_, markdown, _) = codegen(folder.path(), &["diff", "HEAD", "--markdown"]);
    let entry = "### Added\n\n- `note_pin`: POST /api/v1/notes/{id}/pin\n";
    assert!(markdown.starts_with(entry), "{markdown}");
    let (_, changelog, _) = codegen(folder.path(), &["diff", "HEAD", "--changelog"]);
    let entry = "### Added\n\n- Method `note_pin`: POST /api/v1/notes/{id}/pin\n";
    assert!(changelog.starts_with(entry), "{changelog}");
    let (_, json, _) = codegen(folder.path(), &["diff", "HEAD", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["impact"], "additive");
    assert_eq!(json["changes"][0]["rule"], "method-added");
    // From new to old, a method is removed.
    let spec = folder.path().join("spec");
    let back = ["diff", spec.to_str().unwrap(), "HEAD", "--deny-breaking"];
    assert!(!codegen(folder.path(), &back).0);
}

#[test]
fn revision_in_an_old_form_is_compared_without_differences() {
    let folder = tempfile::tempdir().unwrap();
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.arg("-C").arg(folder.path());
        git.args(["-c", "user.name=A", "-c", "user.email=a@example.org"]);
        assert!(
            git.args(arguments).output().unwrap().status.success(),
            "{arguments:?}"
        );
    };
    git(&["init", "-q"]);
    // Renamed keys, derived errors, and something undocumented without its place.
    let old = changed(&[
        (
            NOTES,
            "documented: { http: POST /api/v1/note }",
            "documented_as: POST /api/v1/note",
        ),
        (NOTES, "errors: [422]", "errors: [401, 422]"),
        (NOTE, "seen: W list.c", "source: W list.c"),
        (
            NOTE,
            "seen: { type: bool,",
            "seen: { type: bool, undocumented: true,",
        ),
    ]);
    write(&folder.path().join("spec"), &old);
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "One"]);
    write(&folder.path().join("spec"), &changed(&[]));
    let (ok, text, message) = codegen(folder.path(), &["diff", "HEAD"]);
    assert!(ok, "{message}");
    assert!(
        text.starts_with("0 breaking, 0 additive, 0 without effect"),
        "{text}"
    );
}

#[test]
fn unknown_revision_is_named_in_the_error() {
    let (ok, _, message) = codegen(&root(), &["diff", "no-such-revision"]);
    assert!(
        !ok && message.contains("`no-such-revision` is neither a folder nor a revision"),
        "{message}"
    );
}

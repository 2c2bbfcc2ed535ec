//! `cargo codegen diff`: each rule, on two specifications with one difference.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use mastodon_spec::model::Model;
use mastodon_spec_diff::rust_api::RustApi;
use mastodon_spec_diff::{Change, Impact, Report, Rule, compare};

use crate::diff_changes::Direction::{self, Backward, Forward};
use crate::diff_changes::{CHANGES, NEW_METHOD};
use crate::{API, NOTE, NOTES, changed, codegen, root, small, spec, write};

fn compared(direction: Direction, changes: &[(&str, &str, &str)]) -> Report {
    let original = spec(changed(&[]));
    let original = Model::new(&original);
    let api = RustApi::new(&original).expect("the generated Rust can be read");
    compared_with((&original, &api), direction, changes)
}

fn compared_with(
    original: (&Model<'_>, &RustApi),
    direction: Direction,
    changes: &[(&str, &str, &str)],
) -> Report {
    let changed = spec(changed(changes));
    let changed = Model::new(&changed);
    let api = RustApi::new(&changed).expect("the generated Rust can be read");
    match direction {
        Forward => compare(original, (&changed, &api)),
        Backward => compare((&changed, &api), original),
    }
}

#[test]
fn each_rule_reports_its_change_with_its_impact() {
    let mut seen = BTreeSet::new();
    let original = spec(changed(&[]));
    let original = Model::new(&original);
    let api = RustApi::new(&original).unwrap();
    for (rule, direction, subject, changes) in CHANGES {
        let report = compared_with((&original, &api), *direction, changes);
        let matches = |change: &&Change| change.rule == *rule && change.subject == *subject;
        let found = report.changes.iter().find(matches);
        let found = found.unwrap_or_else(|| panic!("{} {subject}: {report:#?}", rule.id()));
        assert_eq!(found.impact, rule.impact());
        assert!(report.impact >= found.impact);
        seen.insert(*rule);
    }
    // No change needs them: see `public_api`.
    let others = [Rule::ItemChanged, Rule::ItemAdded];
    let uncovered = Rule::ALL.iter().filter(|rule| !seen.contains(rule));
    let uncovered: Vec<_> = uncovered.filter(|rule| !others.contains(rule)).collect();
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

#[test]
fn added_items_that_existed_before_the_older_specification_are_warned_about() {
    let warnings = |changes: &[(&str, &str, &str)]| compared(Forward, changes).warnings;
    let field = "      colour: { type: string, SINCE description: Its colour. }\n      tags: { type: [string],";
    let old = field.replace("SINCE", "since: 2.6.0,");
    assert_eq!(
        warnings(&[(NOTE, "      tags: { type: [string],", &old)]),
        [
            "`Note.colour`: added, but said to exist since 2.6.0; the older specification describes Mastodon up to \
             4.3.0: is `since` right?",
            "`Draft.colour`: added, but said to exist since 2.6.0; the older specification describes Mastodon up to \
             4.3.0: is `since` right?",
        ]
    );
    let option =
        "      colour: { type: string, description: A colour. }\n      file: { type: file,";
    assert_eq!(
        warnings(&[(NOTES, "      file: { type: file,", option)]),
        ["`note_post(colour)`: added, but said to exist since 1.0.0; is `since` missing?"]
    );
    let value = "      glad: { description: Gladly. }\n      very.cross:";
    assert_eq!(
        warnings(&[(NOTE, "      very.cross:", value)]),
        ["`Mood::glad`: added, but said to exist since 0.0.0; is `since` missing?"]
    );
    // The item of a later release, and one of other servers.
    let release = "api_version: 2 }\n  - { version: 4.4.0, api_version: 6 }\n";
    let new = option.replace("description", "since: 4.4.0, description");
    let changes = [
        (API, "api_version: 2 }\n", release),
        (NOTES, "      file: { type: file,", &new),
    ];
    assert_eq!(warnings(&changes), [""; 0]);
    let other = option.replace("description", "on: { wren: true }, description");
    let changes = [(NOTES, "      file: { type: file,", other.as_str())];
    assert_eq!(warnings(&changes), [""; 0]);
}

#[test]
fn change_names_the_items_of_the_generated_rust() {
    let report = compared(
        Forward,
        &[(NOTE, "type: datetime", "type: datetime, nullable: true")],
    );
    assert_eq!(report.changes[0].items, ["Draft.posted_at"]);
    let report = compared(Forward, &[(NOTES, "methods:\n", NEW_METHOD)]);
    assert_eq!(
        report.changes[0].items,
        ["Mastodon::note_pin", "NotePinCall"]
    );
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

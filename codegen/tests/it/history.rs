//! `cargo codegen since`.

use mastodon_spec::history::{ItemKind, Span, history};
use mastodon_spec::model::Model;

use crate::{NOTES, changed, codegen, small, spec};

/// The names of added items by version.
fn added(from: Option<&str>, to: Option<&str>) -> Vec<(String, Vec<String>)> {
    let spec = spec(changed(&[]));
    let releases = history(&Model::new(&spec), &Span::new(from, to).unwrap());
    let names = |release: &mastodon_spec::history::Release| {
        release.added.iter().map(|item| item.name.clone()).collect()
    };
    releases
        .iter()
        .map(|release| (release.version.clone(), names(release)))
        .collect()
}

#[test]
fn items_as_old_as_their_owner_are_omitted() {
    let last = [(
        "4.3.0".to_owned(),
        vec!["Note.mood".to_owned(), "Mood::very.cross".to_owned()],
    )];
    assert_eq!(added(Some("4.3"), None), last);
    let (_, second) = added(None, None).remove(2);
    let expected = [
        "notes_by_tag(any)",
        "notes_by_tag(pinned)",
        "page(min_id)",
        "Note.tags",
    ];
    assert!(
        expected
            .iter()
            .all(|name| second.iter().any(|known| known == name)),
        "{second:?}"
    );
}

#[test]
fn range_ends_match_all_patch_versions() {
    let versions = |from, to| -> Vec<String> {
        added(from, to)
            .into_iter()
            .map(|(version, _)| version)
            .collect()
    };
    assert_eq!(versions(Some("2"), Some("2")), ["2.6.0"]);
    assert_eq!(versions(Some("2.7"), None), ["4.3.0"]);
    assert_eq!(versions(Some("5"), None), Vec::<String>::new());
    assert!(
        Span::new(Some("next"), None)
            .unwrap_err()
            .contains("`next` is not a version")
    );
}

#[test]
fn deprecations_and_removals_are_listed_by_version() {
    let spec = spec(changed(&[(
        NOTES,
        "deprecated: 2.6.0\n    deprecated_on",
        "deprecated: 2.6.0\n    removed: 4.3.0\n    deprecated_on",
    )]));
    let releases = history(&Model::new(&spec), &Span::default());
    let at = |version: &str| {
        releases
            .iter()
            .find(|release| release.version == version)
            .unwrap()
    };
    assert!(
        at("2.6.0")
            .deprecated
            .iter()
            .any(|item| item.name == "note_delete")
    );
    let removed = &at("4.3.0").removed[0];
    assert_eq!(
        (removed.kind, removed.http.as_deref()),
        (ItemKind::Method, Some("DELETE /api/v1/notes/{id}"))
    );
}

#[test]
fn history_is_printed_in_all_output_formats() {
    let run = |form: &[&str]| codegen(&small(), &[&["since", "4.3"], form].concat()).1;
    assert!(
        run(&[])
            .starts_with("Mastodon 4.3.0 (API version 2)\n  added       field      Note.mood\n")
    );
    assert!(
        run(&["--markdown"])
            .starts_with("## Mastodon 4.3.0 (API version 2)\n\n### Added\n\n- field `Note.mood`\n")
    );
    let json: serde_json::Value = serde_json::from_str(&run(&["--json"])).unwrap();
    assert_eq!(json[0]["added"][0]["name"], "Note.mood");
}

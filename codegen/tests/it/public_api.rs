//! `cargo codegen diff` against the public items of the generated Rust.

use std::collections::HashSet;
use std::fs;

use mastodon_spec::model::Model;
use mastodon_spec::{check, load};
use mastodon_spec_diff::cut::{Minor, cut_back};
use mastodon_spec_diff::rust_api::{self, RustApi};
use mastodon_spec_diff::{Impact, Report, Rule, compare};

use crate::diff_changes::CHANGES;
use crate::{changed, root, small, spec};

/// What is wrong with a report: a change of the generated Rust that it does not have, or the reverse.
fn contradictions(old: &RustApi, new: &RustApi, report: &Report) -> Vec<String> {
    let differences = rust_api::compare(old, new);
    let mut wrong = Vec::new();
    let is_breaking = differences.iter().any(|difference| difference.is_breaking);
    if is_breaking != (report.impact == Impact::Breaking) {
        wrong.push(format!("breaking for the compiler: {is_breaking}"));
    }
    for change in &report.changes {
        let subject = format!("{} {}", change.rule.id(), change.subject);
        if [Rule::ItemChanged, Rule::ItemAdded].contains(&change.rule) {
            wrong.push(format!("not explained: {subject}"));
        }
        let items: HashSet<String> = change.items.iter().cloned().collect();
        let mut found = differences
            .iter()
            .filter(|difference| difference.is_among(&items));
        let is_true = match change.impact {
            Impact::Breaking => found.any(|difference| difference.is_breaking),
            Impact::Additive => found.next().is_some(),
            Impact::None => true,
        };
        if !is_true {
            wrong.push(format!("no difference in Rust: {subject}"));
        }
    }
    wrong
}

#[test]
fn report_is_breaking_exactly_where_public_items_are_removed_or_changed() {
    let mut wrong = Vec::new();
    let original = spec(changed(&[]));
    let original = Model::new(&original);
    let original = (&original, &RustApi::new(&original).unwrap());
    for (rule, _, subject, changes) in CHANGES {
        let name = format!("{} {subject}", rule.id());
        let other = match check::check(load::read(changed(changes))) {
            Ok(other) => other,
            Err(problems) => {
                let problems = problems.iter().map(ToString::to_string);
                wrong.push(format!("{name}: {}", problems.collect::<String>()));
                continue;
            }
        };
        let other = Model::new(&other);
        let other = (&other, &RustApi::new(&other).unwrap());
        for (direction, old, new) in [("forward", original, other), ("backward", other, original)] {
            let found = contradictions(old.1, new.1, &compare(old, new));
            let found = found.into_iter();
            wrong.extend(found.map(|found| format!("{name} {direction}: {found}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(CHANGES.len() >= 60);
}

#[test]
fn public_items_of_the_small_specification_are_those_of_the_file() {
    let spec = spec(changed(&[]));
    let api = RustApi::new(&Model::new(&spec)).unwrap();
    let lines: String = api.lines().map(|line| line + "\n").collect();
    let path = small().join("public-api.txt");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &lines).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        lines == expected,
        "{} differs; update it with UPDATE=1",
        path.display()
    );
}

#[test]
fn public_items_of_the_project_can_be_read() {
    let spec = spec(load::files(&root().join("spec")).unwrap());
    let api = RustApi::new(&Model::new(&spec)).unwrap();
    for line in [
        "struct Status",
        "field Status.id: StatusId",
        "fn Mastodon::status_favourite(&self, impl Into<StatusId>) -> StatusFavouriteCall",
        "type parameter StatusPostCall<T>",
        "fn StatusPostCall::scheduled_at(self, impl Into<Time>) -> StatusPostCall<PostedStatus>",
        "impl From<&Status> for StatusId",
        "fn StreamListener::on_update(&mut self, Status) -> impl Future<Output = ()> + Send",
        "variant Software::Akkoma",
    ] {
        assert!(api.items.contains_key(line), "{line}");
    }
}

/// Changes between versions of Mastodon that are breaking for applications: each stands in docs/semver.md, with the
/// reason.
fn listed_exceptions() -> Vec<String> {
    let page = fs::read_to_string(root().join("docs/semver.md")).unwrap();
    let (_, rest) = page.split_once("<!-- exceptions -->\n").unwrap();
    let (list, _) = rest.split_once("<!-- end of exceptions -->").unwrap();
    let rows = list.lines().filter(|line| line.starts_with("| `"));
    let cells = rows.map(|row| row.split('|').map(str::trim).collect::<Vec<_>>());
    cells
        .map(|cells| {
            format!(
                "{} {}",
                cells[1].trim_matches('`'),
                cells[2].trim_matches('`')
            )
        })
        .collect()
}

#[test]
fn each_version_of_mastodon_is_additive_except_for_what_the_documentation_lists() {
    let files = load::files(&root().join("spec")).unwrap();
    let complete = spec(files.clone());
    let newest = complete
        .api
        .releases
        .iter()
        .map(|it| Minor::of(&it.version));
    let newest = newest.max().unwrap();
    let versions = (2..=newest.minor).map(|minor| Minor { major: 4, minor });
    let mut specs: Vec<_> = versions
        .map(|version| {
            let mut spec = spec(files.clone());
            cut_back(&mut spec, version);
            (format!("{}.{}", version.major, version.minor), spec)
        })
        .collect();
    specs.push(("complete".to_owned(), complete));
    let models: Vec<_> = specs
        .iter()
        .map(|(name, spec)| (name, Model::new(spec)))
        .map(|(name, model)| (name, RustApi::new(&model).unwrap(), model))
        .collect();
    let (mut wrong, mut breaking) = (Vec::new(), Vec::new());
    for pair in models.windows(2) {
        let [(_, old_api, old), (name, new_api, new)] = pair else {
            unreachable!("windows of two")
        };
        let report = compare((old, old_api), (new, new_api));
        let found = contradictions(old_api, new_api, &report).into_iter();
        wrong.extend(found.map(|found| format!("{name}: {found}")));
        let changes = report.changes.iter();
        let changes = changes.filter(|change| change.impact == Impact::Breaking);
        breaking.extend(changes.map(|change| format!("{name} {}", change.subject)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(breaking, listed_exceptions());
}

#[test]
fn specification_that_is_cut_back_has_no_later_items_and_deprecations() {
    let mut cut = spec(changed(&[]));
    cut_back(&mut cut, Minor { major: 2, minor: 5 });
    let api = RustApi::new(&Model::new(&cut)).unwrap();
    let has = |line: &str| api.items.contains_key(line);
    // `mood` is of 4.3.0, and nothing else uses its enumeration but a parameter.
    assert!(has("field Note.id: NoteId") && !has("field Note.mood: Option<Mood>"));
    assert!(has("enum Mood") && has("variant Mood::Calm") && !has("variant Mood::VeryCross"));
    assert!(!has("struct NotePlace"));
    let setters = ["ids", "pinned"].map(|name| {
        let path = format!("NotesByTagCall::{name}");
        api.items.values().any(|item| item.path == path)
    });
    assert_eq!(setters, [true, false]);
    // `note_delete` is deprecated since 2.6.0.
    let delete = api
        .items
        .keys()
        .filter(|line| line.starts_with("Mastodon::note_delete: deprecated"));
    assert_eq!(delete.count(), 0);
}

/// For `.ci/semver`: writes a library that uses all public items of the SDK, and a list of them.
#[test]
#[ignore = "for .ci/semver, which names the folder and the version"]
fn write_program_that_uses_all_public_items() {
    let folder = std::env::var_os("SEMVER_FOLDER").expect("SEMVER_FOLDER names a folder");
    let mut spec = spec(load::files(&root().join("spec")).unwrap());
    let version = std::env::var("SEMVER_VERSION").unwrap_or_default();
    if !version.is_empty() {
        let (major, minor) = version.split_once('.').expect("a version such as 4.2");
        let [major, minor] = [major, minor].map(|number| number.parse().expect("a number"));
        cut_back(&mut spec, Minor { major, minor });
    }
    let model = Model::new(&spec);
    let folder = std::path::Path::new(&folder);
    fs::create_dir_all(folder.join("src")).unwrap();
    fs::write(folder.join("src/lib.rs"), RustApi::program(&model).unwrap()).unwrap();
    let lines = RustApi::new(&model).unwrap();
    let lines: String = lines.lines().map(|line| line + "\n").collect();
    fs::write(folder.join("items.txt"), lines).unwrap();
}

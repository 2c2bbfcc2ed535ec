//! Reports versions that are newer than the newest release of the specification.

use super::Compare;
use crate::draft::Draft;
use crate::spec_index::SpecIndex;
use crate::{Finding, Rule};
use mastodon_spec::load::API;
use mastodon_spec::yaml::{SourceKind, Version};

impl Compare<'_, '_> {
    pub(super) fn releases(&mut self) {
        let external = self.external;
        let version = (external.version.as_ref()).filter(|_| external.kind == SourceKind::Routes);
        let api_version = external.api_version.as_ref();
        let number = api_version.map(|(number, _)| *number);
        let at = api_version.map_or("", |(_, at)| at);
        self.findings
            .extend(newer(self.spec_index, version, number, at));
    }
}

/// The findings for a version, and for a version of the API, that are newer than those of the specification.
pub(crate) fn newer(
    spec_index: &SpecIndex<'_>,
    version: Option<&Version>,
    number: Option<u32>,
    seen: &str,
) -> Vec<Finding> {
    let releases = &spec_index.model.spec.api.releases;
    let newest = releases.iter().map(|release| &release.version).max();
    let newest_number = releases
        .iter()
        .filter_map(|release| release.api_version)
        .max();
    let mut out = Vec::new();
    let path = ["releases".to_owned()];
    let mark = spec_index.mark(API, &path);
    // A version of the API without the version of Mastodon that introduced it cannot be drafted.
    let draft = |number| version.map(|version| Draft::Release(version.clone(), number));
    let mut push = |subject: String, detail: String, draft: Option<Draft>| {
        out.push(Finding {
            rule: Rule::MissingRelease,
            subject,
            detail,
            file: API.to_owned(),
            line: mark.line,
            column: mark.column,
            seen: seen.to_owned(),
            draft,
        });
    };
    if let (Some(version), Some(newest)) = (version, newest)
        && version > newest
    {
        let detail = format!("the newest release of the specification is {newest}");
        push(format!("version {version}"), detail, draft(None));
    }
    if let Some(number) = number
        && newest_number.is_none_or(|newest| number > newest)
    {
        let newest = newest_number.map_or("none".to_owned(), |newest| newest.to_string());
        let detail = format!("the newest API version of the specification is {newest}");
        push(format!("API version {number}"), detail, draft(Some(number)));
    }
    out
}

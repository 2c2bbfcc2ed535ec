//! Checks of the versions that introduced, deprecated and removed an item: they are releases, in this order, and within
//! the lifetime of the item that contains it.

use super::Check;
use crate::load::At;
use crate::yaml::{Alias, Entity, EnumValue, Field, Method, Param, Release, Scope, Version};

/// The versions that introduced, deprecated and removed an item.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Versions<'a> {
    pub(super) since: Option<&'a Version>,
    pub(super) deprecated: Option<&'a Version>,
    pub(super) removed: Option<&'a Version>,
}

impl<'a> Versions<'a> {
    /// Those of an item that is never deprecated.
    pub(super) fn since(since: Option<&'a Version>) -> Self {
        Self {
            since,
            ..Self::default()
        }
    }
}

macro_rules! versions {
    ($($name:ty),*) => {
        $(impl<'a> From<&'a $name> for Versions<'a> {
            fn from(item: &'a $name) -> Self {
                Self {
                    since: item.since.as_ref(),
                    deprecated: item.deprecated.as_ref(),
                    removed: item.removed.as_ref(),
                }
            }
        })*
    };
}

versions!(Method, Param, Entity, Field, EnumValue, Scope, Alias);

/// The item that contains another one.
#[derive(Clone, Copy)]
pub(super) struct Owner<'a> {
    /// What it is, such as `method`.
    pub(super) what: &'static str,
    pub(super) versions: Versions<'a>,
}

impl Check<'_> {
    /// Checks that versions are releases and in order.
    pub(super) fn versions(&mut self, path: &[&str], versions: Versions<'_>) {
        let named = [
            ("since", versions.since),
            ("deprecated", versions.deprecated),
            ("removed", versions.removed),
        ];
        for (key, version) in named {
            if let Some(version) = version {
                self.release(&[path, &[key]].concat(), version);
            }
        }
        if let (Some(since), Some(deprecated)) = (versions.since, versions.deprecated)
            && deprecated < since
        {
            self.report(
                &[path, &["deprecated"]].concat(),
                At::Value,
                format!("`deprecated: {deprecated}` is before `since: {since}`"),
                Some("`since` is the first version that has it, `deprecated` the first that advises against it".into()),
            );
        }
        let Some(removed) = versions.removed else {
            return;
        };
        let earlier = [
            ("deprecated", versions.deprecated),
            ("since", versions.since),
        ];
        let earlier = earlier.into_iter().filter_map(|(key, version)| {
            Some((key, version.filter(|version| removed <= *version)?))
        });
        if let Some((key, version)) = earlier.max_by_key(|(_, version)| *version) {
            self.report(
                &[path, &["removed"]].concat(),
                At::Value,
                format!("`removed: {removed}` is not after `{key}: {version}`"),
                Some(
                    "`removed` is the first version without it, so it is later than the others"
                        .into(),
                ),
            );
        }
    }

    /// Checks that an item exists only while its owner does.
    pub(super) fn within(&mut self, path: &[&str], own: Versions<'_>, owner: Owner<'_>) {
        let what = owner.what;
        let at = |key: &'static str| [path, &[key]].concat();
        if let (Some(since), Some(start)) = (own.since, owner.versions.since)
            && since < start
        {
            self.report(
                &at("since"),
                At::Value,
                format!("`since: {since}` is before that of the {what} ({start})"),
                Some(format!(
                    "remove `since` if it is as old as the {what}, or correct that of the {what}"
                )),
            );
        }
        if let (Some(since), Some(end)) = (own.since, owner.versions.removed)
            && since >= end
        {
            self.report(
                &at("since"),
                At::Value,
                format!("`since: {since}` is not before the removal of the {what} ({end})"),
                Some(format!(
                    "no version has it: correct `since`, or `removed` of the {what}"
                )),
            );
        }
        if let (Some(removed), Some(end)) = (own.removed, owner.versions.removed)
            && removed >= end
        {
            self.report(
                &at("removed"),
                At::Value,
                format!("`removed: {removed}` is not before the removal of the {what} ({end})"),
                Some(format!("remove it: it is removed with the {what}")),
            );
        }
        // Without its own version, it is as old as its owner.
        let Some(start) = owner.versions.since.filter(|_| own.since.is_none()) else {
            return;
        };
        for (key, version, wrong) in [
            ("deprecated", own.deprecated, "before"),
            ("removed", own.removed, "not after"),
        ] {
            if let Some(version) = version
                && (version < start || key == "removed" && version == start)
            {
                self.report(
                    &at(key),
                    At::Value,
                    format!("`{key}: {version}` is {wrong} `since` of the {what} ({start})"),
                    Some(format!(
                        "correct it, or add `since` if it is newer than the {what}"
                    )),
                );
            }
        }
    }

    /// Reports a version that is not one of the releases.
    pub(super) fn release(&mut self, path: &[&str], version: &Version) {
        let known = &self.names.versions;
        if version.is_zero() || known.contains(version) {
            return;
        }
        let before = known.range(..version).next_back();
        let after = known.range(version..).next();
        let near = match (before, after) {
            (Some(newest), None) => format!("the newest release there is {newest}"),
            (None, Some(oldest)) => format!("the oldest release there is {oldest}"),
            (Some(before), Some(after)) => {
                format!("the releases before and after it are {before} and {after}")
            }
            (None, None) => "there are none".to_owned(),
        };
        self.report(
            path,
            At::Value,
            format!("{version} is not one of the `releases` in api.yaml"),
            Some(format!(
                "{near}; if Mastodon {version} exists and changed this, add `- {{ version: {version} }}` to `releases`"
            )),
        );
    }

    /// Reports fields without a version in an entity without one: they would count as old as the API, and be required
    /// of every server.
    pub(super) fn fields_have_since(&mut self, name: &str, entity: &Entity) {
        if entity.since.is_some() || !entity.on.is_empty() || self.is_of_other_servers() {
            return;
        }
        for (wire, field) in &entity.fields {
            let path = ["entities", name, "fields", wire];
            if field.since.is_none() && !field.on.names_any() && !self.is_written(&path, "since") {
                self.report(
                    &path,
                    At::Key,
                    format!("`{wire}` needs `since`, because `{name}` has none"),
                    Some("write the first version that has it: a field without a version counts as sent by every server".into()),
                );
            }
        }
    }

    /// Checks that the baseline of an entity is later than its first version.
    pub(super) fn baseline(&mut self, path: &[&str], entity: &Entity) {
        let Some(baseline) = &entity.baseline else {
            return;
        };
        let at = [path, &["baseline"]].concat();
        self.release(&at, baseline);
        let oldest = entity
            .fields
            .values()
            .filter_map(|field| field.since.as_ref());
        let start = entity.since.as_ref().or(oldest.min());
        if let Some(start) = start.filter(|start| baseline <= *start) {
            self.report(
                &at,
                At::Value,
                format!("`baseline: {baseline}` is not after the first version with the entity ({start})"),
                Some("remove it: fields of that version count as always present".into()),
            );
        }
    }

    /// Whether the current file describes what Mastodon does not have.
    pub(super) fn is_of_other_servers(&self) -> bool {
        self.file.contains("/servers/")
    }
    /// Checks that releases, and the API versions that they report, only increase.
    pub(super) fn releases(&mut self, releases: &[Release]) {
        let mut newest: Option<&Release> = None;
        let mut reported: Option<(u32, &Version)> = None;
        for (index, release) in releases.iter().enumerate() {
            let index = index.to_string();
            let version = &release.version;
            if let Some(before) = newest.filter(|before| before.version >= *version) {
                let message = if before.version == *version {
                    format!("{version} is listed twice")
                } else {
                    format!(
                        "{version} is older than {}, which is listed before it",
                        before.version
                    )
                };
                self.report(
                    &["releases", &index, "version"],
                    At::Value,
                    message,
                    Some("list each release once, oldest first".into()),
                );
            }
            newest = Some(release);
            let Some(number) = release.api_version else {
                continue;
            };
            if let Some((before, of)) = reported.filter(|(before, _)| number < *before) {
                self.report(
                    &["releases", &index, "api_version"],
                    At::Value,
                    format!("`api_version: {number}` of {version} is less than {before} of {of}"),
                    Some("the API version never decreases: correct one of them".into()),
                );
            }
            reported = Some((number, version));
        }
    }
}

//! Compares the specification with other descriptions of the API: an OpenAPI document, the pages of
//! Mastodon's documentation, its routes, or recorded responses.
//!
//! Each kind of source is converted into the same model, [`ExternalApi`]. Only recordings are compared value
//! by value, because they contain no types. Accepted differences are listed in `differences.yaml`.

mod compare;
mod differences;
mod documentation;
mod draft;
mod external;
mod openapi;
mod recordings;
mod render;
mod routes;
mod seen;
mod source;
mod spec_index;
mod types_match;

use std::collections::BTreeSet;

use serde::Serialize;

use mastodon_spec::load::Sources;
use mastodon_spec::model::Model;
pub use mastodon_spec::yaml::{Rule, SourceKind};
use mastodon_spec::yaml::{Spec, Version};

pub use draft::Drafted;
pub use external::{
    Attribute, ExternalApi, Lifecycle, Limit, Notes, Object, Operation, Parameter, Scope, Shape,
    StreamItem,
};
pub use seen::unseen;
pub use source::Source;

/// One difference, with the position in the specification.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    /// The kind of difference.
    pub rule: Rule,
    /// What differs: `status_post(visibility)`, `Status.quote`, `GET /api/v1/news`.
    pub subject: String,
    /// The value in the source, or both values.
    pub detail: String,
    /// The file of the specification.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// The position in the source.
    pub seen: String,
    /// The item to be written into the specification.
    #[serde(skip)]
    pub draft: Option<draft::Draft>,
}

/// The result of a comparison.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The kind of source.
    pub source: SourceKind,
    /// The differences, by file and line.
    pub findings: Vec<Finding>,
    /// The number of accepted differences.
    pub justified: usize,
    /// The number of compared endpoints and entities.
    pub compared: usize,
    /// What was read of the source, as phrases with counts.
    pub read: Vec<String>,
    /// Parts of the source that were not understood, with their positions.
    pub unread: Vec<String>,
    /// The version that the source describes, where known.
    #[serde(skip)]
    pub version: Option<Version>,
}

impl Report {
    /// Whether there are no differences.
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }

    /// Writes the missing items into the files of the specification, with `?` for descriptions.
    pub fn draft(
        &self,
        spec: &Spec,
        files: &mastodon_spec::load::Files,
        since: Option<&Version>,
    ) -> Drafted {
        draft::write(self, spec, files, since)
    }
}

/// Compares a specification that has passed the checks with a source.
pub fn drift(spec: &Spec, sources: &Sources, source: &Source) -> Report {
    let model = Model::new(spec);
    let spec_index = spec_index::SpecIndex::new(&model, sources);
    let Comparison {
        mut report,
        examined,
    } = match source {
        Source::Described(external) => compare::compare(&spec_index, external),
        Source::Recorded(files) => recordings::compare(&spec_index, files),
    };
    differences::apply(&spec_index, &mut report, examined.as_ref());
    report.findings.sort_by(|a, b| {
        (&a.file, a.line, &a.subject, a.rule).cmp(&(&b.file, b.line, &b.subject, b.rule))
    });
    report
}

/// A report with the names of the compared methods and entities.
struct Comparison {
    report: Report,
    /// `None` where everything was compared.
    examined: Option<BTreeSet<String>>,
}

//! Compares types.

use super::external::{Shape, plain};
use super::spec_index::SpecIndex;

/// Whether one of the types of the specification matches the type of the source.
pub(super) fn types_match(spec_index: &SpecIndex<'_>, ours: &[Shape], theirs: &Shape) -> bool {
    ours.iter()
        .any(|ours| type_matches(spec_index, ours, theirs))
}

fn type_matches(spec_index: &SpecIndex<'_>, ours: &Shape, theirs: &Shape) -> bool {
    use Shape::{Date, DateTime, File, Integer, List, Named, Number, Object, String, Unknown, Url};
    match (ours, theirs) {
        (Unknown, _) | (_, Unknown) => true,
        (String | Url | DateTime | Date, String | Url | DateTime | Date) => true,
        // Sources without a file type use string or object.
        (File, String | Object) => true,
        (Number, Integer) => true,
        (Named(_), Object) | (Object, Named(_)) => true,
        (Named(ours), Named(theirs)) => {
            let other = spec_index.entity(theirs);
            plain(ours) == plain(theirs) || other.is_none() || related(spec_index, ours, theirs)
        }
        (List(ours), List(theirs)) => type_matches(spec_index, ours, theirs),
        (ours, theirs) => ours == theirs,
    }
}

/// Whether one entity extends the other or is one of its alternatives.
fn related(spec_index: &SpecIndex<'_>, a: &str, b: &str) -> bool {
    let refers_to = |from: &str, to: &str| {
        spec_index.entity(from).is_some_and(|(_, _, entity)| {
            let mut names = entity.one_of.keys().chain(&entity.extends);
            names.any(|name| plain(name) == plain(to))
        })
    };
    refers_to(a, b) || refers_to(b, a)
}

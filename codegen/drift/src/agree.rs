//! Whether both sides mean the same type.

use super::known::Known;
use super::outside::{Shape, plain};

/// Whether one of the shapes that the specification has is the one that the source has.
pub(super) fn agree(known: &Known<'_>, ours: &[Shape], theirs: &Shape) -> bool {
    ours.iter().any(|ours| fits(known, ours, theirs))
}

fn fits(known: &Known<'_>, ours: &Shape, theirs: &Shape) -> bool {
    use Shape::{Address, Day, File, Integer, List, Moment, Named, Number, Object, Text, Unknown};
    match (ours, theirs) {
        (Unknown, _) | (_, Unknown) => true,
        (Text | Address | Moment | Day, Text | Address | Moment | Day) => true,
        // A source that has no files says text or object.
        (File, Text | Object) => true,
        (Number, Integer) => true,
        (Named(_), Object) | (Object, Named(_)) => true,
        (Named(ours), Named(theirs)) => {
            let other = known.entity(theirs);
            plain(ours) == plain(theirs) || other.is_none() || related(known, ours, theirs)
        }
        (List(ours), List(theirs)) => fits(known, ours, theirs),
        (ours, theirs) => ours == theirs,
    }
}

/// Whether one of the entities extends the other, or is one of those that it can be.
fn related(known: &Known<'_>, a: &str, b: &str) -> bool {
    let leads = |from: &str, to: &str| {
        known.entity(from).is_some_and(|(_, _, entity)| {
            let mut names = entity.one_of.keys().chain(&entity.extends);
            names.any(|name| plain(name) == plain(to))
        })
    };
    leads(a, b) || leads(b, a)
}

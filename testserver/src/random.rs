//! Random choices that are the same in every run with the same seed.

use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Step of the generator: 2⁶⁴ divided by the golden ratio.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// SplitMix64 generator.
#[derive(Debug, Default)]
pub(crate) struct Random(AtomicU64);

impl Random {
    pub(crate) fn from_seed(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    fn next(&self) -> u64 {
        let mut bits = self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// Returns a duration of the range in whole milliseconds. An empty range is its start.
    pub(crate) fn duration(&self, range: &RangeInclusive<Duration>) -> Duration {
        let span = range.end().saturating_sub(*range.start()).as_millis();
        match u64::try_from(span).unwrap_or(u64::MAX) {
            0 => *range.start(),
            span => *range.start() + Duration::from_millis(self.next() % span.saturating_add(1)),
        }
    }

    pub(crate) fn coin(&self) -> bool {
        self.next() % 2 == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_in_the_range_and_the_same_for_the_same_seed() {
        let range = Duration::from_millis(10)..=Duration::from_millis(13);
        let draw = |seed| {
            let random = Random::from_seed(seed);
            (0..100)
                .map(|_| random.duration(&range))
                .collect::<Vec<_>>()
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        for milliseconds in 10..=13 {
            assert!(draw(1).contains(&Duration::from_millis(milliseconds)));
        }
        assert!(draw(1).iter().all(|drawn| range.contains(drawn)));
    }

    #[test]
    fn range_with_one_value_is_that_value() {
        let second = Duration::from_secs(1);
        assert_eq!(Random::default().duration(&(second..=second)), second);
        let reversed = RangeInclusive::new(second, Duration::ZERO);
        assert_eq!(Random::default().duration(&reversed), second);
    }
}

//! What the server has at its start, and again after a reset.

use jiff::Timestamp;

use super::{Seed, SeedResult, Seeder};
use crate::behavior::Behavior;
use crate::state::{Software, State};

/// What the server has at its start, and again after a reset.
#[derive(Clone, Debug, Default)]
pub(crate) struct Initial {
    /// `None`: the default data.
    pub(crate) seed: Option<Seed>,
    /// Behavior that the builder sets. The seed changes it.
    pub(crate) behavior: Behavior,
    pub(crate) start_time: Option<Timestamp>,
    pub(crate) software: Software,
}

impl Initial {
    /// Returns the time of the clock at the start.
    pub(crate) fn start_time(&self) -> Timestamp {
        let now = Timestamp::now();
        let seed = self.seed.as_ref().and_then(|seed| seed.clock);
        let seeded = seed.map(|time| time.at(now));
        self.start_time.or(seeded).unwrap_or(now)
    }

    pub(crate) fn behavior(&self) -> SeedResult<Behavior> {
        let patch = self.seed.as_ref().and_then(|seed| seed.behavior.as_ref());
        match patch {
            Some(patch) => patch
                .apply(&self.behavior)
                .map_err(|error| error.inside("behavior")),
            None => Ok(self.behavior.clone()),
        }
    }

    pub(crate) fn state(&self, url: &str, now: Timestamp) -> SeedResult<State> {
        let Some(seed) = &self.seed else {
            let mut state = State::seeded(url, now);
            state.software = self.software.clone();
            return Ok(state);
        };
        let mut state = State::empty(url);
        state.software = self.software.clone();
        Seeder::new(&mut state, now).create_all(seed)?;
        Ok(state)
    }
}

//! What the server has at its start, and again after a reset.

use jiff::Timestamp;

use super::{Seed, SeedResult, Seeder};
use crate::behavior::Behavior;
use crate::fault::Faults;
use crate::state::{Software, State};

/// What the server has at its start, and again after a reset.
#[derive(Clone, Debug, Default)]
pub(crate) struct Initial {
    /// Base URL of the server.
    pub(crate) url: String,
    /// Domain of the local accounts, if it is configured.
    pub(crate) domain: Option<String>,
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

    /// Injects the faults of the seed.
    pub(crate) fn inject_faults(&self, faults: &Faults) -> SeedResult<()> {
        let specs = self.seed.iter().flat_map(|seed| &seed.faults);
        for (index, spec) in specs.enumerate() {
            let injected = faults.inject_spec(spec);
            injected.map_err(|error| error.inside(&format!("faults[{index}]")))?;
        }
        Ok(())
    }

    /// Creates the database.
    pub(crate) fn state(&self, now: Timestamp) -> SeedResult<State> {
        let mut state = match &self.seed {
            None => State::seeded(&self.url, now),
            Some(_) => State::empty(&self.url),
        };
        state.software = self.software.clone();
        if let Some(domain) = &self.domain {
            state.domain.clone_from(domain);
        }
        if let Some(seed) = &self.seed {
            Seeder::new(&mut state, now).create_all(seed)?;
        }
        Ok(state)
    }
}

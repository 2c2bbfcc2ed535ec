//! Scripts that Redis runs. Redis caches them; after a restart they are sent again.

use redis::Script;

/// The scripts.
pub(super) struct Scripts {
    pub(super) acquire: Script,
    pub(super) renew: Script,
    pub(super) release: Script,
    pub(super) load: Script,
    pub(super) save: Script,
    pub(super) claim: Script,
    pub(super) complete: Script,
    pub(super) swap: Script,
}

/// Returns a script with the functions of `lib.lua`.
fn script(code: &str) -> Script {
    Script::new(&format!("{}\n{code}", include_str!("scripts/lib.lua")))
}

impl Scripts {
    pub(super) fn new() -> Self {
        Self {
            acquire: script(include_str!("scripts/acquire.lua")),
            renew: script(include_str!("scripts/renew.lua")),
            release: Script::new(include_str!("scripts/release.lua")),
            load: Script::new("return redis.call('HGET', KEYS[1], ARGV[1])"),
            save: script(include_str!("scripts/save.lua")),
            claim: script(include_str!("scripts/claim.lua")),
            complete: Script::new("redis.call('SET', KEYS[1], '', 'PX', ARGV[1]) return 1"),
            swap: script(include_str!("scripts/swap.lua")),
        }
    }
}

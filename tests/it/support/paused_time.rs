//! Paused time for tests over real sockets.
//!
//! With paused time, tokio advances the clock to the next timer as soon as no task can run. Bytes that the
//! operating system has not delivered yet are not visible to tokio, so a timeout could elapse on a busy machine
//! although the response was already sent. In a runtime of this module, the clock advances only after no
//! socket became ready for [`QUIET`].
//!
//! A test selects it with the attribute `#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]`.

pub(crate) use tokio::pin;

use std::time::Duration;

/// How long no socket must become ready, in real time, before the clock advances.
const QUIET: Duration = Duration::from_millis(5);

/// Maximum number of times to wait for that. A timer that is due in less than [`QUIET`] also ends the idle time of
/// the runtime, again and again, because the clock does not advance meanwhile.
const MAX_WAITS: usize = 4;

/// Replaces `tokio::runtime` in the expansion of `#[tokio::test]`.
pub(crate) mod runtime {
    use std::io;
    use std::sync::{Arc, Mutex, MutexGuard};

    use tokio::runtime::Runtime;
    use tokio::sync::Notify;
    use tokio::time::Instant;

    use super::{MAX_WAITS, QUIET};

    /// Builder of a runtime with paused time.
    pub(crate) struct Builder(tokio::runtime::Builder);

    impl Builder {
        pub(crate) fn new_current_thread() -> Self {
            Self(tokio::runtime::Builder::new_current_thread())
        }

        pub(crate) fn enable_all(mut self) -> Self {
            self.0.enable_all();
            self
        }

        pub(crate) fn start_paused(mut self, start_paused: bool) -> Self {
            self.0.start_paused(start_paused);
            self
        }

        pub(crate) fn build(mut self) -> io::Result<Runtime> {
            let guard = Arc::new(Guard::default());
            let on_idle = Arc::clone(&guard);
            let runtime = self.0.on_thread_park(move || on_idle.on_idle()).build()?;
            runtime.spawn(async move { guard.run().await });
            Ok(runtime)
        }
    }

    /// Prevents the clock from advancing while a socket may still become ready.
    #[derive(Default)]
    struct Guard {
        state: Mutex<State>,
        start: Notify,
    }

    #[derive(Default)]
    struct State {
        /// Number of times that no task could run.
        idle: u64,
        is_waiting: bool,
        /// Time at which the sockets were quiet, and how often the runtime may still park without waiting again.
        quiet: Option<(Instant, u32)>,
    }

    impl Guard {
        fn state(&self) -> MutexGuard<'_, State> {
            self.state.lock().unwrap()
        }

        /// Runs when no task can run. If it wakes a task, the runtime polls the sockets without advancing the clock.
        fn on_idle(&self) {
            let mut state = self.state();
            state.idle += 1;
            if state.is_waiting {
                return;
            }
            match &mut state.quiet {
                Some((time, parks)) if *time == Instant::now() && *parks > 0 => *parks -= 1,
                _ => {
                    state.is_waiting = true;
                    self.start.notify_one();
                }
            }
        }

        async fn run(&self) {
            loop {
                self.start.notified().await;
                for _ in 0..MAX_WAITS {
                    let before = self.state().idle;
                    // While a blocking task runs, tokio does not advance the clock.
                    let waited = tokio::task::spawn_blocking(|| std::thread::sleep(QUIET));
                    waited.await.unwrap();
                    // If a socket became ready, the runtime was idle more than once.
                    if self.state().idle <= before + 1 {
                        break;
                    }
                }
                let mut state = self.state();
                state.is_waiting = false;
                // The end of the blocking task keeps tokio from advancing the clock at the first park.
                state.quiet = Some((Instant::now(), 2));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use tokio::time::Instant;

    use super::QUIET;

    #[tokio::test(crate = "super", start_paused = true)]
    async fn paused_time_advances_to_the_next_timer_after_the_sockets_were_quiet() {
        let (start, real_start) = (Instant::now(), std::time::Instant::now());
        for hours in 1..=3 {
            tokio::time::sleep(Duration::from_secs(3600)).await;
            assert_eq!(start.elapsed().as_secs(), hours * 3600);
            assert!(real_start.elapsed() >= QUIET * u32::try_from(hours).unwrap());
        }
    }

    #[test]
    fn every_test_with_paused_time_waits_for_the_network() {
        fn check(folder: &Path) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    check(&path);
                    continue;
                }
                let text = std::fs::read_to_string(&path).unwrap();
                assert!(
                    !text.contains(concat!("#[tokio::test(", "start_paused")),
                    "{}: use the attribute of `paused_time.rs`",
                    path.display()
                );
            }
        }
        check(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests"));
    }
}

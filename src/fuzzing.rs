//! Entry points of the fuzz targets. The tests run them with the seeds, the inputs that fuzzing starts with.

#[cfg(feature = "push")]
pub use crate::push::fuzzing::{push_message, push_plaintext};
#[cfg(feature = "websocket")]
pub use crate::streaming::fuzzing::{server_sent_events, websocket_message};

#[cfg(all(test, feature = "push", feature = "websocket"))]
mod tests {
    use std::collections::BTreeMap;
    use std::path::{Path, PathBuf};

    use super::*;

    /// Runs a target with an input.
    type Target = fn(&[u8]);

    const TARGETS: [(&str, Target); 4] = [
        ("push_message", push_message),
        ("push_plaintext", push_plaintext),
        ("server_sent_events", |bytes| {
            server_sent_events(bytes, &[1, 2, 3, 5, 8, 13, 21, 34]);
            server_sent_events(bytes, &[1; 256]);
        }),
        ("websocket_message", |bytes| {
            websocket_message(&String::from_utf8_lossy(bytes));
        }),
    ];

    fn files(folder: &Path) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    }

    /// Returns variants of a seed: truncated at each byte, and with a bit of each byte flipped.
    fn variants(seed: &[u8]) -> impl Iterator<Item = Vec<u8>> {
        (0..=seed.len()).flat_map(move |at| {
            let flipped = [0x01, 0x80].map(|bit| {
                let mut flipped = seed.to_vec();
                flipped
                    .iter_mut()
                    .skip(at)
                    .take(1)
                    .for_each(|byte| *byte ^= bit);
                flipped
            });
            std::iter::once(seed[..at].to_vec()).chain(flipped)
        })
    }

    #[test]
    fn no_target_panics_on_its_seeds_or_their_variants() {
        let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
        if !fuzz.exists() {
            println!("skipped: the published crate has no seeds");
            return;
        }
        let stems = |folder| -> Vec<String> {
            let paths = files(&fuzz.join(folder)).into_iter();
            let mut stems: Vec<_> = paths
                .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
                .collect();
            stems.sort();
            stems
        };
        let targets = BTreeMap::from(TARGETS);
        let names: Vec<_> = targets.keys().map(|name| (*name).to_owned()).collect();
        assert_eq!(stems("fuzz_targets"), names);
        assert_eq!(stems("seeds"), names);
        for (name, target) in targets {
            let seeds = files(&fuzz.join("seeds").join(name));
            assert!(!seeds.is_empty(), "{name}");
            for seed in seeds {
                let bytes = std::fs::read(seed).unwrap();
                target(&bytes);
                // A sample is enough: every change makes encrypted data invalid as a whole.
                let step = bytes.len() / 20 + 1;
                variants(&bytes)
                    .step_by(step)
                    .for_each(|input| target(&input));
            }
        }
    }
}

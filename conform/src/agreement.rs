//! Every way to decode a body has the same result.

use std::cell::Cell;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::check_recordings;
use crate::examples::check_examples;

/// Start of the error.
const DIFFERENCE: &str = "the decoders disagree";

thread_local! {
    /// Whether bodies are decoded in every way on this thread, and how many were.
    static COMPARED: Cell<Option<usize>> = const { Cell::new(None) };
}

/// Decodes a body with serde_json, if comparisons are on. Fails if the result differs from this one.
pub(crate) fn compare<T: DeserializeOwned + Serialize>(
    body: &[u8],
    decoded: Option<&T>,
) -> Result<(), String> {
    let Some(count) = COMPARED.get() else {
        return Ok(());
    };
    COMPARED.set(Some(count + 1));
    let expected = decoded.map(|decoded| serde_json::to_value(decoded).unwrap());
    let from_text = serde_json::from_slice::<T>(body).ok();
    let value: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let from_value = serde_json::from_value::<T>(value).ok();
    for (way, other) in [("from_slice", from_text), ("from_value", from_value)] {
        let other = other.map(|other| serde_json::to_value(other).unwrap());
        if other != expected {
            return Err(format!(
                "{DIFFERENCE}: {expected:?}, but by {way} {other:?}"
            ));
        }
    }
    Ok(())
}

#[test]
fn every_way_to_decode_a_body_has_the_same_result() {
    let Some(folder) = std::env::var_os("MASTODON_RECORDINGS") else {
        println!("skipped: MASTODON_RECORDINGS is not set to a folder of recordings");
        return;
    };
    let folder = Path::new(&folder);
    COMPARED.set(Some(0));
    let report = check_examples(&folder.join("docs_examples.jsonl")).unwrap();
    let problems = report.problems.iter();
    let different: Vec<_> = problems
        .filter(|(_, problem)| problem.contains(DIFFERENCE))
        .collect();
    assert!(different.is_empty(), "{different:#?}");
    let of_examples = COMPARED.get().unwrap_or_default();
    let files = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let recordings =
        files.filter(|file| file.extension().is_some_and(|extension| extension == "har"));
    assert!(check_recordings(&recordings.collect::<Vec<_>>(), false).unwrap());
    let of_recordings = COMPARED.take().unwrap_or_default() - of_examples;
    println!(
        "{of_examples} examples and {of_recordings} recorded bodies are decoded in the same way"
    );
    assert!(of_examples > 350 && of_recordings > 0);
}

//! Words that the text of the specification must not contain, because a standard term exists.

use crate::load::{Files, Mark};
use crate::problem::Problem;

/// Phrases in lower case with the suggested replacement. They match whole words, everywhere except in
/// backticks.
const PHRASES: &[(&str, &str)] = &[
    ("a picture", "\"an image\""),
    ("anew", "\"again\""),
    ("are none", "\"there are no …\", or \"do not exist\""),
    (
        "as far as",
        "\"if\", \"to the extent that\", or a separate sentence",
    ),
    ("ask for", "\"request\" or \"fetch\""),
    ("asked for", "\"requested\" or \"fetched\""),
    ("asks for", "\"requests\" or \"fetches\""),
    ("at hand", "\"available\""),
    ("at the least", "\"at least\""),
    ("at the most", "\"at most\""),
    ("be it", "\"even if it is\""),
    ("beside", "\"next to\" or \"in addition to\""),
    ("dealt with", "\"processed\", \"resolved\" or \"handled\""),
    ("gave leave", "\"authorized\""),
    ("give leave", "\"authorize\""),
    ("go on", "\"continue\""),
    ("goes on", "\"continues\""),
    ("going on", "\"continuing\""),
    (
        "is none",
        "\"there is no …\", \"is not\" or \"does not exist\"",
    ),
    ("leave to", "\"permission to\" or \"authorization to\""),
    (
        "no more",
        "\"no longer\", or name the limit with \"at most\"",
    ),
    ("of which", "\"whose\", or a separate sentence"),
    ("of whom", "\"whose\", or a separate sentence"),
    ("on this side", "name the client or the server"),
    ("programs", "\"applications\" or \"clients\""),
    ("read off", "\"taken from\""),
    ("speaks of", "\"describes\" or \"mentions\""),
    ("stand for", "\"mean\", \"represent\" or \"are\""),
    ("stands for", "\"means\", \"represents\" or \"is\""),
    ("tell of", "\"report\" or \"describe\""),
    (
        "tells",
        "\"returns\", \"reports\", \"indicates\" or \"contains\"",
    ),
    ("therein", "\"in it\""),
    ("thereof", "\"of it\""),
    ("told", "\"reported\", \"returned\" or \"described\""),
    ("way of", "\"how\", \"method of\" or \"means of\""),
    ("what becomes of", "\"the state of\" or \"the result of\""),
    ("what came of", "\"the result of\""),
    ("what comes", "name it: the response, the event, the value"),
    ("whatever", "\"any\", \"regardless of\""),
    ("whereof", "\"of which\" in a separate sentence"),
    ("whose turn", "name the order"),
    ("without leave", "\"without authorization\""),
];

/// Reports each of these phrases with its position and the replacement.
pub fn check(files: &Files) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (file, text) in files {
        for (index, source) in text.lines().enumerate() {
            let lower = source.to_lowercase();
            for (phrase, replacement) in PHRASES {
                let starts = lower.match_indices(phrase).map(|(start, _)| start);
                let starts = starts.filter(|start| is_prose(&lower, *start, phrase.len()));
                // "null if there is none" is plain English.
                let starts = starts.filter(|start| {
                    !(phrase.ends_with("none") && lower[..*start].ends_with("there "))
                });
                problems.extend(starts.map(|start| {
                    let mark = Mark::new(index + 1, lower[..start].chars().count() + 1);
                    Problem {
                        file: file.clone(),
                        line: mark.line,
                        column: mark.column,
                        width: phrase.chars().count(),
                        message: format!("\"{phrase}\" is not a standard term"),
                        hint: Some(format!("write {replacement}")),
                        source: source.to_owned(),
                        related: None,
                    }
                }));
            }
        }
    }
    problems.sort();
    problems
}

/// Whether the match is whole words outside of backticks.
fn is_prose(line: &str, start: usize, len: usize) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || "_-/.:".contains(c);
    let before = line[..start].chars().next_back();
    let mut after = line[start + len..].chars();
    let next = after.next();
    let ends = next.is_none_or(|c| {
        // A full stop ends a sentence; a dot before a letter is part of a name.
        !is_word(c) || (".:".contains(c) && !after.next().is_some_and(char::is_alphanumeric))
    });
    let in_code = line[..start].matches('`').count() % 2 == 1;
    !before.is_some_and(is_word) && ends && !in_code
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_are_sorted_and_in_lower_case() {
        assert!(PHRASES.is_sorted_by(|a, b| a.0 < b.0));
        assert!(
            PHRASES
                .iter()
                .all(|(phrase, _)| phrase.to_lowercase() == *phrase)
        );
    }

    #[test]
    fn only_whole_words_outside_of_backticks_match() {
        let positions = |line: &str| {
            let files = Files::from([("api.yaml".to_owned(), line.to_owned())]);
            let problems = check(&files).into_iter();
            problems.map(|problem| problem.column).collect::<Vec<_>>()
        };
        assert_eq!(positions("summary: Lists what it was told."), [28]);
        assert_eq!(positions("note: null if there is none; what is none"), [35]);
        assert_eq!(positions("note: Anew, and Told"), [7, 17]);
        assert_eq!(
            positions("note: untold, told_by, `told`, foretells"),
            [0; 0]
        );
    }
}

//! The page of the documentation about a new version: it shows what the commands print.

use std::fmt::Write as _;

use mastodon_spec::load::Files;

use super::{Printed, read, root};

/// The commands of the page.
pub(super) const DRIFT: &str = "drift codegen/tests/new_version/documentation";
pub(super) const DRAFT: &str = "drift codegen/tests/new_version/documentation --draft";
pub(super) const CHECK: &str = "check";
pub(super) const FMT: &str = "fmt";
pub(super) const GENERATE: &str = "";
pub(super) const DIFF: &str = "diff HEAD";
pub(super) const SINCE: &str = "since 4.9";

/// What is left out: lines if it is the whole line, otherwise a part of the line.
const GAP: &str = "…";

/// Asserts that the page shows each of these commands with lines that it prints, and lines of the drafted files.
pub(super) fn assert_shows(printed: &Printed, drafted: &Files) {
    let page = read(&root(), "docs/new-version.md");
    let mut differences = String::new();
    let mut shown = Vec::new();
    for (command, lines) in commands(&page) {
        let output = printed
            .get(command)
            .unwrap_or_else(|| panic!("the page shows `{command}`, which the test does not run"));
        if let Some(line) = first_missing(&lines, &output.lines().collect::<Vec<_>>()) {
            let _ = writeln!(
                differences,
                "`{command}` does not print `{line}` there:\n{output}"
            );
        }
        shown.push(command);
    }
    for command in printed.keys() {
        assert!(
            shown.contains(command),
            "the page does not show `{command}`"
        );
    }
    let added: Vec<String> = drafted
        .values()
        .flat_map(|text| text.lines())
        .map(words)
        .collect();
    for line in blocks(&page, "diff").flat_map(str::lines) {
        let line = words(line.trim_start_matches('+'));
        if line != GAP && !added.contains(&line) {
            let _ = writeln!(differences, "the draft does not contain `{line}`");
        }
    }
    assert!(differences.is_empty(), "docs/new-version.md: {differences}");
}

/// The blocks of a language.
fn blocks<'p>(page: &'p str, language: &str) -> impl Iterator<Item = &'p str> {
    let start = format!("```{language}\n");
    let mut parts = page.split(&start).skip(1).collect::<Vec<_>>().into_iter();
    std::iter::from_fn(move || Some(parts.next()?.split("```").next().unwrap_or_default()))
}

/// The commands of the generator in the blocks, with the lines below each.
fn commands(page: &str) -> Vec<(&str, Vec<&str>)> {
    let mut commands: Vec<(&str, Vec<&str>)> = Vec::new();
    for block in blocks(page, "text") {
        for line in block.lines() {
            match (line.strip_prefix("$ cargo codegen"), commands.last_mut()) {
                (Some(command), _) => commands.push((command.trim(), Vec::new())),
                (None, Some((_, lines))) => lines.push(line),
                (None, None) => panic!("a block starts without a command: {line}"),
            }
        }
    }
    commands
}

/// The first line that the output does not have where the page has it. Lines between a gap and the next one follow
/// each other.
fn first_missing<'l>(shown: &[&'l str], output: &[&str]) -> Option<&'l str> {
    let mut rest = output;
    for (index, part) in shown.split(|line| *line == GAP).enumerate() {
        let may_skip = index > 0;
        let starts = (0..=rest.len()).take(if may_skip { usize::MAX } else { 1 });
        let matching = |start: usize| {
            let lines = rest[start..].iter().map(|line| Some(*line));
            let mut lines = lines.chain(std::iter::repeat(None));
            part.iter()
                .take_while(|shown| {
                    lines
                        .next()
                        .flatten()
                        .is_some_and(|line| is_shown(shown, line))
                })
                .count()
        };
        let (count, start) = starts
            .map(|start| (matching(start), start))
            .max_by_key(|(count, start)| (*count, usize::MAX - start))?;
        if count < part.len() {
            return Some(part[count]);
        }
        rest = &rest[start + count..];
    }
    let is_whole = rest.is_empty() || shown.ends_with(&[GAP]);
    (!is_whole).then_some("the end")
}

/// Whether the page shows a line of the output: without its gaps, and with any position or number of files.
fn is_shown(shown: &str, line: &str) -> bool {
    let shown = without_numbers(shown);
    let line = without_numbers(line);
    let mut rest = line.as_str();
    let mut parts = shown.split(GAP);
    let first = parts.next().unwrap_or_default();
    let Some(after) = rest.strip_prefix(first) else {
        return false;
    };
    rest = after;
    let mut ends = rest.is_empty();
    for part in parts {
        let Some(at) = rest.rfind(part) else {
            return false;
        };
        rest = &rest[at + part.len()..];
        ends = rest.is_empty();
    }
    ends
}

/// The line without what changes with the specification: positions in its files, and the numbers of generated files.
fn without_numbers(line: &str) -> String {
    let is_position = line.trim_start().starts_with("spec/");
    if !is_position && !line.ends_with(" generated files changed") {
        return line.to_owned();
    }
    let end = if is_position {
        line.find(": ").unwrap_or(line.len())
    } else {
        line.len()
    };
    let (numbers, text) = line.split_at(end);
    numbers
        .chars()
        .filter(|c| !c.is_ascii_digit())
        .collect::<String>()
        + text
}

/// The line with single spaces, because keys are aligned with their neighbors.
fn words(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

//! The page "Getting started". Its code is taken from the README and the guide, whose examples are compiled and run.

use serde::Serialize;

const README: &str = include_str!("../../../README.md");
const FIRST_POST: &str = include_str!("../../../docs/guide/first_post.md");
const LOGGING_IN: &str = include_str!("../../../docs/guide/logging_in.md");
const STREAMING: &str = include_str!("../../../docs/guide/streaming_events.md");

/// The examples: name on the page, title, file, heading above the example, and its number below the heading.
const EXAMPLES: [(&str, &str, &str, &str, usize); 7] = [
    ("install", "Shell", FIRST_POST, "Create a program", 0),
    ("token", "Shell", FIRST_POST, "Get an access token", 0),
    ("post", "src/main.rs", FIRST_POST, "Post", 0),
    ("run", "Shell", FIRST_POST, "Post", 1),
    (
        "login",
        "Rust",
        LOGGING_IN,
        "With a browser on the same machine",
        0,
    ),
    ("read", "Rust", README, "Use", 0),
    ("stream", "Rust", STREAMING, "Receive events", 0),
];

/// An example.
#[derive(Debug, Serialize)]
pub(super) struct Example {
    name: &'static str,
    title: &'static str,
    code: String,
}

/// The examples of the page.
///
/// # Errors
///
/// When the documentation has no such example any more.
pub(super) fn examples() -> Result<Vec<Example>, String> {
    let examples = EXAMPLES.into_iter();
    examples
        .map(|(name, title, text, heading, number)| {
            let code = code_below(text, heading, number)
                .ok_or_else(|| format!("the documentation has no example {number} below the heading `{heading}`, which the page start.html shows as `{name}`"))?;
            Ok(Example { name, title, code })
        })
        .collect()
}

/// The code block with this number below a heading, without the lines that rustdoc hides.
fn code_below(text: &str, heading: &str, number: usize) -> Option<String> {
    let mut in_section = false;
    let mut block: Option<(bool, Vec<&str>)> = None;
    let mut blocks = Vec::new();
    for line in text.lines() {
        match &mut block {
            Some((is_rust, lines)) if line.starts_with("```") => {
                let code = shown(lines, *is_rust);
                blocks.extend(in_section.then_some(code));
                block = None;
            }
            Some((_, lines)) => lines.push(line),
            None if line.starts_with("```") => {
                block = Some((line.starts_with("```rust"), Vec::new()));
            }
            None if line.starts_with('#') => {
                in_section = line.trim_start_matches('#').trim() == heading;
            }
            None => {}
        }
    }
    blocks.into_iter().nth(number)
}

fn shown(lines: &[&str], is_rust: bool) -> String {
    let is_hidden = |line: &str| is_rust && (line == "#" || line.starts_with("# "));
    let lines = lines.iter().copied();
    let lines: Vec<&str> = lines.filter(|line| !is_hidden(line)).collect();
    lines.join("\n").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# One\n```sh\n# a comment\n```\n# Two\n```rust\n# hidden\nshown();\n#   break;\n#[test]\n```\n```text\nsecond\n```\n";

    #[test]
    fn code_is_found_below_its_heading() {
        assert_eq!(code_below(TEXT, "One", 0).as_deref(), Some("# a comment"));
        assert_eq!(code_below(TEXT, "Two", 1).as_deref(), Some("second"));
        assert_eq!(code_below(TEXT, "Two", 2), None);
        assert_eq!(code_below(TEXT, "Three", 0), None);
    }

    #[test]
    fn lines_that_rustdoc_hides_are_not_shown() {
        assert_eq!(
            code_below(TEXT, "Two", 0).as_deref(),
            Some("shown();\n#[test]")
        );
    }

    #[test]
    fn every_example_of_the_page_exists_in_the_documentation() {
        let examples = examples().expect("all examples exist");
        assert_eq!(examples.len(), EXAMPLES.len());
        assert!(examples.iter().all(|example| !example.code.is_empty()));
    }
}

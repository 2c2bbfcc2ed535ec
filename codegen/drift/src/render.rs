//! Prints the report as plain text.

use std::fmt::Write;

use super::{Drafted, Finding, Report, Rule};

impl Finding {
    /// `spec/methods/lists.yaml:12:3: missing-param: list_create(colour): string (lists.md:40)`.
    fn line(&self, folder: &str) -> String {
        let Self {
            rule,
            subject,
            detail,
            file,
            line,
            column,
            seen,
            ..
        } = self;
        let mut out = format!(
            "{folder}/{file}:{line}:{column}: {}: {subject}",
            rule.name()
        );
        if !detail.is_empty() {
            let _ = write!(out, ": {detail}");
        }
        if !seen.is_empty() {
            let _ = write!(out, "  ({seen})");
        }
        out
    }
}

impl Report {
    /// Prints one line per difference, in a form that terminals and editors can open, grouped by kind.
    pub fn text(&self, folder: &str) -> String {
        let mut out = String::new();
        for (title, rules) in SECTIONS {
            let found: Vec<&Finding> = self
                .findings
                .iter()
                .filter(|finding| rules(finding.rule))
                .collect();
            if found.is_empty() {
                continue;
            }
            let _ = writeln!(out, "{title}:");
            for finding in found {
                let _ = writeln!(out, "  {}", finding.line(folder));
            }
            out.push('\n');
        }
        self.end(&mut out);
        out
    }

    /// Like [`Report::text`], with what was drafted, and why the others were not, in place of the kinds of differences.
    pub fn text_of_draft(&self, drafted: &Drafted, folder: &str) -> String {
        let mut out = String::new();
        for (file, subject) in &drafted.written {
            let _ = writeln!(out, "drafted {subject} in {folder}/{file}");
        }
        if !drafted.written.is_empty() {
            out.push('\n');
        }
        let mut reasons: Vec<&str> = Vec::new();
        for (_, reason) in &drafted.manual {
            if !reasons.contains(&reason.as_str()) {
                reasons.push(reason);
            }
        }
        for reason in reasons {
            let _ = writeln!(out, "not drafted: {reason}:");
            for (finding, _) in drafted.manual.iter().filter(|(_, own)| own == reason) {
                let _ = writeln!(out, "  {}", finding.line(folder));
            }
            out.push('\n');
        }
        self.end(&mut out);
        out
    }

    /// What was not understood, and the summary.
    fn end(&self, out: &mut String) {
        if !self.unread.is_empty() {
            let _ = writeln!(out, "not understood in the source:");
            for unread in &self.unread {
                let _ = writeln!(out, "  {unread}");
            }
            out.push('\n');
        }
        let _ = writeln!(out, "read: {}", self.coverage());
        let _ = writeln!(out, "{}", self.summary());
    }

    /// How much of the source was read.
    fn coverage(&self) -> String {
        let unread = match self.unread.len() {
            1 => "1 part not understood".to_owned(),
            count => format!("{count} parts not understood"),
        };
        let mut parts = self.read.clone();
        parts.push(unread);
        parts.join("; ")
    }

    fn summary(&self) -> String {
        let count = |rules: fn(Rule) -> bool| {
            self.findings
                .iter()
                .filter(|finding| rules(finding.rule))
                .count()
        };
        format!(
            "{}: {} compared; {} missing in the specification, {} different, {} only in the specification, {} accepted differences{}",
            self.source.name(),
            self.compared,
            count(is_missing),
            count(is_other),
            count(is_extra),
            self.justified,
            match count(|rule| rule == Rule::Stale) {
                0 => String::new(),
                stale => format!(", {stale} of them stale"),
            }
        )
    }
}

/// A title and the rules under it.
type Section = (&'static str, fn(Rule) -> bool);

const SECTIONS: [Section; 4] = [
    ("missing in the specification", is_missing),
    ("different", is_other),
    ("only in the specification", is_extra),
    ("stale accepted differences", |rule| rule == Rule::Stale),
];

fn is_missing(rule: Rule) -> bool {
    (Rule::MissingEndpoint..=Rule::MissingEnum).contains(&rule)
}

fn is_other(rule: Rule) -> bool {
    (Rule::OtherType..=Rule::OtherOrder).contains(&rule)
}

fn is_extra(rule: Rule) -> bool {
    (Rule::ExtraEndpoint..=Rule::ExtraValue).contains(&rule)
}

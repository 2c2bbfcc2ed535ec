//! `cargo codegen diff`.

use std::path::Path;
use std::process::{Command, Stdio};

use clap::Args;
use mastodon_spec::check as checks;
use mastodon_spec::load::{self, Files};
use mastodon_spec::model::Model;
use mastodon_spec::yaml::Spec;
use mastodon_spec_diff::{Impact, diff};

use super::{OutputFormat, files, load_checked, print, report};

#[derive(Args)]
pub(super) struct Options {
    /// The old specification: a folder with api.yaml, or a git revision.
    old: String,
    /// The new specification: a folder or a revision. Default: the files of the project.
    new: Option<String>,
    /// Fail if there are breaking changes.
    #[arg(long)]
    deny_breaking: bool,
    /// Print the sections of a release in CHANGELOG.md.
    #[arg(long, conflicts_with_all = ["json", "markdown"])]
    changelog: bool,
    #[command(flatten)]
    format: OutputFormat,
}

pub(super) fn run(root: &Path, options: &Options) -> Result<bool, String> {
    let old = specification(root, &options.old)?;
    let new = match &options.new {
        Some(new) => specification(root, new)?,
        None => super::specification(root)?,
    };
    let report = diff(&Model::new(&old), &Model::new(&new))?;
    if options.changelog {
        print(&report.changelog())?;
    } else {
        options
            .format
            .print(&report, || report.text(), || report.markdown())?;
    }
    Ok(!(options.deny_breaking && report.impact == Impact::Breaking))
}

/// The specification in a folder with `api.yaml` or `spec/api.yaml`, otherwise at a revision.
fn specification(root: &Path, name: &str) -> Result<Spec, String> {
    let folder = Path::new(name);
    for folder in [folder.to_path_buf(), folder.join("spec")] {
        if folder.join("api.yaml").is_file() {
            return load_checked(load::read(files(&folder)?), name);
        }
    }
    if folder.is_dir() {
        return Err(format!(
            "{name} contains neither api.yaml nor spec/api.yaml"
        ));
    }
    // A revision is in the form of its time, and has passed the checks of its time.
    let files = revision(root, name)?.into_iter().map(|(file, text)| {
        let formatted = mastodon_spec_fmt::format(&file, &text);
        (file, formatted.unwrap_or(text))
    });
    let read = checks::trusted(load::read(files.collect()));
    read.map_err(|problems| report(problems, name))
}

/// The specification at a git revision, read without touching the work tree.
fn revision(root: &Path, name: &str) -> Result<Files, String> {
    if name.starts_with('-') {
        return Err(format!("`{name}` is neither a folder nor a revision"));
    }
    let listed = git(
        root,
        &["ls-tree", "-r", "-z", "--name-only", name, "--", "spec/"],
        "",
    )
    .map_err(|error| format!("`{name}` is neither a folder nor a revision: {error}"))?;
    let listed = String::from_utf8_lossy(&listed).into_owned();
    let paths: Vec<&str> = listed
        .split('\0')
        .filter(|path| path.ends_with(".yaml") && !path.contains('\n'))
        .collect();
    let objects: String = paths
        .iter()
        .map(|path| format!("{name}:./{path}\n"))
        .collect();
    let texts = git(root, &["cat-file", "--batch"], &objects)?;
    let mut rest = texts.as_slice();
    let mut files = Files::new();
    for path in paths {
        let text =
            blob(&mut rest).ok_or_else(|| format!("git returned no content for {name}:{path}"))?;
        let path = path.strip_prefix("spec/").unwrap_or(path);
        files.insert(path.to_owned(), String::from_utf8_lossy(text).into_owned());
    }
    if files.contains_key("api.yaml") {
        Ok(files)
    } else {
        Err(format!("{name} has no spec/api.yaml"))
    }
}

/// The next object of `git cat-file --batch`: a line with its size, its bytes and a line break.
fn blob<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let end = rest.iter().position(|byte| *byte == b'\n')?;
    let head = std::str::from_utf8(rest.get(..end)?).ok()?;
    let size: usize = head.rsplit(' ').next()?.parse().ok()?;
    let bytes = rest.get(end + 1..)?;
    let text = bytes.get(..size)?;
    *rest = bytes.get(size + 1..)?;
    Some(text)
}

/// Runs git with the input on standard input and returns its output.
fn git(root: &Path, arguments: &[&str], input: &str) -> Result<Vec<u8>, String> {
    use std::io::Write;
    let failed = |error: std::io::Error| format!("cannot run git: {error}");
    let mut child = Command::new("git")
        .arg("-C")
        .arg(root)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let mut stdin = child.stdin.take();
    let output = std::thread::scope(|scope| {
        // Written in parallel, because git writes output before it has read all input.
        scope.spawn(move || {
            stdin
                .as_mut()
                .map(|stdin| stdin.write_all(input.as_bytes()))
        });
        child.wait_with_output()
    });
    let output = output.map_err(failed)?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let message = String::from_utf8_lossy(&output.stderr);
    Err(message.trim().trim_start_matches("fatal: ").to_owned())
}

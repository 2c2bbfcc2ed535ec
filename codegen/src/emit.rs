//! Writes the outputs, one emitter each, and keeps the tree as they say.

mod api;
mod conform;
mod docs;
mod endpoints;
mod entities;
mod facts;
mod format;
mod json;
mod methods;
mod openapi;
mod routes;
pub mod rust;
mod samples;
mod schema;
mod site;
mod streaming;
mod values;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::iter;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use proc_macro2::TokenStream;

use crate::model::Model;

/// The files to be written, by their path from the root of the project.
pub type Outputs = BTreeMap<PathBuf, String>;

/// The folders that hold nothing but output.
const FOLDERS: [&str; 5] = [
    "generated",
    "types/generated",
    "testserver/generated",
    "conform/generated",
    "tests/generated",
];

/// Everything that the specification makes.
///
/// # Errors
///
/// When an emitter wrote something that is not Rust, which is a defect of the emitter.
pub fn emit(model: &Model<'_>) -> Result<Outputs, String> {
    let (spec, mut jobs) = (model.spec, Jobs::default());
    jobs.add("generated/mod.rs", "spec/", methods::root);
    jobs.add("generated/api.rs", "spec/api.yaml", || api::api(model));
    jobs.add("generated/streaming.rs", "spec/api.yaml", || {
        streaming::streaming(model)
    });
    let methods = "spec/methods";
    jobs.add("generated/methods/mod.rs", methods, || {
        methods::index(model)
    });
    jobs.add("generated/endpoints/mod.rs", methods, || {
        endpoints::index(model)
    });
    jobs.add("testserver/generated/routes/mod.rs", "spec/", || {
        routes::index(model)
    });
    jobs.add("conform/generated/decoders.rs", methods, || {
        conform::decoders(model)
    });
    jobs.add("tests/generated/calls.rs", "spec/", || {
        samples::source(model)
    });
    let entities = "spec/entities";
    jobs.add("types/generated/entities/mod.rs", entities, || {
        entities::index(model)
    });
    jobs.add("generated/values.rs", "spec/", || values::values(model));
    for (name, file) in &spec.methods {
        let source = format!("spec/methods/{name}.yaml");
        jobs.add(format!("generated/methods/{name}.rs"), &source, || {
            methods::file(model, file)
        });
        jobs.add(format!("generated/endpoints/{name}.rs"), &source, || {
            endpoints::file(model, file)
        });
        let routes = format!("testserver/generated/routes/{name}.rs");
        jobs.add(routes, &source, || routes::file(model, file));
    }
    for (name, file) in &spec.entities {
        let source = format!("spec/entities/{name}.yaml");
        let path = format!("types/generated/entities/{name}.rs");
        jobs.add(path, source, || entities::file(model, file));
    }
    // The one large file is made beside the many small ones.
    let (files, document) = thread::scope(|scope| {
        let document = scope.spawn(|| openapi(model));
        (jobs.run(), document.join())
    });
    let mut files = files?;
    let document = document.map_err(|_| "an emitter panicked".to_owned())??;
    files.insert("generated/openapi.json".into(), document);
    files.insert("spec/schema.json".into(), schema::schema()?);
    Ok(files)
}

/// The files of Rust that are to be made, none of which depends on another.
#[derive(Default)]
struct Jobs<'a>(Vec<Job<'a>>);

struct Job<'a> {
    path: String,
    source: String,
    emitter: Box<dyn Fn() -> TokenStream + Send + Sync + 'a>,
}

impl<'a> Jobs<'a> {
    fn add(
        &mut self,
        path: impl Into<String>,
        source: impl Into<String>,
        emitter: impl Fn() -> TokenStream + Send + Sync + 'a,
    ) {
        self.0.push(Job {
            path: path.into(),
            source: source.into(),
            emitter: Box::new(emitter),
        });
    }

    /// Makes them on all cores. Tokens cannot go from thread to thread, so a file is emitted and
    /// formatted by one.
    fn run(&self) -> Result<Outputs, String> {
        let next = AtomicUsize::new(0);
        let worker = || -> Result<Outputs, String> {
            let jobs = iter::from_fn(|| self.0.get(next.fetch_add(1, Ordering::Relaxed)));
            jobs.map(|job| {
                let text = format_rust(&job.path, &job.source, (job.emitter)())?;
                Ok((PathBuf::from(&job.path), text))
            })
            .collect()
        };
        let others = thread::available_parallelism().map_or(0, |cores| cores.get() - 1);
        thread::scope(|scope| {
            let others: Vec<_> = (0..others.min(7)).map(|_| scope.spawn(worker)).collect();
            let mut files = worker()?;
            for other in others {
                files.append(
                    &mut other
                        .join()
                        .map_err(|_| "an emitter panicked".to_owned())??,
                );
            }
            Ok(files)
        })
    }
}

/// The API as an OpenAPI 3.1 document.
///
/// # Errors
///
/// When two of its operations or schemas would have the same place.
pub fn openapi(model: &Model<'_>) -> Result<String, String> {
    openapi::document(model).map_err(|error| format!("generated/openapi.json: {error}"))
}

/// The reference of the API as pages, by their path from the root of the site.
///
/// # Errors
///
/// When a template asks for what is not there, which is a defect of the emitter.
pub fn site(model: &Model<'_>) -> Result<Outputs, String> {
    site::site(model)
}

/// Writes the site into a folder, and deletes the pages of an earlier one that are no longer made;
/// whatever else the folder holds stays.
///
/// # Errors
///
/// When a file cannot be read or written.
pub fn write_site(folder: &Path, pages: &Outputs) -> io::Result<()> {
    site::write(folder, pages)
}

fn format_rust(path: &str, source: &str, tokens: TokenStream) -> Result<String, String> {
    let text = format::format(tokens)
        .map_err(|error| format!("{path}: the emitter wrote invalid Rust: {error}"))?;
    Ok(format!(
        "// @generated by `cargo codegen` from {source}. Do not edit.\n\n{text}"
    ))
}

/// The files that differ from what they should be: to be written, or to be deleted.
///
/// # Errors
///
/// When a folder cannot be read.
pub fn stale(root: &Path, outputs: &Outputs) -> io::Result<Vec<PathBuf>> {
    let mut stale: BTreeSet<PathBuf> = outputs
        .iter()
        .filter(|(path, text)| fs::read_to_string(root.join(path)).ok().as_ref() != Some(text))
        .map(|(path, _)| path.clone())
        .collect();
    for folder in FOLDERS {
        let mut open = vec![PathBuf::from(folder)];
        while let Some(folder) = open.pop() {
            let entries = match fs::read_dir(root.join(&folder)) {
                Ok(entries) => entries,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            for entry in entries {
                let entry = entry?;
                let path = folder.join(entry.file_name());
                if entry.file_type()?.is_dir() {
                    open.push(path);
                } else if !outputs.contains_key(&path) {
                    stale.insert(path);
                }
            }
        }
    }
    Ok(stale.into_iter().collect())
}

/// Writes what changed and deletes what is no longer made; returns the paths of both.
///
/// # Errors
///
/// When a file cannot be written.
pub fn write(root: &Path, outputs: &Outputs) -> io::Result<Vec<PathBuf>> {
    let stale = stale(root, outputs)?;
    for path in &stale {
        let target = root.join(path);
        match outputs.get(path) {
            Some(text) => {
                if let Some(folder) = target.parent() {
                    fs::create_dir_all(folder)?;
                }
                fs::write(target, text)?;
            }
            None => fs::remove_file(target)?,
        }
    }
    Ok(stale)
}

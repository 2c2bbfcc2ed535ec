//! Emits the Rust code of the SDK, its test server, its conformance tool and its tests from the model of the
//! specification.
//!
//! Each module emits one kind of file:
//!
//! - `methods`: the methods of the client and their call types
//! - `endpoints`: the metadata of the methods
//! - `entities`: entities, enumerations and ids
//! - `values`: conversions of ids and enumerations into parameter values
//! - `streaming`: channels, stream events and listeners
//! - `servers`: the software of servers
//! - `api`: releases, scopes, rate limits and defaults
//! - `routes`: the route table of the test server
//! - `conform`: the decoders of the conformance tool
//! - `samples`: the example calls and entities
//!
//! The crate `mastodon-layout` formats all files.

mod api;
mod conform;
mod docs;
mod endpoints;
mod entities;
mod methods;
mod routes;
pub mod rust;
pub mod samples;
mod servers;
mod streaming;
mod values;

pub use conform::required_fields;
pub use mastodon_layout::ident;

use std::iter;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::thread;

use mastodon_spec::Outputs;
use mastodon_spec::model::Model;
use proc_macro2::TokenStream;

/// Every Rust file that is generated from the specification.
///
/// # Errors
///
/// When an emitter produced invalid Rust, which is a bug of the emitter.
pub fn emit(model: &Model<'_>) -> Result<Outputs, String> {
    jobs(model).run()
}

/// The files with public items of the published crates, unformatted.
pub fn public_files(model: &Model<'_>) -> impl Iterator<Item = (String, TokenStream)> {
    const FILES: [&str; 4] = ["api.rs", "servers.rs", "streaming.rs", "values.rs"];
    let is_public = |path: &str| {
        let own = path.strip_prefix("generated/");
        own.is_some_and(|own| own.starts_with("methods/") || FILES.contains(&own))
            || path.starts_with("types/generated/")
    };
    let jobs = jobs(model).0.into_iter();
    let jobs = jobs.filter(move |job| is_public(&job.path));
    jobs.filter_map(|job| match job.emitter {
        Emitter::Tokens(emitter) => Some((job.path, emitter())),
        Emitter::Text(_) => None,
    })
}

/// All files to emit.
fn jobs<'m>(model: &'m Model<'_>) -> Jobs<'m> {
    let (spec, mut jobs) = (model.spec, Jobs::default());
    jobs.add("generated/api.rs", "spec/api.yaml", || api::api(model));
    jobs.add("generated/servers.rs", "spec/servers.yaml", || {
        servers::servers(model)
    });
    jobs.add(
        "generated/streaming.rs",
        "spec/api.yaml and spec/servers.yaml",
        || streaming::streaming(model),
    );
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
    // Whichever file comes first makes the samples for both.
    let all = Arc::new(LazyLock::new(|| samples::all(model)));
    let samples = all.clone();
    jobs.add(
        "testserver/generated/samples.rs",
        "spec/entities",
        move || samples::server::table(&samples),
    );
    jobs.add("conform/generated/decoders.rs", methods, || {
        conform::decoders(model)
    });
    jobs.add_text("tests/generated/calls.rs", "spec/", || {
        samples::source(model)
    });
    let entities = "spec/entities";
    jobs.add("types/generated/entities/mod.rs", entities, || {
        entities::index(model)
    });
    jobs.add("types/generated/samples.rs", entities, move || {
        samples::samples(&all)
    });
    jobs.add("generated/values.rs", "spec/", || values::values(model));
    for resource in model.resources() {
        let (name, module) = (resource.name, &resource.module);
        let source = format!("spec/methods/{name}.yaml");
        jobs.add(format!("generated/methods/{module}.rs"), &source, || {
            methods::resource(model, resource)
        });
        jobs.add(format!("generated/endpoints/{module}.rs"), &source, || {
            endpoints::resource(model, resource)
        });
        // The test server is a Mastodon server.
        if !resource.is_of_other_servers {
            let routes = format!("testserver/generated/routes/{module}.rs");
            jobs.add(routes, &source, || routes::resource(model, resource));
        }
    }
    for (name, file) in &spec.entities {
        let source = format!("spec/entities/{name}.yaml");
        for part in entities::parts(model, name, file) {
            let path = format!("types/generated/entities/{}.rs", part.module);
            jobs.add(path, &source, move || entities::file(model, file, &part));
        }
    }
    jobs
}

/// The files to emit; none depends on another.
#[derive(Default)]
struct Jobs<'a>(Vec<Job<'a>>);

struct Job<'a> {
    path: String,
    source: String,
    emitter: Emitter<'a>,
}

enum Emitter<'a> {
    Tokens(Box<dyn Fn() -> TokenStream + Send + Sync + 'a>),
    Text(Box<dyn Fn() -> String + Send + Sync + 'a>),
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
            emitter: Emitter::Tokens(Box::new(emitter)),
        });
    }

    /// A file whose emitter formats it.
    fn add_text(
        &mut self,
        path: &str,
        source: &str,
        emitter: impl Fn() -> String + Send + Sync + 'a,
    ) {
        self.0.push(Job {
            path: path.to_owned(),
            source: source.to_owned(),
            emitter: Emitter::Text(Box::new(emitter)),
        });
    }

    /// Emits and formats the files on all cores. Tokens are not `Send`, so each file is emitted and
    /// formatted by one thread.
    fn run(&self) -> Result<Outputs, String> {
        let next = AtomicUsize::new(0);
        let worker = || -> Result<Outputs, String> {
            let jobs = iter::from_fn(|| self.0.get(next.fetch_add(1, Ordering::Relaxed)));
            jobs.map(|job| {
                let text = match &job.emitter {
                    Emitter::Tokens(emitter) => {
                        mastodon_layout::format(emitter()).map_err(|error| {
                            format!("{}: the emitter produced invalid Rust: {error}", job.path)
                        })?
                    }
                    Emitter::Text(emitter) => emitter(),
                };
                let source = &job.source;
                let text = format!(
                    "// @generated by `cargo codegen` from {source}. Do not edit.\n\n{text}"
                );
                Ok((PathBuf::from(&job.path), text))
            })
            .collect()
        };
        let extra_threads = thread::available_parallelism().map_or(0, |cores| cores.get() - 1);
        thread::scope(|scope| {
            let workers: Vec<_> = (0..extra_threads.min(7))
                .map(|_| scope.spawn(worker))
                .collect();
            let mut files = worker()?;
            for worker in workers {
                files.append(
                    &mut worker
                        .join()
                        .map_err(|_| "an emitter panicked".to_owned())??,
                );
            }
            Ok(files)
        })
    }
}

/// The attribute of what only servers other than Mastodon have.
fn other_servers(is_gated: bool) -> Option<TokenStream> {
    is_gated.then(|| quote::quote! { #[cfg(feature = "other-servers")] })
}

//! Speed of the generator for the specification and for ten copies of it. Linear stages have the same number
//! of methods per second. Nothing is written.

#[path = "times.rs"]
mod times;

use std::hint::black_box;
use std::path::Path;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use mastodon_spec::load::Files;
use mastodon_spec::yaml::Spec;
use mastodon_spec::{check, load, model::Model};

fn load_checked(files: Files) -> Spec {
    check::check(load::read(files)).unwrap_or_else(|problems| {
        panic!("the specification has problems: {}", problems[0]);
    })
}

fn whole_api(criterion: &mut Criterion) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec");
    let files = load::files(&folder).expect("the specification can be read");
    let mut group = criterion.benchmark_group("codegen");
    group.sample_size(10);
    for factor in [1, 10] {
        let files = times::times(&files, factor);
        let spec = load_checked(files.clone());
        let methods: usize = spec.methods.values().map(|file| file.methods.len()).sum();
        group.throughput(Throughput::Elements(methods as u64));
        let id = |what| BenchmarkId::new(what, format!("{methods} methods"));
        group.bench_function(id("read and check"), |bencher| {
            bencher.iter(|| black_box(load_checked(files.clone())));
        });
        group.bench_function(id("emit"), |bencher| {
            bencher.iter(|| {
                black_box(
                    mastodon_codegen::outputs(&Model::new(&spec))
                        .expect("the emitters emit valid Rust"),
                )
            });
        });
        group.bench_function(id("fmt"), |bencher| {
            bencher.iter(|| {
                for (file, text) in &files {
                    black_box(
                        mastodon_spec_fmt::format(file, text).expect("the file can be formatted"),
                    );
                }
            });
        });
    }
    group.finish();
}

criterion_group!(benches, whole_api);
criterion_main!(benches);

//! How long the generator takes for the whole API: read, check, resolve, emit. Nothing is written.

use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, criterion_group, criterion_main};
use mastodon_codegen::{check, emit, load, model::Model};

fn whole_api(criterion: &mut Criterion) {
    let spec = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec");
    let mut group = criterion.benchmark_group("codegen");
    group.sample_size(20);
    group.bench_function("whole API", |bencher| {
        bencher.iter(|| {
            let loaded = load::load(&spec).expect("the specification can be read");
            let Ok(spec) = check::check(loaded) else {
                panic!("the specification is not sound; see `cargo codegen check`");
            };
            black_box(emit::emit(&Model::new(&spec)).expect("the emitters write Rust"))
        });
    });
    group.finish();
}

criterion_group!(benches, whole_api);
criterion_main!(benches);

//! Benchmarks that compare the SDK with other libraries.

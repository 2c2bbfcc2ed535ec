//! The generator's entities for its small test specification, which uses each feature once. They are
//! compiled here, so that code that the API itself does not use is known to compile.

use crate::__private::prelude;

#[rustfmt::skip]
#[path = "../../codegen/tests/small/expected/types/generated/entities/mod.rs"]
pub mod entities;

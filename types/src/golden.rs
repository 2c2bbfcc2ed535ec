//! The entities that the generator makes of its test specification, which uses every feature of the
//! specification format once: all that the emitters can write must compile.

use crate::__private::prelude;

#[rustfmt::skip]
#[path = "../../codegen/tests/small/expected/types/generated/entities/mod.rs"]
pub mod entities;

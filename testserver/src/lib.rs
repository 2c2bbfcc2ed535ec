//! testserver

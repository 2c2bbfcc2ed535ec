//! What the SDK is measured against, each in one run with it.

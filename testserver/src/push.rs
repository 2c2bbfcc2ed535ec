//! Web Push: the server's own key.

/// The public key that the server signs with: a point of the curve P-256. The pair is the one of RFC 8291's
/// example, so everyone knows the private key too; this server guards nothing.
pub(crate) const VAPID_KEY: &str =
    "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8=";

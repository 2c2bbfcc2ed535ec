//! The rules that rate the effect of a change on applications.

use serde::{Serialize, Serializer};

/// The effect of a change on applications that use the SDK.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Impact {
    /// No effect at compile time.
    None,
    /// Applications compile as before.
    Additive,
    /// Applications may no longer compile.
    Breaking,
}

impl Impact {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Additive => "additive",
            Self::Breaking => "breaking",
        }
    }
}

/// The kind of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Added.
    Added,
    /// Changed.
    Changed,
    /// Deprecated.
    Deprecated,
    /// Removed.
    Removed,
}

macro_rules! rules {
    ($($name:ident: $id:literal, $kind:ident, $impact:ident, $text:literal;)*) => {
        /// A rule, named after what changed.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Rule { $(#[doc = $text] $name,)* }

        impl Rule {
            /// All of them, in the order of the documentation.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The name in reports and in the documentation.
            pub fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)* }
            }

            /// The kind of change.
            pub fn kind(self) -> Kind {
                match self { $(Self::$name => Kind::$kind,)* }
            }

            /// The effect on applications.
            pub fn impact(self) -> Impact {
                match self { $(Self::$name => Impact::$impact,)* }
            }

            /// The reason for this impact.
            pub fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

rules! {
    MethodAdded: "method-added", Added, Additive, "A new method of `Mastodon` does not affect existing code.";
    MethodRemoved: "method-removed", Removed, Breaking, "Applications that call the method no longer compile.";
    MethodRenamed: "method-renamed", Changed, Breaking, "The method of the endpoint has a new name. Applications that call the old name no longer compile.";
    MethodDeprecated: "method-deprecated", Deprecated, Additive, "The compiler warns about the method and names its replacement.";
    MethodRetired: "method-retired", Deprecated, Additive, "New servers do not have the endpoint. The method is kept for older servers, and the compiler warns about it.";
    MethodRestored: "method-restored", Changed, None, "The compiler no longer warns about the method.";
    MethodArguments: "method-arguments", Changed, Breaking, "The number, order and types of arguments are part of the method's signature.";
    ArgumentRenamed: "argument-renamed", Changed, None, "Arguments are passed by position, not by name.";
    MethodReturns: "method-returns", Changed, Breaking, "The response has a different type.";
    CallType: "call-type", Changed, Additive, "A method got its first option, or lost its last one: its call type, an alias before, is a struct of the same name with the same methods, or the reverse.";
    MethodFact: "method-fact", Changed, None, "Paths, scopes, limits, errors and versions are data of the SDK, not part of a signature.";
    EndpointAdded: "endpoint-added", Added, None, "No function is generated for methods of streams, of other hosts and for web pages: their functions are handwritten.";
    EndpointRemoved: "endpoint-removed", Removed, None, "The function of the method is handwritten, and is not removed with the endpoint.";
    EndpointRenamed: "endpoint-renamed", Changed, None, "The function of the method is handwritten, and keeps its name.";
    ParamAdded: "param-added", Added, Additive, "A new option is a new setter of the call. Without it the request is unchanged.";
    ParamRemoved: "param-removed", Removed, Breaking, "Applications that set the option no longer compile.";
    ParamRenamed: "param-renamed", Changed, Breaking, "The setter has a new name.";
    ParamType: "param-type", Changed, Breaking, "The argument of the setter has a different type.";
    ParamReturns: "param-returns", Changed, Breaking, "The call returns another type if the option is set.";
    ParamDeprecated: "param-deprecated", Deprecated, None, "Shown in the documentation of the setter, without a compiler warning.";
    ParamFact: "param-fact", Changed, None, "Defaults, bounds, locations and versions of a parameter are data of the SDK.";
    InputAdded: "input-added", Added, Additive, "A new type does not affect existing code.";
    InputRemoved: "input-removed", Removed, Breaking, "Applications that name the type no longer compile.";
    InputNew: "input-new", Changed, Breaking, "The arguments of the function `new` of an input are part of its signature.";
    EntityAdded: "entity-added", Added, Additive, "A new type does not affect existing code.";
    EntityRemoved: "entity-removed", Removed, Breaking, "Applications that name the type no longer compile.";
    EntityShape: "entity-shape", Changed, Breaking, "An object became one of several entities, or the reverse: a struct is now an enum, or an enum a struct.";
    EntityParent: "entity-parent", Changed, Breaking, "The entity can no longer be converted into the one that it extends: it does not extend it, or replaces one of its fields, or that entity has a nested object.";
    EntityParentAdded: "entity-parent-added", Added, Additive, "The entity can be converted into the one that it extends.";
    EntityIdAdded: "entity-id-added", Added, Additive, "The entity always has an ID, so it can be passed wherever its ID is accepted.";
    EntityIdRemoved: "entity-id-removed", Removed, Breaking, "Applications that pass the entity where its ID is expected no longer compile.";
    EntityDeprecated: "entity-deprecated", Deprecated, None, "Shown in the documentation of the type, without a compiler warning.";
    FieldAdded: "field-added", Added, Additive, "Entities are `non_exhaustive`: other crates can neither construct them nor match all fields.";
    FieldRemoved: "field-removed", Removed, Breaking, "Applications that read the field no longer compile.";
    FieldRenamed: "field-renamed", Changed, Breaking, "The field has a new name in code.";
    FieldType: "field-type", Changed, Breaking, "The field has a different type, which includes whether it is an `Option`.";
    FieldDeprecated: "field-deprecated", Deprecated, None, "Shown in the documentation of the field, without a compiler warning.";
    FieldFact: "field-fact", Changed, None, "The JSON representation and the versions of a field are not part of its type.";
    VariantAdded: "variant-added", Added, Additive, "Enums are `non_exhaustive`: a match needs a wildcard arm.";
    VariantRemoved: "variant-removed", Removed, Breaking, "Applications that match the variant no longer compile.";
    EnumAdded: "enum-added", Added, Additive, "A new type does not affect existing code.";
    EnumRemoved: "enum-removed", Removed, Breaking, "Applications that name the type no longer compile.";
    ValueAdded: "value-added", Added, Additive, "Enumerations are open and `non_exhaustive`. The value was decoded as `Other` before, and now has a variant of its own.";
    ValueRemoved: "value-removed", Removed, Breaking, "Applications that name the value no longer compile.";
    ValueRenamed: "value-renamed", Changed, Breaking, "The value has a new name in code.";
    ValueDeprecated: "value-deprecated", Deprecated, None, "Shown in the documentation of the value, without a compiler warning.";
    ValueFact: "value-fact", Changed, None, "The versions of a value are data of the SDK.";
    IdAdded: "id-added", Added, Additive, "A new type does not affect existing code.";
    IdRemoved: "id-removed", Removed, Breaking, "Applications that name the type no longer compile.";
    ScopeAdded: "scope-added", Added, Additive, "`Scope` is open and `non_exhaustive`.";
    ScopeRemoved: "scope-removed", Removed, Breaking, "Applications that name the scope no longer compile.";
    RateLimitAdded: "rate-limit-added", Added, Additive, "`RateLimitBucket` is `non_exhaustive`.";
    RateLimitRemoved: "rate-limit-removed", Removed, Breaking, "Applications that name the rate limit no longer compile.";
    StreamAdded: "stream-added", Added, Additive, "`Channel` is `non_exhaustive`, and a new function of `Mastodon` does not affect existing code.";
    StreamRemoved: "stream-removed", Removed, Breaking, "Applications that open the stream or name its channel no longer compile.";
    StreamFunction: "stream-function", Changed, Breaking, "The function that opens the stream was renamed or removed.";
    StreamArgument: "stream-argument", Changed, Breaking, "The parameter of a stream is an argument of its function, and the value of its channel.";
    StreamOptionAdded: "stream-option-added", Added, Additive, "The call of the stream has a new setter.";
    StreamOptionRemoved: "stream-option-removed", Removed, Breaking, "Applications that set the option no longer compile.";
    StreamFact: "stream-fact", Changed, None, "Scopes, events and versions of a stream are data of the SDK.";
    EventAdded: "event-added", Added, Additive, "`StreamEvent` is `non_exhaustive`, and a method of `StreamListener` has a default.";
    EventRemoved: "event-removed", Removed, Breaking, "Applications that match the event or listen to it no longer compile.";
    EventPayload: "event-payload", Changed, Breaking, "The payload is in the variant of `StreamEvent`, and an argument of the methods of listeners.";
    EventFact: "event-fact", Changed, None, "The versions and the encoding of an event are data of the SDK.";
    ServerAdded: "server-added", Added, Additive, "`Software` is `non_exhaustive`. The software was reported as `Other` before.";
    ServerRemoved: "server-removed", Removed, Breaking, "Applications that name the software no longer compile.";
    ServerRenamed: "server-renamed", Changed, Breaking, "The software has a new name in code.";
    ServerFact: "server-fact", Changed, None, "How software is recognized and what it offers is data of the SDK.";
    FeatureRequired: "feature-required", Changed, Breaking, "The item requires the Cargo feature `other-servers` now. Applications without the feature no longer compile.";
    FeatureNoLongerRequired: "feature-no-longer-required", Changed, Additive, "The item no longer requires the Cargo feature `other-servers`.";
    ApiFact: "api-fact", Changed, None, "Releases, limits, headers, error schemas and scopes' contents are data of the SDK.";
    ItemChanged: "item-changed", Changed, Breaking, "A public item of the generated Rust was removed or has another signature, as the effect of a change elsewhere.";
    ItemAdded: "item-added", Added, Additive, "The generated Rust has another public item, as the effect of a change elsewhere.";
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}

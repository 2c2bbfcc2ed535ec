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
    MethodFact: "method-fact", Changed, None, "Paths, scopes, limits, errors and versions are data of the SDK, not part of a signature.";
    ParamAdded: "param-added", Added, Additive, "A new option is a new setter of the call. Without it the request is unchanged.";
    ParamRemoved: "param-removed", Removed, Breaking, "Applications that set the option no longer compile.";
    ParamRenamed: "param-renamed", Changed, Breaking, "The setter has a new name.";
    ParamType: "param-type", Changed, Breaking, "The argument of the setter has a different type.";
    ParamDeprecated: "param-deprecated", Deprecated, None, "Shown in the documentation of the setter, without a compiler warning.";
    ParamFact: "param-fact", Changed, None, "Defaults, bounds, locations and versions of a parameter are data of the SDK.";
    InputAdded: "input-added", Added, Additive, "A new type does not affect existing code.";
    InputRemoved: "input-removed", Removed, Breaking, "Applications that name the type no longer compile.";
    InputNew: "input-new", Changed, Breaking, "The arguments of the function `new` of an input are part of its signature.";
    EntityAdded: "entity-added", Added, Additive, "A new type does not affect existing code.";
    EntityRemoved: "entity-removed", Removed, Breaking, "Applications that name the type no longer compile.";
    EntityShape: "entity-shape", Changed, Breaking, "An object became one of several entities, or the reverse: a struct is now an enum, or an enum a struct.";
    EntityParent: "entity-parent", Changed, Breaking, "The entity no longer extends the other one, so it can no longer be converted into it.";
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
    ApiFact: "api-fact", Changed, None, "Releases, limits, headers, error schemas, streams and events are data of the SDK.";
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}

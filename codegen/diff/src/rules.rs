//! The rules that tell what a change of the specification means for programs that use the SDK.

use serde::{Serialize, Serializer};

/// What a change means for a program that uses the SDK.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Impact {
    /// Nothing that a compiler sees.
    None,
    /// It compiles as before, and has more to use.
    Additive,
    /// It may no longer compile.
    Breaking,
}

impl Impact {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Additive => "additive",
            Self::Breaking => "breaking",
        }
    }
}

/// What became of a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// It is new.
    Added,
    /// It is another than before.
    Changed,
    /// It should no longer be used.
    Deprecated,
    /// It is gone.
    Removed,
}

macro_rules! rules {
    ($($name:ident: $id:literal, $kind:ident, $impact:ident, $text:literal;)*) => {
        /// A rule, named for what it speaks of.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Rule { $(#[doc = $text] $name,)* }

        impl Rule {
            /// All of them, in the order of the documentation.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Its name in reports and in the documentation.
            pub fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)* }
            }

            /// What became of the thing.
            pub fn kind(self) -> Kind {
                match self { $(Self::$name => Kind::$kind,)* }
            }

            /// What it means for programs.
            pub fn impact(self) -> Impact {
                match self { $(Self::$name => Impact::$impact,)* }
            }

            /// Why it means that.
            pub fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

rules! {
    MethodAdded: "method-added", Added, Additive, "A new method of `Mastodon` is in nobody's way.";
    MethodRemoved: "method-removed", Removed, Breaking, "Programs that call the method no longer compile.";
    MethodRenamed: "method-renamed", Changed, Breaking, "The same endpoint has another name; programs that call it by the old one no longer compile.";
    MethodDeprecated: "method-deprecated", Deprecated, Additive, "The compiler warns of the method, and names the one to use in its place.";
    MethodRetired: "method-retired", Deprecated, Additive, "Servers no longer have the endpoint. The method stays for older ones, and the compiler warns of it.";
    MethodRestored: "method-restored", Changed, None, "The compiler no longer warns of the method.";
    MethodArguments: "method-arguments", Changed, Breaking, "The number, the order or the types of what a caller always gives are part of the method's signature.";
    ArgumentRenamed: "argument-renamed", Changed, None, "Arguments are given by their place, not by their name.";
    MethodReturns: "method-returns", Changed, Breaking, "The answer has another type.";
    MethodCall: "method-call", Changed, Breaking, "With its first option, or without its last one, a method gives another type of call. Programs that only await it compile as before; those that name the type do not.";
    MethodFact: "method-fact", Changed, None, "Paths, scopes, limits, errors and versions are data of the SDK, not part of a signature.";
    ParamAdded: "param-added", Added, Additive, "A new option is a new setter on the call; without it the request is the same.";
    ParamRemoved: "param-removed", Removed, Breaking, "Programs that set the option no longer compile.";
    ParamRenamed: "param-renamed", Changed, Breaking, "The setter has another name.";
    ParamType: "param-type", Changed, Breaking, "The setter takes another type.";
    ParamDeprecated: "param-deprecated", Deprecated, None, "The documentation of the setter says so; the compiler does not.";
    ParamFact: "param-fact", Changed, None, "Defaults, bounds, places and versions of a parameter are data of the SDK.";
    InputAdded: "input-added", Added, Additive, "A new type for a group of parameters is in nobody's way.";
    InputRemoved: "input-removed", Removed, Breaking, "Programs that name the type no longer compile.";
    InputNew: "input-new", Changed, Breaking, "What the function `new` of a group of parameters takes is part of its signature.";
    EntityAdded: "entity-added", Added, Additive, "A new type is in nobody's way.";
    EntityRemoved: "entity-removed", Removed, Breaking, "Programs that name the type no longer compile.";
    EntityShape: "entity-shape", Changed, Breaking, "An object became one of several entities, or the reverse: a struct is now an enum, or an enum a struct.";
    EntityParent: "entity-parent", Changed, Breaking, "The entity no longer extends the other one, so that it can no longer stand for it.";
    EntityDeprecated: "entity-deprecated", Deprecated, None, "The documentation of the type says so; the compiler does not.";
    FieldAdded: "field-added", Added, Additive, "Entities are `non_exhaustive`: nobody else can build one or match all of its fields.";
    FieldRemoved: "field-removed", Removed, Breaking, "Programs that read the field no longer compile.";
    FieldRenamed: "field-renamed", Changed, Breaking, "The field has another name in code.";
    FieldType: "field-type", Changed, Breaking, "The field has another type; whether it is an `Option` is part of that.";
    FieldDeprecated: "field-deprecated", Deprecated, None, "The documentation of the field says so; the compiler does not.";
    FieldFact: "field-fact", Changed, None, "What a field looks like on the wire, and since when, is not part of its type.";
    VariantAdded: "variant-added", Added, Additive, "Enums are `non_exhaustive`: a match has to have an arm for the rest.";
    VariantRemoved: "variant-removed", Removed, Breaking, "Programs that match the variant no longer compile.";
    EnumAdded: "enum-added", Added, Additive, "A new type is in nobody's way.";
    EnumRemoved: "enum-removed", Removed, Breaking, "Programs that name the type no longer compile.";
    ValueAdded: "value-added", Added, Additive, "Enumerations are open and `non_exhaustive`. Where the value came as `Other` until now, it comes under its name.";
    ValueRemoved: "value-removed", Removed, Breaking, "Programs that name the value no longer compile.";
    ValueRenamed: "value-renamed", Changed, Breaking, "The value has another name in code.";
    ValueDeprecated: "value-deprecated", Deprecated, None, "The documentation of the value says so; the compiler does not.";
    ValueFact: "value-fact", Changed, None, "The versions of a value are data of the SDK.";
    IdAdded: "id-added", Added, Additive, "A new type is in nobody's way.";
    IdRemoved: "id-removed", Removed, Breaking, "Programs that name the type no longer compile.";
    ScopeAdded: "scope-added", Added, Additive, "`Scope` is open and `non_exhaustive`.";
    ScopeRemoved: "scope-removed", Removed, Breaking, "Programs that name the scope no longer compile.";
    FamilyAdded: "rate-family-added", Added, Additive, "`RateFamily` is `non_exhaustive`.";
    FamilyRemoved: "rate-family-removed", Removed, Breaking, "Programs that name the family no longer compile.";
    ApiFact: "api-fact", Changed, None, "Releases, limits, headers, shapes of errors, streams and events are data of the SDK.";
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}

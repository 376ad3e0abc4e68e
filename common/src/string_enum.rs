//! Enums with a string for each variant, the same on the wire, in the database and on the screen.

use std::fmt;

/// The text is not a variant of the enum.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnknownVariant {
    value: String,
    expected: Vec<&'static str>,
}

impl UnknownVariant {
    /// `value` is not one of `expected`.
    pub fn new(value: &str, expected: Vec<&'static str>) -> Self {
        Self { value: value.into(), expected }
    }
}

impl fmt::Display for UnknownVariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is not one of {}", self.value, self.expected.join(", "))
    }
}

impl std::error::Error for UnknownVariant {}

/// Declares an enum with a string for each variant: serde, `as_str()`, `ALL`, `Display` and `FromStr` from one list.
macro_rules! string_enum {
    ($(#[$doc:meta])+ pub enum $Name:ident { $($(#[$variant_doc:meta])+ $Variant:ident = $word:literal,)+ }) => {
        $(#[$doc])+
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize,
        )]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub enum $Name {
            $($(#[$variant_doc])+ #[serde(rename = $word)] $Variant,)+
        }

        impl $Name {
            /// All variants, in order.
            pub const ALL: &'static [Self] = &[$(Self::$Variant),+];

            /// The string of this variant.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$Variant => $word,)+
                }
            }
        }

        impl std::fmt::Display for $Name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $Name {
            type Err = $crate::string_enum::UnknownVariant;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($word => Ok(Self::$Variant),)+
                    _ => Err($crate::string_enum::UnknownVariant::new(text, vec![$($word),+])),
                }
            }
        }
    };
}

pub(crate) use string_enum;

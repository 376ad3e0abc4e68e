//! The form of a request: optional fields that some endpoints refuse. What an endpoint refuses is learned from its
//! answer, and asked for again only after a restart.

/// How the shape of an answer is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Structure {
    /// JSON by the prompt's schema; for Anthropic a tool that the model must call.
    Schema,
    /// Any JSON object.
    JsonObject,
    /// Not at all: the prompt alone describes the answer.
    Unasked,
}

/// The field that limits what is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum TokenLimit {
    /// `max_completion_tokens`.
    MaxCompletionTokens,
    /// `max_tokens`, the older name.
    MaxTokens,
    /// None.
    Unlimited,
}

/// The form of a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct RequestForm {
    /// How the shape of the answer is asked for, if the prompt has a schema.
    pub(super) structure: Structure,
    /// How the length of the answer is limited.
    pub(super) token_limit: TokenLimit,
    /// Whether a stream is to end with the number of tokens.
    pub(super) asks_for_usage: bool,
}

impl Default for RequestForm {
    fn default() -> Self {
        Self {
            structure: Structure::Schema,
            token_limit: TokenLimit::MaxCompletionTokens,
            asks_for_usage: true,
        }
    }
}

/// Words in a refusal that are about the shape of the answer.
const STRUCTURE_WORDS: [&str; 6] = ["response_format", "json", "schema", "grammar", "structured", "tool"];
/// Words in a refusal that are about the length of the answer; `in the completion` is how a context that is too small
/// is explained.
const TOKEN_LIMIT_WORDS: [&str; 3] = ["max_completion_tokens", "max_tokens", "in the completion"];
/// Words in a refusal that are about the number of tokens.
const USAGE_WORDS: [&str; 2] = ["stream_options", "include_usage"];
/// Words in a refusal of a field that it does not name.
const UNKNOWN_FIELD_WORDS: [&str; 7] = [
    "unknown field",
    "unknown parameter",
    "unrecognized",
    "extra inputs",
    "extra fields",
    "additional properties",
    "requested parameters",
];

impl RequestForm {
    /// The form to try after a refusal with this message; none if the refusal is about something else. `has_schema` is
    /// whether the prompt has one.
    pub(super) fn after_refusal(self, message: &str, has_schema: bool) -> Option<Self> {
        let message = message.to_lowercase();
        let mentions = |words: &[&str]| words.iter().any(|word| message.contains(word));
        // The names of fields first: a message that names one often says `json`, too.
        if mentions(&USAGE_WORDS) {
            return self.without_usage();
        }
        if mentions(&TOKEN_LIMIT_WORDS) {
            return self.with_next_token_limit();
        }
        if mentions(&STRUCTURE_WORDS) && has_schema {
            return self.with_less_structure();
        }
        if mentions(&UNKNOWN_FIELD_WORDS) {
            let structure = || self.with_less_structure().filter(|_| has_schema);
            return self.without_usage().or_else(structure).or_else(|| self.with_next_token_limit());
        }
        None
    }

    fn without_usage(self) -> Option<Self> {
        self.asks_for_usage.then_some(Self { asks_for_usage: false, ..self })
    }

    fn with_less_structure(self) -> Option<Self> {
        let structure = match self.structure {
            Structure::Schema => Structure::JsonObject,
            Structure::JsonObject => Structure::Unasked,
            Structure::Unasked => return None,
        };
        Some(Self { structure, ..self })
    }

    fn with_next_token_limit(self) -> Option<Self> {
        let token_limit = match self.token_limit {
            TokenLimit::MaxCompletionTokens => TokenLimit::MaxTokens,
            TokenLimit::MaxTokens => TokenLimit::Unlimited,
            TokenLimit::Unlimited => return None,
        };
        Some(Self { token_limit, ..self })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_changes_the_field_that_it_is_about() {
        let first = RequestForm::default();
        let after = |form: RequestForm, message: &str| form.after_refusal(message, true);
        let json_object = RequestForm { structure: Structure::JsonObject, ..first };
        let unasked = RequestForm { structure: Structure::Unasked, ..first };
        let max_tokens = RequestForm { token_limit: TokenLimit::MaxTokens, ..first };
        let no_usage = RequestForm { asks_for_usage: false, ..first };
        for (before, message, expected) in [
            (first, "'response_format.type' must be 'json_object' or 'text'", Some(json_object)),
            (json_object, "Invalid parameter: JSON mode is not supported", Some(unasked)),
            (unasked, "Failed to parse JSON", None),
            (first, "Unsupported parameter: 'max_completion_tokens'", Some(max_tokens)),
            (first, "body.stream_options: Extra inputs are not permitted", Some(no_usage)),
            (first, "Extra inputs are not permitted", Some(no_usage)),
            (
                no_usage,
                "Unrecognized request argument",
                Some(RequestForm { asks_for_usage: false, ..json_object }),
            ),
            (first, "the model is sold out", None),
        ] {
            assert_eq!(after(before, message), expected, "{message}");
        }
    }

    #[test]
    fn every_series_of_refusals_ends() {
        for message in ["extra inputs are not permitted", "max_tokens", "json", "include_usage"] {
            let forms =
                std::iter::successors(Some(RequestForm::default()), |form| form.after_refusal(message, true));
            assert!(forms.take(10).count() <= 6, "{message}");
        }
    }
}

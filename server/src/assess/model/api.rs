//! The protocols of endpoints.

use url::Url;

/// The protocol of an endpoint.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ModelApi {
    /// `POST {base}/chat/completions`: OpenAI, Ollama, vLLM, llama.cpp and others.
    OpenAi,
    /// `POST {base}/messages`: Anthropic.
    Anthropic,
}

impl ModelApi {
    /// The name in the settings and in assessments.
    pub(in crate::assess) const fn name(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Anthropic => "anthropic",
        }
    }

    /// The URL to call, below a base URL.
    pub(super) fn url(self, base: &Url) -> Url {
        let end = match self {
            Self::OpenAi => "chat/completions",
            Self::Anthropic => "messages",
        };
        let mut url = base.clone();
        url.set_path(&format!("{}/{end}", base.path().trim_end_matches('/')));
        url
    }
}

//! What is found: kinds of secrets, and their names.

use std::ops::Range;

use crate::string_enum::string_enum;

/// The beginning of every mark.
pub(super) const MARK_START: &str = "[redacted: ";

string_enum! {
    /// A kind of secret. Where findings overlap, the first of this list names them.
    pub enum SecretKind {
        /// A private key in PEM, whole or cut off.
        PrivateKey = "private_key",
        /// An access key of AWS.
        AwsKey = "aws_key",
        /// A token of GitHub.
        GithubToken = "github_token",
        /// A token of GitLab.
        GitlabToken = "gitlab_token",
        /// A token or the address of a webhook of Slack.
        SlackToken = "slack_token",
        /// A key or token of Google.
        GoogleKey = "google_key",
        /// A token of a tierup server.
        TierupToken = "tierup_token",
        /// A key or token of another service, known by its prefix.
        ApiKey = "api_key",
        /// A JSON Web Token.
        Jwt = "jwt",
        /// A card number with a valid checksum.
        CardNumber = "card_number",
        /// A password in a URL, or after a word like `password`.
        Password = "password",
        /// A value after a word like `token` or `secret`.
        Secret = "secret",
        /// What a pattern of the settings matches.
        Custom = "custom",
    }
}

impl SecretKind {
    /// Its name with an article: "an AWS key".
    pub const fn with_article(self) -> &'static str {
        match self {
            Self::PrivateKey => "a private key",
            Self::AwsKey => "an AWS key",
            Self::GithubToken => "a GitHub token",
            Self::GitlabToken => "a GitLab token",
            Self::SlackToken => "a Slack token",
            Self::GoogleKey => "a Google key",
            Self::TierupToken => "a tierup token",
            Self::ApiKey => "an API key",
            Self::Jwt => "a JWT",
            Self::CardNumber => "a card number",
            Self::Password => "a password",
            Self::Secret => "a secret",
            Self::Custom => "a custom pattern",
        }
    }

    /// Its name: "AWS key".
    pub fn label(self) -> &'static str {
        let name = self.with_article();
        name.split_once(' ').map_or(name, |(_, label)| label)
    }
}

/// A secret in a text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Secret {
    /// Where it is, in bytes.
    pub range: Range<usize>,
    /// What it is.
    pub kind: SecretKind,
}

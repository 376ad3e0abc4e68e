//! Settings, with the same name in the environment, in `server.toml` and in `--help`. Flags override the environment,
//! which overrides the file.

mod error;
mod mail;
mod respond_within;
pub(crate) mod value;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use secrecy::SecretString;
use serde::Deserialize;
use tierup_common::redact;
use tierup_common::trim::trim_value;
use url::Url;

use crate::assess::{Engine, ModelApi, ModelEndpoint, ModelEngine, OffEngine, PlaybookEngine, TypingPace};
use crate::config::error::invalid_setting;
use crate::domain::RespondWithin;
use crate::limits::UserLimits;
use crate::log::LogFormat;
use crate::mail::Mailer;
use crate::redactor::{PatternSettings, Patterns};
use crate::webhook::{Webhook, WebhookSettings};

pub use error::ConfigError;
pub use respond_within::RespondWithinSettings;

/// The default of `event_retention_days`.
const DEFAULT_RETENTION_DAYS: u64 = 7;
/// The default of `questions_per_minute` with a model, whose answers cost money.
const DEFAULT_QUESTIONS_PER_MINUTE: u32 = 60;
/// The default of `model_calls_per_minute`.
const DEFAULT_MODEL_CALLS_PER_MINUTE: u32 = 60;
/// The default of `streams_per_user`: half of what the server takes, so that one user cannot use them all.
const DEFAULT_STREAMS_PER_USER: u32 = 10_000;

/// Settings before validation; none where unset.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The address to listen on; port 0 picks a free port [default: 127.0.0.1:7890]
    #[arg(long, value_name = "ADDRESS", env = "TIERUP_SERVER_LISTEN", value_parser = value::parse_address)]
    pub listen: Option<SocketAddr>,
    /// A proxy with TLS stands in front of this server; allows addresses other than loopback
    #[arg(long, env = "TIERUP_SERVER_BEHIND_PROXY", num_args = 0..=1, default_missing_value = "true")]
    pub behind_proxy: Option<bool>,
    /// What writes assessments and answers: playbook (offline), openai (any compatible endpoint), anthropic or off
    /// [default: playbook]
    #[arg(long, value_name = "ENGINE", env = "TIERUP_SERVER_ASSESSMENT_ENGINE")]
    pub assessment_engine: Option<String>,
    /// The base URL of the model's endpoint, like `http://127.0.0.1:11434/v1`
    #[arg(long, value_name = "URL", env = "TIERUP_SERVER_ASSESSMENT_URL", value_parser = value::parse_url, hide_env_values = true)]
    #[serde(default, deserialize_with = "value::deserialize_optional_url")]
    pub assessment_url: Option<Url>,
    /// The name of the model at its endpoint
    #[arg(long, value_name = "NAME", env = "TIERUP_SERVER_ASSESSMENT_MODEL")]
    pub assessment_model: Option<String>,
    /// The API key for the model's endpoint
    #[arg(long, value_name = "KEY", env = "TIERUP_SERVER_ASSESSMENT_API_KEY", hide_env_values = true)]
    pub assessment_api_key: Option<SecretString>,
    /// How long a model may take [default: 60]
    #[arg(long, value_name = "SECONDS", env = "TIERUP_SERVER_ASSESSMENT_TIMEOUT_SECONDS")]
    pub assessment_timeout_seconds: Option<u64>,
    /// Assessments and answers that a model writes per account per minute; further ones wait for the next minute or
    /// fail; 0 means unlimited [default: 60]
    #[arg(long, value_name = "NUMBER", env = "TIERUP_SERVER_MODEL_CALLS_PER_MINUTE")]
    pub model_calls_per_minute: Option<u32>,
    /// How fast the playbook writes, in words per second; 0 writes everything at once [default: 0]
    #[arg(long, value_name = "WORDS", env = "TIERUP_SERVER_ASSESSMENT_WORDS_PER_SECOND")]
    pub assessment_words_per_second: Option<u32>,
    /// A folder of Markdown runbooks for assessments
    #[arg(long, value_name = "DIR", env = "TIERUP_SERVER_RUNBOOKS")]
    pub runbooks: Option<PathBuf>,
    /// How to send mail: `smtp://user:password@host:port`, `smtps://…`, `file:DIR` (writes .eml files) or off [default:
    /// off]
    #[arg(long, value_name = "URL", env = "TIERUP_SERVER_MAIL_URL", hide_env_values = true)]
    pub mail_url: Option<SecretString>,
    /// The sender of mail, like "tierup <tierup@acme.test>"
    #[arg(long, value_name = "MAILBOX", env = "TIERUP_SERVER_MAIL_FROM")]
    pub mail_from: Option<String>,
    /// Send a reminder when an escalation is unclaimed for this many minutes; 0 means never [default: 0]
    #[arg(long, value_name = "MINUTES", env = "TIERUP_SERVER_UNCLAIMED_REMINDER_MINUTES")]
    pub unclaimed_reminder_minutes: Option<u64>,
    /// By when escalations should be claimed, by priority, like `urgent=15m,high=1h` [default: none]
    #[arg(long, value_name = "TARGETS", env = "TIERUP_SERVER_RESPOND_WITHIN")]
    pub respond_within: Option<RespondWithinSettings>,
    /// Return a claim to the queue after this many hours without activity, after a warning; 0 means never [default:
    /// 0]
    #[arg(long, value_name = "HOURS", env = "TIERUP_SERVER_STALE_CLAIM_HOURS")]
    pub stale_claim_hours: Option<u64>,
    /// Keep events for this many days, for replays and timelines; 0 is forever [default: 7]
    #[arg(long, value_name = "DAYS", env = "TIERUP_SERVER_EVENT_RETENTION_DAYS")]
    pub event_retention_days: Option<u64>,
    /// Requests per user per minute; 0 means unlimited [default: 0]
    #[arg(long, value_name = "NUMBER", env = "TIERUP_SERVER_REQUESTS_PER_MINUTE")]
    pub requests_per_minute: Option<u32>,
    /// Answers and assessments that a user may request per minute; 0 means unlimited [default: 60 with a model, else 0]
    #[arg(long, value_name = "NUMBER", env = "TIERUP_SERVER_QUESTIONS_PER_MINUTE")]
    pub questions_per_minute: Option<u32>,
    /// Open event streams per user [default: 10000]
    #[arg(long, value_name = "NUMBER", env = "TIERUP_SERVER_STREAMS_PER_USER")]
    pub streams_per_user: Option<u32>,
    /// The format of the log on standard error: text or json [default: text]
    #[arg(long, value_name = "FORM", env = "TIERUP_SERVER_LOG_FORMAT")]
    pub log_format: Option<LogFormat>,
    /// What to log: a level, or filters like `info,tierup_server=debug` [default: info]
    #[arg(long, value_name = "FILTER", env = "TIERUP_SERVER_LOG")]
    pub log: Option<String>,
    /// Webhooks for chat tools and programs, as JSON: `[{"kind": "slack", "url": "https://…"}]`; kinds are slack,
    /// mattermost, ntfy and json [default: none]
    #[arg(long, value_name = "JSON", env = "TIERUP_SERVER_WEBHOOKS", hide_env_values = true)]
    pub webhooks: Option<WebhookSettings>,
    /// Regular expressions for other text that must not leave the server, as JSON: `["ACME-[0-9]{8}"]`; matches are
    /// removed, like secrets, from what goes to models, webhooks and mail servers [default: none]
    #[arg(long, value_name = "JSON", env = "TIERUP_SERVER_REDACT_PATTERNS", hide_env_values = true)]
    pub redact_patterns: Option<PatternSettings>,
    /// The proxy for requests to models and webhooks, except on this machine [default: none]
    #[arg(long, value_name = "URL", env = "TIERUP_SERVER_OUTGOING_PROXY", value_parser = value::parse_url, hide_env_values = true)]
    #[serde(default, deserialize_with = "value::deserialize_optional_url")]
    pub outgoing_proxy: Option<Url>,
    /// The URL at which people reach this server, for links in mail
    #[arg(long, value_name = "URL", env = "TIERUP_SERVER_PUBLIC_URL", value_parser = value::parse_url, hide_env_values = true)]
    #[serde(default, deserialize_with = "value::deserialize_optional_url")]
    pub public_url: Option<Url>,
}

/// Settings, validated.
pub struct ServerConfig {
    /// The address to listen on.
    pub listen: SocketAddr,
    /// A proxy stands in front of this server: trust `X-Forwarded-For`.
    pub behind_proxy: bool,
    /// Writes assessments and replies.
    pub engine: Box<dyn Engine>,
    /// The folder of runbooks.
    pub runbooks: Option<PathBuf>,
    /// Sends mail.
    pub mailer: Mailer,
    /// Reminds of an unclaimed escalation after this time; never if none.
    pub remind_after: Option<Duration>,
    /// By when escalations should be claimed.
    pub respond_within: RespondWithin,
    /// Returns an inactive claim to the queue after this time; never if none.
    pub stale_after: Option<Duration>,
    /// How long events are kept; forever if none.
    pub event_retention: Option<Duration>,
    /// Rate limits per user.
    pub limits: UserLimits,
    /// The webhooks, ready to call.
    pub webhooks: Vec<Webhook>,
    /// What is removed, besides secrets, from what leaves the server.
    pub redact_patterns: Patterns,
    /// The base of links in mail, with a trailing slash.
    pub public_url: Option<Url>,
}

impl Settings {
    /// Reads the settings of a TOML file.
    pub fn from_file(path: &Path) -> Result<Self, ConfigError> {
        let text =
            std::fs::read_to_string(path).map_err(|error| ConfigError::Unreadable(path.into(), error))?;
        Self::parse(path, &text)
    }

    fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        toml::from_str(text).map_err(|error| {
            let (line, column) = redact::line_and_column(text, error.span().map_or(0, |span| span.start));
            ConfigError::Malformed {
                path: path.into(),
                line,
                column,
                reason: redact::redact_message(error.message()),
            }
        })
    }

    /// These settings, with `fallback` where they are unset.
    #[must_use]
    pub fn or_else(self, fallback: Self) -> Self {
        Self {
            listen: self.listen.or(fallback.listen),
            behind_proxy: self.behind_proxy.or(fallback.behind_proxy),
            assessment_engine: self.assessment_engine.or(fallback.assessment_engine),
            assessment_url: self.assessment_url.or(fallback.assessment_url),
            assessment_model: self.assessment_model.or(fallback.assessment_model),
            assessment_api_key: self.assessment_api_key.or(fallback.assessment_api_key),
            assessment_timeout_seconds: self
                .assessment_timeout_seconds
                .or(fallback.assessment_timeout_seconds),
            model_calls_per_minute: self.model_calls_per_minute.or(fallback.model_calls_per_minute),
            assessment_words_per_second: self
                .assessment_words_per_second
                .or(fallback.assessment_words_per_second),
            runbooks: self.runbooks.or(fallback.runbooks),
            mail_url: self.mail_url.or(fallback.mail_url),
            mail_from: self.mail_from.or(fallback.mail_from),
            unclaimed_reminder_minutes: self
                .unclaimed_reminder_minutes
                .or(fallback.unclaimed_reminder_minutes),
            respond_within: self.respond_within.or(fallback.respond_within),
            stale_claim_hours: self.stale_claim_hours.or(fallback.stale_claim_hours),
            event_retention_days: self.event_retention_days.or(fallback.event_retention_days),
            requests_per_minute: self.requests_per_minute.or(fallback.requests_per_minute),
            questions_per_minute: self.questions_per_minute.or(fallback.questions_per_minute),
            streams_per_user: self.streams_per_user.or(fallback.streams_per_user),
            log_format: self.log_format.or(fallback.log_format),
            log: self.log.or(fallback.log),
            webhooks: self.webhooks.or(fallback.webhooks),
            redact_patterns: self.redact_patterns.or(fallback.redact_patterns),
            outgoing_proxy: self.outgoing_proxy.or(fallback.outgoing_proxy),
            public_url: self.public_url.or(fallback.public_url),
        }
    }

    /// Validates the settings and builds what they describe.
    pub fn into_config(self) -> Result<ServerConfig, ConfigError> {
        self.check_ranges()?;
        let listen = self.listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 7890)));
        if !listen.ip().is_loopback() && self.behind_proxy != Some(true) {
            return Err(invalid_setting(
                "listen",
                format!(
                    "{listen} can be reached from other machines, and this server speaks plain HTTP\n\
                     hint: put a proxy with TLS in front and pass --behind-proxy, or listen on 127.0.0.1"
                ),
            ));
        }
        for (setting, url) in [
            ("assessment_url", &self.assessment_url),
            ("outgoing_proxy", &self.outgoing_proxy),
            ("public_url", &self.public_url),
        ] {
            url.as_ref().map_or(Ok(()), |url| value::ensure_web_url(setting, url))?;
        }
        if self.public_url.as_ref().is_some_and(|url| !url.username().is_empty() || url.password().is_some())
        {
            return Err(invalid_setting(
                "public_url",
                "must not contain a user name or a password: every mail would show them",
            ));
        }
        let engine = self.build_engine()?;
        let questions = self.questions_per_minute.unwrap_or(if engine.model().is_some() {
            DEFAULT_QUESTIONS_PER_MINUTE
        } else {
            0
        });
        let (requests, streams) = (
            self.requests_per_minute.unwrap_or(0),
            self.streams_per_user.unwrap_or(DEFAULT_STREAMS_PER_USER),
        );
        let retention = self.event_retention_days.unwrap_or(DEFAULT_RETENTION_DAYS);
        Ok(ServerConfig {
            listen,
            behind_proxy: self.behind_proxy == Some(true),
            event_retention: Some(Duration::from_hours(24 * retention)).filter(|_| retention > 0),
            limits: UserLimits::new(requests, questions, streams),
            engine,
            mailer: mail::build_mailer(self.mail_url.as_ref(), self.mail_from.as_deref())?,
            runbooks: self.runbooks,
            webhooks: self
                .webhooks
                .map_or(Ok(Vec::new()), |webhooks| {
                    Webhook::from_settings(webhooks, self.outgoing_proxy.as_ref())
                })
                .map_err(|error| invalid_setting("webhooks", error.to_string()))?,
            redact_patterns: compile_patterns(self.redact_patterns)?,
            remind_after: self.unclaimed_reminder_minutes.filter(|n| *n > 0).map(Duration::from_mins),
            respond_within: self
                .respond_within
                .map_or(Ok(RespondWithin::NONE), RespondWithinSettings::into_targets)?,
            stale_after: self.stale_claim_hours.filter(|n| *n > 0).map(Duration::from_hours),
            public_url: self.public_url.map(|url| with_trailing_slash(&url)),
        })
    }

    /// Every number has a range, within which no duration overflows.
    fn check_ranges(&self) -> Result<(), ConfigError> {
        let numbers = [
            ("assessment_timeout_seconds", self.assessment_timeout_seconds, 1..=3_600),
            ("model_calls_per_minute", self.model_calls_per_minute.map(u64::from), 0..=1_000_000),
            ("assessment_words_per_second", self.assessment_words_per_second.map(u64::from), 0..=100_000),
            ("unclaimed_reminder_minutes", self.unclaimed_reminder_minutes, 0..=525_600),
            ("stale_claim_hours", self.stale_claim_hours, 0..=8_760),
            ("event_retention_days", self.event_retention_days, 0..=36_500),
            ("requests_per_minute", self.requests_per_minute.map(u64::from), 0..=1_000_000),
            ("questions_per_minute", self.questions_per_minute.map(u64::from), 0..=1_000_000),
            ("streams_per_user", self.streams_per_user.map(u64::from), 1..=1_000_000),
        ];
        let beyond =
            numbers.into_iter().find(|(_, number, range)| number.is_some_and(|n| !range.contains(&n)));
        beyond.map_or(Ok(()), |(setting, _, range)| {
            Err(invalid_setting(setting, format!("must be between {} and {}", range.start(), range.end())))
        })
    }

    fn build_engine(&self) -> Result<Box<dyn Engine>, ConfigError> {
        let api = match self.assessment_engine.as_deref().map_or("playbook", trim_value) {
            "off" => return Ok(Box::new(OffEngine)),
            "playbook" => {
                let words = self.assessment_words_per_second.unwrap_or(0);
                let pause = Duration::from_secs(1).checked_div(words);
                let pace = pause.map_or(TypingPace::Immediate, TypingPace::DelayPerWord);
                return Ok(Box::new(PlaybookEngine(pace)));
            }
            "openai" => ModelApi::OpenAi,
            "anthropic" => ModelApi::Anthropic,
            other => {
                let other = value::quote_word(other);
                let why = format!("unknown engine {other}\nhint: use playbook, openai, anthropic or off");
                return Err(invalid_setting("assessment_engine", why));
            }
        };
        let base = match (&self.assessment_url, api) {
            (Some(url), _) => url.clone(),
            (None, ModelApi::Anthropic) => default_url("https://api.anthropic.com/v1")?,
            (None, ModelApi::OpenAi) => default_url("https://api.openai.com/v1")?,
        };
        let model = self.assessment_model.as_deref().map(|model| trim_value(model).to_owned());
        let model = model.ok_or_else(|| {
            invalid_setting(
                "assessment_model",
                "required by the engines openai and anthropic\nhint: use the name of a model that the endpoint serves",
            )
        })?;
        let seconds = self.assessment_timeout_seconds.unwrap_or(60);
        let key = match &self.assessment_api_key {
            Some(key) => value::parse_key("assessment_api_key", key)?,
            None => None,
        };
        let limit = Duration::from_secs(seconds);
        let calls = self.model_calls_per_minute.unwrap_or(DEFAULT_MODEL_CALLS_PER_MINUTE);
        let endpoint = ModelEndpoint::new(api, &base, model, key, limit, self.outgoing_proxy.as_ref())
            .map_err(|error| invalid_setting("assessment_url", error.to_string()))?;
        Ok(Box::new(ModelEngine(endpoint.with_calls_per_minute(calls))))
    }
}

fn compile_patterns(settings: Option<PatternSettings>) -> Result<Patterns, ConfigError> {
    let patterns = settings.map_or(Ok(Patterns::default()), Patterns::from_settings);
    patterns.map_err(|error| invalid_setting("redact_patterns", error.to_string()))
}

fn default_url(url: &'static str) -> Result<Url, ConfigError> {
    url.parse().map_err(|_| invalid_setting("assessment_url", "not a URL"))
}

/// A base that relative links can be joined to.
fn with_trailing_slash(url: &Url) -> Url {
    let mut url = url.clone();
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    url
}

#[cfg(test)]
mod tests {
    use clap::FromArgMatches;
    use secrecy::ExposeSecret;

    use super::*;

    fn parse_settings(toml: &str) -> Settings {
        toml::from_str(toml).unwrap()
    }

    fn config_error(toml: &str) -> String {
        parse_settings(toml).into_config().err().unwrap().to_string()
    }

    #[test]
    fn without_settings_the_server_listens_on_loopback_and_works_offline() {
        let config = Settings::default().into_config().unwrap();
        assert_eq!(config.listen.to_string(), "127.0.0.1:7890");
        assert_eq!((config.engine.name(), config.engine.model()), ("playbook", None));
        assert!(!config.mailer.is_enabled());
    }

    #[test]
    fn the_first_source_that_has_a_setting_wins() {
        let config = parse_settings("listen = '127.0.0.1:1'")
            .or_else(parse_settings("listen = '127.0.0.1:2'\npublic_url = 'http://x'"));
        let config = config.into_config().unwrap();
        assert_eq!(config.listen.port(), 1);
        assert_eq!(config.public_url.unwrap().as_str(), "http://x/");
    }

    #[test]
    fn an_invalid_setting_is_refused_with_a_hint() {
        assert!(config_error("listen = '0.0.0.0:80'").contains("--behind-proxy"));
        assert!(config_error("assessment_engine = 'gpt'").contains("use playbook"));
        assert!(config_error("assessment_engine = 'openai'").contains("assessment_model: required"));
        assert!(
            config_error("assessment_engine = 'openai'\nassessment_model = 'm'\nassessment_url = 'ftp://x'")
                .contains("http://")
        );
        assert!(!parse_settings("mail_url = 'off'").into_config().unwrap().mailer.is_enabled());
        assert!(config_error("outgoing_proxy = 'socks5://x'").contains("http://"));
        assert!(config_error("mail_url = 'file:/tmp/x'\nmail_from = 'nobody'").contains("not a mailbox"));
        assert!(
            toml::from_str::<Settings>("lissten = 'x'").unwrap_err().to_string().contains("unknown field")
        );
    }

    #[test]
    fn a_number_out_of_range_is_refused_with_its_range() {
        let (most, most_of_short) = (Some(u64::MAX), Some(u32::MAX));
        let none = Settings::default;
        let beyond = [
            Settings { assessment_timeout_seconds: most, ..none() },
            Settings { assessment_words_per_second: most_of_short, ..none() },
            Settings { model_calls_per_minute: most_of_short, ..none() },
            Settings { unclaimed_reminder_minutes: most, ..none() },
            Settings { stale_claim_hours: most, ..none() },
            Settings { event_retention_days: most, ..none() },
            Settings { requests_per_minute: most_of_short, ..none() },
            Settings { questions_per_minute: most_of_short, ..none() },
            Settings { streams_per_user: most_of_short, ..none() },
            Settings { streams_per_user: Some(0), ..none() },
        ];
        for settings in beyond {
            let why = settings.into_config().err().unwrap().to_string();
            assert!(why.contains(": must be between "), "{why}");
        }
        let most =
            "unclaimed_reminder_minutes = 525600\nstale_claim_hours = 8760\nevent_retention_days = 36500";
        assert!(parse_settings(most).into_config().is_ok());
    }

    #[test]
    fn quotes_whitespace_and_bom_around_a_value_are_removed() {
        let flags = [
            ["--listen", "\"127.0.0.1:0\"\r"],
            ["--mail-url", "\"file:./mail\"\r\n"],
            ["--mail-from", " tierup@acme.test\r"],
            ["--assessment-engine", "openai\r"],
            ["--assessment-url", "'http://127.0.0.1:9/v1'"],
            ["--assessment-model", " m"],
            ["--assessment-api-key", "\u{feff}\"sk-1\"\n"],
            ["--outgoing-proxy", "http://127.0.0.1:9 "],
            ["--public-url", "https://tierup.acme.test\r"],
            [
                "--webhooks",
                "'[{\"kind\": \"json\", \"url\": \" https://x\\n\", \"secret\": \" whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw \"}]'",
            ],
        ];
        let command = Settings::augment_args(clap::Command::new("serve").no_binary_name(true));
        let matches = command.try_get_matches_from(flags.concat()).unwrap();
        let config = Settings::from_arg_matches(&matches).unwrap().into_config().unwrap();
        assert_eq!(config.listen.port(), 0);
        assert_eq!(config.public_url.unwrap().as_str(), "https://tierup.acme.test/");
        assert_eq!((config.webhooks.len(), config.mailer.is_enabled()), (1, true));
        assert!(config.engine.model().is_some());
    }

    #[test]
    fn an_api_key_with_spaces_or_non_ascii_characters_is_refused() {
        for key in ["sk 1", "sk\n1", "sk\u{200b}1", "schlüssel"] {
            let said =
                value::parse_key("assessment_api_key", &SecretString::from(key)).unwrap_err().to_string();
            assert!(said.contains("space") && !said.contains(key), "{said}");
        }
        let bare = |key| value::parse_key("x", &SecretString::from(key)).unwrap();
        assert_eq!(bare(" \"sk-1\"\r\n").unwrap().expose_secret(), "sk-1");
        assert!(bare(" ").is_none());
    }

    #[test]
    fn url_settings_must_be_http_or_https() {
        for url in ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "ftp://acme.test"] {
            for setting in ["public_url", "outgoing_proxy", "assessment_url"] {
                let why = config_error(&format!("{setting} = '{url}'"));
                assert!(why.starts_with(&format!("{setting}: must begin with http://")), "{why}");
            }
        }
    }

    #[test]
    fn an_invalid_mail_url_is_not_repeated_in_the_error() {
        let why = config_error("mail_url = 'smpt://ana:hunter2@mail.acme.test'");
        assert!(!why.contains("hunter2"), "{why}");
    }
}

//! Signatures of Standard Webhooks 1.0: HMAC-SHA256 over id, timestamp and body.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use tierup_common::trim::trim_value;

/// The prefix of every secret.
const SECRET_PREFIX: &str = "whsec_";
/// The length of a secret that the standard requires, in bytes.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// The key that calls are signed with.
pub struct SigningSecret(Vec<u8>);

/// A text that is not a signing secret.
#[derive(Debug, thiserror::Error)]
#[error(
    "the secret must be whsec_ and 24 to 64 random bytes in base64\nhint: make one with echo whsec_$(openssl rand -base64 32)"
)]
pub struct InvalidSecret;

impl SigningSecret {
    /// Parses `whsec_…`.
    pub fn parse(text: &SecretString) -> Result<Self, InvalidSecret> {
        let encoded = trim_value(text.expose_secret()).strip_prefix(SECRET_PREFIX).ok_or(InvalidSecret)?;
        let bytes = STANDARD.decode(encoded).map_err(|_| InvalidSecret)?;
        if SECRET_BYTES.contains(&bytes.len()) { Ok(Self(bytes)) } else { Err(InvalidSecret) }
    }

    /// The `webhook-signature` header of a call.
    pub(super) fn sign(&self, id: &str, timestamp: u64, body: &str) -> String {
        let signed = format!("{id}.{timestamp}.{body}");
        let mac = Hmac::<Sha256>::new_from_slice(&self.0).map(|mac| mac.chain_update(signed));
        // HMAC takes a key of any length.
        let signature = mac.map(|mac| STANDARD.encode(mac.finalize().into_bytes())).unwrap_or_default();
        format!("v1,{signature}")
    }
}

impl std::fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningSecret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's own reference libraries.
    #[test]
    fn a_webhook_is_signed_as_the_specification_requires() {
        let secret =
            SigningSecret::parse(&SecretString::from("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")).unwrap();
        let body = r#"{"test": 2432232314}"#;
        let signature = secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_malformed_signing_secret_is_refused() {
        for text in ["", "whsec_", "whsec_short", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_!!!!"] {
            assert!(SigningSecret::parse(&SecretString::from(text)).is_err(), "{text:?}");
        }
    }
}

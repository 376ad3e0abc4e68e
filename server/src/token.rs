//! Bearer tokens: `tup_`, 256 random bits, and a checksum that tells a mistyped token from a revoked one without a
//! database query. The server stores only the SHA-256 of a token.

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use tierup_common::id::{TokenId, UserId};

const PREFIX: &str = "tup_";
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// 43 digits of base 62 hold 256 bits.
const SECRET_LEN: usize = 43;
/// 6 digits of base 62 hold the 32 bits of a CRC.
const CHECKSUM_LEN: usize = 6;

/// The purpose of the derivation: nothing else is derived with this label.
const DERIVATION_LABEL: &str = "tierup token of an Idempotency-Key, 1";

/// A new token.
pub struct GeneratedToken {
    /// The secret, to show once.
    pub secret: String,
    /// The SHA-256 of the secret, to store.
    pub hash: [u8; 32],
}

/// Makes a random token. Fails if the system has no random numbers.
pub fn generate() -> Result<GeneratedToken, getrandom::Error> {
    let mut bits = [0; 32];
    getrandom::fill(&mut bits)?;
    Ok(from_bits(bits))
}

/// Derives a token from an idempotency key, so that it can be shown again without being stored. Only the holder of
/// `caller_token` can derive it. Each token has its own id, so that a token that has ended is never made again.
pub fn derive(caller_token: &SecretString, user: UserId, id: TokenId, key: &str) -> GeneratedToken {
    // HMAC accepts keys of any length.
    let bits = Hmac::<Sha256>::new_from_slice(caller_token.expose_secret().as_bytes()).map(|mac| {
        let mac =
            mac.chain_update(DERIVATION_LABEL).chain_update(user.as_bytes()).chain_update(id.as_bytes());
        mac.chain_update(key).finalize().into_bytes().into()
    });
    from_bits(bits.unwrap_or_default())
}

fn from_bits(bits: [u8; 32]) -> GeneratedToken {
    let mut rest = bits;
    let mut digits = [0; SECRET_LEN];
    for digit in digits.iter_mut().rev() {
        let mut remainder = 0;
        for byte in &mut rest {
            let value = remainder * 256 + u16::from(*byte);
            // The remainder before is less than 62, so that the quotient is a byte.
            *byte = u8::try_from(value / 62).unwrap_or(u8::MAX);
            remainder = value % 62;
        }
        *digit = ALPHABET[usize::from(remainder)];
    }
    let mut text = String::from(PREFIX);
    text.extend(digits.map(char::from));
    let checksum = checksum(&text);
    text.push_str(&checksum);
    let hash = Sha256::digest(text.as_bytes()).into();
    GeneratedToken { secret: text, hash }
}

/// The SHA-256 of a token; `None` for text that is not a well-formed token.
pub fn hash(text: &str) -> Option<[u8; 32]> {
    let is_well_formed = text.is_ascii()
        && text.len() == PREFIX.len() + SECRET_LEN + CHECKSUM_LEN
        && text.starts_with(PREFIX)
        && text.ends_with(&checksum(&text[..PREFIX.len() + SECRET_LEN]));
    is_well_formed.then(|| Sha256::digest(text.as_bytes()).into())
}

fn checksum(text: &str) -> String {
    let mut rest = crc32fast::hash(text.as_bytes()) as usize;
    let mut digits = [0; CHECKSUM_LEN];
    for digit in digits.iter_mut().rev() {
        *digit = ALPHABET[rest % 62];
        rest /= 62;
    }
    digits.iter().map(|digit| char::from(*digit)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_token_is_valid_and_a_mistyped_one_is_not() {
        let token = generate().unwrap();
        assert_eq!(token.secret.len(), 53);
        assert_eq!(hash(&token.secret), Some(token.hash));
        let other = if token.secret.ends_with('0') { '1' } else { '0' };
        let mistyped = format!("{}{other}", &token.secret[..52]);
        for text in ["", "tup_", "Bearer x", &mistyped, &token.secret[1..]] {
            assert_eq!(hash(text), None, "{text}");
        }
        assert_ne!(generate().unwrap().secret, token.secret);
    }

    #[test]
    fn a_token_encodes_its_bits_in_base_62() {
        assert_eq!(from_bits([0; 32]).secret[4..47], "0".repeat(43));
        let mut one = [0; 32];
        one[31] = 62;
        assert!(from_bits(one).secret[4..47].ends_with("010"));
        assert_eq!(&from_bits([255; 32]).secret[4..47], "yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp1");
    }

    #[test]
    fn a_derived_token_depends_on_each_input() {
        let ids = |n| (UserId::from_bytes([n; 16]), TokenId::from_bytes([n; 16]));
        let derive = |caller: &str, (user, token), key: &str| {
            derive(&caller.to_owned().into(), user, token, key).secret
        };
        let derived = derive("tup_a", ids(1), "k");
        assert_eq!(derive("tup_a", ids(1), "k"), derived);
        let others =
            [derive("tup_b", ids(1), "k"), derive("tup_a", ids(2), "k"), derive("tup_a", ids(1), "l")];
        assert!(others.iter().all(|other| *other != derived));
        assert!(hash(&derived).is_some());
    }
}

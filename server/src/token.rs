//! Bearer tokens: `tup_`, 256 random bits, and a checksum that tells a mistyped token from a revoked one without a
//! look at the database. The server keeps only the SHA-256 of a token.

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use tierup_common::id::{TokenId, UserId};

const PREFIX: &str = "tup_";
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// 43 digits of base 62 hold 256 bits.
const SECRET: usize = 43;
/// 6 digits of base 62 hold the 32 bits of a CRC.
const CHECKSUM: usize = 6;

/// What a token is derived for, so that nothing else is ever derived the same way.
const LABEL: &str = "tierup token of an Idempotency-Key, 1";

/// A token just made.
pub struct Made {
    /// The secret, to be shown once.
    pub secret: String,
    /// What the server keeps of it.
    pub hash: [u8; 32],
}

/// Makes a token. Fails only where the machine has no randomness to give.
pub fn make() -> Result<Made, getrandom::Error> {
    let mut bits = [0; 32];
    getrandom::fill(&mut bits)?;
    Ok(of(bits))
}

/// Makes a token that is the same each time it is made of the same, so that it can be shown again without being kept.
/// Nobody makes it who has not the token of its maker, `own`; and as each has an id of its own, no token that has ended
/// is ever made again.
pub fn derive(own: &SecretString, user: UserId, id: TokenId, key: &str) -> Made {
    // A key of any length will do for HMAC.
    let bits = Hmac::<Sha256>::new_from_slice(own.expose_secret().as_bytes()).map(|mac| {
        let mac = mac.chain_update(LABEL).chain_update(user.as_bytes()).chain_update(id.as_bytes());
        mac.chain_update(key).finalize().into_bytes().into()
    });
    of(bits.unwrap_or_default())
}

fn of(bits: [u8; 32]) -> Made {
    let mut rest = bits;
    let mut digits = [0; SECRET];
    for digit in digits.iter_mut().rev() {
        let mut remainder = 0;
        for byte in &mut rest {
            let value = remainder * 256 + u16::from(*byte);
            // What is left of the division before is less than 62: the quotient is a byte.
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
    Made { secret: text, hash }
}

/// What the server keeps of a token; none for text that cannot be one.
pub fn hash(text: &str) -> Option<[u8; 32]> {
    let has_form = text.is_ascii()
        && text.len() == PREFIX.len() + SECRET + CHECKSUM
        && text.starts_with(PREFIX)
        && text.ends_with(&checksum(&text[..PREFIX.len() + SECRET]));
    has_form.then(|| Sha256::digest(text.as_bytes()).into())
}

fn checksum(text: &str) -> String {
    let mut rest = crc32fast::hash(text.as_bytes()) as usize;
    let mut digits = [0; CHECKSUM];
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
    fn a_token_is_known_again_and_a_mistyped_one_is_not() {
        let made = make().unwrap();
        assert_eq!(made.secret.len(), 53);
        assert_eq!(hash(&made.secret), Some(made.hash));
        let other = if made.secret.ends_with('0') { '1' } else { '0' };
        let mistyped = format!("{}{other}", &made.secret[..52]);
        for text in ["", "tup_", "Bearer x", &mistyped, &made.secret[1..]] {
            assert_eq!(hash(text), None, "{text}");
        }
        assert_ne!(make().unwrap().secret, made.secret);
    }

    #[test]
    fn a_secret_is_its_bits_in_digits() {
        assert_eq!(of([0; 32]).secret[4..47], "0".repeat(43));
        let mut one = [0; 32];
        one[31] = 62;
        assert!(of(one).secret[4..47].ends_with("010"));
        assert_eq!(&of([255; 32]).secret[4..47], "yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp1");
    }

    #[test]
    fn a_token_is_derived_again_of_the_same_and_of_nothing_else() {
        let id = |n| (UserId::from_bytes([n; 16]), TokenId::from_bytes([n; 16]));
        let derive =
            |own: &str, (user, token), key: &str| derive(&own.to_owned().into(), user, token, key).secret;
        let made = derive("tup_a", id(1), "k");
        assert_eq!(derive("tup_a", id(1), "k"), made);
        let others = [derive("tup_b", id(1), "k"), derive("tup_a", id(2), "k"), derive("tup_a", id(1), "l")];
        assert!(others.iter().all(|other| *other != made));
        assert!(hash(&made).is_some());
    }
}

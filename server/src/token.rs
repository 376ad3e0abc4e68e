//! Bearer tokens: `tup_`, 256 random bits, and a checksum that tells a mistyped token from a revoked one without a
//! look at the database. The server keeps only the SHA-256 of a token.

use sha2::{Digest, Sha256};

const PREFIX: &str = "tup_";
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// 43 digits of base 62 hold 256 bits.
const SECRET: usize = 43;
/// 6 digits of base 62 hold the 32 bits of a CRC.
const CHECKSUM: usize = 6;

/// A token just made.
pub struct Made {
    /// The secret, to be shown once.
    pub secret: String,
    /// What the server keeps of it.
    pub hash: [u8; 32],
}

/// Makes a token. Fails only where the machine has no randomness to give.
pub fn make() -> Result<Made, getrandom::Error> {
    let mut text = String::from(PREFIX);
    while text.len() < PREFIX.len() + SECRET {
        let mut bytes = [0; 64];
        getrandom::fill(&mut bytes)?;
        let missing = PREFIX.len() + SECRET - text.len();
        // The highest multiple of 62 below 256: bytes beyond it would favour some digits.
        let digits = bytes.iter().filter(|byte| **byte < 248).take(missing);
        text.extend(digits.map(|byte| char::from(ALPHABET[usize::from(byte % 62)])));
    }
    let checksum = checksum(&text);
    text.push_str(&checksum);
    let hash = Sha256::digest(text.as_bytes()).into();
    Ok(Made { secret: text, hash })
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
}

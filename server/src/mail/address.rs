//! Converts the domains of email addresses to ASCII, which all mail servers understand.

use lettre::Address;

/// A text that is not an email address.
#[derive(Debug, thiserror::Error)]
#[error("not an email address")]
pub(crate) struct InvalidAddress;

/// An address with its domain in ASCII. The part before the `@` has no ASCII form; if it is not ASCII, only servers
/// with SMTPUTF8 accept it.
pub(crate) fn parse_to_ascii_domain(text: &str) -> Result<Address, InvalidAddress> {
    let (user, domain) = text.rsplit_once('@').ok_or(InvalidAddress)?;
    let domain = if domain.is_ascii() {
        domain.to_owned()
    } else {
        idna::domain_to_ascii(domain).map_err(|_| InvalidAddress)?
    };
    Address::new(user, domain).map_err(|_| InvalidAddress)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_international_domain_is_converted_to_ascii() {
        for (text, written) in [
            ("pia@bücher.test", "pia@xn--bcher-kva.test"),
            ("pia@例え.テスト", "pia@xn--r8jz45g.xn--zckzah"),
            ("pia@BÜCHER.test", "pia@xn--bcher-kva.test"),
            ("pia@acme.test", "pia@acme.test"),
            ("pia@[192.0.2.1]", "pia@[192.0.2.1]"),
            ("jürgen@bücher.test", "jürgen@xn--bcher-kva.test"),
        ] {
            assert_eq!(parse_to_ascii_domain(text).unwrap().to_string(), written);
        }
        for text in ["pia", "@bücher.test", "pia@", "pia@bü cher.test", ""] {
            assert!(parse_to_ascii_domain(text).is_err(), "{text}");
        }
    }
}

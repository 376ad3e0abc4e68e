//! JSON for a terminal: characters that act or hide are escaped, and the value stays the same.

use std::io;

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter, Serializer};

/// Serializes a value; `pretty` spreads it over lines. Characters for which `needs_escape` are escaped.
pub(super) fn to_escaped_json(
    value: &impl Serialize,
    pretty: bool,
    needs_escape: fn(char) -> bool,
) -> serde_json::Result<String> {
    let mut out = Vec::new();
    if pretty {
        let formatter = EscapingFormatter { inner: PrettyFormatter::new(), needs_escape };
        value.serialize(&mut Serializer::with_formatter(&mut out, formatter))?;
    } else {
        let formatter = EscapingFormatter { inner: CompactFormatter, needs_escape };
        value.serialize(&mut Serializer::with_formatter(&mut out, formatter))?;
    }
    String::from_utf8(out).map_err(serde::ser::Error::custom)
}

/// Another formatter, with more characters escaped inside strings.
struct EscapingFormatter<F> {
    inner: F,
    needs_escape: fn(char) -> bool,
}

macro_rules! delegate_to_inner {
    ($($name:ident($($argument:ident: $Type:ty),*))*) => {$(
        fn $name<W: ?Sized + io::Write>(&mut self, to: &mut W $(, $argument: $Type)*) -> io::Result<()> {
            self.inner.$name(to $(, $argument)*)
        }
    )*};
}

impl<F: Formatter> Formatter for EscapingFormatter<F> {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, to: &mut W, text: &str) -> io::Result<()> {
        for c in text.chars() {
            if (self.needs_escape)(c) {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    write!(to, "\\u{unit:04x}")?;
                }
            } else {
                to.write_all(c.encode_utf8(&mut [0; 4]).as_bytes())?;
            }
        }
        Ok(())
    }

    delegate_to_inner! {
        begin_array() end_array() begin_array_value(first: bool) end_array_value()
        begin_object() end_object() begin_object_key(first: bool) end_object_key()
        begin_object_value() end_object_value()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::safe::sanitize::needs_escape;

    #[test]
    fn escaped_json_keeps_its_value_and_hides_nothing() {
        let value = serde_json::json!({"a": "x\u{1b}[2J\u{9b}\u{202e}\u{e0041}é", "b": [1, {"c": []}]});
        for pretty in [false, true] {
            let json = to_escaped_json(&value, pretty, needs_escape).unwrap();
            assert!(json.contains(r"x\u001b[2J\u009b\u202e\udb40\udc41é"), "{json}");
            assert_eq!(serde_json::from_str::<serde_json::Value>(&json).unwrap(), value);
        }
        let plain = |pretty| to_escaped_json(&value["b"], pretty, needs_escape).unwrap();
        assert_eq!(plain(false), serde_json::to_string(&value["b"]).unwrap());
        assert_eq!(plain(true), serde_json::to_string_pretty(&value["b"]).unwrap());
    }

    #[test]
    fn json_escaped_to_ascii_keeps_its_value() {
        let value = serde_json::json!({"a": "Café 日 🦀"});
        let json = to_escaped_json(&value, false, |c| !c.is_ascii()).unwrap();
        assert!(json.is_ascii(), "{json}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&json).unwrap(), value);
    }
}

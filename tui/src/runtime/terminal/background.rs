//! Asks the terminal for the colour of its background. Nothing waits for the reply: a terminal that does not know the
//! query sends none.

use std::io::{self, Write, stdout};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::runtime::terminal::screen::is_entered;

/// OSC 11 with a question mark.
const QUERY: &[u8] = b"\x1b]11;?\x1b\\";
/// The longest reply, in bytes; the rest of a longer one does not count.
pub(super) const MAX_REPLY_BYTES: usize = 48;

/// Whether the query was sent, so that a reply is expected.
static WAS_ASKED: AtomicBool = AtomicBool::new(false);

/// Whether the query was sent.
pub(super) fn was_asked() -> bool {
    WAS_ASKED.load(Ordering::SeqCst)
}

/// Sends the query, once the console has the terminal: only then it reads the reply.
pub(super) fn ask() -> io::Result<()> {
    // The Linux console would show the query.
    if !is_entered() || std::env::var("TERM").is_ok_and(|term| term == "linux") {
        return Ok(());
    }
    WAS_ASKED.store(true, Ordering::SeqCst);
    let mut out = stdout();
    out.write_all(QUERY)?;
    out.flush()
}

/// Whether the background in a reply is light: `11;rgb:ffff/ffff/dddd`, with one to four digits a colour.
pub(super) fn parse_reply(reply: &[u8]) -> Option<bool> {
    let reply = std::str::from_utf8(reply).ok()?.strip_prefix("11;rgb")?;
    let colours = reply.strip_prefix(':').or_else(|| reply.strip_prefix("a:"))?;
    let mut parts = colours.split('/').map(|digits| {
        let max = 16_u32.checked_pow(u32::try_from(digits.len()).ok()?)?.checked_sub(1)?;
        let value = u32::from_str_radix(digits, 16).ok()?;
        (1..=4).contains(&digits.len()).then(|| f64::from(value) / f64::from(max))
    });
    let (red, green, blue) = (parts.next()??, parts.next()??, parts.next()??);
    // How bright the eye sees each.
    Some(0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_brightness_of_a_background_is_read() {
        for (reply, is_light) in [
            ("11;rgb:ffff/ffff/dddd", Some(true)),
            ("11;rgb:fd/f6/e3", Some(true)),
            ("11;rgba:f/f/f/0", Some(true)),
            ("11;rgb:1e1e/1e1e/2e2e", Some(false)),
            ("11;rgb:00/00/ff", Some(false)),
            ("10;rgb:ffff/ffff/ffff", None),
            ("11;rgb:ffff/ffff", None),
            ("11;rgb:xyz/0/0", None),
            ("11;rgb://", None),
            ("11;rgb:fffff/0/0", None),
            ("11;?", None),
        ] {
            assert_eq!(parse_reply(reply.as_bytes()), is_light, "{reply}");
        }
    }
}

//! The property of every output: a terminal that reads it prints characters and does nothing beyond its purpose.

use tierup::effect::Notification;
use tierup::runtime::terminal_host;
use tierup::settings::NotificationMode;
use tierup::text::safe;
use vte::{Params, Parser, Perform};

/// What a terminal did with some bytes.
#[derive(Default, Debug)]
struct TerminalEffects {
    printed: Vec<char>,
    /// Control characters other than line breaks.
    control_bytes: Vec<u8>,
    line_breaks: usize,
    /// The number of each OSC sequence: `2` sets the title.
    osc_commands: Vec<Vec<u8>>,
    /// Other sequences.
    sequences: usize,
}

impl Perform for TerminalEffects {
    fn print(&mut self, c: char) {
        self.printed.push(c);
    }

    fn execute(&mut self, byte: u8) {
        if byte == b'\n' { self.line_breaks += 1 } else { self.control_bytes.push(byte) }
    }

    fn csi_dispatch(&mut self, _: &Params, _: &[u8], _: bool, _: char) {
        self.sequences += 1;
    }

    fn esc_dispatch(&mut self, _: &[u8], _: bool, byte: u8) {
        // The terminator of an OSC sequence arrives as a sequence of its own.
        self.sequences += usize::from(byte != b'\\');
    }

    fn osc_dispatch(&mut self, params: &[&[u8]], _: bool) {
        self.osc_commands.push(params.first().copied().unwrap_or_default().to_vec());
    }

    fn hook(&mut self, _: &Params, _: &[u8], _: bool, _: char) {
        self.sequences += 1;
    }
}

fn interpret(bytes: &str) -> TerminalEffects {
    let mut did = TerminalEffects::default();
    Parser::new().advance(&mut did, bytes.as_bytes());
    did
}

/// Characters that change the direction or have no width, except within one grapheme.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
        | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

#[track_caller]
fn assert_prints_only(sink: &str, out: &str, commands: &[&[u8]], bells: usize, breaks: bool) {
    let did = interpret(out);
    assert_eq!(did.sequences, 0, "{sink} sent a sequence: {out:?}");
    assert_eq!(did.osc_commands, commands, "{sink}: {out:?}");
    assert_eq!(did.control_bytes, vec![7; bells], "{sink}: {out:?}");
    assert!(breaks || did.line_breaks == 0, "{sink} broke the line: {out:?}");
    assert!(!did.printed.iter().any(|c| is_invisible(*c) || c.is_control()), "{sink}: {out:?}");
    assert!(!out.chars().any(is_invisible), "{sink} hides something: {out:?}");
}

/// Checks every output of console and command line that prints text from outside.
#[track_caller]
pub fn assert_safe(raw: &str) {
    assert_prints_only("a line", &safe::sanitize_line(raw), &[], 0, false);
    assert_prints_only("a text", &safe::sanitize_text(raw), &[], 0, true);
    assert_prints_only("a cell", &safe::sanitize_prefix(raw, 80), &[], 0, false);
    for spread in [false, true] {
        let value = serde_json::json!({ "text": raw, "texts": [raw] });
        let json = safe::escaped_json(&value, spread).unwrap_or_default();
        assert_prints_only("JSON", &json, &[], 0, true);
        assert_eq!(serde_json::from_str(&json).ok(), Some(value), "JSON means the same");
    }
    let line = safe::sanitize_line(raw).into_owned();
    assert_prints_only("the title", &terminal_host::title_sequence(&line), &[b"2"], 0, false);
    assert_prints_only(
        "the clipboard",
        &terminal_host::clipboard_text(&safe::sanitize_text(raw)),
        &[],
        0,
        true,
    );
    let notification = Notification { title: line.clone(), body: line };
    assert_prints_only(
        "a notification",
        &NotificationMode::Osc9.notification_sequence(&notification),
        &[b"9"],
        1,
        false,
    );
    assert_prints_only(
        "a notification",
        &NotificationMode::Osc777.notification_sequence(&notification),
        &[b"777"],
        1,
        false,
    );
    assert_prints_only(
        "the bell",
        &NotificationMode::Bell.notification_sequence(&notification),
        &[],
        1,
        false,
    );
}

//! The property that every sink has, whatever comes: a terminal that reads what leaves it prints characters, and does
//! nothing else but what the sink itself is for.

use tierup::effect::Alert;
use tierup::runtime::desk;
use tierup::settings::Notify;
use tierup::text::safe;
use vte::{Params, Parser, Perform};

/// What a terminal did when it read some bytes.
#[derive(Default, Debug)]
struct Did {
    printed: Vec<char>,
    /// Control characters that act, line breaks apart.
    acted: Vec<u8>,
    breaks: usize,
    /// The kind of each system command: `2` names the window.
    commands: Vec<Vec<u8>>,
    /// Sequences of any other kind.
    sequences: usize,
}

impl Perform for Did {
    fn print(&mut self, c: char) {
        self.printed.push(c);
    }

    fn execute(&mut self, byte: u8) {
        if byte == b'\n' { self.breaks += 1 } else { self.acted.push(byte) }
    }

    fn csi_dispatch(&mut self, _: &Params, _: &[u8], _: bool, _: char) {
        self.sequences += 1;
    }

    fn esc_dispatch(&mut self, _: &[u8], _: bool, byte: u8) {
        // The end of a system command is one of its own.
        self.sequences += usize::from(byte != b'\\');
    }

    fn osc_dispatch(&mut self, params: &[&[u8]], _: bool) {
        self.commands.push(params.first().copied().unwrap_or_default().to_vec());
    }

    fn hook(&mut self, _: &Params, _: &[u8], _: bool, _: char) {
        self.sequences += 1;
    }
}

fn read(bytes: &str) -> Did {
    let mut did = Did::default();
    Parser::new().advance(&mut did, bytes.as_bytes());
    did
}

/// Characters that turn the reading direction or take no room, beyond what is a part of one picture.
fn hides(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
        | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

#[track_caller]
fn prints_only(sink: &str, out: &str, commands: &[&[u8]], bells: usize, breaks: bool) {
    let did = read(out);
    assert_eq!(did.sequences, 0, "{sink} sent a sequence: {out:?}");
    assert_eq!(did.commands, commands, "{sink}: {out:?}");
    assert_eq!(did.acted, vec![7; bells], "{sink}: {out:?}");
    assert!(breaks || did.breaks == 0, "{sink} broke the line: {out:?}");
    assert!(!did.printed.iter().any(|c| hides(*c) || c.is_control()), "{sink}: {out:?}");
    assert!(!out.chars().any(hides), "{sink} hides something: {out:?}");
}

/// Looks at every sink of the console and the command line that takes text from outside.
#[track_caller]
pub fn holds_for(raw: &str) {
    prints_only("a line", &safe::line(raw), &[], 0, false);
    prints_only("a text", &safe::text(raw), &[], 0, true);
    prints_only("a cell", &safe::line(safe::head(raw, 80)), &[], 0, false);
    for spread in [false, true] {
        let value = serde_json::json!({ "text": raw, "texts": [raw] });
        let json = safe::json(&value, spread).unwrap_or_default();
        prints_only("JSON", &json, &[], 0, true);
        assert_eq!(serde_json::from_str(&json).ok(), Some(value), "JSON means the same");
    }
    prints_only("the title", &desk::title(raw), &[b"2"], 0, false);
    prints_only("the clipboard", &desk::copied(raw), &[], 0, true);
    let alert = Alert { title: raw.into(), body: raw.into() };
    prints_only("a notification", &Notify::Osc9.sequence(&alert), &[b"9"], 1, false);
    prints_only("a notification", &Notify::Osc777.sequence(&alert), &[b"777"], 1, false);
    prints_only("the bell", &Notify::Bell.sequence(&alert), &[], 1, false);
}

//! Separates the user's input (keys, clicks, pastes) from the terminal's replies to queries. The console asks only
//! for the background's colour, but a program that had the terminal before may have asked more, and a late reply must not
//! become keys.
//!
//! ```text
//! Ground ── ESC ──► Escape ── [ ──► Csi ── 200~ ──► Paste ── ESC[201~ ──► Ground
//!    ▲                │  └─── O ──► Ss3
//!    └── a key ───────┤
//!                     └─ ] P _ ^ X ► ControlString ── BEL, ESC \ ──► Ground: a reply
//! ```
//!
//! The beginning of a sequence that does not continue was typed: Escape, or Alt and a letter. A terminal sends faster than
//! people type, so a short timeout decides about Escape. Alt and a letter that can begin a reply waits longer, because a
//! slow connection may split a reply anywhere. A reply that has begun and stalls stays one, and what comes late is its rest.

use std::time::Duration;

use crate::runtime::terminal::background::{self, MAX_REPLY_BYTES};

/// Between the bytes of a sequence; after this, Escape was typed.
const ESCAPE_TIMEOUT: Duration = Duration::from_millis(25);
/// Between the bytes of a likely reply; after this, it has stalled.
const STALL_TIMEOUT: Duration = Duration::from_millis(500);
/// A reply that has stalled this often, each time for `STALL_TIMEOUT`, is given up.
const MAX_STALLS: u8 = 10;
/// The most bytes of a control string after a stall: the user may be typing.
const MAX_BYTES_AFTER_STALL: usize = 256;
/// The longest control sequence, in bytes.
const MAX_SEQUENCE_BYTES: usize = 128;
/// The longest control string, in bytes.
const MAX_STRING_BYTES: usize = 64 * 1024;
/// The longest paste, in bytes; a longer one is split.
const MAX_PASTE_BYTES: usize = 4 * 1024 * 1024;

const ESC: u8 = 0x1b;
const BEL: u8 = 0x07;
/// The first of the two UTF-8 bytes of a C1 control, such as U+009D.
const C1: u8 = 0xc2;
const PASTE_START: &[u8] = b"\x1b[200~";
const PASTE_END: &[u8] = b"\x1b[201~";

/// Input of the user.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum UserInput {
    /// A key, a byte of a character, or the sequence of a key, a paste or the mouse.
    Bytes(Vec<u8>),
    /// Alt and a letter that could have begun a reply.
    Alt(u8),
    /// The reply about the background, which the console asked for.
    Background {
        /// Whether it is light.
        is_light: bool,
    },
}

/// Separates input from replies, byte by byte.
#[derive(Debug, Default)]
pub(super) struct ReplyFilter {
    state: ParserState,
    /// The beginning of the current OSC, while the reply about the background is awaited.
    osc: Option<Vec<u8>>,
}

/// Where the parser is in a sequence.
#[derive(Debug, Default)]
enum ParserState {
    #[default]
    Ground,
    Escape,
    C1,
    /// A control sequence, and its number of stalls.
    Csi(Vec<u8>, u8),
    Ss3,
    /// A control string: OSC, DCS, APC, PM or SOS.
    ControlString(ControlString),
    /// The same after an escape, which may begin its end.
    ControlStringEscape(ControlString),
    Paste(Vec<u8>),
}

/// A control string so far.
#[derive(Clone, Copy, Debug)]
struct ControlString {
    introducer: u8,
    /// Bytes so far.
    length: usize,
    /// Bytes that may follow.
    remaining: usize,
    last_byte: u8,
    stalls: u8,
}

impl ControlString {
    const fn new(introducer: u8) -> Self {
        Self { introducer, length: 0, remaining: MAX_STRING_BYTES, last_byte: introducer, stalls: 0 }
    }

    /// The same after a stall; `None` after the last one.
    fn after_stall(self) -> Option<Self> {
        let stalls = self.stalls + 1;
        (stalls < MAX_STALLS).then(|| Self {
            stalls,
            remaining: self.remaining.min(MAX_BYTES_AFTER_STALL),
            ..self
        })
    }
}

impl ReplyFilter {
    /// A filter that reports one reply about the background.
    pub(super) fn awaiting_background() -> Self {
        Self { osc: Some(Vec::new()), ..Self::default() }
    }

    /// Takes a byte, and adds what is known to be input.
    pub(super) fn push_byte(&mut self, byte: u8, input: &mut Vec<UserInput>) {
        let was_osc = self.is_in_osc();
        self.change_state(byte, input);
        let Some(osc) = self.osc.as_mut() else { return };
        if let ParserState::ControlString(string) = &self.state {
            if string.length == 0 {
                osc.clear();
            } else if was_osc && osc.len() < MAX_REPLY_BYTES {
                osc.push(byte);
            }
        } else if was_osc && matches!(byte, BEL | b'\\') {
            let is_complete = matches!(self.state, ParserState::Ground);
            if let Some(is_light) = background::parse_reply(osc).filter(|_| is_complete) {
                input.push(UserInput::Background { is_light });
                self.osc = None;
            }
        }
    }

    const fn is_in_osc(&self) -> bool {
        matches!(
            self.state,
            ParserState::ControlString(ControlString { introducer: b']', .. })
                | ParserState::ControlStringEscape(ControlString { introducer: b']', .. })
        )
    }

    fn change_state(&mut self, byte: u8, input: &mut Vec<UserInput>) {
        self.state = match std::mem::take(&mut self.state) {
            ParserState::ControlStringEscape(_) if byte == b'\\' => ParserState::Ground,
            // After a stall the escape no longer counts.
            ParserState::Ground | ParserState::ControlStringEscape(ControlString { stalls: 1.., .. }) => {
                on_ground(byte, input)
            }
            ParserState::Escape | ParserState::ControlStringEscape(_) => on_escape(byte, input),
            ParserState::C1 => on_c1(byte, input),
            ParserState::Csi(so_far, stalls) => on_csi(so_far, stalls, byte, input),
            ParserState::Ss3 if is_ss3_final(byte) => {
                input.push(UserInput::Bytes(vec![ESC, b'O', byte]));
                ParserState::Ground
            }
            ParserState::Ss3 => {
                input.push(UserInput::Alt(b'O'));
                on_ground(byte, input)
            }
            ParserState::ControlString(so_far) => on_control_string(so_far, byte, input),
            ParserState::Paste(pasted) => on_paste(pasted, byte, input),
        };
    }

    /// How long to wait for the next byte; `None` between sequences.
    pub(super) const fn timeout(&self) -> Option<Duration> {
        match &self.state {
            ParserState::Ground => None,
            ParserState::Escape | ParserState::Ss3 => Some(ESCAPE_TIMEOUT),
            ParserState::C1
            | ParserState::Csi(..)
            | ParserState::ControlString(_)
            | ParserState::ControlStringEscape(_)
            | ParserState::Paste(_) => Some(STALL_TIMEOUT),
        }
    }

    /// No byte came in time.
    pub(super) fn on_timeout(&mut self, input: &mut Vec<UserInput>) {
        match std::mem::take(&mut self.state) {
            ParserState::Escape => input.push(UserInput::Bytes(vec![ESC])),
            ParserState::C1 => input.push(UserInput::Bytes(vec![C1])),
            ParserState::Ss3 => input.push(UserInput::Alt(b'O')),
            ParserState::Csi(so_far, _) if so_far.len() <= 2 => input.push(UserInput::Alt(b'[')),
            ParserState::Csi(so_far, stalls) if stalls + 1 < MAX_STALLS => {
                self.state = ParserState::Csi(so_far, stalls + 1);
            }
            ParserState::ControlString(ControlString { introducer, length: 0, .. }) => {
                input.push(UserInput::Alt(introducer));
            }
            ParserState::ControlString(so_far) => {
                self.state = so_far.after_stall().map_or(ParserState::Ground, ParserState::ControlString);
            }
            ParserState::ControlStringEscape(so_far) => {
                self.state =
                    so_far.after_stall().map_or(ParserState::Ground, ParserState::ControlStringEscape);
            }
            ParserState::Paste(pasted) => input.push(bracketed_paste(pasted)),
            ParserState::Ground | ParserState::Csi(..) => {}
        }
    }
}

fn on_ground(byte: u8, input: &mut Vec<UserInput>) -> ParserState {
    if byte == ESC {
        return ParserState::Escape;
    }
    if byte == C1 {
        return ParserState::C1;
    }
    input.push(UserInput::Bytes(vec![byte]));
    ParserState::Ground
}

fn on_escape(byte: u8, input: &mut Vec<UserInput>) -> ParserState {
    match byte {
        b'[' => ParserState::Csi(vec![ESC, b'['], 0),
        b'O' => ParserState::Ss3,
        // OSC, DCS, APC, PM, SOS.
        b']' | b'P' | b'_' | b'^' | b'X' => ParserState::ControlString(ControlString::new(byte)),
        ESC => {
            input.push(UserInput::Bytes(vec![ESC]));
            ParserState::Escape
        }
        _ => {
            input.push(UserInput::Bytes(vec![ESC, byte]));
            ParserState::Ground
        }
    }
}

/// After [`C1`]: a C1 control, which nobody types, or another character with the same first byte.
fn on_c1(byte: u8, input: &mut Vec<UserInput>) -> ParserState {
    match byte {
        0x9b => ParserState::Csi(vec![ESC, b'['], 0),
        0x90 | 0x98 | 0x9d..=0x9f => {
            ParserState::ControlString(ControlString { length: 1, ..ControlString::new(byte) })
        }
        // ST without a control string.
        0x9c => ParserState::Ground,
        _ => {
            input.push(UserInput::Bytes(vec![C1]));
            on_ground(byte, input)
        }
    }
}

fn on_csi(mut so_far: Vec<u8>, stalls: u8, byte: u8, input: &mut Vec<UserInput>) -> ParserState {
    // An X10 mouse report ends in three arbitrary bytes.
    let is_old_mouse = so_far.get(2) == Some(&b'M');
    if !is_old_mouse && !(b' '..=b'~').contains(&byte) {
        // Cut off, or not a sequence.
        if so_far.len() == 2 {
            input.push(UserInput::Alt(b'['));
        }
        return on_ground(byte, input);
    }
    so_far.push(byte);
    if so_far == PASTE_START {
        return ParserState::Paste(Vec::new());
    }
    let ends = match so_far[2] {
        b'M' => so_far.len() == 6,
        // Function keys of the Linux console.
        b'[' => so_far.len() == 4,
        _ => (b'@'..=b'~').contains(&byte),
    };
    if !ends {
        return if so_far.len() < MAX_SEQUENCE_BYTES {
            ParserState::Csi(so_far, stalls)
        } else {
            ParserState::Ground
        };
    }
    if !is_terminal_reply(&so_far) {
        input.push(UserInput::Bytes(so_far));
    }
    ParserState::Ground
}

/// Whether a control sequence is a reply. Keys and the mouse have no private marker but `<`, and none of these final
/// bytes: cursor position, device attributes, device status, window size, parameters, mode.
fn is_terminal_reply(sequence: &[u8]) -> bool {
    let (first, last) = (sequence[2], sequence[sequence.len() - 1]);
    let has_numbers = sequence.len() > 3;
    matches!(first, b'?' | b'>' | b'=')
        || has_numbers && matches!(last, b'R' | b'c' | b'n' | b't' | b'x' | b'y')
}

const fn is_ss3_final(byte: u8) -> bool {
    byte.is_ascii_alphabetic()
}

fn on_control_string(so_far: ControlString, byte: u8, input: &mut Vec<UserInput>) -> ParserState {
    let ControlString { introducer, length, remaining, last_byte, .. } = so_far;
    if length == 0 && !can_start_reply(introducer, byte) {
        input.push(UserInput::Alt(introducer));
        return on_ground(byte, input);
    }
    match byte {
        BEL => ParserState::Ground,
        0x9c if last_byte == C1 => ParserState::Ground,
        ESC => ParserState::ControlStringEscape(ControlString { stalls: 0, ..so_far }),
        // Cut off.
        0..b' ' => on_ground(byte, input),
        _ if remaining == 0 => ParserState::Ground,
        _ => ParserState::ControlString(ControlString {
            length: length + 1,
            remaining: remaining - 1,
            last_byte: byte,
            ..so_far
        }),
    }
}

/// Whether a reply with this introducer can begin with this byte.
const fn can_start_reply(introducer: u8, byte: u8) -> bool {
    match introducer {
        b']' => matches!(byte, b'0'..=b'9' | b'l' | b'L' | b'I'),
        b'P' => matches!(byte, b'0'..=b'9' | b'>' | b'!' | b'$' | b'+' | b'='),
        b'_' => byte == b'G',
        _ => matches!(byte, b' '..=b'~'),
    }
}

fn on_paste(mut pasted: Vec<u8>, byte: u8, input: &mut Vec<UserInput>) -> ParserState {
    pasted.push(byte);
    if pasted.ends_with(PASTE_END) {
        pasted.truncate(pasted.len() - PASTE_END.len());
        input.push(bracketed_paste(pasted));
        return ParserState::Ground;
    }
    if pasted.len() >= MAX_PASTE_BYTES {
        input.push(bracketed_paste(std::mem::take(&mut pasted)));
    }
    ParserState::Paste(pasted)
}

fn bracketed_paste(pasted: Vec<u8>) -> UserInput {
    UserInput::Bytes([PASTE_START.to_vec(), pasted, PASTE_END.to_vec()].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The input among these bytes; `|` is a timeout.
    fn parse(bytes: &[u8]) -> Vec<UserInput> {
        let (mut filter, mut input) = (ReplyFilter::default(), Vec::new());
        for byte in bytes {
            if *byte == b'|' {
                filter.on_timeout(&mut input);
            } else {
                filter.push_byte(*byte, &mut input);
            }
        }
        filter.on_timeout(&mut input);
        input
    }

    fn keys(bytes: &[u8]) -> Vec<UserInput> {
        vec![UserInput::Bytes(bytes.to_vec())]
    }

    /// Seen to fail: while an OSC that ended in `ESC \` was not looked at.
    #[test]
    fn the_reply_about_the_background_is_reported_once_and_only_if_it_was_asked_for() {
        let input_of = |mut filter: ReplyFilter, bytes: &[u8]| {
            let mut input = Vec::new();
            for byte in bytes {
                filter.push_byte(*byte, &mut input);
            }
            input
        };
        let once = [UserInput::Background { is_light: true }];
        for reply in [&b"\x1b]11;rgb:ff/ff/ff\x1b\\"[..], b"\x1b]11;rgb:ffff/ffff/ffff\x07"] {
            let asked = || ReplyFilter::awaiting_background();
            assert_eq!(input_of(asked(), reply), once);
            assert_eq!(input_of(asked(), &[reply, reply].concat()), once);
            // Another reply, and a key, before it.
            let late = [b"\x1b]10;rgb:00/00/00\x07k", reply].concat();
            assert_eq!(input_of(asked(), &late), [UserInput::Bytes(b"k".to_vec()), once[0].clone()]);
            assert_eq!(input_of(ReplyFilter::default(), reply), []);
        }
    }

    #[test]
    fn a_terminal_reply_is_not_taken_for_keys() {
        for reply in [
            &b"\x1b]11;rgb:1e1e/1e1e/2e2e\x1b\\"[..],
            b"\x1b]11;rgb:1e1e/1e1e/2e2e\x07",
            b"\x1b]4;1;rgb:cc/cc/cc\x1b\\",
            b"\x1b]52;c;cXVpdA==\x07",
            b"\x1b]l a title\x1b\\",
            b"\x1b[?62;1;6;22c",
            b"\x1b[>0;276;0c",
            b"\x1b[=1;2c",
            b"\x1b[?2026;2$y",
            b"\x1b[4;2$y",
            b"\x1bP>~kitty(0.31.0)\x1b\\",
            b"\x1bP1+r544e=787465726d\x1b\\",
            b"\x1bP1$r0 q\x1b\\",
            b"\x1b_Gi=31;OK\x1b\\",
            b"\x1b[?0u",
            b"\x1b[12;40R",
            b"\x1b[0n",
            b"\x1b[?997;1n",
            b"\x1b[8;24;80t",
            b"\x1b^private\x1b\\",
            b"\x1bXa string\x1b\\",
            "\u{9d}11;rgb:1e1e/1e1e/2e2e\u{9c}".as_bytes(),
            "\u{9d}11;rgb:1e1e/1e1e/2e2e\x07".as_bytes(),
            "\u{90}>~rcp\x1b\\".as_bytes(),
            "\u{98}a string\x1b\\".as_bytes(),
            "\u{9b}?62;22c".as_bytes(),
            "\u{9e}private\u{9c}".as_bytes(),
            "\u{9f}Gi=31;OK\x1b\\".as_bytes(),
        ] {
            assert_eq!(parse(reply), [], "{:?}", String::from_utf8_lossy(reply));
            // Keys before and after it are kept.
            let between = parse(&[b"j", reply, b"k"].concat());
            assert_eq!(between, [keys(b"j"), keys(b"k")].concat());
            assert_eq!(parse(&[reply, reply, b"q"].concat()), keys(b"q"));
        }
    }

    /// Seen to fail: while a reply that stalled, or had only begun, was taken for keys.
    #[test]
    fn a_split_terminal_reply_is_not_taken_for_keys() {
        for reply in [
            &b"\x1b]11;rgb:1e1e/1e1e/2e2e\x1b\\"[..],
            b"\x1b]11;rgb:1e1e/1e1e/2e2e\x07",
            b"\x1b[?62;22c",
            b"\x1b[12;40R",
            b"\x1bP>~rcp\x1b\\",
            b"\x1b_Gi=31;OK\x1b\\",
            "\u{9d}11;rgb:1e1e/1e1e/2e2e\u{9c}".as_bytes(),
        ] {
            let begun = 3;
            for at in begun..reply.len() {
                let pieces = [&reply[..at], b"||", &reply[at..], b"q"].concat();
                assert_eq!(parse(&pieces), keys(b"q"), "{:?}", String::from_utf8_lossy(&pieces));
            }
            // Right after its introducer, it may be as late as a slow connection is.
            let mut filter = ReplyFilter::default();
            for byte in &reply[..2] {
                filter.push_byte(*byte, &mut Vec::new());
            }
            assert_eq!(filter.timeout(), Some(STALL_TIMEOUT));
        }
    }

    #[test]
    fn keys_mouse_and_paste_pass_through_the_filter() {
        for key in [
            &b"\x1bb"[..],
            b"\x1b[A",
            b"\x1b[1;5A",
            b"\x1b[3~",
            b"\x1b[15;2~",
            b"\x1b[Z",
            b"\x1b[I",
            b"\x1b[[A",
            b"\x1bOP",
            b"\x1b[13;2u",
            b"\x1b[<0;20;7M",
            b"\x1b[M #!",
            b"\x1b[P",
            b"\x1b[200~two\nlines \x1b]0;x\x07\x1b[201~",
        ] {
            assert_eq!(parse(key), keys(key), "{:?}", String::from_utf8_lossy(key));
        }
        assert_eq!(parse(b"\x1b"), keys(b"\x1b"));
        assert_eq!(parse(b"\x1b|q"), [keys(b"\x1b"), keys(b"q")].concat());
        assert_eq!(parse(b"\x1b\x1b[A"), [keys(b"\x1b"), keys(b"\x1b[A")].concat());
        assert_eq!(parse("é".as_bytes()), [keys(&[0xc3]), keys(&[0xa9])].concat());
    }

    #[test]
    fn alt_with_a_letter_that_introduces_replies_is_still_a_key() {
        for letter in *b"]P_^XO[" {
            assert_eq!(parse(&[0x1b, letter]), [UserInput::Alt(letter)]);
            // With the pause of a person.
            assert_eq!(
                parse(&[0x1b, letter, b'|', b'1']),
                [vec![UserInput::Alt(letter)], keys(b"1")].concat()
            );
        }
        // Held down, it repeats before the timeout.
        assert_eq!(parse(b"\x1b]\x1b]"), [UserInput::Alt(b']'), UserInput::Alt(b']')]);
        assert_eq!(parse(b"\x1bPa"), [vec![UserInput::Alt(b'P')], keys(b"a")].concat());
    }

    #[test]
    fn an_unfinished_terminal_reply_swallows_no_keys() {
        let silence = [b'|'; MAX_STALLS as usize];
        assert_eq!(parse(&[b"\x1b]11;rgb:1e1e", &silence[..], b"q"].concat()), keys(b"q"));
        // Escape or Enter ends it at once.
        assert_eq!(parse(b"\x1b]11;rgb:1e1e|xy\x1b[A"), keys(b"\x1b[A"));
        assert_eq!(parse(b"\x1b]11;rgb:1e1e|xy\x1b|q"), keys(b"q"));
        assert_eq!(parse(b"\x1b]11;rgb:1e1e|xy\rq"), [keys(b"\r"), keys(b"q")].concat());
        assert_eq!(parse(b"\x1b]11;rgb:1e1e\rq"), [keys(b"\r"), keys(b"q")].concat());
        assert_eq!(parse(&[b"\x1b[?2026", &silence[..], b"q"].concat()), keys(b"q"));
        assert_eq!(parse(b"\x1b[?2026\x1b[A"), keys(b"\x1b[A"));
        assert_eq!(parse(b"\x1b]11;rgb\x1b[A"), keys(b"\x1b[A"));
        assert_eq!(parse(b"\x1b[200~half|"), keys(b"\x1b[200~half\x1b[201~"));
        let endless = [b"\x1b]11;".to_vec(), vec![b'x'; 2 * MAX_STRING_BYTES]].concat();
        assert!(!parse(&endless).is_empty(), "it is bounded");
        let typed_on = [b"\x1b]11;|".to_vec(), vec![b'x'; 2 * MAX_BYTES_AFTER_STALL]].concat();
        assert!(!parse(&typed_on).is_empty(), "it is bounded");
        let endless = [b"\x1b[?".to_vec(), vec![b'1'; 2 * MAX_SEQUENCE_BYTES]].concat();
        assert!(!parse(&endless).is_empty(), "it is bounded");
    }
}

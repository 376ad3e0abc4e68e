//! What a terminal sends, parted: what somebody typed, clicked or pasted, and what the terminal answers to questions.
//! Nothing here asks any, but whoever had the terminal before may have, and an answer may come late: it is no key.
//!
//! ```text
//! Ground ── ESC ──► Escape ── [ ──► Csi ── 200~ ──► Paste ── ESC[201~ ──► Ground
//!    ▲                │  └─── O ──► Ss3
//!    └── a key ───────┤
//!                     └─ ] P _ ^ X ► Text ── BEL, ESC \ ──► Ground: nobody typed that
//! ```
//!
//! What begins like a sequence and does not go on was typed: Escape, or a letter with Alt. Nobody types as fast as a
//! terminal answers, so a short while decides about Escape. A letter with Alt that begins answers waits longer: a line to
//! far away breaks an answer anywhere. One that has begun and stalls is an answer still, and what comes late is its rest.

use std::time::Duration;

/// A letter of a sequence follows the one before it within so long, unless it was typed.
const ESCAPE_TIMEOUT: Duration = Duration::from_millis(25);
/// What hardly is a key any more goes on within so long, or has stalled.
const STALL_TIMEOUT: Duration = Duration::from_millis(500);
/// An answer that has stalled so often, each time for `STALL_TIMEOUT`, has no end.
const MAX_STALLS: u8 = 10;
/// What comes of a text after it stalled, in bytes, at most: somebody may be typing.
const MAX_BYTES_AFTER_STALL: usize = 256;
/// A sequence, in bytes, at most.
const MAX_SEQUENCE_BYTES: usize = 128;
/// An answer that is a text, in bytes, at most.
const MAX_STRING_BYTES: usize = 64 * 1024;
/// A paste, in bytes, at most: what is longer comes as several.
const MAX_PASTE_BYTES: usize = 4 * 1024 * 1024;

const ESC: u8 = 0x1b;
const BEL: u8 = 0x07;
/// The first of the two bytes of a control that needs no escape, such as U+009D.
const C1: u8 = 0xc2;
const PASTE_START: &[u8] = b"\x1b[200~";
const PASTE_END: &[u8] = b"\x1b[201~";

/// Something that was done at the keyboard or with the mouse.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum UserInput {
    /// A key, a part of a character, or a sequence that stands for one of these or for the mouse.
    Bytes(Vec<u8>),
    /// A letter with Alt that could have begun a sequence.
    Alt(u8),
}

/// Parts what comes, byte by byte.
#[derive(Debug, Default)]
pub(super) struct ReplyFilter {
    state: ParserState,
}

/// Where in a sequence one is.
#[derive(Debug, Default)]
enum ParserState {
    #[default]
    Ground,
    Escape,
    C1,
    /// A control sequence, and how often it stalled.
    Csi(Vec<u8>, u8),
    Ss3,
    /// A text that ends as texts do.
    ControlString(ControlString),
    /// The same, where an escape may be its end.
    ControlStringEscape(ControlString),
    Paste(Vec<u8>),
}

/// An answer that is a text.
#[derive(Clone, Copy, Debug)]
struct ControlString {
    introducer: u8,
    /// How many bytes came.
    length: usize,
    /// How many more may.
    remaining: usize,
    last_byte: u8,
    stalls: u8,
}

impl ControlString {
    const fn new(begun_by: u8) -> Self {
        Self { introducer: begun_by, length: 0, remaining: MAX_STRING_BYTES, last_byte: begun_by, stalls: 0 }
    }

    /// The same after it did not go on for a while; nothing once that was too often.
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
    /// Takes a byte, and gives what is known to be input.
    pub(super) fn push_byte(&mut self, byte: u8, input: &mut Vec<UserInput>) {
        self.state = match std::mem::take(&mut self.state) {
            ParserState::ControlStringEscape(_) if byte == b'\\' => ParserState::Ground,
            // After a stall the escape is long gone.
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

    /// How long to wait for what must follow; nothing while nothing must.
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

    /// Nothing followed in time.
    pub(super) fn on_timeout(&mut self, input: &mut Vec<UserInput>) {
        match std::mem::take(&mut self.state) {
            ParserState::Escape => input.push(UserInput::Bytes(vec![ESC])),
            ParserState::C1 => input.push(UserInput::Bytes(vec![C1])),
            ParserState::Ss3 => input.push(UserInput::Alt(b'O')),
            ParserState::Csi(so_far, _) if so_far.len() <= 2 => input.push(UserInput::Alt(b'[')),
            ParserState::Csi(so_far, stalls) if stalls + 1 < MAX_STALLS => {
                self.state = ParserState::Csi(so_far, stalls + 1)
            }
            ParserState::ControlString(ControlString { introducer: begun_by, length: 0, .. }) => {
                input.push(UserInput::Alt(begun_by))
            }
            ParserState::ControlString(so_far) => {
                self.state = so_far.after_stall().map_or(ParserState::Ground, ParserState::ControlString)
            }
            ParserState::ControlStringEscape(so_far) => {
                self.state =
                    so_far.after_stall().map_or(ParserState::Ground, ParserState::ControlStringEscape)
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
        // An OSC, a DCS, an APC, a PM, an SOS.
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

/// A control in its one-character form, which nobody types; or any other character that begins with the same byte.
fn on_c1(byte: u8, input: &mut Vec<UserInput>) -> ParserState {
    match byte {
        0x9b => ParserState::Csi(vec![ESC, b'['], 0),
        0x90 | 0x98 | 0x9d..=0x9f => {
            ParserState::ControlString(ControlString { length: 1, ..ControlString::new(byte) })
        }
        // The end of a text, where none has begun.
        0x9c => ParserState::Ground,
        _ => {
            input.push(UserInput::Bytes(vec![C1]));
            on_ground(byte, input)
        }
    }
}

fn on_csi(mut so_far: Vec<u8>, stalls: u8, byte: u8, input: &mut Vec<UserInput>) -> ParserState {
    // The old form of a mouse report ends in three bytes that may be any.
    let is_old_mouse = so_far.get(2) == Some(&b'M');
    if !is_old_mouse && !(b' '..=b'~').contains(&byte) {
        // It was broken off, or has not begun.
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
        // Function keys on the console of Linux.
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

/// Whether a whole control sequence is an answer. Keys and the mouse have no mark before their numbers but `<`, and none
/// of these ends: where the cursor is, which modes are on, what the terminal is, how large it is, that it is well.
fn is_terminal_reply(sequence: &[u8]) -> bool {
    let (begin, end) = (sequence[2], sequence[sequence.len() - 1]);
    let has_numbers = sequence.len() > 3;
    matches!(begin, b'?' | b'>' | b'=')
        || has_numbers && matches!(end, b'R' | b'c' | b'n' | b't' | b'x' | b'y')
}

const fn is_ss3_final(byte: u8) -> bool {
    byte.is_ascii_alphabetic()
}

fn on_control_string(so_far: ControlString, byte: u8, input: &mut Vec<UserInput>) -> ParserState {
    let ControlString { introducer: begun_by, length, remaining: room, last_byte: last, .. } = so_far;
    if length == 0 && !can_start_reply(begun_by, byte) {
        input.push(UserInput::Alt(begun_by));
        return on_ground(byte, input);
    }
    match byte {
        BEL => ParserState::Ground,
        0x9c if last == C1 => ParserState::Ground,
        ESC => ParserState::ControlStringEscape(ControlString { stalls: 0, ..so_far }),
        // It was broken off.
        0..b' ' => on_ground(byte, input),
        _ if room == 0 => ParserState::Ground,
        _ => ParserState::ControlString(ControlString {
            length: length + 1,
            remaining: room - 1,
            last_byte: byte,
            ..so_far
        }),
    }
}

/// Whether an answer of this kind begins so.
const fn can_start_reply(begun_by: u8, byte: u8) -> bool {
    match begun_by {
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

    /// What is input of these bytes; `|` is a pause in which what is waited for does not come.
    fn parse(bytes: &[u8]) -> Vec<UserInput> {
        let (mut answers, mut input) = (ReplyFilter::default(), Vec::new());
        for byte in bytes {
            if *byte == b'|' {
                answers.on_timeout(&mut input);
            } else {
                answers.push_byte(*byte, &mut input);
            }
        }
        answers.on_timeout(&mut input);
        input
    }

    fn keys(bytes: &[u8]) -> Vec<UserInput> {
        vec![UserInput::Bytes(bytes.to_vec())]
    }

    #[test]
    fn what_a_terminal_answers_is_no_key() {
        for answer in [
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
            assert_eq!(parse(answer), [], "{:?}", String::from_utf8_lossy(answer));
            // What is typed before and after it is.
            let between = parse(&[b"j", answer, b"k"].concat());
            assert_eq!(between, [keys(b"j"), keys(b"k")].concat());
            assert_eq!(parse(&[answer, answer, b"q"].concat()), keys(b"q"));
        }
    }

    /// Seen to fail: while what had stalled, or had come no further than to its beginning, was given up for keys.
    #[test]
    fn an_answer_that_comes_in_pieces_is_no_key_wherever_it_is_broken() {
        for answer in [
            &b"\x1b]11;rgb:1e1e/1e1e/2e2e\x1b\\"[..],
            b"\x1b]11;rgb:1e1e/1e1e/2e2e\x07",
            b"\x1b[?62;22c",
            b"\x1b[12;40R",
            b"\x1bP>~rcp\x1b\\",
            b"\x1b_Gi=31;OK\x1b\\",
            "\u{9d}11;rgb:1e1e/1e1e/2e2e\u{9c}".as_bytes(),
        ] {
            let begun = 3;
            for at in begun..answer.len() {
                let pieces = [&answer[..at], b"||", &answer[at..], b"q"].concat();
                assert_eq!(parse(&pieces), keys(b"q"), "{:?}", String::from_utf8_lossy(&pieces));
            }
            // Right behind what begins it, it may be late as far as a line to far away is.
            let mut answers = ReplyFilter::default();
            for byte in &answer[..2] {
                answers.push_byte(*byte, &mut Vec::new());
            }
            assert_eq!(answers.timeout(), Some(STALL_TIMEOUT));
        }
    }

    #[test]
    fn what_was_typed_is_typed() {
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
    fn letters_with_alt_that_begin_what_terminals_answer_are_letters_with_alt() {
        for letter in *b"]P_^XO[" {
            assert_eq!(parse(&[0x1b, letter]), [UserInput::Alt(letter)]);
            // Typed by a person, with a person's pause.
            assert_eq!(
                parse(&[0x1b, letter, b'|', b'1']),
                [vec![UserInput::Alt(letter)], keys(b"1")].concat()
            );
        }
        // Held down, it comes again before the pause.
        assert_eq!(parse(b"\x1b]\x1b]"), [UserInput::Alt(b']'), UserInput::Alt(b']')]);
        assert_eq!(parse(b"\x1bPa"), [vec![UserInput::Alt(b'P')], keys(b"a")].concat());
    }

    #[test]
    fn an_answer_without_an_end_takes_no_keys_with_it() {
        let silence = [b'|'; MAX_STALLS as usize];
        assert_eq!(parse(&[b"\x1b]11;rgb:1e1e", &silence[..], b"q"].concat()), keys(b"q"));
        // A person goes on by Escape or Enter at once.
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

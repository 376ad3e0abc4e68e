//! Tests of typing: readline's keys in every field, the conversation and its letters, the menu, steps by Tab, vi.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};

use super::*;
use crate::keymap::Context;
use crate::settings::EditingMode;

fn in_session_with_steps(count: u8) -> TestConsole {
    TestConsole::in_claimed_session(with_steps(item(1), count), vec![message(1, SAM, "problem 1")])
}

fn typed(console: &TestConsole) -> String {
    console.chat().composer.text()
}

/// Seen to fail: with keys of the text area itself, whose Ctrl-U undoes.
#[test]
fn the_keys_of_readline_work_in_every_field() {
    for (place, opened) in [
        ("a message", "2<enter>"),
        ("the filter", "/"),
        ("the palette", "<ctrl-p>"),
        ("the command line", ":"),
        ("a dialog", "c"),
        ("a field of one line", "c<tab>"),
        ("a person", "2<enter><alt-a>"),
    ] {
        let mut priya = TestConsole::with_items(vec![claimed_by(PRIYA, item(1))]);
        priya.press_keys(opened);
        let text = |priya: &mut TestConsole| priya.state.focused_text_mut().unwrap().0.text();
        for (keys, after) in [
            ("one two three<ctrl-w>", "one two "),
            ("<ctrl-y>", "one two three"),
            ("<ctrl-a><ctrl-k>", ""),
            ("<ctrl-y>!", "one two three!"),
            ("<ctrl-h>", "one two three"),
            ("<alt-b><ctrl-u>", "three"),
            ("<alt-d>", ""),
            ("<ctrl-7>", "three"),
            ("<alt-_>", ""),
            ("ab<ctrl-b><ctrl-d>", "a"),
            ("<ctrl-a><ctrl-f>b<ctrl-e>c", "abc"),
            ("<ctrl-a><alt-f> d<ctrl-_>", "abc"),
        ] {
            priya.press_keys(keys);
            assert_eq!(text(&mut priya), after, "{keys} in {place}");
        }
        // Nothing was run, and the field is still open.
        assert!(
            !priya.has_logged_toast("parked") && priya.effects.iter().all(|e| !matches!(e, Effect::Quit))
        );
    }
}

#[test]
fn what_was_deleted_in_one_field_can_be_inserted_in_another() {
    let mut priya = in_session_with_steps(1);
    priya.press_keys("it was the cache<ctrl-u><alt-R><ctrl-y>");
    assert!(priya.paint().contains("▌ it was the cache"));
}

/// Seen to fail: with a Ctrl-C that quits at once.
#[test]
fn control_c_clears_a_text_first_and_undo_brings_it_back() {
    let mut priya = in_session_with_steps(1);
    let quits = |priya: &TestConsole| priya.effects.contains(&Effect::Quit);
    priya.press_keys("half a thought<ctrl-c>");
    assert_eq!((typed(&priya).as_str(), quits(&priya)), ("", false));
    priya.press_keys("<ctrl-7>");
    assert_eq!(typed(&priya), "half a thought");
    priya.press_keys("<ctrl-c><ctrl-c>");
    assert!(quits(&priya));

    // What is typed as a token is cleared too, but not kept.
    let mut priya = TestConsole::with_items(Vec::new());
    priya.press_keys(":log-in<enter>tup_x<ctrl-c>");
    assert!(!quits(&priya));
    priya.press_keys("<ctrl-7><ctrl-y><ctrl-c>");
    assert!(quits(&priya));

    // A dialog with text in another field asks.
    let mut priya = TestConsole::with_items(Vec::new());
    priya.press_keys("cIt is broken<tab><ctrl-c>");
    assert!(priya.paint().contains("Discard what you typed?") && !quits(&priya));
}

#[test]
fn escape_leads_to_the_conversation_whose_letters_act_and_then_to_the_list() {
    let mut priya = in_session_with_steps(2);
    priya.press_keys("x?q<esc>");
    assert_eq!(priya.state.context(), Context::Conversation);
    assert!(priya.paint().contains("i write"));
    priya.press_keys("x");
    assert!(!priya.paint().contains("Suggested"), "a letter acts");
    priya.press_keys("xR");
    assert!(priya.paint().contains("╭ Resolve"));
    priya.press_keys("<esc>i!");
    assert_eq!(typed(&priya), "x?q!", "in the message, letters are text");
    priya.press_keys("<esc><enter>!<esc><esc>");
    assert_eq!(priya.state.context(), Context::Queue);
}

#[test]
fn a_paste_in_the_conversation_is_text() {
    let mut priya = in_session_with_steps(1);
    priya.press_keys("<esc>");
    priya.dispatch(Event::Paste("R and z".into()));
    assert_eq!((typed(&priya).as_str(), priya.state.context()), ("R and z", Context::Session));
}

/// Escape with a letter close behind arrives as Alt and the letter.
#[test]
fn a_letter_with_alt_is_the_verb_of_the_conversation() {
    let mut priya = in_session_with_steps(2);
    for (keys, says) in [
        ("<alt-R>", "╭ Resolve"),
        ("<alt-z>", "╭ Park"),
        ("<alt-C>", "╭ Tried"),
        ("<alt-w>", "╭ Step outcomes"),
    ] {
        priya.press_keys(keys);
        assert!(priya.paint().contains(says), "{keys}");
        priya.press_keys("<esc>");
    }
    priya.press_keys("<alt-i>a<alt-x>");
    assert_eq!(typed(&priya), "a");
    assert!(!priya.paint().contains("Suggested"));
    priya.press_keys("<alt-x>");
    assert!(priya.paint().contains("Suggested"), "the steps come back");
    priya.press_keys("<alt-q>");
    assert_eq!(priya.state.context(), Context::Queue);
}

#[test]
fn the_menu_opens_from_inside_the_text_and_has_the_same_letters() {
    for size in [(120, 36), (80, 24), (60, 20)] {
        let mut priya = in_session_with_steps(2);
        priya.state.terminal_size = size;
        priya.press_keys("half a thought<ctrl-x>");
        let screen = priya.paint();
        for verb in ["resolve", "park", "escalate", "send back"] {
            assert!(screen.to_lowercase().contains(verb), "{verb}:\n{screen}");
        }
        priya.press_keys("z");
        assert!(priya.paint().contains("╭ Park"));
        priya.press_keys("<esc>");
        assert_eq!((typed(&priya).as_str(), priya.state.context()), ("half a thought", Context::Session));
        priya.press_keys("<ctrl-x><esc><ctrl-x>1");
        assert_eq!(typed(&priya), "half a thought step 1");
    }
}

/// Seen to fail: with a Tab that replaces what was edited.
#[test]
fn tab_goes_through_the_steps_in_an_empty_message_only() {
    let mut priya = in_session_with_steps(3);
    for (keys, after) in [
        ("<tab>", "step 1"),
        ("<tab>", "step 2"),
        ("<s-tab>", "step 1"),
        ("<s-tab>", ""),
        ("<s-tab>", "step 3"),
        ("<tab>", ""),
        ("<tab>!", "step 1!"),
        ("<tab>", "step 1!"),
        ("<s-tab>", "step 1!"),
        ("<ctrl-u><tab>", "step 1"),
    ] {
        priya.press_keys(keys);
        assert_eq!(typed(&priya), after, "{keys}");
        let is_own = after.ends_with('!');
        assert_eq!(priya.paint().contains("Tab step"), !is_own, "{keys}");
    }
    assert_eq!(priya.count_calls(|call| matches!(call, Call::CreateMessage { .. })), 0);
    // The first message hides them, and a key brings them back.
    priya.press_keys("<enter><tab>");
    assert_eq!(typed(&priya), "");
    assert!(priya.has_logged_toast("The suggested steps are hidden: Alt-x shows them"));
    priya.press_keys("<alt-x><tab>");
    assert_eq!(typed(&priya), "step 1");
}

#[test]
fn digits_are_text() {
    let mut priya = in_session_with_steps(3);
    priya.press_keys("2FA is not involved");
    assert_eq!(typed(&priya), "2FA is not involved");
}

/// Seen to fail: with a mode that is forgotten when a message is sent.
#[test]
fn in_vi_escape_goes_from_insert_to_normal_to_the_conversation_to_the_list() {
    let mut priya = in_session_with_steps(1);
    priya.state.settings.editing = EditingMode::Vi;
    priya.press_keys("one two<esc>");
    assert!(priya.paint().contains("normal mode"));
    priya.press_keys("bcwthree");
    assert_eq!(typed(&priya), "one three");
    priya.press_keys("<esc>0dwu<esc>");
    assert_eq!((typed(&priya).as_str(), priya.state.context()), ("one three", Context::Conversation));
    priya.press_keys("i!<enter>");
    assert_eq!(priya.count_calls(|call| matches!(call, Call::CreateMessage { .. })), 1);
    priya.press_keys("still text");
    assert_eq!(typed(&priya), "still text");
    priya.press_keys("<esc>2");
    // The begun command is forgotten first.
    priya.press_keys("<esc>");
    assert_eq!(priya.state.context(), Context::Session);
    priya.press_keys("<esc><esc>");
    assert_eq!(priya.state.context(), Context::Queue);
}

/// Over a slow connection, Escape and the next letter come at once.
#[test]
fn in_vi_escape_with_a_letter_close_behind_is_both() {
    let mut priya = in_session_with_steps(1);
    priya.state.settings.editing = EditingMode::Vi;
    priya.press_keys("one two<alt-b>x");
    assert_eq!(typed(&priya), "one wo");
}

#[test]
fn a_click_on_the_message_leads_back_from_the_conversation() {
    let mut priya = in_session_with_steps(1);
    priya.press_keys("<esc>");
    let screen = priya.paint();
    let row = screen.lines().position(|line| line.contains("╭ Note")).unwrap() + 1;
    priya.dispatch(Event::Mouse(MouseEvent {
        kind: MouseEventKind::Down(MouseButton::Left),
        column: 10,
        row: u16::try_from(row).unwrap(),
        modifiers: KeyModifiers::NONE,
    }));
    assert_eq!(priya.state.context(), Context::Session);
}

#[test]
fn q_in_a_briefing_goes_back() {
    let mut priya = TestConsole::with_items(vec![item(1)]);
    priya.press_keys("<enter>q");
    assert_eq!(priya.state.context(), Context::Queue);
    assert!(!priya.effects.contains(&Effect::Quit));
}

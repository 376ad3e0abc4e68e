//! Tests of the text cursor: the terminal's own cursor is where the user types.

use ratatui::layout::Position;

use super::*;

impl TestConsole {
    /// The text before the caret in its row, once it was painted.
    fn text_before_cursor(&mut self) -> Option<String> {
        let buffer = self.paint_buffer();
        let Position { x, y } = self.state.last_paint.cursor_position?;
        Some((0..x).map(|x| buffer[(x, y)].symbol()).collect())
    }

    #[track_caller]
    fn assert_cursor_after(&mut self, text: &str) {
        let before = self.text_before_cursor();
        assert!(before.as_ref().is_some_and(|before| before.ends_with(text)), "{before:?}, not {text:?}");
    }

    fn press_code(&mut self, code: KeyCode) {
        self.dispatch(Event::Key(KeyEvent::new(code, KeyModifiers::NONE)));
    }
}

#[test]
fn in_a_message_the_cursor_is_where_the_caret_is() {
    let mut priya = TestConsole::in_claimed_session(item(1), Vec::new());
    priya.press_keys("abcdef");
    priya.assert_cursor_after("│ abcdef");
    priya.press_code(KeyCode::Home);
    priya.assert_cursor_after("│ ");
    priya.press_code(KeyCode::Right);
    priya.assert_cursor_after("│ a");
    // Wide letters take two columns each, the second of which is empty.
    priya.press_keys("日本");
    priya.assert_cursor_after("日 本 ");
    assert_eq!(priya.state.last_paint.cursor_position.map(|at| at.x), Some(7));
    priya.press_keys("<ctrl-p>");
    priya.assert_cursor_after("│ ");
    priya.press_keys("the");
    priya.assert_cursor_after("│ the");
}

#[test]
fn wherever_one_types_there_is_a_cursor_and_nowhere_else() {
    let mut priya = TestConsole::with_items(vec![item(1)]);
    assert_eq!(priya.text_before_cursor(), None, "in the list");
    priya.press_keys("/vpn");
    priya.assert_cursor_after(" /vpn");
    priya.press_keys("<esc>:cla");
    priya.assert_cursor_after(" :cla");
    priya.press_keys("<esc>?");
    assert_eq!(priya.text_before_cursor(), None, "in the help");
    priya.press_keys("<esc><ctrl-p>new");
    priya.assert_cursor_after("│ new");
    priya.press_keys("<esc><enter>");
    assert_eq!(priya.text_before_cursor(), None, "in a briefing");
    priya.press_keys("<esc>cno sound");
    priya.assert_cursor_after("no sound");
    priya.press_keys("<esc>");
    assert_eq!(priya.text_before_cursor(), None, "asked whether to throw it away");
}

#[test]
fn in_a_dialog_that_is_scrolled_the_cursor_is_where_the_field_is_seen() {
    let mut priya = TestConsole::in_claimed_session(item(1), Vec::new());
    priya.state.terminal_size = (60, 12);
    priya.press_keys("<ctrl-k>waiting");
    priya.assert_cursor_after("waiting");
    priya.press_keys("<tab>2h");
    priya.assert_cursor_after("2h");
}

#[test]
fn the_log_in_has_one_and_a_password_shows_no_more_than_its_length() {
    let mut state = State::default();
    (state.terminal_size, state.now) = ((80, 24), NOW);
    let wants = crate::update::start_logged_out(&mut state);
    let mut priya = TestConsole { state, effects: wants, seq: 0 };
    priya.press_keys("http://acme.test");
    priya.assert_cursor_after("http://acme.test");
    priya.press_keys("<tab>priya@acme.test");
    priya.assert_cursor_after("priya@acme.test");
    priya.press_keys("<tab>secret");
    priya.assert_cursor_after(" ******");
}

#[test]
fn a_password_that_others_could_read_on_its_way_is_sent_only_when_one_insists() {
    let mut state = State::default();
    (state.terminal_size, state.now) = ((80, 24), NOW);
    let wants = crate::update::start_logged_out(&mut state);
    let mut priya = TestConsole { state, effects: wants, seq: 0 };
    let sent = |priya: &TestConsole| priya.effects.iter().any(|want| matches!(want, Effect::LogIn(..)));
    priya.press_keys("http://acme.test<tab>priya@acme.test<tab>secret<enter>");
    assert!(!sent(&priya));
    assert!(priya.paint().contains("others could read your password"), "{}", priya.paint());
    priya.press_keys("<enter>");
    assert!(sent(&priya));

    // This machine is nobody's way, and what is encrypted nobody can read.
    for server in ["http://127.0.0.1:7890", "https://acme.test"] {
        let mut state = State::default();
        (state.terminal_size, state.now) = ((80, 24), NOW);
        let wants = crate::update::start_logged_out(&mut state);
        let mut priya = TestConsole { state, effects: wants, seq: 0 };
        priya.press_keys(&format!("{server}<tab><tab>tup_x<enter>"));
        assert!(sent(&priya), "{server}");
    }
}

#[test]
fn what_comes_along_with_a_pasted_address_or_token_goes_and_a_password_stays_as_it_is() {
    let credentials = |email: &str, secret: &str| {
        let mut state = State::default();
        (state.terminal_size, state.now) = ((80, 24), NOW);
        let wants = crate::update::start_logged_out(&mut state);
        let mut priya = TestConsole { state, effects: wants, seq: 0 };
        priya.dispatch(Event::Paste("\u{feff}\"https://acme.test\"\r\n".into()));
        priya.press_keys("<tab>");
        priya.dispatch(Event::Paste(email.into()));
        priya.press_keys("<tab>");
        priya.dispatch(Event::Paste(secret.into()));
        priya.press_keys("<enter>");
        let credentials = priya.effects.iter().find_map(|want| {
            if let Effect::LogIn(_, credentials) = want { Some(credentials.clone()) } else { None }
        });
        let credentials = credentials.unwrap();
        (credentials.server_url.clone(), credentials.email.clone(), credentials.secret.expose().to_owned())
    };
    let server = "https://acme.test".to_owned();
    assert_eq!(credentials("", "'tup_x'\r\n"), (server.clone(), None, "tup_x".into()));
    let email = Some("priya@acme.test".to_owned());
    assert_eq!(
        credentials(" <priya@acme.test> ", " it's \"me\" \n"),
        (server, email, " it's \"me\" ".into())
    );
}

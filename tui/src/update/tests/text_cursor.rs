//! Tests of the text cursor: the terminal's own cursor is where the user types.

use ratatui::layout::Position;

use super::*;

impl TestConsole {
    /// The painted text before the caret in its row.
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
fn the_terminal_cursor_follows_the_caret_in_the_composer() {
    let mut priya = TestConsole::in_claimed_session(item(1), Vec::new());
    priya.press_keys("abcdef");
    priya.assert_cursor_after("│ abcdef");
    priya.press_code(KeyCode::Home);
    priya.assert_cursor_after("│ ");
    priya.press_code(KeyCode::Right);
    priya.assert_cursor_after("│ a");
    // Wide characters take two columns; the second is empty.
    priya.press_keys("日本");
    priya.assert_cursor_after("日 本 ");
    assert_eq!(priya.state.last_paint.cursor_position.map(|at| at.x), Some(7));
    priya.press_keys("<ctrl-p>");
    priya.assert_cursor_after("│ ");
    priya.press_keys("the");
    priya.assert_cursor_after("│ the");
}

#[test]
fn the_terminal_cursor_is_shown_only_in_text_inputs() {
    let mut priya = TestConsole::with_items(vec![item(1)]);
    assert_eq!(priya.text_before_cursor(), None, "in the list");
    priya.press_keys("/vpn");
    priya.assert_cursor_after(" /vpn");
    priya.press_keys("<esc>:cla");
    priya.assert_cursor_after(" :cla");
    priya.press_keys("<esc>?");
    priya.assert_cursor_after("│ ");
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
fn the_terminal_cursor_follows_the_field_in_a_scrolled_dialog() {
    let mut priya = TestConsole::in_claimed_session(item(1), Vec::new());
    priya.state.terminal_size = (60, 12);
    priya.press_keys("<alt-z>waiting");
    priya.assert_cursor_after("waiting");
    priya.press_keys("<tab>2h");
    priya.assert_cursor_after("2h");
}

#[test]
fn the_login_form_has_a_cursor_and_masks_the_password() {
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
fn a_password_over_plain_http_is_sent_only_after_confirmation() {
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

    // Loopback and HTTPS need no confirmation.
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
fn pasted_addresses_and_tokens_are_trimmed_and_passwords_are_not() {
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

//! Where the caret is while one types: the terminal's own cursor goes there, and nowhere else.

use ratatui::layout::Position;

use super::*;

impl Desk {
    /// The text before the caret in its row, once it was painted.
    fn before_the_caret(&mut self) -> Option<String> {
        let buffer = self.paints_cells();
        let Position { x, y } = self.state.painted.caret?;
        Some((0..x).map(|x| buffer[(x, y)].symbol()).collect())
    }

    #[track_caller]
    fn stands_behind(&mut self, text: &str) {
        let before = self.before_the_caret();
        assert!(before.as_ref().is_some_and(|before| before.ends_with(text)), "{before:?}, not {text:?}");
    }

    fn goes(&mut self, code: KeyCode) {
        self.happens(Event::Key(KeyEvent::new(code, KeyModifiers::NONE)));
    }
}

#[test]
fn in_a_message_the_cursor_is_where_the_caret_is() {
    let mut priya = Desk::at_work(item(1), Vec::new());
    priya.press("abcdef");
    priya.stands_behind("│ abcdef");
    priya.goes(KeyCode::Home);
    priya.stands_behind("│ ");
    priya.goes(KeyCode::Right);
    priya.stands_behind("│ a");
    // Wide letters take two columns each, the second of which is empty.
    priya.press("日本");
    priya.stands_behind("日 本 ");
    assert_eq!(priya.state.painted.caret.map(|at| at.x), Some(7));
    priya.press("<ctrl-p>");
    priya.stands_behind("│ ");
    priya.press("the");
    priya.stands_behind("│ the");
}

#[test]
fn wherever_one_types_there_is_a_cursor_and_nowhere_else() {
    let mut priya = Desk::with(vec![item(1)]);
    assert_eq!(priya.before_the_caret(), None, "in the list");
    priya.press("/vpn");
    priya.stands_behind(" /vpn");
    priya.press("<esc>:cla");
    priya.stands_behind(" :cla");
    priya.press("<esc>?");
    assert_eq!(priya.before_the_caret(), None, "in the help");
    priya.press("<esc><ctrl-p>new");
    priya.stands_behind("│ new");
    priya.press("<esc><enter>");
    assert_eq!(priya.before_the_caret(), None, "in a briefing");
    priya.press("<esc>cno sound");
    priya.stands_behind("no sound");
    priya.press("<esc>");
    assert_eq!(priya.before_the_caret(), None, "asked whether to throw it away");
}

#[test]
fn in_a_dialog_that_is_scrolled_the_cursor_is_where_the_field_is_seen() {
    let mut priya = Desk::at_work(item(1), Vec::new());
    priya.state.size = (60, 12);
    priya.press("<ctrl-k>waiting");
    priya.stands_behind("waiting");
    priya.press("<tab>2h");
    priya.stands_behind("2h");
}

#[test]
fn the_log_in_has_one_and_a_password_shows_no_more_than_its_length() {
    let mut state = State::default();
    (state.size, state.now) = ((80, 24), NOW);
    let wants = crate::update::start_logged_out(&mut state);
    let mut priya = Desk { state, wants, seq: 0 };
    priya.press("http://acme.test");
    priya.stands_behind("http://acme.test");
    priya.press("<tab>priya@acme.test");
    priya.stands_behind("priya@acme.test");
    priya.press("<tab>secret");
    priya.stands_behind(" ******");
}

#[test]
fn a_password_that_others_could_read_on_its_way_is_sent_only_when_one_insists() {
    let mut state = State::default();
    (state.size, state.now) = ((80, 24), NOW);
    let wants = crate::update::start_logged_out(&mut state);
    let mut priya = Desk { state, wants, seq: 0 };
    let sent = |priya: &Desk| priya.wants.iter().any(|want| matches!(want, Effect::LogIn(..)));
    priya.press("http://acme.test<tab>priya@acme.test<tab>secret<enter>");
    assert!(!sent(&priya));
    assert!(priya.paints().contains("others can read your password on its way"), "{}", priya.paints());
    priya.press("<enter>");
    assert!(sent(&priya));

    // This machine is nobody's way, and what is encrypted nobody can read.
    for server in ["http://127.0.0.1:7890", "https://acme.test"] {
        let mut state = State::default();
        (state.size, state.now) = ((80, 24), NOW);
        let wants = crate::update::start_logged_out(&mut state);
        let mut priya = Desk { state, wants, seq: 0 };
        priya.press(&format!("{server}<tab><tab>tup_x<enter>"));
        assert!(sent(&priya), "{server}");
    }
}

#[test]
fn what_comes_along_with_a_pasted_address_or_token_goes_and_a_password_stays_as_it_is() {
    let credentials = |email: &str, secret: &str| {
        let mut state = State::default();
        (state.size, state.now) = ((80, 24), NOW);
        let wants = crate::update::start_logged_out(&mut state);
        let mut priya = Desk { state, wants, seq: 0 };
        priya.happens(Event::Paste("\u{feff}\"https://acme.test\"\r\n".into()));
        priya.press("<tab>");
        priya.happens(Event::Paste(email.into()));
        priya.press("<tab>");
        priya.happens(Event::Paste(secret.into()));
        priya.press("<enter>");
        let credentials = priya.wants.iter().find_map(|want| {
            if let Effect::LogIn(_, credentials) = want { Some(credentials.clone()) } else { None }
        });
        let credentials = credentials.unwrap();
        (credentials.server.clone(), credentials.email.clone(), credentials.secret.expose().to_owned())
    };
    let server = "https://acme.test".to_owned();
    assert_eq!(credentials("", "'tup_x'\r\n"), (server.clone(), None, "tup_x".into()));
    let email = Some("priya@acme.test".to_owned());
    assert_eq!(
        credentials(" <priya@acme.test> ", " it's \"me\" \n"),
        (server, email, " it's \"me\" ".into())
    );
}

//! Tests of the question before a text that looks like it holds a secret is sent.

use std::time::Duration;

use super::*;

const KEY: &str = "use AKIAIOSFODNN7EXAMPLE";

/// Lets the time pass in which the question ignores keys.
fn wait(priya: &mut TestConsole) {
    let later = priya.state.now.plus(Duration::from_secs(1));
    priya.dispatch(Event::Tick(later));
}

fn sent_messages(priya: &TestConsole) -> usize {
    priya.count_calls(|call| matches!(call, Call::CreateMessage { .. }))
}

#[test]
fn a_message_with_a_secret_is_sent_after_a_question() {
    let mut priya = TestConsole::in_claimed_session(item(1), Vec::new());
    priya.press_keys(KEY);
    // A key that is pressed twice by mistake does not answer.
    priya.press_keys("<enter><enter>");
    let screen = priya.paint();
    assert!(screen.contains("This looks like an AWS key.") && screen.contains("send it"), "{screen}");
    assert_eq!(sent_messages(&priya), 0);
    wait(&mut priya);
    priya.press_keys("<esc>");
    assert_eq!(priya.chat().composer.text(), KEY, "the text stays");
    assert_eq!(sent_messages(&priya), 0);
    priya.press_keys("<enter>");
    wait(&mut priya);
    priya.press_keys("<enter>");
    let call_id = priya.take_call(|call| matches!(call, Call::CreateMessage { .. }));
    // The same text is not asked about again.
    priya.reply(call_id, Err(unreachable_error()));
    assert_eq!(priya.chat().composer.text(), KEY);
    priya.press_keys("<enter>");
    assert_eq!(sent_messages(&priya), 1);
    assert!(priya.state.layers.is_empty());
}

#[test]
fn another_text_is_asked_about_again() {
    let mut priya = TestConsole::in_claimed_session(item(1), Vec::new());
    for text in ["password=hunter2", "password=hunter3"] {
        priya.press_keys(text);
        priya.press_keys("<enter>");
        assert!(priya.paint().contains("looks like a password"));
        wait(&mut priya);
        priya.press_keys("<enter>");
        let call_id = priya.take_call(|call| matches!(call, Call::CreateMessage { .. }));
        priya.reply(call_id, Ok(ReplyBody::Message(message(2, PRIYA, text))));
    }
    priya.press_keys("the password is wrong<enter>");
    assert_eq!(sent_messages(&priya), 1, "prose is sent at once");
}

#[test]
fn a_dialog_asks_about_a_secret_and_then_its_own_question() {
    let mut priya = TestConsole::in_claimed_session(item(1), Vec::new());
    priya.press_keys("<alt-R>");
    priya.press_keys("renewed https://ana:hunter2@gw2.acme.test<enter>");
    assert!(priya.paint().contains("looks like a password"));
    wait(&mut priya);
    priya.press_keys("<esc>");
    assert!(priya.paint().contains("renewed https://ana"), "the dialog stays open");
    priya.press_keys("<enter>");
    wait(&mut priya);
    priya.press_keys("<enter>");
    assert!(priya.paint().contains("Resolve? This cannot be undone."));
    priya.press_keys("y");
    assert_eq!(priya.count_calls(|call| matches!(call, Call::Resolve { .. })), 1);
}

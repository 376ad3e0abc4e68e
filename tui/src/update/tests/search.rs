//! Tests of the search in what is read, of folded texts and of the filter of the help.

use super::*;
use crate::state::briefing::Pane;
use crate::state::lists::RowId;

fn log_with_error(lines: usize, error_at: usize) -> String {
    let line = |number: usize| if number == error_at { "ERROR 809".into() } else { format!("line {number}") };
    (1..=lines).map(line).collect::<Vec<String>>().join("\n")
}

impl TestConsole {
    /// The text of the highlighted current match.
    fn current_match(&mut self) -> String {
        let buffer = self.paint_buffer();
        let is_current = |cell: &&Cell| cell.modifier.contains(ratatui::style::Modifier::REVERSED);
        buffer.content.iter().filter(is_current).map(Cell::symbol).collect()
    }

    /// A briefing with a conversation and an assessment.
    fn in_briefing(messages: Vec<Message>) -> Self {
        let mut priya = Self::with_items(vec![with_steps(item(1), 2), item(2)]);
        priya.press_keys("<enter>");
        let call_id = priya.take_call(|call| *call == Call::Handoff(handoff_id(1)));
        let mut handoff = handoff_with_snapshot(with_steps(item(1), 2));
        handoff.snapshot.messages = messages;
        priya.reply(call_id, Ok(ReplyBody::Handoff(handoff)));
        priya.paint();
        priya
    }
}

/// Mutants seen to fail: `n` opens the next handoff; the other pane is not searched; Esc leaves the briefing.
#[test]
fn a_search_in_a_briefing_goes_through_both_panes_and_escape_ends_it() {
    let mut priya = TestConsole::in_briefing(vec![message(1, SAM, "one step, then another STEP")]);
    priya.press_keys("<tab>/step");
    assert!(priya.paint().contains("/step"), "{}", priya.paint());
    assert_eq!(priya.current_match(), "step");
    let screen = priya.paint();
    assert!(screen.contains("1 of 4"), "{screen}");
    priya.press_keys("<enter>n");
    assert_eq!(priya.current_match(), "STEP");
    priya.press_keys("n");
    let screen = priya.paint();
    assert!(screen.contains("/step 3 of 4") && screen.contains("n next match"), "{screen}");
    assert!(screen.contains("▌Assessment"), "the pane of the match has the keys");
    priya.press_keys("nn");
    assert!(priya.paint().contains("1 of 4"), "around the end");
    priya.press_keys("N");
    assert!(priya.paint().contains("4 of 4"));
    assert_eq!(priya.count_calls(|call| matches!(call, Call::Claim(_))), 0);
    priya.press_keys("<esc>");
    assert!(!priya.paint().contains("4 of 4") && priya.current_match().is_empty());
    assert!(matches!(&priya.state.screen, Screen::Briefing(open) if open.pane == Pane::Assessment));
    priya.press_keys("n");
    assert!(matches!(&priya.state.screen, Screen::Briefing(open) if open.item.id == handoff_id(2)));
}

/// Mutants seen to fail: no scrolling; the user's scrolling is undone; Esc while typing stays at the match.
#[test]
fn a_search_scrolls_to_its_match_and_escape_while_typing_returns() {
    let mut priya =
        TestConsole::in_briefing((1..=39).map(|seq| message(seq, SAM, &format!("said {seq}."))).collect());
    priya.press_keys("<tab>/said 33.");
    assert!(priya.paint().contains("│ said 33."), "{}", priya.paint());
    priya.press_keys("<esc>");
    assert!(!priya.paint().contains("│ said 33.") && priya.paint().contains("│ said 1."));
    priya.press_keys("/said 33.<enter>");
    assert!(priya.paint().contains("│ said 33."));
    priya.press_keys("gg");
    assert!(priya.paint().contains("│ said 1."), "the user scrolls");
    priya.press_keys("/<esc>/nothing like this");
    assert!(priya.paint().contains("no matches"));
}

/// Mutants seen to fail: the letter goes into the message; the search begins at the oldest message.
#[test]
fn a_search_in_a_conversation_goes_from_message_to_message() {
    let mut messages: Vec<Message> = (1..=60).map(|seq| message(seq, SAM, &format!("said {seq}."))).collect();
    messages[4].content = "The certificate **expired**".into();
    messages[54] = assistant_message(55, "Renew the **certificate** that expired");
    let mut priya = TestConsole::in_claimed_session(item(1), messages);
    priya.press_keys("<alt-/>certificate");
    assert_eq!(priya.current_match(), "certificate");
    assert!(priya.paint().contains("2 of 2") && priya.paint().contains("Renew the certificate"));
    priya.press_keys("<enter>N");
    let screen = priya.paint();
    assert!(screen.contains("1 of 2") && screen.contains("The certificate expired"), "{screen}");
    priya.press_keys("nx");
    assert!(priya.paint().contains("2 of 2") && priya.chat().composer.is_empty());
    priya.press_keys("<esc>ix");
    assert_eq!(priya.chat().composer.text(), "x");
    assert!(priya.state.search.is_none());
}

/// Mutants seen to fail: the fold stays; a fold without the words is opened too.
#[test]
fn a_search_opens_the_folds_that_have_the_words() {
    let logs = vec![message(1, SAM, &log_with_error(200, 120)), message(2, SAM, &log_with_error(100, 1000))];
    let mut priya = TestConsole::in_briefing(logs);
    priya.press_keys("<tab>/error 809");
    assert!(priya.paint().contains("no matches") && priya.paint().contains("… 184 lines  f opens"));
    priya.press_keys("<enter>");
    assert_eq!(priya.current_match(), "ERROR 809");
    let briefing = priya.state.open_briefing().unwrap();
    let folded: Vec<bool> = briefing
        .snapshot
        .as_ref()
        .unwrap()
        .messages
        .iter()
        .map(|message| briefing.wrap_cache.wrapped(message, 50).fold_row.is_some())
        .collect();
    assert_eq!(folded, [false, true]);
}

/// Mutants seen to fail: the first fold of a conversation is opened, not the last one in sight.
#[test]
fn a_key_opens_a_folded_log_in_a_pager_with_search() {
    let mut messages = vec![message(1, SAM, &log_with_error(200, 120)), message(2, SAM, "short")];
    messages.push(message(3, DANA, &log_with_error(300, 7)));
    let mut priya = TestConsole::in_claimed_session(item(1), messages);
    priya.state.terminal_size = (120, 60);
    let screen = priya.paint();
    assert!(screen.contains("… 184 lines  Esc f opens") && screen.contains("… 284 lines"), "{screen}");
    priya.press_keys("<esc>f");
    let screen = priya.paint();
    assert!(screen.contains("╭ Dana Wu  09:30 ── 300 lines ─") && screen.contains("line 30"), "{screen}");
    priya.press_keys("/line 250<enter>");
    assert_eq!(priya.current_match(), "line 250");
    assert!(priya.paint().contains("1 of 1"));
    priya.press_keys("<esc>c");
    assert!(
        priya
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::CopyToClipboard(text) if text.contains("ERROR 809")))
    );
    priya.press_keys("q");
    assert!(priya.state.layers.is_empty() && matches!(priya.state.screen, Screen::Session(_)));
}

#[test]
fn where_nothing_is_folded_the_key_says_so() {
    let mut priya = TestConsole::in_briefing(vec![message(1, SAM, "short")]);
    priya.press_keys("f");
    assert!(priya.has_logged_toast("No long text here") && priya.state.layers.is_empty());
    assert!(!priya.paint().contains("z whole text"));
}

/// Mutants seen to fail: the keys of the search come after those of the log.
#[test]
fn the_log_is_searched_too() {
    let mut priya = TestConsole::with_items(vec![item(1)]);
    for number in 0..60 {
        priya.state.show_toast(crate::state::toast::ToastLevel::Info, format!("Toast {number}."));
    }
    priya.press_keys("L/toast 3.");
    assert_eq!(priya.current_match(), "Toast 3.");
    priya.press_keys("<enter>");
    assert!(priya.paint().contains("/toast 3. 1 of 1"), "{}", priya.paint());
    priya.press_keys("<esc><esc>");
    assert!(priya.state.layers.is_empty());
}

/// Mutants seen to fail: descriptions are not searched; Esc closes at once; no order by purpose.
#[test]
fn the_help_filters_as_one_types_and_is_grouped_by_purpose() {
    let mut priya = TestConsole::with_items(vec![item(1)]);
    priya.press_keys("?");
    let screen = priya.paint();
    let place = |heading: &str| {
        screen.find(&format!("│ {heading} ")).unwrap_or_else(|| panic!("{heading}: {screen}"))
    };
    let headings = ["Work", "Read", "Find", "Move"].map(place);
    assert!(headings.is_sorted(), "{headings:?}");
    priya.press_keys("unread next");
    let screen = priya.paint();
    assert!(screen.contains("list.next-unread") && !screen.contains("list.pick-up"), "{screen}");
    assert!(screen.contains("│ Find ") && !screen.contains("│ Work "), "{screen}");
    priya.press_keys("<esc>by age");
    assert!(priya.paint().contains("list.sort"), "{}", priya.paint());
    priya.press_keys("q");
    assert!(priya.paint().contains("No matches"));
    priya.press_keys("<esc>");
    assert!(priya.paint().contains("list.pick-up"));
    priya.press_keys("<esc>");
    assert!(priya.state.layers.is_empty());
    priya.press_keys("??");
    assert!(priya.state.layers.is_empty());
}

/// Mutants seen to fail: the search is kept.
#[test]
fn a_search_ends_with_the_place_that_it_searches() {
    let mut priya = TestConsole::in_briefing(vec![message(1, SAM, "one step")]);
    priya.press_keys("/step<enter>v");
    assert!(priya.state.search.is_none() && matches!(priya.state.screen, Screen::Session(_)));
    let row = RowId::Handoff(handoff_id(1));
    assert_eq!(priya.state.queue.selected_row(), Some(row));
}

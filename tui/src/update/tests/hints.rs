//! Tests of hints: what rows, the footer and the palette say about available actions.

use super::*;

fn footer_line(console: &mut TestConsole) -> String {
    console.paint().lines().next_back().unwrap().to_owned()
}

#[test]
fn a_parked_session_shows_its_wake_time_and_its_note() {
    let mut priya = TestConsole::with_items(Vec::new());
    priya.state.terminal_size = (80, 24);
    let mut parked = session(7, SessionStatus::Paused, PRIYA, Vec::new());
    parked.item.handoff_id = Some(handoff_id(9));
    let (about, by) = (session_summary(&parked), person(PRIYA));
    priya.receive_team_event(EventBody::SessionUpdated {
        session: about,
        by,
        branch: None,
        handoff_id: Some(handoff_id(9)),
        duplicate: None,
    });
    priya.reply_own_sessions(SessionStatus::Paused, vec![parked]);
    let call_id = priya.take_call(|call| *call == Call::Handoff(handoff_id(9)));
    let mut parked_item = item(9);
    (parked_item.status, parked_item.session_id) = (HandoffStatus::Parked, session_id(7));
    parked_item.wake_at = Some(NOW.plus(Duration::from_hours(3)));
    parked_item.engineer_notes = "Toner comes at noon.\nAsk Lee.".into();
    priya.reply(call_id, Ok(ReplyBody::Handoff(handoff_with_snapshot(parked_item))));
    priya.press_keys("3");
    let screen = priya.paint();
    assert!(screen.contains("wakes 12:30 · Toner comes at noon."), "{screen}");
    priya.advance_clock(Duration::from_hours(4));
    let screen = priya.paint();
    assert!(screen.contains("woke 12:30"), "{screen}");
    assert!(footer_line(&mut priya).contains("p take back"));
}

#[test]
fn a_parked_claim_is_marked_in_the_mine_tab() {
    let mut priya = TestConsole::with_items(vec![claimed_by(PRIYA, item(1)), claimed_by(PRIYA, item(2))]);
    priya.park_own_session(1, 1);
    priya.press_keys("2");
    let screen = priya.paint();
    assert_eq!(screen.matches("yours · parked").count(), 1, "{screen}");
    assert!(!footer_line(&mut priya).contains("pick up"), "it is picked up already");
}

#[test]
fn an_own_session_has_a_preview() {
    let mut priya = TestConsole::with_items(Vec::new());
    let mut opened = session(7, SessionStatus::Active, PRIYA, Vec::new());
    opened.item.intake_content.text = "The switch hums.\n\nSince Monday, and only at night.".into();
    priya.receive_team_event(EventBody::SessionCreated {
        session: session_summary(&opened),
        by: person(PRIYA),
    });
    priya.reply_own_sessions(SessionStatus::Active, vec![opened]);
    priya.press_keys("2k");
    let screen = priya.paint();
    for says in ["session 7  The switch hums.", "changed just now", "Since Monday, and only at night."] {
        assert!(screen.contains(says), "{says}:\n{screen}");
    }
}

#[test]
fn the_palette_names_the_text_of_each_step() {
    let mut priya = TestConsole::in_claimed_session(with_steps(item(1), 2), Vec::new());
    priya.press_keys("<ctrl-p>step");
    let screen = priya.paint();
    assert!(screen.contains("Step 1: step 1") && screen.contains("Step 2: step 2"), "{screen}");
    assert!(!screen.contains("Step 3"), "{screen}");
}

#[test]
fn the_footer_shows_how_to_clear_an_applied_filter() {
    let mut priya = TestConsole::with_items(vec![item(1), item(2)]);
    assert!(!footer_line(&mut priya).contains("all rows"));
    priya.press_keys("/problem<enter>");
    assert!(footer_line(&mut priya).contains("Esc all rows"));
}

#[test]
fn the_preview_stays_while_a_filter_without_matches_is_typed() {
    let mut priya = TestConsole::with_items(vec![item(1)]);
    priya.press_keys("/nobody says this");
    let screen = priya.paint();
    assert!(screen.contains("searching conversations for") && screen.contains("Preview"), "{screen}");
    priya.press_keys("<enter>");
    assert!(!priya.paint().contains("Preview"));
}

#[test]
fn a_dialog_with_one_field_offers_no_next_field() {
    let mut priya = TestConsole::with_items(vec![claimed_by(PRIYA, item(1))]);
    priya.press_keys("2U");
    assert!(!footer_line(&mut priya).contains("next field"));
    priya.press_keys("<esc>c");
    assert!(footer_line(&mut priya).contains("next field"));
}

#[test]
fn the_too_small_message_is_shortened_to_fit() {
    let mut priya = TestConsole::with_items(Vec::new());
    for (columns, says) in
        [(39, "tierup needs 40x10, this is 39x9"), (20, "tierup needs 40x10"), (12, "needs 40x10")]
    {
        priya.state.terminal_size = (columns, 9);
        assert_eq!(priya.paint().lines().next().unwrap().trim_end(), says);
    }
}

#[test]
fn a_parked_session_names_the_key_that_resumes_it() {
    let mut priya = TestConsole::with_items(Vec::new());
    let mut parked = session(7, SessionStatus::Paused, PRIYA, Vec::new());
    parked.item.handoff_id = Some(handoff_id(9));
    priya.receive_team_event(EventBody::SessionCreated {
        session: session_summary(&parked),
        by: person(PRIYA),
    });
    priya.reply_own_sessions(SessionStatus::Paused, vec![parked.clone()]);
    priya.press_keys("3<enter>");
    let call_id = priya.take_call(|call| matches!(call, Call::Session(_)));
    priya.reply(call_id, Ok(ReplyBody::Session(parked)));
    priya.press_keys("<alt-E>");
    let screen = priya.paint();
    assert!(screen.contains("The session is parked: press Alt-t to take it"), "{screen}");
    priya.advance_clock(Duration::from_mins(1));
    priya.press_keys("hello<enter>");
    let screen = priya.paint();
    assert!(screen.contains("Your text is saved as a draft"), "{screen}");
    assert!(!screen.contains("paused"), "{screen}");
}

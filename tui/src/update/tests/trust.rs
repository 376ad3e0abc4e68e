//! Tests of how an assessment says how far it is to be trusted.

use super::*;
use ratatui::style::Style;
use tierup_common::assessment::Similar;

/// Priya's console in a briefing with this assessment.
fn briefing(change: impl FnOnce(&mut Assessment)) -> TestConsole {
    let mut priya = TestConsole::with_items(vec![assessed(with_steps(item(1), 2), change)]);
    priya.press_keys("<enter>");
    priya
}

/// The style of the first cell of a text on the screen.
fn style_of(console: &mut TestConsole, text: &str) -> Style {
    let buffer = console.paint_buffer();
    let width = usize::from(buffer.area.width);
    let rows = buffer.content.chunks(width);
    let found = rows.filter_map(|row| {
        let line: String = row.iter().map(Cell::symbol).collect();
        let column = line[..line.find(text)?].chars().count();
        row.get(column).map(Cell::style)
    });
    found.last().unwrap_or_else(|| panic!("no {text:?}"))
}

#[test]
fn a_confidence_is_dim_and_names_its_basis() {
    let mut priya = briefing(|data| {
        data.confidence = Confidence::High;
        data.basis = Basis { cases: 2, runbooks: 1, identifiers: vec!["error 809".into()] };
    });
    let screen = priya.paint();
    assert!(screen.contains("high confidence · 2 cases, 1 runbook, error 809"), "{screen}");
    let style = style_of(&mut priya, "high confidence");
    let dim = priya.state.settings.theme.dim;
    assert_eq!((style.fg, style.add_modifier), (Style::reset().patch(dim).fg, dim.add_modifier));
}

#[test]
fn doubts_stand_before_the_cause_and_above_the_steps() {
    for (doubt, sentence, strip) in [
        (
            (|data: &mut Assessment| data.contradicted_by = Some("DNS, the resolver".into()))
                as fn(&mut Assessment),
            "✗ Ruled out in this session: DNS, the resolver",
            "✗ ruled out",
        ),
        (|data| data.is_uncited = true, "? Uncited: no quote from the session supports it", "? uncited"),
        (
            |data| data.is_cut_off = true,
            "… Cut off: the engine stopped before its answer was complete",
            "… cut off",
        ),
    ] {
        let mut priya = briefing(doubt);
        priya.state.terminal_size = (160, 36);
        let screen = priya.paint();
        let place = |text: &str| screen.find(text).unwrap_or_else(|| panic!("no {text:?} in:\n{screen}"));
        assert!(place("Likely cause") < place(sentence) && place(sentence) < place("Try next"));

        let item = assessed(with_steps(item(1), 2), doubt);
        let mut priya = TestConsole::in_claimed_session(item, Vec::new());
        let screen = priya.paint();
        assert!(screen.contains(&format!("{strip} ▏1 step 1")), "{screen}");
        priya.state.terminal_size = (50, 20);
        let screen = priya.paint();
        assert!(screen.contains(&format!("{} ▏1 step 1", &strip[..strip.find(' ').unwrap()])), "{screen}");
    }
}

#[test]
fn a_row_of_the_list_says_that_the_cause_is_ruled_out_instead_of_a_confidence() {
    let ruled_out = assessed(with_steps(item(1), 2), |data| data.contradicted_by = Some("DNS".into()));
    let screen = TestConsole::with_items(vec![ruled_out]).paint();
    assert!(screen.contains("· ✗ ruled out"), "{screen}");
}

#[test]
fn an_inconclusive_assessment_says_what_to_find_out_and_names_no_cause() {
    let mut priya = briefing(|data| {
        data.confidence = Confidence::Inconclusive;
        data.likely_cause = "Nothing known here fits.".into();
        data.find_out = (1..=7).map(|number| format!("question {number}?")).collect();
    });
    let screen = priya.paint();
    let place = |text: &str| screen.find(text).unwrap_or_else(|| panic!("no {text:?} in:\n{screen}"));
    assert!(place("Inconclusive") < place("To find out") && place("To find out") < place("Try next"));
    assert!(screen.contains("• question 5?") && !screen.contains("question 6?"), "{screen}");
    assert!(!screen.contains("Likely cause") && !screen.contains("confidence"), "{screen}");
}

#[test]
fn reasons_of_steps_are_shown_where_there_is_room() {
    let mut priya = briefing(|data| {
        for step in &mut data.suggested_steps {
            step.why = Some("Worked in session 7: error\u{1b}[2J 809".into());
        }
        data.suggested_steps[0].why = Some("x".repeat(10_000));
    });
    let screen = priya.paint();
    assert!(screen.contains("Worked in session 7: error␛[2J 809"), "{screen}");
    assert!(screen.matches('x').count() < 500 && screen.contains("x…"), "{screen}");
    priya.state.terminal_size = (120, 20);
    let screen = priya.paint();
    assert!(screen.contains("2. step 2") && !screen.contains("Worked in session 7"), "{screen}");
}

#[test]
fn similar_cases_say_why_under_their_key() {
    let mut priya = briefing(|data| {
        data.similar = vec![Similar {
            session_id: session_id(5),
            number: Number(5),
            problem_summary: "VPN down".into(),
            resolution: "Renewed it.".into(),
            why: Some("Shares error 809 and gw2; its fix worked".into()),
        }];
    });
    assert!(!priya.paint().contains("Shares error 809"));
    priya.press_keys("s");
    assert!(priya.paint().contains("Shares error 809 and gw2; its fix worked"));
}

//! Changing the priority and the summary of a handoff.

use tierup_common::event::EventBody;
use tierup_common::handoff::ChangeHandoff;
use tierup_common::time::Timestamp;

use crate::domain::access;
use crate::domain::caller::Caller;
use crate::domain::decision::{Change, Decision};
use crate::domain::handoff::Handoff;
use crate::domain::refusal::Refusal;
use crate::domain::respond_within::RespondWithin;
use crate::domain::session::Session;

/// Changes the priority and the summary of a handoff. A new priority has its own target, counted from the escalation; a
/// new summary is the one of its session too. The snapshot stays as it was.
pub fn change(
    handoff: &Handoff,
    session: &Session,
    request: &ChangeHandoff,
    caller: &Caller,
    now: Timestamp,
    targets: RespondWithin,
) -> Result<Decision, Refusal> {
    access::ensure_can_change(handoff, session, caller, now)?;
    let previous_priority = request.priority.and(Some(handoff.priority));
    let previous_priority = previous_priority.filter(|before| request.priority != Some(*before));
    let summary = request.problem_summary.as_ref().filter(|summary| **summary != handoff.title);
    if previous_priority.is_none() && summary.is_none() {
        return Ok(Decision::unchanged());
    }
    let priority = request.priority.unwrap_or(handoff.priority);
    let changed = handoff.with_details(priority, summary.unwrap_or(&handoff.title).clone(), now);
    let due_at = match previous_priority {
        Some(_) => targets.due_at(priority, handoff.created_at),
        None => handoff.due_at,
    };
    let changed = Handoff { due_at, ..changed };
    let event = EventBody::HandoffChanged {
        handoff: changed.summary(),
        by: caller.person(),
        previous_priority,
        previous_summary: summary.map(|_| handoff.title.clone()),
    };
    let decision = Decision::default().with_change(Change::UpdateHandoff(changed)).with_event(event);
    Ok(match summary {
        Some(summary) => {
            let title = summary.clone();
            let session = Session { title, has_summary: true, ..session.with_updated_at(now) };
            decision.with_change(Change::UpdateSession(session))
        }
        None => decision,
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tierup_common::handoff::Priority;

    use super::*;
    use crate::domain::handoff::HandoffState;
    use crate::domain::tests::{at, caller, handoff, session};

    /// Mutants seen to fail: the session keeps its old title; an event though nothing changed.
    #[test]
    fn a_new_summary_is_that_of_the_session_too_and_what_is_the_same_is_no_change() {
        let sam = caller("Sam Ortiz");
        let session = session(&sam);
        let open = handoff(&session, HandoffState::Open);
        let request = |priority, summary: Option<&str>| ChangeHandoff {
            priority,
            problem_summary: summary.map(str::to_owned),
        };
        let targets = RespondWithin::NONE.with(Priority::Urgent, Duration::from_mins(15));
        let apply = |request| change(&open, &session, &request, &sam, at(60), targets).unwrap();

        let same = request(Some(open.priority), Some(&open.title));
        assert_eq!(apply(same), Decision::unchanged());
        assert_eq!(apply(ChangeHandoff::default()), Decision::unchanged());

        let decision = apply(request(Some(Priority::Urgent), Some("The whole site is down")));
        assert_eq!(decision.session_after().unwrap().title, "The whole site is down");
        let EventBody::HandoffChanged { handoff, previous_priority, previous_summary, .. } =
            &decision.events[0].body
        else {
            panic!("{decision:?}")
        };
        assert_eq!(handoff.due_at, Some(open.created_at.plus(Duration::from_mins(15))));
        assert_eq!((handoff.priority, handoff.version), (Priority::Urgent, open.version + 1));
        assert_eq!(
            (*previous_priority, previous_summary.as_deref()),
            (Some(open.priority), Some(&*open.title))
        );
        assert!(apply(request(Some(Priority::Urgent), None)).session_after().is_none());
    }

    #[test]
    fn who_takes_no_part_cannot_change_it() {
        let session = session(&caller("Sam Ortiz"));
        let open = handoff(&session, HandoffState::Open);
        let request = ChangeHandoff { priority: Some(Priority::Urgent), problem_summary: None };
        let refused = change(&open, &session, &request, &caller("Dana Wu"), at(60), RespondWithin::NONE);
        assert!(matches!(refused, Err(Refusal::Forbidden(_))), "{refused:?}");
    }
}

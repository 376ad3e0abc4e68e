//! `tierup assign`: a handoff to a named person.

use clap::Args;
use clap_complete::ArgValueCandidates;
use tierup_common::handoff::Assign;
use tierup_common::id::HandoffRef;
use tierup_common::user::User;

use crate::cli::candidates;
use crate::cli::context::CommandContext;
use crate::cli::reference::parse_handoff_ref;
use crate::error::CliError;
use crate::runtime::api::requests;

#[derive(Args)]
pub(super) struct AssignArgs {
    /// Handoff: its number or id
    #[arg(value_parser = parse_handoff_ref, add = ArgValueCandidates::new(candidates::current_handoffs))]
    handoff: HandoffRef,
    /// Team member: an email address, an id, a name or the beginning of one
    #[arg(add = ArgValueCandidates::new(candidates::people))]
    person: String,
    /// What they should know, as a message in the session; use - to read it from standard input
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    note: Option<String>,
}

pub(super) async fn run(context: &CommandContext, arguments: &AssignArgs) -> Result<(), CliError> {
    let note = arguments.note.as_deref().map(|note| context.read_text(note)).transpose()?;
    let team = context.api.send(requests::users()).await?.items;
    let person = find_user(team, &arguments.person)?;
    let body = Assign { user_id: person.id, note };
    let handoff = context.api.send(requests::assign(arguments.handoff, &body)).await?;
    context.output.print(&handoff, &format!("assigned #{} to {}", handoff.item.number, person.name))
}

/// The one active member that the query names. A whole address, id or name comes before the beginning of a name.
pub(super) fn find_user(team: Vec<User>, query: &str) -> Result<User, CliError> {
    let query = query.to_lowercase();
    let is_whole = |user: &User| {
        user.email.to_lowercase() == query
            || user.name.to_lowercase() == query
            || user.id.to_string() == query
    };
    let begins = |user: &User| user.name.to_lowercase().starts_with(&query);
    let (whole, rest): (Vec<User>, Vec<User>) =
        team.into_iter().filter(|user| user.active).partition(is_whole);
    let mut found = if whole.is_empty() { rest.into_iter().filter(begins).collect() } else { whole };
    match (found.pop(), found.is_empty()) {
        (Some(user), true) => Ok(user),
        (Some(last), false) => {
            let names: Vec<String> =
                found.iter().chain([&last]).map(|user| format!("{} <{}>", user.name, user.email)).collect();
            Err(CliError::usage(format!("{query:?} matches several people: {}", names.join(", ")))
                .with_hint("use an email address"))
        }
        (None, _) => Err(CliError::not_found(format!("no team member matches {query:?}"))
            .with_hint("use an email address, an id, a name or the beginning of one")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tierup_common::id::UserId;
    use tierup_common::time::Timestamp;
    use tierup_common::user::Role;

    fn user(name: &str, email: &str, active: bool) -> User {
        let created_at = Timestamp::from_millis(0);
        let id = UserId::new(created_at);
        User { id, email: email.into(), name: name.into(), role: Role::Engineer, active, created_at }
    }

    #[test]
    fn a_member_is_found_by_email_name_or_unambiguous_prefix() {
        let team = || {
            vec![
                user("Dana Wu", "dana@acme.test", true),
                user("Dan", "dan@acme.test", true),
                user("Daniel Left", "gone@acme.test", false),
            ]
        };
        let found = |meant| find_user(team(), meant).map(|user| user.email).map_err(|_| ());
        assert_eq!(found("DANA@acme.test"), Ok("dana@acme.test".into()));
        assert_eq!(found("dana"), Ok("dana@acme.test".into()));
        assert_eq!(found("dan"), Ok("dan@acme.test".into()));
        assert_eq!(found("da"), Err(()));
        assert_eq!(found("daniel"), Err(()));
    }
}

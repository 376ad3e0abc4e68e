//! `tierup assign`: a handoff to a named person.

use clap::Args;
use serde::Deserialize;
use tierup_common::handoff::{Assign, Handoff};
use tierup_common::id::HandoffRef;
use tierup_common::route;
use tierup_common::user::User;

use crate::cli::context::{self, CommandContext};
use crate::cli::error::CliError;

#[derive(Args)]
pub(super) struct AssignArgs {
    /// Its number, or its id
    #[arg(value_parser = context::parse_handoff_ref)]
    handoff: HandoffRef,
    /// Who is to work on it: an email address, a name or the beginning of one, or an id
    person: String,
}

#[derive(Deserialize)]
struct UserList {
    items: Vec<User>,
}

pub(super) async fn run(context: &CommandContext, arguments: &AssignArgs) -> Result<(), CliError> {
    let team: UserList = context.get(&route::USERS.path(&[]), &()).await?;
    let person = find_user(team.items, &arguments.person)?;
    let body = Assign { user_id: person.id };
    let handoff: Handoff = context.post(&route::ASSIGN.path(&[&arguments.handoff]), Some(&body)).await?;
    context.output.print(&handoff, &format!("#{} is with {}", handoff.item.number, person.name))
}

/// The one member who is meant. A whole address, id or name counts before the beginning of a name.
fn find_user(team: Vec<User>, query: &str) -> Result<User, CliError> {
    let meant = query.to_lowercase();
    let is_whole = |user: &User| {
        user.email.to_lowercase() == meant
            || user.name.to_lowercase() == meant
            || user.id.to_string() == meant
    };
    let begins = |user: &User| user.name.to_lowercase().starts_with(&meant);
    let (whole, rest): (Vec<User>, Vec<User>) =
        team.into_iter().filter(|user| user.active).partition(is_whole);
    let mut found = if whole.is_empty() { rest.into_iter().filter(begins).collect() } else { whole };
    match (found.pop(), found.is_empty()) {
        (Some(user), true) => Ok(user),
        (Some(last), false) => {
            let names: Vec<String> =
                found.iter().chain([&last]).map(|user| format!("{} <{}>", user.name, user.email)).collect();
            let names = names.join(", ");
            Err(CliError::usage(format!("{meant:?} is more than one person: {names}"))
                .with_hint("name one by their email address"))
        }
        (None, _) => Err(CliError::not_found(format!("nobody in the team is called {meant:?}"))
            .with_hint("an email address, a name or the beginning of one, or an id")),
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
    fn a_person_is_named_by_address_or_name_or_how_it_begins_and_never_by_chance() {
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

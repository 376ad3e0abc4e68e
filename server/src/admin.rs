//! The commands of `tierup-server` besides `serve`. They work on the data folder, even while a server runs on it.

mod backup;
mod check;
mod error;

use std::path::Path;

use serde::Serialize;
use tierup_common::id::{AccountId, TokenId, UserId};
use tierup_common::time::Timestamp;
use tierup_common::trim::trim_value;
use tierup_common::user::{CreateUser, Role};

use crate::clock::Clock;
use crate::domain::validation::{Validate, Validator};
use crate::domain::{TokenRecord, user};
use crate::store;
use crate::token;

pub use backup::{BackupReport, backup, backup_with_progress, restore, restore_with_progress};
pub use check::check;
pub use error::AdminError;

/// The result of `init`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct InitReport {
    /// The new account.
    pub account_id: AccountId,
    /// Its owner.
    pub user_id: UserId,
    /// The owner's token, which is not stored.
    pub token: String,
}

/// The result of `user add` and `token add`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct AddedUser {
    /// The user.
    pub user_id: UserId,
    /// The user's token, which is not stored.
    pub token: String,
    /// The account that was chosen, if none was named and there are several.
    #[serde(skip)]
    pub chosen_account: Option<String>,
}

/// Creates an account and its owner, and the folder and the database if there are none.
pub fn init(
    folder: &Path,
    account: &str,
    owner_email: &str,
    owner_name: &str,
) -> Result<InitReport, AdminError> {
    let account = account.trim();
    let owner = user_request(owner_email, owner_name, Role::Owner);
    let mut validator = Validator::default();
    validator.non_empty_line("account", account, tierup_common::limit::MAX_NAME_CHARS);
    owner.validate(&mut validator);
    validator.finish()?;
    let mut connection = store::create_database(folder)?;
    store::migrate(&mut connection)?;
    let (now, token) = (Clock::system().now(), token::generate().map_err(AdminError::Randomness)?);
    let (account_id, record) = (AccountId::new(now), new_token_record(UserId::new(now), token.hash, now));
    let user_id = record.user;
    store::with_transaction(&mut connection, |system| {
        if system.accounts()?.iter().any(|(_, name)| name == account) {
            return Ok(Err(AdminError::AccountExists(account.into())));
        }
        system.insert_account(account_id, account, now)?;
        system.account_tx(account_id).apply(user::create_with_token(&owner, record, now), now)?;
        Ok(Ok(()))
    })??;
    Ok(InitReport { account_id, user_id, token: token.secret })
}

/// Adds a user to the named account, or else to the oldest one.
pub fn add_user(
    folder: &Path,
    account: Option<&str>,
    email: &str,
    name: &str,
    role: Role,
) -> Result<AddedUser, AdminError> {
    let (account, request) = (account.map(str::trim), user_request(email, name, role));
    let mut validator = Validator::default();
    request.validate(&mut validator);
    validator.finish()?;
    let mut connection = store::open_existing(folder)?;
    store::migrate(&mut connection)?;
    let (now, token) = (Clock::system().now(), token::generate().map_err(AdminError::Randomness)?);
    let record = new_token_record(UserId::new(now), token.hash, now);
    let user_id = record.user;
    let chosen_account = store::with_transaction(&mut connection, |system| {
        let accounts = system.accounts()?;
        let (id, name) = match choose_account(&accounts, account) {
            Ok(account) => account,
            Err(error) => return Ok(Err(error)),
        };
        system.account_tx(*id).apply(user::create_with_token(&request, record, now), now)?;
        Ok(Ok((account.is_none() && accounts.len() > 1).then(|| name.clone())))
    })??;
    Ok(AddedUser { user_id, token: token.secret, chosen_account })
}

/// Adds another token for a user who lost theirs.
pub fn add_token(folder: &Path, email: &str) -> Result<AddedUser, AdminError> {
    let email = trim_value(email);
    let mut connection = store::open_existing(folder)?;
    store::migrate(&mut connection)?;
    let (now, token) = (Clock::system().now(), token::generate().map_err(AdminError::Randomness)?);
    let user_id = store::with_transaction(&mut connection, |system| {
        let Some((account, user)) = system.user_by_email(email)? else { return Ok(None) };
        let record = new_token_record(user, token.hash, now);
        system.account_tx(account).apply(user::issue_token(record), now)?;
        Ok(Some(user))
    })?;
    let user_id = user_id.ok_or_else(|| AdminError::UserNotFound(email.into()))?;
    Ok(AddedUser { user_id, token: token.secret, chosen_account: None })
}

fn new_token_record(user: UserId, hash: [u8; 32], now: Timestamp) -> TokenRecord {
    let (id, name) = (TokenId::new(now), "made on the server".into());
    TokenRecord { id, user, hash, name, created_at: now, expires_at: None }
}

fn choose_account<'a>(
    accounts: &'a [(AccountId, String)],
    wanted_name: Option<&str>,
) -> Result<&'a (AccountId, String), AdminError> {
    let Some(wanted) = wanted_name else {
        // Ids sort by creation.
        return accounts.iter().min_by_key(|(id, _)| *id).ok_or(AdminError::NoAccounts);
    };
    accounts.iter().find(|(_, name)| name == wanted).ok_or_else(|| {
        let names: Vec<&str> = accounts.iter().map(|(_, name)| name.as_str()).collect();
        AdminError::AccountNotFound(wanted.into(), names.join(", "))
    })
}

/// The request of an admin command, without the whitespace and quotes that copying leaves around an address.
fn user_request(email: &str, name: &str, role: Role) -> CreateUser {
    CreateUser { email: trim_value(email).into(), name: name.trim().into(), role, password: None }
}

#[cfg(test)]
pub(crate) mod tests {
    //! A new account for the tests of other modules.

    use std::path::Path;

    use tempfile::TempDir;

    use crate::domain::Caller;
    use crate::store::{CommitEffects, Store};
    use crate::supervisor::Supervisor;

    /// The store of a new account in a temporary folder, and Ana, its owner.
    pub(crate) struct NewAccount {
        pub(crate) store: Store,
        pub(crate) ana: Caller,
        /// Ana's token.
        pub(crate) token: String,
        /// Deleted when this is dropped.
        folder: TempDir,
    }

    impl NewAccount {
        pub(crate) async fn create() -> Self {
            Self::with_commit_hook(|_| {}).await
        }

        /// The same, with what the store calls after each commit.
        pub(crate) async fn with_commit_hook(on_commit: impl Fn(CommitEffects) + Send + 'static) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let token = super::init(folder.path(), "Acme", "ana@acme.test", "Ana Ruiz").unwrap().token;
            let store = Store::open(folder.path(), on_commit, &Supervisor::default()).unwrap();
            let hash = crate::token::hash(&token).unwrap();
            let ana = store.read_system(move |system| system.caller_by_token_hash(&hash)).await.unwrap();
            Self { store, ana: ana.unwrap(), token, folder }
        }

        pub(crate) fn folder(&self) -> &Path {
            self.folder.path()
        }
    }
}

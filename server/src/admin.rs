//! The server's own commands, beside `serve`: they work on the folder, whether a server runs on it or not.

mod backup;
mod check;

use std::path::{Path, PathBuf};

use serde::Serialize;
use tierup_common::id::{AccountId, TokenId, UserId};
use tierup_common::time::Timestamp;
use tierup_common::trim::trim_value;
use tierup_common::user::{CreateUser, Role, User};

use crate::clock::Clock;
use crate::domain::Refusal;
use crate::domain::validation::{Validate, Validator};
use crate::store::{self, NewUser, OpenError, SystemTx, TokenRecord};
use crate::token;

pub use backup::{BackupReport, backup, restore};
pub use check::{CheckReport, check_folder as check};

/// Why a command did nothing.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The folder cannot be used.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A value breaks a rule.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The store says no.
    #[error(transparent)]
    Store(#[from] store::StoreError),
    /// The machine has no randomness to give.
    #[error("no randomness: {0}")]
    Randomness(getrandom::Error),
    /// There is a file of this name already.
    #[error("{} is there already\nhint: name a file that is not, with the date in it perhaps", .0.display())]
    FileExists(PathBuf),
    /// There is no such backup.
    #[error("there is no file {}", .0.display())]
    NoBackup(PathBuf),
    /// The file is the database of a server, not a backup of it.
    #[error(
        "{} is the database of a server, without what its log beside it holds\nhint: make a backup of its folder: `tierup-server backup --data DIR FILE`", .0.display()
    )]
    NotABackup(PathBuf),
    /// The copy is not sound.
    #[error(
        "the data is not sound, and was not copied\nhint: `tierup-server check --data DIR` says what is wrong"
    )]
    Unsound,
    /// No user has this email address.
    #[error("there is no user {0:?}\nhint: add them with `tierup-server user add`")]
    NoSuchUser(String),
    /// There is an account of this name already.
    #[error("there is an account {0:?} already\nhint: add people to it with `tierup-server user add`")]
    AccountExists(String),
    /// No account has this name.
    #[error("there is no account {0:?}; there is: {1}")]
    NoSuchAccount(String, String),
    /// There is no account at all.
    #[error("there is no account yet\nhint: make one with `tierup-server init`")]
    NoAccount,
}

/// What `init` made.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct InitReport {
    /// The account.
    pub account_id: AccountId,
    /// Its owner.
    pub user_id: UserId,
    /// The owner's token, shown this once.
    pub token: String,
}

/// What `user add` made.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct AddedUser {
    /// The user.
    pub user_id: UserId,
    /// Their token, shown this once.
    pub token: String,
    /// The account, where none was named and there are several.
    #[serde(skip)]
    pub chosen_account: Option<String>,
}

/// Makes an account and its owner, and folder and database where there are none yet.
pub fn init(
    folder: &Path,
    account: &str,
    owner_email: &str,
    owner_name: &str,
) -> Result<InitReport, AdminError> {
    let account = account.trim();
    let owner = user_request(owner_email, owner_name, Role::Owner);
    let mut check = Validator::default();
    check.non_empty_line("account", account, tierup_common::limit::NAME);
    owner.validate(&mut check);
    check.finish()?;
    let mut connection = store::create_database(folder)?;
    store::migrate(&mut connection)?;
    let (now, made) = (Clock::system().now(), token::make().map_err(AdminError::Randomness)?);
    let account_id = AccountId::new(now);
    let user_id = store::with_transaction(&mut connection, |system| {
        if system.accounts()?.iter().any(|(_, name)| name == account) {
            return Ok(Err(AdminError::AccountExists(account.into())));
        }
        system.insert_account(account_id, account, now)?;
        insert_user_with_token(system, account_id, &owner, made.hash, now).map(Ok)
    })??;
    Ok(InitReport { account_id, user_id, token: made.secret })
}

/// Adds a user to an account: the one that is named, or else the one that was made first.
pub fn add_user(
    folder: &Path,
    account: Option<&str>,
    email: &str,
    name: &str,
    role: Role,
) -> Result<AddedUser, AdminError> {
    let (account, user) = (account.map(str::trim), user_request(email, name, role));
    let mut check = Validator::default();
    user.validate(&mut check);
    check.finish()?;
    let mut connection = store::open_existing(folder)?;
    store::migrate(&mut connection)?;
    let (now, made) = (Clock::system().now(), token::make().map_err(AdminError::Randomness)?);
    let (user_id, chosen) = store::with_transaction(&mut connection, |system| {
        let accounts = system.accounts()?;
        let (id, name) = match choose_account(&accounts, account) {
            Ok(account) => account,
            Err(error) => return Ok(Err(error)),
        };
        let chosen = (account.is_none() && accounts.len() > 1).then(|| name.clone());
        insert_user_with_token(system, *id, &user, made.hash, now).map(|user| Ok((user, chosen)))
    })??;
    Ok(AddedUser { user_id, token: made.secret, chosen_account: chosen })
}

/// Makes another token for a user, for whoever lost theirs.
pub fn add_token(folder: &Path, email: &str) -> Result<AddedUser, AdminError> {
    let email = trim_value(email);
    let mut connection = store::open_existing(folder)?;
    store::migrate(&mut connection)?;
    let (now, made) = (Clock::system().now(), token::make().map_err(AdminError::Randomness)?);
    let user_id = store::with_transaction(&mut connection, |system| {
        let Some((account, user)) = system.user_by_email(email)? else { return Ok(None) };
        system.account_tx(account).insert_token(&new_token_record(user, made.hash, now))?;
        Ok(Some(user))
    })?;
    let user_id = user_id.ok_or_else(|| AdminError::NoSuchUser(email.into()))?;
    Ok(AddedUser { user_id, token: made.secret, chosen_account: None })
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
        // Ids are in the order of their making.
        return accounts.iter().min_by_key(|(id, _)| *id).ok_or(AdminError::NoAccount);
    };
    accounts.iter().find(|(_, name)| name == wanted).ok_or_else(|| {
        let known: Vec<&str> = accounts.iter().map(|(_, name)| name.as_str()).collect();
        AdminError::NoSuchAccount(wanted.into(), known.join(", "))
    })
}

/// A person as they were written down, without what copying leaves around an address and a name.
fn user_request(email: &str, name: &str, role: Role) -> CreateUser {
    CreateUser { email: trim_value(email).into(), name: name.trim().into(), role, password: None }
}

fn insert_user_with_token(
    system: &mut SystemTx<'_>,
    account: AccountId,
    request: &CreateUser,
    token_hash: [u8; 32],
    now: Timestamp,
) -> store::Result<UserId> {
    let user = User {
        id: UserId::new(now),
        email: request.email.clone(),
        name: request.name.clone(),
        role: request.role,
        active: true,
        created_at: now,
    };
    let token = new_token_record(user.id, token_hash, now);
    let tx = system.account_tx(account);
    let new = NewUser { user, password_hash: None };
    tx.insert_user(&new)?;
    tx.insert_token(&token)?;
    Ok(new.user.id)
}

//! Accounts, users and tokens as rows.

use rusqlite::{OptionalExtension, Row, params};
use tierup_common::id::{AccountId, TokenId, UserId};
use tierup_common::permission;
use tierup_common::time::Timestamp;
use tierup_common::user::{Token, User};

use crate::domain::{Caller, NewUser, Refusal, Revocation, TokenRecord, UserUpdate, user};
use crate::store::effects::AccessChange;
use crate::store::error::Result;
use crate::store::tx::{AccountScope, AccountTx, SystemScope, SystemTx};

const SELECT_USER: &str = "SELECT id, email, name, role, active, created_at FROM user WHERE account_id = ?1 ";

impl SystemScope<'_> {
    /// All accounts, sorted by name.
    pub fn accounts(&self) -> Result<Vec<(AccountId, String)>> {
        let mut statement = self.connection.prepare("SELECT id, name FROM account ORDER BY name")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The active user with an email address.
    pub fn user_by_email(&self, email: &str) -> Result<Option<(AccountId, UserId)>> {
        let sql = "SELECT account_id, id FROM user WHERE email = ?1 AND active = 1";
        let mut statement = self.connection.prepare_cached(sql)?;
        Ok(statement.query_row([email], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
    }

    /// The active user with an email address and the hash of their password, with their account. `None` for a user
    /// without a password, too.
    pub fn password_hash_by_email(&self, email: &str) -> Result<Option<(AccountId, User, String)>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT id, email, name, role, active, created_at, account_id, password_hash FROM user
             WHERE email = ?1 AND active = 1 AND password_hash IS NOT NULL",
        )?;
        let read = |row: &Row<'_>| Ok((row.get(6)?, user_from_row(row)?, row.get(7)?));
        Ok(statement.query_row([email], read).optional()?)
    }

    /// The caller of a token, by the hash of its secret; `None` for an unknown token or an inactive user. The token may
    /// have expired: see [`crate::domain::access::authorize`].
    pub fn caller_by_token_hash(&self, hash: &[u8; 32]) -> Result<Option<Caller>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT t.account_id, t.user_id, u.name, u.role, t.id, t.expires_at
             FROM token t JOIN user u ON u.account_id = t.account_id AND u.id = t.user_id
             WHERE t.hash = ?1 AND u.active = 1",
        )?;
        Ok(statement.query_row([hash], caller_from_row).optional()?)
    }
}

impl SystemTx<'_> {
    /// Deletes tokens that expired before a time. Returns how many.
    pub fn delete_expired_tokens(&mut self, now: Timestamp) -> Result<usize> {
        let deleted = self.connection.execute("DELETE FROM token WHERE expires_at <= ?1", [now])?;
        if deleted > 0 {
            self.effects.access_changes.push(AccessChange::UserChanged);
        }
        Ok(deleted)
    }

    /// Adds an account.
    pub fn insert_account(&self, id: AccountId, name: &str, now: Timestamp) -> Result<()> {
        let sql = "INSERT INTO account (id, name, created_at) VALUES (?1, ?2, ?3)";
        self.connection.execute(sql, params![id, name, now])?;
        Ok(())
    }
}

impl AccountScope<'_> {
    /// The caller of a token of the account; `None` if it has ended or its user is inactive.
    pub fn caller_by_token(&self, token: TokenId) -> Result<Option<Caller>> {
        let sql = "SELECT t.account_id, t.user_id, u.name, u.role, t.id, t.expires_at
             FROM token t JOIN user u ON u.account_id = t.account_id AND u.id = t.user_id
             WHERE t.account_id = ?1 AND t.id = ?2 AND u.active = 1";
        self.query_first(sql, params![self.account, token], caller_from_row)
    }

    /// The name of the account.
    pub fn account_name(&self) -> Result<String> {
        let name =
            self.query_first("SELECT name FROM account WHERE id = ?1", [self.account], |row| row.get(0))?;
        Ok(name.ok_or(Refusal::NotFound)?)
    }

    /// All users of the account, in the order they were added.
    pub fn users(&self) -> Result<Vec<User>> {
        self.query_all(&format!("{SELECT_USER} ORDER BY id"), [self.account], user_from_row)
    }

    /// A user of the account.
    pub fn user(&self, id: UserId) -> Result<Option<User>> {
        self.query_first(&format!("{SELECT_USER} AND id = ?2"), params![self.account, id], user_from_row)
    }

    /// Whether the account has an active owner besides this user.
    pub fn has_other_owner(&self, except: UserId) -> Result<bool> {
        Ok(self.users()?.iter().any(|user| user.id != except && user::is_active_owner(user)))
    }

    /// The tokens of a user that have not expired, oldest first.
    pub fn tokens(&self, user: UserId, now: Timestamp) -> Result<Vec<Token>> {
        self.query_all(
            "SELECT id, name, created_at, expires_at FROM token
             WHERE account_id = ?1 AND user_id = ?2 AND (expires_at IS NULL OR expires_at > ?3) ORDER BY id",
            params![self.account, user, now],
            |row| {
                Ok(Token {
                    id: row.get(0)?,
                    name: row.get(1)?,
                    created_at: row.get(2)?,
                    expires_at: row.get(3)?,
                })
            },
        )
    }

    /// Whether there is a token with this id and this hash.
    pub fn has_token(&self, id: TokenId, hash: &[u8; 32]) -> Result<bool> {
        let sql = "SELECT 1 FROM token WHERE account_id = ?1 AND id = ?2 AND hash = ?3";
        Ok(self.query_first(sql, params![self.account, id, hash], |_| Ok(()))?.is_some())
    }

    /// The user of a token.
    pub fn token_owner(&self, id: TokenId) -> Result<Option<User>> {
        let sql = "SELECT user_id FROM token WHERE account_id = ?1 AND id = ?2";
        let user: Option<UserId> = self.query_first(sql, params![self.account, id], |row| row.get(0))?;
        user.map(|user| self.user(user)).transpose().map(Option::flatten)
    }

    /// The active user with this id, if their password still has this hash.
    pub fn user_with_password(&self, id: UserId, password_hash: &str) -> Result<Option<User>> {
        let sql = format!("{SELECT_USER} AND id = ?2 AND active = 1 AND password_hash = ?3");
        self.query_first(&sql, params![self.account, id, password_hash], user_from_row)
    }

    /// The users to notify of a handoff: all who could claim it, except one.
    pub fn notification_recipients(&self, except: UserId) -> Result<Vec<User>> {
        let mut users = self.users()?;
        users.retain(|user| user.id != except && permission::is_assignable(user.role, user.active));
        Ok(users)
    }
}

impl AccountTx<'_> {
    /// Adds a user, unless another user of the whole server has the email address.
    pub(super) fn insert_user(&self, new: &NewUser) -> Result<()> {
        let taken = self.query_first("SELECT 1 FROM user WHERE email = ?1", [&new.user.email], |_| Ok(()))?;
        if taken.is_some() {
            return Err(Refusal::EmailTaken.into());
        }
        let user = &new.user;
        self.execute(
            "INSERT INTO user (account_id, id, email, name, role, active, password_hash, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                self.account,
                user.id,
                user.email,
                user.name,
                user.role,
                user.active,
                new.password_hash,
                user.created_at
            ],
        )?;
        Ok(())
    }

    pub(super) fn insert_token(&self, token: &TokenRecord) -> Result<()> {
        self.execute(
            "INSERT INTO token (account_id, id, user_id, hash, name, created_at, expires_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                self.account,
                token.id,
                token.user,
                token.hash,
                token.name,
                token.created_at,
                token.expires_at
            ],
        )?;
        Ok(())
    }

    pub(super) fn update_user(&mut self, update: &UserUpdate) -> Result<()> {
        let user = &update.user;
        self.execute_one(
            "UPDATE user SET name = ?3, role = ?4, active = ?5, password_hash = COALESCE(?6, password_hash)
             WHERE account_id = ?1 AND id = ?2",
            params![self.account, user.id, user.name, user.role, user.active, update.password_hash],
        )?;
        let kept_token = match update.revoked_tokens {
            Revocation::None => None,
            Revocation::AllExcept(token) => Some(Some(token)),
            Revocation::All => Some(None),
        };
        if let Some(kept) = kept_token {
            let sql = "DELETE FROM token WHERE account_id = ?1 AND user_id = ?2 AND id IS NOT ?3";
            self.execute(sql, params![self.account, user.id, kept])?;
        }
        self.effects.access_changes.push(match update.revoked_streams {
            Revocation::None => AccessChange::UserChanged,
            Revocation::AllExcept(token) => AccessChange::UserRevoked(self.account, user.id, Some(token)),
            Revocation::All => AccessChange::UserRevoked(self.account, user.id, None),
        });
        Ok(())
    }

    pub(super) fn delete_token(&mut self, id: TokenId) -> Result<()> {
        self.execute("DELETE FROM token WHERE account_id = ?1 AND id = ?2", params![self.account, id])?;
        self.effects.access_changes.push(AccessChange::TokenRevoked(self.account, id));
        Ok(())
    }
}

fn caller_from_row(row: &Row<'_>) -> rusqlite::Result<Caller> {
    Ok(Caller {
        account: row.get(0)?,
        id: row.get(1)?,
        name: row.get(2)?,
        role: row.get(3)?,
        token: row.get(4)?,
        expires_at: row.get(5)?,
    })
}

fn user_from_row(row: &Row<'_>) -> rusqlite::Result<User> {
    Ok(User {
        id: row.get(0)?,
        email: row.get(1)?,
        name: row.get(2)?,
        role: row.get(3)?,
        active: row.get(4)?,
        created_at: row.get(5)?,
    })
}

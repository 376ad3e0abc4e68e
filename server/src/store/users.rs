//! Accounts, their users, and the tokens that users come with.

use rusqlite::{OptionalExtension, Row, params};
use tierup_common::id::{AccountId, TokenId, UserId};
use tierup_common::time::Timestamp;
use tierup_common::user::{Role, Token, User};

use crate::domain::{Caller, Refusal};
use crate::store::Result;
use crate::store::tx::{Rights, Scope, System, Tx};

/// A user to add.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// The user.
    pub user: User,
    /// The argon2 hash of their password, when they have one.
    pub password_hash: Option<String>,
}

/// A token to add; its secret is not in it.
#[derive(Clone, Debug)]
pub struct Credential {
    /// The token.
    pub id: TokenId,
    /// Whose.
    pub user: UserId,
    /// The SHA-256 of the secret.
    pub hash: [u8; 32],
    /// What it is for.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops working.
    pub expires_at: Option<Timestamp>,
}

const USER: &str = "SELECT id, email, name, role, active, created_at FROM user WHERE account_id = ?1 ";

impl System<'_> {
    /// Every account, by name.
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

    /// Forgets tokens that stopped working by themselves before a moment.
    pub fn forget_expired_tokens(&mut self, now: Timestamp) -> Result<usize> {
        let gone = self.connection.execute("DELETE FROM token WHERE expires_at <= ?1", [now])?;
        if gone > 0 {
            self.news.rights.push(Rights::Changed);
        }
        Ok(gone)
    }

    /// Adds an account.
    pub fn insert_account(&self, id: AccountId, name: &str, now: Timestamp) -> Result<()> {
        let sql = "INSERT INTO account (id, name, created_at) VALUES (?1, ?2, ?3)";
        self.connection.execute(sql, params![id, name, now])?;
        Ok(())
    }

    /// What a log-in with this email address is tried against: whose it is, their password's hash, and who they are.
    /// None for an unknown address, an inactive user, or one without a password.
    pub fn password_of(&self, email: &str) -> Result<Option<(AccountId, User, String)>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT id, email, name, role, active, created_at, account_id, password_hash FROM user
             WHERE email = ?1 AND active = 1 AND password_hash IS NOT NULL",
        )?;
        let read = |row: &Row<'_>| Ok((row.get(6)?, read_user(row)?, row.get(7)?));
        Ok(statement.query_row([email], read).optional()?)
    }

    /// Who comes with the token of this hash; none for an unknown token or an inactive user. Whether the token has
    /// run out is for the reader of a clock to say.
    pub fn caller(&self, hash: &[u8; 32]) -> Result<Option<Caller>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT t.account_id, t.user_id, u.name, u.role, t.id, t.expires_at
             FROM token t JOIN user u ON u.account_id = t.account_id AND u.id = t.user_id
             WHERE t.hash = ?1 AND u.active = 1",
        )?;
        Ok(statement.query_row([hash], read_caller).optional()?)
    }
}

impl Scope<'_> {
    /// Who comes with a token of the account; none where it has ended or its user is inactive.
    pub fn caller(&self, token: TokenId) -> Result<Option<Caller>> {
        let sql = "SELECT t.account_id, t.user_id, u.name, u.role, t.id, t.expires_at
             FROM token t JOIN user u ON u.account_id = t.account_id AND u.id = t.user_id
             WHERE t.account_id = ?1 AND t.id = ?2 AND u.active = 1";
        self.one(sql, params![self.account, token], read_caller)
    }

    /// The name of the account.
    pub fn account_name(&self) -> Result<String> {
        let name = self.one("SELECT name FROM account WHERE id = ?1", [self.account], |row| row.get(0))?;
        Ok(name.ok_or(Refusal::NotFound)?)
    }

    /// Every user of the account, in the order they were added.
    pub fn users(&self) -> Result<Vec<User>> {
        self.all(&format!("{USER} ORDER BY id"), [self.account], read_user)
    }

    /// One user of the account.
    pub fn user(&self, id: UserId) -> Result<Option<User>> {
        self.one(&format!("{USER} AND id = ?2"), params![self.account, id], read_user)
    }

    /// Whether the account has an active owner besides this user.
    pub fn has_other_owner(&self, than: UserId) -> Result<bool> {
        let others = self.users()?;
        Ok(others.iter().any(|user| user.active && user.role == Role::Owner && user.id != than))
    }

    /// The tokens of a user that still work, the oldest first.
    pub fn tokens(&self, user: UserId, now: Timestamp) -> Result<Vec<Token>> {
        self.all(
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

    /// Whether there is this token, with this hash.
    pub fn is_token(&self, id: TokenId, hash: &[u8; 32]) -> Result<bool> {
        let sql = "SELECT 1 FROM token WHERE account_id = ?1 AND id = ?2 AND hash = ?3";
        Ok(self.one(sql, params![self.account, id, hash], |_| Ok(()))?.is_some())
    }

    /// Whose token this is.
    pub fn token_owner(&self, id: TokenId) -> Result<Option<User>> {
        let sql = "SELECT user_id FROM token WHERE account_id = ?1 AND id = ?2";
        let user: Option<UserId> = self.one(sql, params![self.account, id], |row| row.get(0))?;
        user.map(|user| self.user(user)).transpose().map(Option::flatten)
    }

    /// Whom to tell of a handoff: everybody who could claim it but the one who made it.
    pub fn audience(&self, but: UserId) -> Result<Vec<User>> {
        let mut users = self.users()?;
        users.retain(|user| user.active && user.role >= Role::Engineer && user.id != but);
        Ok(users)
    }
}

impl Tx<'_> {
    /// Adds a user. An email address belongs to one user of the whole server.
    pub fn insert_user(&self, new: &NewUser) -> Result<()> {
        let taken = self.one("SELECT 1 FROM user WHERE email = ?1", [&new.user.email], |_| Ok(()))?;
        if taken.is_some() {
            return Err(Refusal::EmailTaken.into());
        }
        let user = &new.user;
        self.run(
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

    /// Adds a token.
    pub fn insert_token(&self, token: &Credential) -> Result<()> {
        self.run(
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

    /// Adds a token for a log-in with the password of this hash; who logged in. None if the password is another now, or
    /// its user inactive: then nothing is added.
    pub fn log_in(&mut self, token: &Credential, password_hash: &str) -> Result<Option<User>> {
        let sql = format!("{USER} AND id = ?2 AND active = 1 AND password_hash = ?3");
        let user = self.one(&sql, params![self.account, token.user, password_hash], read_user)?;
        if user.is_some() {
            self.insert_token(token)?;
        }
        Ok(user)
    }

    /// Writes a user as they are to be instead of as they were; a password only where there is a new one. With a new
    /// password every token of theirs ends but the one in use, which is the caller's; with another role the streams
    /// do, and one who is no longer active loses both.
    pub fn update_user(
        &mut self,
        before: &User,
        user: &User,
        password_hash: Option<&str>,
        in_use: TokenId,
    ) -> Result<()> {
        self.run(
            "UPDATE user SET name = ?3, role = ?4, active = ?5, password_hash = COALESCE(?6, password_hash)
             WHERE account_id = ?1 AND id = ?2",
            params![self.account, user.id, user.name, user.role, user.active, password_hash],
        )?;
        let kept = Some(in_use).filter(|_| user.active);
        if !user.active || password_hash.is_some() {
            let sql = "DELETE FROM token WHERE account_id = ?1 AND user_id = ?2 AND id IS NOT ?3";
            self.run(sql, params![self.account, user.id, kept])?;
        }
        self.news.rights.push(if before.active != user.active || before.role != user.role {
            Rights::UserEnded(self.account, user.id, None)
        } else if password_hash.is_some() {
            Rights::UserEnded(self.account, user.id, kept)
        } else {
            Rights::Changed
        });
        Ok(())
    }

    /// Removes a token: it is dead from this commit on. Whether there was one.
    pub fn delete_token(&mut self, id: TokenId) -> Result<bool> {
        let touched =
            self.run("DELETE FROM token WHERE account_id = ?1 AND id = ?2", params![self.account, id])?;
        self.news.rights.push(Rights::TokenEnded(self.account, id));
        Ok(touched > 0)
    }
}

fn read_caller(row: &Row<'_>) -> rusqlite::Result<Caller> {
    Ok(Caller {
        account: row.get(0)?,
        id: row.get(1)?,
        name: row.get(2)?,
        role: row.get(3)?,
        token: row.get(4)?,
        expires_at: row.get(5)?,
    })
}

fn read_user(row: &Row<'_>) -> rusqlite::Result<User> {
    Ok(User {
        id: row.get(0)?,
        email: row.get(1)?,
        name: row.get(2)?,
        role: row.get(3)?,
        active: row.get(4)?,
        created_at: row.get(5)?,
    })
}

//! Accounts, their users, and the tokens that users come with.

use rusqlite::{OptionalExtension, Row, params};
use tierup_common::id::{AccountId, TokenId, UserId};
use tierup_common::time::Timestamp;
use tierup_common::user::{Role, User};

use crate::domain::{Caller, Refusal};
use crate::store::Result;
use crate::store::tx::{Scope, System, Tx};

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

    /// Adds an account.
    pub fn insert_account(&self, id: AccountId, name: &str, now: Timestamp) -> Result<()> {
        let sql = "INSERT INTO account (id, name, created_at) VALUES (?1, ?2, ?3)";
        self.connection.execute(sql, params![id, name, now])?;
        Ok(())
    }

    /// Who comes with the token of this hash; none for an unknown token or an inactive user. Whether the token has
    /// run out is for the reader of a clock to say.
    pub fn caller(&self, hash: &[u8; 32]) -> Result<Option<Caller>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT t.account_id, t.user_id, u.name, u.role, t.id, t.expires_at
             FROM token t JOIN user u ON u.account_id = t.account_id AND u.id = t.user_id
             WHERE t.hash = ?1 AND u.active = 1",
        )?;
        let read = |row: &Row<'_>| {
            Ok(Caller {
                account: row.get(0)?,
                id: row.get(1)?,
                name: row.get(2)?,
                role: row.get(3)?,
                token: row.get(4)?,
                expires_at: row.get(5)?,
            })
        };
        Ok(statement.query_row([hash], read).optional()?)
    }
}

impl Scope<'_> {
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

    /// Removes a token: it is dead from this commit on. Whether there was one.
    pub fn delete_token(&self, id: TokenId) -> Result<bool> {
        let touched =
            self.run("DELETE FROM token WHERE account_id = ?1 AND id = ?2", params![self.account, id])?;
        Ok(touched > 0)
    }
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

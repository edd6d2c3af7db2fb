//! Who a request comes from, by the token that it carries, and what that allows.

mod identity;
mod jwt;
mod keys;
mod tokens;

pub use identity::{Grant, Identity, Role};
pub use jwt::Jwt;
pub use tokens::{TOKEN_VARIABLE, Token};

use crate::Result;
use crate::config::{Config, ServeCfg};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use identity::WRONG;
use std::sync::Arc;

/// Those whose requests are answered.
#[derive(Debug)]
pub struct Who {
    /// Tokens of the configuration.
    tokens: Vec<Token>,
    /// Tokens that an issuer signs.
    jwt: Option<Jwt>,
}

impl Who {
    /// Reads the tokens and keys that the configuration names.
    ///
    /// # Errors
    /// Tokens and keys that cannot be read, are too short or of no use; tables that are not served.
    pub fn read(cfg: &ServeCfg, config: &Config) -> Result<Who> {
        let jwt = cfg.jwt.as_ref().map(|jwt| Jwt::read(jwt, config)).transpose()?;
        Ok(Who { tokens: tokens::read(cfg, config)?, jwt })
    }

    /// The claim of signed tokens that names the role.
    pub fn role_claim(&self) -> &str {
        self.jwt.as_ref().map_or(jwt::ROLE_CLAIM, Jwt::role_claim)
    }

    /// Which tokens are asked for, for the log.
    pub fn describe(&self) -> String {
        let mut parts = Vec::new();
        match self.tokens.len() {
            0 => {}
            1 => parts.push("a token".to_owned()),
            many => parts.push(format!("{many} tokens")),
        }
        if let Some(jwt) = &self.jwt {
            parts.push(format!("tokens signed by {}", jwt.algorithms().join(" or ")));
        }
        if parts.is_empty() { "without a token".to_owned() } else { format!("with {}", parts.join(" and ")) }
    }

    /// Whether each request needs a token.
    pub fn is_needed(&self) -> bool {
        !self.tokens.is_empty() || self.jwt.is_some()
    }

    /// Whom the headers of a request name.
    ///
    /// # Errors
    /// What is wrong with its token, in words that reveal no secret.
    pub fn find(&self, headers: &HeaderMap) -> Result<Identity, &'static str> {
        if !self.is_needed() {
            return Ok(Identity::All);
        }
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let (Some(value), None) = (values.next(), values.next()) else { return Err(WRONG) };
        let (scheme, given) = value.as_bytes().split_at_checked("Bearer ".len()).ok_or(WRONG)?;
        if !scheme.eq_ignore_ascii_case(b"Bearer ") {
            return Err(WRONG);
        }
        match (tokens::find(&self.tokens, given), &self.jwt) {
            (Some(identity), _) => Ok(identity),
            (None, Some(jwt)) => jwt.role(given).map(|role| Identity::Role(Arc::new(role))),
            (None, None) => Err(WRONG),
        }
    }
}

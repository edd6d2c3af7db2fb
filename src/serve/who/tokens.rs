//! Tokens that the configuration names: one for all that the tables grant, and others with rights of their own.

use super::identity::Identity;
use crate::config::{Config, SecretSource, ServeCfg, ServeTokenCfg};
use crate::secret::Secret;
use crate::{Error, Place, Result};
use std::collections::HashMap;
use std::env;
use std::fs;
use std::sync::Arc;
use subtle::ConstantTimeEq;

/// The environment variable that holds the token for everything, unless the configuration names another.
pub const TOKEN_VARIABLE: &str = "PGHAUL_SERVE_TOKEN";
/// The shortest token (characters); a shorter one can be guessed.
const MIN_TOKEN: usize = 16;

/// A token.
#[derive(Debug)]
pub struct Token {
    secret: Secret,
    identity: Identity,
}

/// The tokens of a configuration.
///
/// # Errors
/// A token that cannot be read, is too short, or stands there twice; a right to a table that is not served.
pub fn read(cfg: &ServeCfg, config: &Config) -> Result<Vec<Token>> {
    let from_variable = || env::var(TOKEN_VARIABLE).ok().filter(|token| !token.is_empty());
    let of_all = match &cfg.token {
        Some(source) => Some(text("serve.token", source, config)?),
        None => from_variable(),
    };
    let mut given: Vec<(String, Identity)> = of_all.into_iter().map(|text| (text, Identity::All)).collect();
    for token in &cfg.tokens {
        given.push((text("serve.tokens", &token.token, config)?, rights(token, cfg)?));
    }
    let mut tokens: Vec<Token> = Vec::new();
    for (text, identity) in given {
        let secret = checked(&text)?;
        if tokens.iter().any(|other| other.secret == secret) {
            return Err(
                Error::refused("two tokens of serve are the same").remedy("make another one for each client")
            );
        }
        tokens.push(Token { secret, identity });
    }
    Ok(tokens)
}

/// The text that a variable or a file holds.
fn text(key: &str, source: &SecretSource, config: &Config) -> Result<String> {
    match source {
        SecretSource::Env(name) => env::var(name)
            .ok()
            .filter(|token| !token.is_empty())
            .ok_or_else(|| Error::refused(format!("{key}: environment variable {name} is not set"))),
        SecretSource::File(file) => {
            let path = config.path(file);
            let text = fs::read_to_string(&path)
                .map_err(|error| Error::refused(error).at(Place::file(path.display().to_string())))?;
            Ok(text.trim_end_matches(['\r', '\n']).to_owned())
        }
    }
}

fn checked(token: &str) -> Result<Secret> {
    if token.chars().count() < MIN_TOKEN || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Error::refused(format!("the token is shorter than {MIN_TOKEN} characters, or has blanks or others that no header can hold"))
            .remedy("make one, for example with: openssl rand -hex 32"));
    }
    Ok(Secret::new(token))
}

fn rights(token: &ServeTokenCfg, cfg: &ServeCfg) -> Result<Identity> {
    let Some(tables) = &token.tables else { return Ok(Identity::All) };
    let mut rights = HashMap::new();
    for (name, verbs) in &tables.0 {
        let Some((_, served)) = cfg.tables.0.iter().find(|(path, _)| path == name) else {
            return Err(Error::refused(
                "serve.tokens gives rights to a table that serve.tables does not name",
            )
            .at(Place::table(name)));
        };
        if let Some(verb) = verbs.iter().find(|verb| !served.verbs().contains(verb)) {
            return Err(Error::refused(format!(
                "serve.tokens gives {}, which serve.tables does not grant",
                verb.name()
            ))
            .at(Place::table(name))
            .remedy("add it to the verbs of the table"));
        }
        rights.insert(name.clone(), verbs.clone());
    }
    Ok(Identity::Some(Arc::new(rights)))
}

/// What the token with this text allows. Each token is compared in constant time, so that the time reveals the lengths at most.
pub fn find(tokens: &[Token], given: &[u8]) -> Option<Identity> {
    let mut found = None;
    for token in tokens {
        if bool::from(token.secret.reveal().as_bytes().ct_eq(given)) {
            found = Some(&token.identity);
        }
    }
    found.cloned()
}

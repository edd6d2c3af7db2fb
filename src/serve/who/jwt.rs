//! Signed tokens (RFC 7519, in the compact form of RFC 7515): which role of the database a request acts as.

use super::identity::{Role, WRONG};
use super::keys::{self, Algorithm, Key};
use crate::config::{Config, ServeJwtCfg, Text};
use crate::{Error, Result};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::Value;
use std::time::{SystemTime, UNIX_EPOCH};

/// The claim that names the role, unless the configuration names another.
pub const ROLE_CLAIM: &str = "role";
/// How much the clocks of the issuer and of this machine may differ (seconds).
const LEEWAY_SECS: f64 = 30.0;

/// The keys and rules by which tokens are judged.
#[derive(Debug)]
pub struct Jwt {
    keys: Vec<Key>,
    role_claim: String,
    audiences: Vec<String>,
    issuers: Vec<String>,
}

/// The head of a token.
#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    /// Extensions that must be understood; the service understands none.
    crit: Option<Value>,
}

impl Jwt {
    /// Reads the keys.
    ///
    /// # Errors
    /// Keys that cannot be read or are of no use, algorithms that are not known or have no key.
    pub fn read(cfg: &ServeJwtCfg, config: &Config) -> Result<Jwt> {
        let mut keys = Vec::new();
        for file in &cfg.key_file {
            keys.extend(keys::read(&config.path(&file.0))?);
        }
        if keys.is_empty() {
            return Err(Error::refused("serve.jwt.key_file names no file"));
        }
        if let Some(names) = &cfg.algorithms {
            check_algorithms(names, &keys)?;
        }
        let texts = |texts: &[Text]| texts.iter().map(|text| text.0.clone()).collect();
        Ok(Jwt {
            keys,
            role_claim: cfg.role_claim.as_ref().map_or(ROLE_CLAIM, |claim| &claim.0).to_owned(),
            audiences: texts(&cfg.audience),
            issuers: texts(&cfg.issuer),
        })
    }

    /// The claim that names the role.
    pub fn role_claim(&self) -> &str {
        &self.role_claim
    }

    /// The names of the algorithms.
    pub fn algorithms(&self) -> Vec<&'static str> {
        let mut names: Vec<&str> = self.keys.iter().map(|key| key.algorithm().name()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The role that a token names.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn role(&self, token: &[u8]) -> Result<Role, &'static str> {
        let text = self.signed(token).ok_or(WRONG)?;
        let claims: Value = serde_json::from_str(&text).map_err(|_| WRONG)?;
        // Its signature is right, so the client may know what is wrong.
        self.check(&claims)?;
        let found = match self.role_claim.starts_with('/') {
            true => claims.pointer(&self.role_claim),
            false => claims.get(&self.role_claim),
        };
        match found.and_then(Value::as_str) {
            // `none` would be the role that the service has logged in as.
            Some(name) if !matches!(name, "" | "none") && !name.contains('\0') => {
                Ok(Role { name: name.to_owned(), claims: text })
            }
            _ => Err("the token names no role"),
        }
    }

    /// The claims of a token as they are written, where numbers have all their digits; none unless one of the keys has signed it.
    fn signed(&self, token: &[u8]) -> Option<String> {
        let token = std::str::from_utf8(token).ok()?;
        let (message, signature) = token.rsplit_once('.')?;
        let (header, claims) = message.split_once('.')?;
        let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
        let header: Header = serde_json::from_slice(&decoded(header)?).ok()?;
        let signature = decoded(signature)?;
        let algorithm = Algorithm::named(&header.alg).filter(|_| header.crit.is_none())?;
        // The head chooses among the keys of its algorithm, never the algorithm of a key.
        let may_be_meant = |key: &&Key| {
            key.algorithm() == algorithm && (key.id.is_none() || header.kid.is_none() || key.id == header.kid)
        };
        let mut keys = self.keys.iter().filter(may_be_meant);
        if !keys.any(|key| key.has_signed(message.as_bytes(), &signature)) {
            return None;
        }
        String::from_utf8(decoded(claims)?).ok()
    }

    /// Checks the claims that say when and for whom a token is (RFC 7519, section 4.1).
    fn check(&self, claims: &Value) -> Result<(), &'static str> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(f64::MAX, |since| since.as_secs_f64());
        match claims.get("exp").map(Value::as_f64) {
            Some(Some(end)) if end > now - LEEWAY_SECS => {}
            Some(Some(_)) => return Err("the token has expired"),
            _ => return Err("the token does not say when it expires"),
        }
        match claims.get("nbf").map(Value::as_f64) {
            None => {}
            Some(Some(begin)) if begin <= now + LEEWAY_SECS => {}
            Some(_) => return Err("the token is not valid yet"),
        }
        let audience = claims.get("aud").unwrap_or(&Value::Null);
        // Where no audience is expected, a token that has one is meant for someone else.
        let is_ours = match audience {
            Value::Null => self.audiences.is_empty(),
            Value::Array(several) => several.iter().any(|one| is_one_of(one, &self.audiences)),
            one => is_one_of(one, &self.audiences),
        };
        if !is_ours {
            return Err("the token is for another audience");
        }
        let issuer = claims.get("iss").unwrap_or(&Value::Null);
        if !self.issuers.is_empty() && !is_one_of(issuer, &self.issuers) {
            return Err("the token is of another issuer");
        }
        Ok(())
    }
}

fn is_one_of(value: &Value, texts: &[String]) -> bool {
    value.as_str().is_some_and(|value| texts.iter().any(|text| text == value))
}

fn check_algorithms(names: &[Text], keys: &[Key]) -> Result<()> {
    let known = |name: &Text| {
        Algorithm::named(&name.0).ok_or_else(|| {
            Error::refused(format!("serve.jwt.algorithms: {:?} is not known", name.0))
                .remedy("write HS256 or RS256")
        })
    };
    let listed: Vec<Algorithm> = names.iter().map(known).collect::<Result<_>>()?;
    if let Some(missing) = listed.iter().find(|one| keys.iter().all(|key| key.algorithm() != **one)) {
        return Err(Error::refused(format!("serve.jwt.key_file has no key for {}", missing.name()))
            .remedy("HS256 needs a secret, RS256 a public key in PEM"));
    }
    match keys.iter().find(|key| !listed.contains(&key.algorithm())) {
        None => Ok(()),
        Some(key) => {
            let name = key.algorithm().name();
            Err(Error::refused(format!(
                "serve.jwt.key_file has a key for {name}, which serve.jwt.algorithms does not list"
            )))
        }
    }
}

//! How requests show who sends them: a header that is always the same, or an access token by OAuth 2.0 (RFC 6749).

use super::failure::Failure;
use crate::error::{shortened, with_sources};
use crate::run::web::percent_encoded;
use crate::secret::Secret;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use ureq::Agent;
use ureq::http::{HeaderValue, header};

/// A token is renewed so long before its end, or a tenth of its time, whichever is shorter.
const EARLY: Duration = Duration::from_secs(30);
/// The largest answer with a token, bytes.
const MAX_ANSWER_BYTES: u64 = 1 << 20;
/// How much of an answer is shown, characters.
const SHOWN_CHARS: usize = 200;

/// What a job says about tokens.
#[derive(Debug, Clone)]
pub struct OAuth2 {
    /// The URL that gives tokens.
    pub token_url: String,
    /// Who asks.
    pub client_id: String,
    /// The proof.
    pub client_secret: Secret,
    /// The refresh token, where there is one; otherwise the client's own credentials count.
    pub refresh_token: Option<Secret>,
    /// Other parameters, such as `scope` and `audience`.
    pub parameters: Vec<(String, Secret)>,
}

/// What a job says about who sends its requests.
#[derive(Debug, Clone)]
pub enum Auth {
    /// The value of the header `Authorization`.
    Fixed(HeaderValue),
    /// Tokens.
    OAuth2(OAuth2),
}

/// `Basic` with a user and a password (RFC 7617).
///
/// # Errors
/// In words: what no header can hold.
pub fn basic(user: &str, password: &str) -> Result<HeaderValue, String> {
    if user.contains(':') {
        return Err("has a user with a colon".to_owned());
    }
    value("Basic", credentials(user, password).reveal())
}

/// User and password as a header of `Basic` has them. In this form, too, they are never shown.
pub fn credentials(user: &str, password: &str) -> Secret {
    Secret::new(BASE64_STANDARD.encode(format!("{user}:{password}")))
}

/// `Bearer` with a token (RFC 6750).
///
/// # Errors
/// In words: what no header can hold.
pub fn bearer(token: &str) -> Result<HeaderValue, String> {
    value("Bearer", token)
}

fn value(scheme: &str, text: &str) -> Result<HeaderValue, String> {
    let mut value = HeaderValue::try_from(format!("{scheme} {text}"))
        .map_err(|_| "has characters that no header can hold".to_owned())?;
    value.set_sensitive(true);
    Ok(value)
}

/// Gives the header `Authorization`; all threads share it.
pub enum Authorization {
    /// There is none.
    None,
    /// It is always the same.
    Fixed(HeaderValue),
    /// It has a token.
    Tokens(Box<Tokens>),
}

impl Authorization {
    /// As the job says.
    pub fn new(auth: Option<Auth>) -> Authorization {
        match auth {
            None => Authorization::None,
            Some(Auth::Fixed(value)) => Authorization::Fixed(value),
            Some(Auth::OAuth2(settings)) => {
                let refresh_token = settings.refresh_token.clone();
                let state = Mutex::new(State { token: None, refresh_token });
                Authorization::Tokens(Box::new(Tokens { settings, state }))
            }
        }
    }

    /// The header's value for the next request. The thread that finds no token fetches one by `agent`, and the others wait for it.
    ///
    /// # Errors
    /// No token was given.
    pub fn header(&self, agent: impl Fn(&str) -> Option<Agent>) -> Result<Option<HeaderValue>, Failure> {
        match self {
            Authorization::None => Ok(None),
            Authorization::Fixed(value) => Ok(Some(value.clone())),
            Authorization::Tokens(tokens) => tokens.header(agent).map(Some),
        }
    }

    /// Whether a request that was refused with this value may be sent again with another one.
    pub fn expire(&self, used: Option<&HeaderValue>) -> bool {
        match (self, used) {
            (Authorization::Tokens(tokens), Some(used)) => {
                let mut state = tokens.state();
                // Another thread may have renewed it meanwhile.
                if state.token.as_ref().is_some_and(|token| token.header == *used) {
                    state.token = None;
                }
                true
            }
            _ => false,
        }
    }
}

/// Access tokens, each used until its end or until the API refuses it.
pub struct Tokens {
    settings: OAuth2,
    state: Mutex<State>,
}

struct State {
    token: Option<Token>,
    /// The newest one: a server may give another one with each token.
    refresh_token: Option<Secret>,
}

struct Token {
    header: HeaderValue,
    renew_at: Option<Instant>,
}

impl Tokens {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn header(&self, agent: impl Fn(&str) -> Option<Agent>) -> Result<HeaderValue, Failure> {
        let mut state = self.state();
        let is_over = |token: &&Token| token.renew_at.is_none_or(|at| Instant::now() < at);
        if let Some(token) = state.token.as_ref().filter(is_over) {
            return Ok(token.header.clone());
        }
        let url = &self.settings.token_url;
        let agent = agent(url).ok_or_else(|| Failure::Never(format!("auth: {url} is no URL")))?;
        let answer = self.ask(&agent, &mut state)?;
        let token = self
            .token_of(&answer, &mut state)
            .map_err(|what| Failure::Never(format!("auth: {url} {what}")))?;
        let header = token.header.clone();
        state.token = Some(token);
        tracing::debug!("a new access token");
        Ok(header)
    }

    /// Asks for a token: with the credentials in a header, as every server understands them (RFC 6749, section 2.3.1), or
    /// else in the body.
    fn ask(&self, agent: &Agent, state: &mut State) -> Result<Vec<u8>, Failure> {
        let OAuth2 { token_url, client_id, client_secret, parameters, .. } = &self.settings;
        let mut form = match &state.refresh_token {
            Some(token) => {
                vec![("grant_type", "refresh_token".to_owned()), ("refresh_token", token.reveal().to_owned())]
            }
            None => vec![("grant_type", "client_credentials".to_owned())],
        };
        form.extend(parameters.iter().map(|(name, value)| (name.as_str(), value.reveal().to_owned())));
        let encoded = |text: &str| percent_encoded(text).to_string();
        let in_header = basic(&encoded(client_id), &encoded(client_secret.reveal()));
        let in_header = in_header.map_err(|what| Failure::Never(format!("auth: {what}")))?;
        let in_body =
            [("client_id", client_id.clone()), ("client_secret", client_secret.reveal().to_owned())];
        let mut refused = String::new();
        for is_in_body in [false, true] {
            let pairs = form.iter().chain(in_body.iter().filter(|_| is_in_body));
            let body: Vec<String> =
                pairs.map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
            let mut request = agent.post(token_url).header(header::ACCEPT, "application/json");
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
            if !is_in_body {
                request = request.header(header::AUTHORIZATION, in_header.clone());
            }
            let again = |error: &dyn std::error::Error| {
                Failure::Again(format!("auth: {token_url} gives no token: {}", with_sources(error)))
            };
            let mut response = request.send(body.join("&")).map_err(|error| again(&error))?;
            let status = response.status();
            let answer = response.body_mut().with_config().limit(MAX_ANSWER_BYTES).read_to_vec();
            let answer = answer.map_err(|error| again(&error))?;
            if status.is_success() {
                return Ok(answer);
            }
            let start = shortened(String::from_utf8_lossy(&answer).trim(), SHOWN_CHARS);
            refused = format!("auth: {token_url} gives no token: HTTP status {status}: {start}");
            if !matches!(status.as_u16(), 400 | 401) {
                let may_pass = status.is_server_error() || status.as_u16() == 429;
                return Err(if may_pass { Failure::Again(refused) } else { Failure::Never(refused) });
            }
        }
        Err(Failure::Never(refused))
    }

    /// Reads an answer (RFC 6749, section 5.1).
    fn token_of(&self, answer: &[u8], state: &mut State) -> Result<Token, String> {
        let answer: Value =
            serde_json::from_slice(answer).map_err(|_| "gives no token, but what is no JSON")?;
        let text = |name: &str| answer[name].as_str();
        let token = Secret::new(text("access_token").ok_or("gives an answer without access_token")?);
        if let Some(kind) = text("token_type").filter(|kind| !kind.eq_ignore_ascii_case("bearer")) {
            return Err(format!("gives a token of type {kind}, and only Bearer is known"));
        }
        if let Some(refresh_token) = text("refresh_token").filter(|_| state.refresh_token.is_some()) {
            state.refresh_token = Some(Secret::new(refresh_token));
        }
        let seconds = &answer["expires_in"];
        let seconds = seconds.as_u64().or_else(|| seconds.as_str()?.parse().ok());
        let renew_at = seconds
            .map(Duration::from_secs)
            .and_then(|life| Instant::now().checked_add(life - EARLY.min(life / 10)));
        Ok(Token { header: bearer(token.reveal())?, renew_at })
    }
}

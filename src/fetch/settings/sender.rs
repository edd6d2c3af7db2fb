//! What a job says about where its requests go, and who sends them.

use super::faults::Faults;
use crate::config::{AuthCfg, FetchCfg, OAuth2Cfg, SecretText};
use crate::fetch::api::auth::{Auth, OAuth2, basic, bearer};
use crate::fetch::api::header::JobHeader;
use crate::fetch::json::inside_json;
use crate::fetch::requests::template::{Kind, Template};
use crate::fetch::secrets::Secrets;
use crate::fetch::url::split_user;
use crate::secret::Secret;
use crate::{Error, Result};
use ureq::http::header;

/// The URL without user information, and what its user information says about the sender.
pub fn url(cfg: &FetchCfg) -> Result<(Template, Option<Auth>)> {
    let text = &cfg.url.template(str::to_owned);
    let scheme = text.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    if !matches!(scheme.as_deref(), Some("http" | "https")) {
        return Err(Error::refused("begins with neither http:// nor https://").remedy("write the whole URL"));
    }
    let refused = |what: String| Error::refused(what).remedy("write auth: {basic: {user: …, password: …}}");
    let (user, text) = split_user(text).map_err(refused)?;
    let auth = match user {
        None => None,
        Some((user, password)) if (user.clone() + &password).contains(['{', '}']) => {
            return Err(refused("has braces in its user or password".to_owned()));
        }
        Some((user, password)) => Some(Auth::Fixed(basic(&user, &password).map_err(refused)?)),
    };
    Ok((Template::parse(&text, Kind::Url)?, auth))
}

/// The headers of a job.
pub fn headers(cfg: &FetchCfg) -> Result<Vec<JobHeader>> {
    let headers = cfg.headers.as_ref().map(|headers| &headers.0[..]).unwrap_or_default();
    let header = |(name, value): &(String, SecretText)| {
        JobHeader::new(name, Template::parse(&value.template(str::to_owned), Kind::Plain)?)
    };
    headers.iter().map(header).collect()
}

/// The body of a job, of the kind that its header `Content-Type` says.
pub fn body(cfg: &FetchCfg) -> Option<Result<Template>> {
    let body = cfg.body.as_ref()?;
    let headers = cfg.headers.iter().flat_map(|headers| &headers.0);
    let kind = headers.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(header::CONTENT_TYPE.as_str()));
    let kind = kind.map(|(_, value)| value.text.to_ascii_lowercase());
    let parse = |kind, quoted: fn(&str) -> String| Template::parse(&body.template(quoted), kind);
    Some(match kind.as_deref() {
        Some(kind) if kind.starts_with("application/x-www-form-urlencoded") => {
            parse(Kind::Form, str::to_owned)
        }
        Some(kind) if !kind.contains("json") => parse(Kind::Plain, str::to_owned),
        // Within a string, a variable is a part of it; elsewhere, it may be JSON itself.
        _ => parse(Kind::Json, inside_json).or_else(|_| parse(Kind::Json, str::to_owned)),
    })
}

/// How requests show who sends them: by `auth`, or by the user in the URL.
pub fn auth(cfg: &FetchCfg, of_url: Option<Auth>, faults: &mut Faults<'_>) -> Option<Auth> {
    let own = cfg.auth.as_ref().and_then(|auth| faults.take("auth", resolve(auth)));
    let mut headers = cfg.headers.iter().flat_map(|headers| &headers.0);
    let has_header = headers.any(|(name, _)| name.eq_ignore_ascii_case(header::AUTHORIZATION.as_str()));
    if own.is_some() && (of_url.is_some() || has_header) {
        let error = Error::refused("says more than once who sends the requests");
        faults.take::<()>(
            "auth",
            Err(error.remedy("write one of auth, a user in url, and the header Authorization")),
        );
    }
    // A header that is written takes precedence, as in curl.
    own.or(of_url.filter(|_| !has_header))
}

fn resolve(cfg: &AuthCfg) -> Result<Auth> {
    let refused = |what: String| Error::refused(what).remedy("correct it");
    match (&cfg.bearer, &cfg.basic, &cfg.oauth2) {
        (Some(token), None, None) => Ok(Auth::Fixed(bearer(&token.text).map_err(refused)?)),
        (None, Some(cfg), None) => Ok(Auth::Fixed(basic(&cfg.user.0, &cfg.password.text).map_err(refused)?)),
        (None, None, Some(cfg)) => Ok(Auth::OAuth2(oauth2(cfg)?)),
        _ => Err(Error::refused("names not exactly one way").remedy("write one of bearer, basic and oauth2")),
    }
}

fn oauth2(cfg: &OAuth2Cfg) -> Result<OAuth2> {
    if !(cfg.token_url.0.starts_with("https://") || cfg.token_url.0.starts_with("http://")) {
        return Err(Error::refused("oauth2.token_url begins with neither http:// nor https://")
            .remedy("write the whole URL"));
    }
    let scope = cfg.scope.iter().map(|scope| ("scope".to_owned(), Secret::new(scope.0.clone())));
    let params = cfg.params.iter().flat_map(|params| &params.0);
    let params = params.map(|(name, value)| (name.clone(), Secret::new(value.text.clone())));
    Ok(OAuth2 {
        token_url: cfg.token_url.0.clone(),
        client_id: cfg.client_id.0.clone(),
        client_secret: Secret::new(cfg.client_secret.text.clone()),
        refresh_token: cfg.refresh_token.as_ref().map(|token| Secret::new(token.text.clone())),
        parameters: scope.chain(params).collect(),
    })
}

/// Whether a header's value is secret by its name, even without an environment variable in it.
fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["auth", "cookie", "key", "token", "secret", "passw"].iter().any(|part| name.contains(part))
}

/// All that must not be shown of a job.
pub fn secrets(cfg: &FetchCfg) -> Secrets {
    let headers = || cfg.headers.iter().flat_map(|headers| &headers.0);
    let auth = cfg.auth.as_ref();
    let oauth2 = auth.and_then(|auth| auth.oauth2.as_ref());
    let params = oauth2.and_then(|oauth2| oauth2.params.as_ref()).into_iter().flat_map(|params| &params.0);
    // These are secret even where they stand in the configuration itself.
    let of_auth = [
        auth.and_then(|auth| auth.bearer.as_ref()),
        auth.and_then(|auth| auth.basic.as_ref()).map(|basic| &basic.password),
        oauth2.map(|oauth2| &oauth2.client_secret),
        oauth2.and_then(|oauth2| oauth2.refresh_token.as_ref()),
    ];
    let of_auth = of_auth.into_iter().flatten();
    let texts = headers().chain(params).map(|(_, value)| value).chain([&cfg.url]).chain(&cfg.body);
    let values = texts.chain(of_auth.clone()).flat_map(|SecretText { secrets, .. }| secrets.iter().cloned());
    let written = headers().filter(|(name, _)| is_secret_name(name));
    // `Bearer TOKEN`: the token alone, too.
    let parts =
        written.flat_map(|(_, value)| [Some(&*value.text), value.text.split_once(' ').map(|parts| parts.1)]);
    let of_url = split_user(&cfg.url.text).ok().and_then(|(user, _)| user).map(|(_, password)| password);
    let whole = parts.flatten().chain(of_auth.map(|text| text.text.as_str())).map(str::to_owned);
    Secrets::new(values.chain(whole).chain(of_url))
}

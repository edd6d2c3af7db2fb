//! Makes requests of the objects of a source.

use super::request::{Request, RequestId};
use crate::fetch::api::header::JobHeader;
use crate::fetch::json::parse;
use crate::fetch::pages::Pages;
use crate::fetch::requests::template::Template;
use crate::fetch::since;
use crate::{Error, Result};
use jaq_json::Val;
use sha2::{Digest, Sha256};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// What a job says about its requests.
#[derive(Debug, Clone, Copy)]
pub struct RequestRules<'s> {
    /// The job's name, for messages.
    pub job: &'s str,
    /// The method.
    pub method: &'s str,
    /// The URL.
    pub url: &'s Template,
    /// The body.
    pub body: Option<&'s Template>,
    /// The headers.
    pub headers: &'s [JobHeader],
    /// The value of [`since::NAME`].
    pub since: Option<&'s str>,
    /// The pages of a request.
    pub pages: Option<&'s Pages>,
}

/// Makes requests; it counts them and tells equal ones apart.
pub struct Maker<'s> {
    rules: RequestRules<'s>,
    count: u64,
    /// The number of equal requests so far.
    seen: HashMap<RequestId, u32>,
}

impl<'s> Maker<'s> {
    /// A maker without a request yet.
    pub fn new(rules: RequestRules<'s>) -> Maker<'s> {
        Maker { rules, count: 0, seen: HashMap::new() }
    }

    /// The next request. A template that the object cannot fill is no error here: the request fails when its turn comes.
    ///
    /// # Errors
    /// A text that is not a JSON object.
    pub fn request(&mut self, object: &str) -> Result<Request> {
        self.count += 1;
        let Val::Obj(fields) = parse(object.as_bytes()).map_err(Error::failed)? else {
            let shown = crate::error::shortened(object, 100);
            return Err(Error::failed(format!("request {} is no JSON object: {shown}", self.count)));
        };
        let rules = self.rules;
        let mut fields = fields.as_ref().clone();
        if let Some(since) = rules.since {
            fields.insert(Val::utf8_str(since::NAME), Val::utf8_str(since.to_owned()));
        }
        let value = Val::obj(fields);
        let filled = rules.url.fill(&value).and_then(|url| {
            let body = rules.body.map(|body| body.fill(&value)).transpose()?;
            let headers = rules.headers.iter().filter_map(|header| header.filled(&value).transpose());
            Ok((url, body, headers.collect::<Result<Vec<_>, _>>()?))
        });
        let (home, body, headers) = match filled {
            Ok((url, body, headers)) => (Ok(Arc::from(url)), body.map(Arc::from), headers),
            Err(lacks) => (Err(lacks), None, Vec::new()),
        };
        let url = match &home {
            Ok(url) => rules.pages.map_or_else(|| Arc::clone(url), |pages| pages.first(url).into()),
            Err(_) => "".into(),
        };
        let id = self.id(object, &url, body.as_deref());
        Ok(Request {
            number: self.count,
            id,
            object: object.into(),
            home,
            body,
            headers: headers.into(),
            url,
            page: 1,
            rows_before: 0,
            items_before: 0,
            total: None,
            seen: HashSet::new(),
            before: None,
            tries: 0,
        })
    }

    /// A hash of everything that makes the request, and of how many equal ones came before.
    fn id(&mut self, object: &str, url: &str, body: Option<&str>) -> RequestId {
        let hash = |parts: &[&[u8]]| -> RequestId {
            let mut hash = Sha256::new();
            for part in parts {
                hash.update((part.len() as u64).to_le_bytes());
                hash.update(part);
            }
            let whole: [u8; 32] = hash.finalize().into();
            whole.first_chunk().copied().unwrap_or_default()
        };
        let method = self.rules.method.as_bytes();
        let id = hash(&[method, object.as_bytes(), url.as_bytes(), body.unwrap_or_default().as_bytes()]);
        let times = self.seen.entry(id).or_insert(0);
        *times += 1;
        if *times == 1 { id } else { hash(&[&id, &times.to_le_bytes()]) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::requests::template::Kind;

    fn made(objects: &[&str]) -> Vec<Request> {
        let url = Template::parse("http://h/{id}", Kind::Url).unwrap();
        let rules = RequestRules {
            job: "j",
            method: "GET",
            url: &url,
            body: None,
            headers: &[],
            since: None,
            pages: None,
        };
        let mut maker = Maker::new(rules);
        objects.iter().map(|object| maker.request(object).unwrap()).collect()
    }

    #[test]
    fn equal_requests_have_ids_of_their_own_which_are_the_same_in_every_run() {
        let objects = [r#"{"id": 1}"#, r#"{"id": 2}"#, r#"{"id": 1}"#];
        let (one, other) = (made(&objects), made(&objects));
        let ids = |requests: &[Request]| requests.iter().map(|request| request.id).collect::<Vec<_>>();
        assert_eq!(ids(&one), ids(&other));
        assert!(one[0].id != one[2].id && one[0].id != one[1].id);
        assert_eq!((one[2].number, &*one[2].url), (3, "http://h/1"));
    }

    #[test]
    fn a_request_that_lacks_a_field_says_so_when_it_is_made_and_has_no_url() {
        let request = &made(&["{}"])[0];
        assert!(request.home.as_ref().unwrap_err().contains("no field id"));
        assert_eq!(&*request.url, "");
    }
}

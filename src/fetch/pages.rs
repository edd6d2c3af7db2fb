//! Pages: the ways from one response to the next request.

use super::url::with_parameter;
use crate::config::PagesCfg;
use crate::{Error, Result};

/// The most pages of one request, unless the job says otherwise.
pub const DEFAULT_MOST: u32 = 10_000;

/// The pages of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pages {
    /// The way to the next page.
    pub way: Way,
    /// The most pages of one request.
    pub most: u32,
}

/// A way to the next page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// A filter gives its URL.
    Next(String),
    /// The header `Link` names it (RFC 8288).
    Link,
    /// A parameter of the URL counts up, until a page has no rows.
    Counted {
        /// Its name.
        parameter: String,
        /// Its value for the first page.
        first: u64,
        /// Is added to it for each further page.
        step: u64,
    },
}

impl Pages {
    /// Checks what the configuration says.
    ///
    /// # Errors
    /// No way, or more than one; an offset without a step.
    pub fn resolve(cfg: &PagesCfg) -> Result<Pages> {
        let counted = |parameter: &str, first: u64, step: Option<u64>| Way::Counted {
            parameter: parameter.to_owned(),
            first: cfg.first.map_or(first, |number| number.0),
            step: cfg.step.map(|number| number.0).or(step).unwrap_or(0),
        };
        let ways = [
            cfg.next.as_ref().map(|filter| Way::Next(filter.0.clone())),
            cfg.page.as_ref().map(|parameter| counted(&parameter.0, 1, Some(1))),
            cfg.offset.as_ref().map(|parameter| counted(&parameter.0, 0, None)),
            cfg.link.then_some(Way::Link),
        ];
        let mut ways = ways.into_iter().flatten();
        let one = "write one of next, page, offset (with step) and link";
        let way = ways.next().ok_or_else(|| Error::refused("says no way to the next page").remedy(one))?;
        if ways.next().is_some() {
            return Err(Error::refused("says more than one way to the next page").remedy(one));
        }
        if matches!(way, Way::Counted { step: 0, .. }) {
            return Err(Error::refused("offset without step, the number of rows of a page").remedy(one));
        }
        Ok(Pages { way, most: cfg.most.map_or(DEFAULT_MOST, |number| number.0) })
    }

    /// The URL of the first page.
    pub fn first(&self, url: &str) -> String {
        match &self.way {
            Way::Counted { parameter, first, .. } => with_parameter(url, parameter, *first),
            _ => url.to_owned(),
        }
    }

    /// With a counted way: the URL of the page after that at `url`, which is number `page` and had so many rows.
    pub fn counted(&self, url: &str, page: u32, rows: usize) -> Option<String> {
        match &self.way {
            Way::Counted { parameter, first, step } if rows > 0 => {
                Some(with_parameter(url, parameter, first.saturating_add(step.saturating_mul(page.into()))))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages(yaml: &str) -> Result<Pages> {
        Pages::resolve(&serde_yaml::from_str(yaml).unwrap())
    }

    #[test]
    fn counted_pages_end_with_one_without_rows() {
        let by_page = pages("{page: 'p'}").unwrap();
        assert_eq!(by_page.first("http://h/a?x=1"), "http://h/a?x=1&p=1");
        assert_eq!(by_page.counted("http://h/a?p=1&x=1", 1, 10).unwrap(), "http://h/a?x=1&p=2");
        assert_eq!(by_page.counted("http://h/a?p=2", 2, 0), None);
        let by_offset = pages("{offset: skip, step: 50}").unwrap();
        assert_eq!(by_offset.first("http://h/a"), "http://h/a?skip=0");
        assert_eq!(by_offset.counted("http://h/a?skip=100", 3, 1).unwrap(), "http://h/a?skip=150");
    }

    #[test]
    fn exactly_one_way_is_named() {
        for yaml in ["{}", "{next: '.n', link: true}", "{offset: o}", "{page: p, step: 0}", "{link: false}"] {
            assert!(pages(yaml).is_err(), "{yaml}");
        }
        assert_eq!(pages("{link: true, most: 3}").unwrap(), Pages { way: Way::Link, most: 3 });
    }
}

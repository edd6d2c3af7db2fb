//! Pages: the ways from one response to the next request.

use super::url::with_parameter;
use crate::config::{Number, OrderedMap, PagesCfg, Text};
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
    /// The filter that gives the items of a page, or their number.
    pub items: Option<String>,
    /// The filter that gives the number of items of all pages.
    pub total: Option<String>,
    /// Statuses that mean: the page before was the last one.
    pub end: Vec<u16>,
}

/// A way to the next page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// A filter gives its URL.
    Next(String),
    /// The header `Link` names it (RFC 8288).
    Link,
    /// Filters give values for paths into the body of the request.
    Body(Vec<(String, String)>),
    /// A parameter of the URL counts pages, until one has no items.
    Page(Counted),
    /// A parameter of the URL counts items, until a page has none.
    Offset(Counted),
}

/// A parameter that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// Its name.
    pub parameter: String,
    /// Its value for the first page.
    pub first: u64,
    /// Its difference to the next page: of an offset, the items of a page.
    pub step: u64,
}

impl Counted {
    /// The URL at which the parameter has this value.
    fn at(&self, url: &str, more: u64) -> String {
        with_parameter(url, &self.parameter, self.first.saturating_add(more))
    }
}

impl Pages {
    /// Whether a page may come again under another number, which only its body shows.
    pub fn are_counted(&self) -> bool {
        matches!(self.way, Way::Page(_) | Way::Offset(_))
    }

    /// Checks what the configuration says.
    ///
    /// # Errors
    /// No way, or more than one; an offset without a step; a status that is none of a failure.
    pub fn resolve(cfg: &PagesCfg) -> Result<Pages> {
        let counted = |parameter: &str, first: u64, step: Option<u64>| Counted {
            parameter: parameter.to_owned(),
            first: cfg.first.map_or(first, |number| number.0),
            step: cfg.step.map(|number| number.0).or(step).unwrap_or(0),
        };
        let body = |paths: &OrderedMap<Text>| {
            Way::Body(paths.0.iter().map(|(path, filter)| (path.clone(), filter.0.clone())).collect())
        };
        let ways = [
            cfg.next.as_ref().map(|filter| Way::Next(filter.0.clone())),
            cfg.page.as_ref().map(|parameter| Way::Page(counted(&parameter.0, 1, Some(1)))),
            cfg.offset.as_ref().map(|parameter| Way::Offset(counted(&parameter.0, 0, None))),
            cfg.body.as_ref().map(body),
            cfg.link.then_some(Way::Link),
        ];
        let mut ways = ways.into_iter().flatten();
        let one = "write one of next, page, offset (with step), body and link";
        let way = ways.next().ok_or_else(|| Error::refused("says no way to the next page").remedy(one))?;
        if ways.next().is_some() {
            return Err(Error::refused("says more than one way to the next page").remedy(one));
        }
        match &way {
            Way::Page(Counted { step: 0, .. }) | Way::Offset(Counted { step: 0, .. }) => {
                return Err(Error::refused("offset without step, the number of items of a page").remedy(one));
            }
            Way::Body(paths) if paths.is_empty() => {
                return Err(Error::refused("body names no path")
                    .remedy("write for example body: {'.variables.after': '.data.pageInfo.endCursor'}"));
            }
            _ => {}
        }
        let text = |filter: &Option<Text>| filter.as_ref().map(|filter| filter.0.clone());
        Ok(Pages {
            way,
            most: cfg.most.map_or(DEFAULT_MOST, |number| number.0),
            items: text(&cfg.items),
            total: text(&cfg.total),
            end: statuses("pages.end", &cfg.end)?,
        })
    }

    /// The URL of the first page.
    pub fn first(&self, url: &str) -> String {
        match &self.way {
            Way::Page(counted) | Way::Offset(counted) => counted.at(url, 0),
            _ => url.to_owned(),
        }
    }

    /// The URL of the page after page number `page` at `url`, before which there are so many items. None where nothing counts.
    pub fn counted(&self, url: &str, page: u32, items: u64) -> Option<String> {
        match &self.way {
            Way::Page(counted) => Some(counted.at(url, counted.step.saturating_mul(page.into()))),
            Way::Offset(counted) => Some(counted.at(url, items)),
            _ => None,
        }
    }
}

/// Checks statuses that count as an answer: a redirect is followed, and what may pass is tried again.
///
/// # Errors
/// A status that is none from 400 to 499.
pub fn statuses(key: &str, numbers: &[Number<u16>]) -> Result<Vec<u16>> {
    match numbers.iter().find(|number| !(400..500).contains(&number.0)) {
        Some(Number(other)) => Err(Error::refused(format!("{key}: {other} is not from 400 to 499"))
            .remedy("name statuses such as 404")),
        None => Ok(numbers.iter().map(|number| number.0).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages(yaml: &str) -> Result<Pages> {
        Pages::resolve(&serde_yaml::from_str(yaml).unwrap())
    }

    #[test]
    fn pages_are_counted_and_offsets_are_items() {
        let by_page = pages("{page: 'p'}").unwrap();
        assert_eq!(by_page.first("http://h/a?x=1"), "http://h/a?x=1&p=1");
        assert_eq!(by_page.counted("http://h/a?p=1&x=1", 1, 10).unwrap(), "http://h/a?x=1&p=2");
        let by_offset = pages("{offset: skip, step: 50, first: 1}").unwrap();
        assert_eq!(by_offset.first("http://h/a"), "http://h/a?skip=1");
        assert_eq!(by_offset.counted("http://h/a?skip=101", 3, 120).unwrap(), "http://h/a?skip=121");
        assert_eq!(pages("{link: true}").unwrap().counted("http://h/a", 1, 1), None);
    }

    #[test]
    fn exactly_one_way_is_named() {
        for yaml in [
            "{}",
            "{next: '.n', link: true}",
            "{offset: o}",
            "{page: p, step: 0}",
            "{link: false}",
            "{body: {}}",
            "{body: {.a: .b}, page: p}",
            "{link: true, end: [200]}",
            "{link: true, end: [503]}",
        ] {
            assert!(pages(yaml).is_err(), "{yaml}");
        }
        let link = Pages { way: Way::Link, most: 3, items: None, total: None, end: vec![404] };
        assert_eq!(pages("{link: true, most: 3, end: [404]}").unwrap(), link);
    }
}

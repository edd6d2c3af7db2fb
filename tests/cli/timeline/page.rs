//! A page or a picture of pghaul, as a program reads it.

use roxmltree::{Document, Node, ParsingOptions};
use std::collections::BTreeSet;

/// What a page shows.
#[derive(Debug)]
pub struct Page {
    /// The page itself.
    pub source: String,
    /// All its words, divided by blanks.
    pub text: String,
    /// The names of the lanes.
    pub lanes: Vec<String>,
    /// The steps that are drawn, and the marks.
    pub steps: BTreeSet<String>,
    pub marks: Vec<String>,
    /// What a pointer over each step shows.
    pub titles: Vec<String>,
}

impl Page {
    /// Reads a page, which must be well-formed, small, and need nothing else: no script, and no other file.
    #[track_caller]
    pub fn read(source: &str) -> Page {
        let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
        let document = Document::parse_with_options(source, options)
            .unwrap_or_else(|error| panic!("{error}:\n{source}"));
        assert!(source.starts_with("<!-- pghaul "), "{source}");
        assert!(source.len() < 1 << 20, "{} bytes", source.len());
        for node in document.descendants() {
            assert!(!["script", "link", "img", "iframe"].contains(&node.tag_name().name()), "{node:?}");
            for attribute in node.attributes() {
                let name = attribute.name();
                assert!(!name.starts_with("on") && !["href", "src"].contains(&name), "{node:?}");
            }
        }
        assert!(!source.contains("url(") && !source.contains("@import"));
        let of_class =
            |class: &str| document.descendants().filter(|node| has_class(node, class)).collect::<Vec<_>>();
        let steps = of_class("block").into_iter().chain(of_class("mark"));
        let word = |node: &Node<'_, '_>, prefix: &str| {
            let class = node.attribute("class").unwrap_or_default().to_owned();
            class.split(' ').find_map(|class| class.strip_prefix(prefix)).map(str::to_owned)
        };
        let words = |node: Node<'_, '_>| {
            node.descendants()
                .filter_map(|node| node.text().filter(|_| node.is_text()))
                .collect::<Vec<_>>()
                .join(" ")
        };
        Page {
            lanes: of_class("lane")
                .into_iter()
                .filter_map(|lane| lane.first_element_child())
                .map(words)
                .collect(),
            steps: of_class("block").iter().filter_map(|node| word(node, "s-")).collect(),
            marks: of_class("mark").iter().filter_map(|node| word(node, "m-")).collect(),
            titles: steps
                .filter_map(|node| {
                    node.children().find(|child| {
                        child.has_tag_name((node.tag_name().namespace().unwrap_or_default(), "title"))
                    })
                })
                .map(words)
                .collect(),
            text: words(document.root_element()).split_whitespace().collect::<Vec<_>>().join(" "),
            source: source.to_owned(),
        }
    }

    /// Checks that these steps are drawn.
    #[track_caller]
    pub fn has_steps(&self, steps: &[&str]) -> &Page {
        for step in steps {
            assert!(self.steps.contains(*step), "no step {step} of {:?}", self.steps);
        }
        self
    }

    /// Checks that there are such lanes.
    #[track_caller]
    pub fn has_lanes(&self, lanes: &[&str]) -> &Page {
        for lane in lanes {
            assert!(self.lanes.iter().any(|name| name == lane), "no lane {lane} of {:?}", self.lanes);
        }
        self
    }

    /// Checks that it says so.
    #[track_caller]
    pub fn says(&self, text: &str) -> &Page {
        assert!(self.text.contains(text), "no {text:?} in:\n{}", self.text);
        self
    }
}

fn has_class(node: &Node<'_, '_>, class: &str) -> bool {
    node.attribute("class").is_some_and(|classes| classes.split(' ').any(|one| one == class))
}

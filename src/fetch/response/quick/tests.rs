//! Whatever a filter and a document are: where this way is sure, jaq gives the same.

use super::*;
use crate::fetch::json::tree::Limits;
use crate::fetch::json::{parse, write_json};
use crate::fetch::response::filter::Filter;
use jaq_json::Val;
use proptest::prelude::*;
use std::cell::Cell;

const LIMITS: Limits = Limits { max_memory: 16 << 20 };

fn known() -> Known {
    Known {
        request: parse(r#"{"id": 7, "name": "ü\"", "n": 1.50}"#.as_bytes()).unwrap(),
        status: Val::from(200_usize),
        headers: parse(br#"{"x-total": "9"}"#).unwrap(),
    }
}

/// The outputs as JSON; none where jaq has to decide, or there is no tree.
fn quickly(code: &str, text: &str) -> Option<Vec<String>> {
    let mut words = Words::default();
    let filter = QuickFilter::compile(code, &mut words)?;
    let (mut tree, root) = Tree::read(text, &words, LIMITS)?;
    let mut outputs = Vec::new();
    let done = filter.run(&mut tree, root, &known(), &mut |tree, node| {
        let mut out = String::new();
        tree.write(&mut out, node);
        outputs.push(out);
        true
    });
    done.ok().map(|()| outputs)
}

/// The outputs as JSON, or an error.
fn by_jaq(code: &str, text: &str) -> Result<Vec<String>, String> {
    let mut outputs = Ok(Vec::new());
    let filter = Filter::compile(code).map_err(|error| error.to_string())?;
    filter.run(parse(text.as_bytes())?, &known(), &mut |output| {
        let written = output.and_then(|value| {
            let mut out = String::new();
            write_json(&mut out, &value).map(|()| out)
        });
        match (&mut outputs, written) {
            (Ok(outputs), Ok(out)) => outputs.push(out),
            (outputs, Err(error)) => *outputs = Err(error),
            _ => {}
        }
        outputs.is_ok()
    });
    outputs
}

#[test]
fn what_most_filters_are_needs_no_jaq() {
    let text = r#"{"ErrorCode": 1, "ThrottleSeconds": 0, "next": null, "items": [{"id": 1, "t": ["x"]}, {"id": 2.50}],
                   "Response": {"activities": [{"activityHash": 5, "values": {"a": {"v": 1e3}, "b": {}}}]}}"#;
    for (code, outputs) in [
        (".ErrorCode == 1", vec!["true"]),
        (".ThrottleSeconds", vec!["0"]),
        (
            ".Response.activities[] | .activityHash as $hash | .values | to_entries[] | [$request.id, $hash, .key, .value]",
            vec![r#"[7, 5, "a", {"v": 1e3}]"#, r#"[7, 5, "b", {}]"#],
        ),
        (
            ".items[] | {id, t: (.t // []), $status}",
            vec![r#"{"id": 1, "t": ["x"], "status": 200}"#, r#"{"id": 2.50, "t": [], "status": 200}"#],
        ),
        (".items | map(select(.id > 1) | .t[0]?)", vec!["[null]"]),
        ("if .next then .next else empty end", vec![]),
        ("[.items[].id, (.items | length, type)]", vec![r#"[1, 2.50, 2, "array"]"#]),
        (".items[-1] | \"\\(.id)-\\($headers[\"x-total\"])\"", vec!["\"2.50-9\""]),
        ("[.items[] as $a | .items[] as $b | [$a.id, $b.id]] | length", vec!["4"]),
        (
            "(.items[] as $a | $a.id) as $x | (2, 3) as $y | [$x, $y]",
            vec!["[1, 2]", "[1, 3]", "[2.50, 2]", "[2.50, 3]"],
        ),
        (".items | to_entries?", vec![]),
    ] {
        let found = quickly(code, text);
        if code.ends_with('?') {
            assert_eq!(found, None, "{code}");
            continue;
        }
        assert_eq!(
            found.as_deref(),
            Some(&outputs.iter().map(|&o| o.to_owned()).collect::<Vec<_>>()[..]),
            "{code}"
        );
        assert_eq!(by_jaq(code, text).unwrap(), outputs, "{code}");
    }
}

#[test]
fn where_jaq_reports_an_error_or_knows_more_it_decides() {
    for (code, text) in [
        (".a", "1"),
        (".[]", "null"),
        (".a[0].b", r#"{"a": "x"}"#),
        ("to_entries", "[1]"),
        ("length", "-1.5"),
        ("{(.): 1}", "1"),
        ("{a: 1, a: 2}", "null"),
        ("\"\\(.)\"", "[1]"),
        (". == [1]", "[1]"),
        (".a", r#"{"a": 1, "a": 2}"#),
        (".", r#""\ud800""#),
        (".", "NaN"),
        (". + 1", "1"),
        ("def f: .; f", "1"),
        ("try .a", "1"),
        (".[1:]", "[1, 2]"),
    ] {
        assert_eq!(quickly(code, text), None, "{code} on {text}");
    }
}

#[test]
fn what_is_made_on_the_way_takes_no_memory_for_long() {
    // 300 times 300 pairs, one after the other.
    let text = format!("[{}1]", "1, ".repeat(299));
    let code = ".[] as $a | .[] as $b | select([$a, $b] == 0) ";
    let code = format!("{code}// ({{x: $a, y: [$b, \"\\($a)\"]}} | select(.x == 2))");
    assert_eq!(quickly(&code, &text), Some(Vec::new()));
    // What is collected is a value of its own, and jaq may take more for it.
    assert_eq!(quickly("[.[] as $a | .[] | [[$a, .]]] | length", &text), None);
}

const NUMBERS: [&str; 14] = [
    "0",
    "-0",
    "1",
    "-7",
    "1.0",
    "1.50",
    "1e3",
    "1E400",
    "-2e-400",
    "0.1",
    "9007199254740993",
    "1234567890123456789012",
    "4611686018438308034",
    "0e0",
];
const STRINGS: [&str; 7] = ["", "a", "b", "x y", "ü😀", r#"\"\\\n\u00e4\/"#, r"\u0000\ud83d\ude00"];

fn document() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("false".to_owned()),
        prop::sample::select(&NUMBERS[..]).prop_map(str::to_owned),
        prop::sample::select(&STRINGS[..]).prop_map(|text| format!("\"{text}\"")),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        let member = (prop::sample::select(&["a", "b", "k ü", r"\u0061", "c"][..]), inner.clone());
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(|items| format!("[{}]", items.join(" ,"))),
            prop::collection::vec(member, 0..4).prop_map(|members| {
                let members: Vec<String> =
                    members.iter().map(|(key, value)| format!("\"{key}\":\t{value}")).collect();
                format!("{{ {}}}", members.join(",\n"))
            }),
        ]
    })
}

fn filter() -> impl Strategy<Value = String> {
    let leaves = [
        ".",
        ".a",
        ".b",
        ".\"k ü\"",
        ".[0]",
        ".[-1]",
        ".[]",
        ".[]?",
        ".a?",
        ".a.b",
        ".a[]?",
        ".[].a?",
        "$request.id",
        "$request.name",
        "$request.n",
        "$status",
        "$headers",
        "1",
        "-7",
        "1.50",
        "1e400",
        "\"a\"",
        "\"ü\\n\"",
        "null",
        "true",
        "false",
        "empty",
        "length",
        "type",
        "to_entries",
        "to_entries[]",
        "not",
        "first",
        "last",
        "values",
        "nulls",
        "[]",
        "{}",
        "$x",
        "$y",
    ];
    let comparison = prop::sample::select(&["==", "!=", "<", "<=", ">", ">="][..]);
    prop::sample::select(leaves.to_vec()).prop_map(str::to_owned).prop_recursive(4, 20, 3, move |inner| {
        let (f, g, h) = (inner.clone(), inner.clone(), inner.clone());
        prop_oneof![
            4 => (f.clone(), g.clone()).prop_map(|(f, g)| format!("({f} | {g})")),
            2 => (f.clone(), g.clone()).prop_map(|(f, g)| format!("({f}, {g})")),
            2 => (f.clone(), g.clone()).prop_map(|(f, g)| format!("({f} // {g})")),
            2 => f.clone().prop_map(|f| format!("[{f}]")),
            2 => (f.clone(), g.clone()).prop_map(|(f, g)| format!("{{a: {f}, b: {g}}}")),
            1 => (f.clone(), g.clone()).prop_map(|(f, g)| format!("{{({f}): {g}, c: 1}}")),
            1 => f.clone().prop_map(|f| format!("({f} | {{a, $status}})")),
            2 => (f.clone(), g.clone()).prop_map(|(f, g)| format!("({f} as $x | {g})")),
            2 => (f.clone(), g.clone()).prop_map(|(f, g)| format!("({f} as $y | {g} as $x | [$x, $y])")),
            2 => (f.clone(), comparison.clone(), g.clone()).prop_map(|(f, op, g)| format!("({f} {op} {g})")),
            1 => (f.clone(), g.clone()).prop_map(|(f, g)| format!("({f} and {g})")),
            1 => (f.clone(), g.clone()).prop_map(|(f, g)| format!("({f} or {g})")),
            1 => (f.clone(), g.clone(), h).prop_map(|(f, g, h)| format!("if {f} then {g} else {h} end")),
            1 => (f.clone(), g.clone()).prop_map(|(f, g)| format!("if {f} then {g} end")),
            2 => f.clone().prop_map(|f| format!("select({f})")),
            2 => f.clone().prop_map(|f| format!("map({f})")),
            1 => (f, g).prop_map(|(f, g)| format!("\"<\\({f})-\\({g})>\"")),
        ]
    })
}

#[test]
fn where_it_is_sure_jaq_gives_the_same() {
    let (sure, errors) = (Cell::new(0), Cell::new(0));
    // Variables that no part of a filter has bound are bound here.
    let property = |filter: String, documents: Vec<String>| {
        let code = format!("\"X\" as $x | .a? as $y | {filter}");
        for text in documents {
            let by_jaq = by_jaq(&code, &text);
            match quickly(&code, &text) {
                Some(outputs) => {
                    prop_assert_eq!(by_jaq, Ok(outputs), "{} on {}", code, text);
                    sure.set(sure.get() + 1);
                }
                None => errors.set(errors.get() + u32::from(by_jaq.is_err())),
            }
        }
        Ok(())
    };
    let mut runner = proptest::test_runner::TestRunner::default();
    let cases = (filter(), prop::collection::vec(document(), 4));
    runner.run(&cases, |(filter, documents)| property(filter, documents)).unwrap();
    assert!(sure.get() > 100 && errors.get() > 100, "{} were sure, {} failed", sure.get(), errors.get());
}

proptest! {
    #[test]
    fn trees_are_what_jaqs_values_are(mut text in document(), at in any::<prop::sample::Index>(), odd in "[\"{}:,0-9.eE\\\\nau\u{1}ü -]{0,2}") {
        for is_damaged in [false, true] {
            if is_damaged {
                let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
                text.insert_str(places[at.index(places.len())], &odd);
            }
            let value = parse(text.as_bytes());
            let tree = Tree::read(&text, &Words::default(), LIMITS);
            // A half of a surrogate pair makes a value that is no text.
            let is_plain = value.as_ref().is_ok_and(|value| write_json(&mut String::new(), value).is_ok());
            prop_assert_eq!(tree.is_some(), is_plain, "{}", text);
            if let (Some((mut tree, root)), Ok(value)) = (tree, value) {
                let (mut of_tree, mut of_value) = (String::new(), String::new());
                tree.write(&mut of_tree, root);
                write_json(&mut of_value, &value).unwrap();
                prop_assert_eq!(&of_tree, &of_value);
                prop_assert_eq!(&tree.value(root), &value);
                let copy = tree.add_value(&value).unwrap();
                let mut of_copy = String::new();
                tree.write(&mut of_copy, copy);
                prop_assert_eq!(&of_copy, &of_value);
            }
        }
    }
}

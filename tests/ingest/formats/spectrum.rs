//! What every reader of CSV should read alike: the kinds of files that npm's `csv-spectrum` collects, written anew.

use pghaul_test_support::{Dump, ingest};

/// A file, its columns, and its values.
type Case = (&'static str, &'static str, &'static [&'static str], &'static [&'static [&'static str]]);

const CASES: [Case; 12] = [
    (
        "a comma in quotes",
        "first,last,address\nAda,Byron,\"12, Main Street\"\n",
        &["first", "last", "address"],
        &[&["Ada", "Byron", "12, Main Street"]],
    ),
    ("empty fields", "a,b,c\n1,\"\",\"\"\n2,3,4\n", &["a", "b", "c"], &[&["1", "", ""], &["2", "3", "4"]]),
    ("empty fields, CR LF", "a,b\r\n1,\"\"\r\n,4\r\n", &["a", "b"], &[&["1", ""], &["", "4"]]),
    (
        "quotes in quotes",
        "a,b\n1,\"ha \"\"ha\"\" ha\"\n3,\"\"\"\"\n",
        &["a", "b"],
        &[&["1", "ha \"ha\" ha"], &["3", "\""]],
    ),
    (
        "a document in quotes",
        "key,val\n1,\"{\"\"type\"\": \"\"Point\"\", \"\"at\"\": [1.5, 0.5]}\"\n",
        &["key", "val"],
        &[&["1", "{\"type\": \"Point\", \"at\": [1.5, 0.5]}"]],
    ),
    (
        "coordinates with quotes in the middle",
        "id,lat,lon\n1,35\u{B0}54'51.18\" N,77\u{B0}3'8\" W\n2,1\" N,2\"\n",
        &["id", "lat", "lon"],
        &[&["1", "35\u{B0}54'51.18\" N", "77\u{B0}3'8\" W"], &["2", "1\" N", "2\""]],
    ),
    (
        "line ends in quotes",
        "a,b,c\n1,2,3\n\"Once upon\na time\",5,6\n",
        &["a", "b", "c"],
        &[&["1", "2", "3"], &["Once upon\na time", "5", "6"]],
    ),
    (
        "line ends in quotes, CR LF",
        "a,b\r\n\"x\r\ny\",5\r\n7,\"\n\"\r\n",
        &["a", "b"],
        &[&["x\r\ny", "5"], &["7", "\n"]],
    ),
    (
        "quotes and line ends",
        "a,b\n1,\"ha\n\"\"ha\"\"\nha\"\n3,4\n",
        &["a", "b"],
        &[&["1", "ha\n\"ha\"\nha"], &["3", "4"]],
    ),
    ("simple", "a,b,c\n1,2,3", &["a", "b", "c"], &[&["1", "2", "3"]]),
    ("simple, CR LF", "a,b,c\r\n1,2,3\r\n", &["a", "b", "c"], &[&["1", "2", "3"]]),
    (
        "beyond ASCII",
        "a,b\n1,\u{2603}\n4,\u{28C}\u{2603}\n",
        &["a", "b"],
        &[&["1", "\u{2603}"], &["4", "\u{28C}\u{2603}"]],
    ),
];

#[test]
fn files_that_every_reader_reads_alike() {
    let ingest = ingest!();
    ingest.config("xport_cfg: {format: csv, encoding: utf-8, null_pattern: NULL}");
    let mut dump = Dump::new();
    for (number, (_, data, columns, _)) in CASES.iter().enumerate() {
        let columns: Vec<(&str, &str)> = columns.iter().map(|name| (*name, "text")).collect();
        dump = dump.table(&format!("t{number}"), &columns, data);
    }
    ingest.dump("crm_v1.zip", &dump);
    ingest.loads();
    for (number, (name, _, columns, expected)) in CASES.iter().enumerate() {
        let rows = ingest.db.rows(&format!("SELECT {} FROM v1_t{number} ORDER BY ctid", columns.join(", ")));
        let rows: Vec<Vec<String>> =
            rows.into_iter().map(|row| row.into_iter().map(Option::unwrap).collect()).collect();
        assert_eq!(rows, *expected, "{name}");
    }
}

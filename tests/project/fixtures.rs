//! The fixture dumps are built from the text files in `src` beside them, byte for byte.
//!
//! `scripts/fixtures` sets `UPDATE_FIXTURES`, and then the dumps are written instead of compared.

use serde::Deserialize;
use std::collections::BTreeSet;
use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use zip::write::{SimpleFileOptions, ZipWriter};
use zip::{CompressionMethod, DateTime};

const RECIPE: &str = "recipe.yml";

/// One member of a dump, and how it differs from its source, which is UTF-8 with LF.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Member {
    source: String,
    name: Option<String>,
    #[serde(default)]
    crlf: bool,
    #[serde(default)]
    bom: bool,
    #[serde(default)]
    stored: bool,
}

#[test]
fn dumps_are_built_from_their_sources() {
    are_built_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures"));
}

#[test]
fn dumps_like_those_of_the_original_job_are_built_from_their_sources() {
    are_built_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/original"));
}

/// Compares, or writes, the dumps of a folder with `src` and `dumps`.
fn are_built_in(fixtures: &Path) {
    let mut expected = Vec::new();
    for source in sorted(&fixtures.join("src")) {
        let dump = fixtures.join("dumps").join(file_name(&source)).with_extension("zip");
        let built = build(&source);
        if std::env::var_os("UPDATE_FIXTURES").is_some() {
            fs::write(&dump, built).unwrap();
        } else {
            let committed = fs::read(&dump).unwrap_or_default();
            assert!(
                committed == built,
                "{} is not what its sources make; run scripts/fixtures",
                dump.display()
            );
        }
        expected.push(dump);
    }
    assert_eq!(sorted(&fixtures.join("dumps")), expected, "every dump has its sources");
}

/// The bytes of the dump that `folder` describes.
fn build(folder: &Path) -> Vec<u8> {
    let recipe = fs::read_to_string(folder.join(RECIPE)).unwrap();
    let members: Vec<Member> = serde_yaml::from_str(&recipe).unwrap();
    let listed: BTreeSet<_> = members.iter().map(|member| member.source.clone()).collect();
    let present: BTreeSet<_> =
        sorted(folder).iter().map(|p| file_name(p)).filter(|name| name != RECIPE).collect();
    assert_eq!(listed, present, "the recipe of {} names the files beside it", folder.display());

    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for member in members {
        let method = if member.stored { CompressionMethod::Stored } else { CompressionMethod::Deflated };
        let options = SimpleFileOptions::default()
            .compression_method(method)
            // The time of a file and the umask would make each build differ.
            .last_modified_time(DateTime::default())
            .unix_permissions(0o644);
        zip.start_file(member.name.as_ref().unwrap_or(&member.source), options).unwrap();
        zip.write_all(&member.bytes(&fs::read_to_string(folder.join(&member.source)).unwrap())).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

impl Member {
    /// The member's bytes: Latin-1, with the line ends and the mark that the recipe asks for.
    fn bytes(&self, text: &str) -> Vec<u8> {
        let text = if self.crlf { text.replace('\n', "\r\n") } else { text.to_owned() };
        let mut bytes = if self.bom { b"\xEF\xBB\xBF".to_vec() } else { Vec::new() };
        bytes.extend(text.chars().map(|c| {
            u8::try_from(c).unwrap_or_else(|_| panic!("{}: {c:?} is not a Latin-1 character", self.source))
        }));
        bytes
    }
}

/// What a folder holds, in the order of the names, so that a run does not depend on the file system.
fn sorted(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

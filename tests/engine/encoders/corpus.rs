//! The values that fuzzing has found worth keeping: each makes an encoder go another way.

use std::fs::File;
use std::io::Read;
use zip::ZipArchive;

/// Those of one encoder, by its number in `fuzz/fuzz_targets/encoders.rs`: the first byte of a file.
pub fn values(encoder: u8) -> Vec<Vec<u8>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus/encoders.zip");
    let mut corpus = ZipArchive::new(File::open(path).unwrap()).unwrap();
    let mut values = Vec::new();
    for index in 0..corpus.len() {
        let mut bytes = Vec::new();
        corpus.by_index(index).unwrap().read_to_end(&mut bytes).unwrap();
        if let Some((&first, value)) = bytes.split_first()
            && first == encoder
        {
            values.push(value.to_vec());
        }
    }
    assert!(!values.is_empty(), "none of encoder {encoder}");
    values
}

//! Every way to write a data file in every container: the configuration loads it.

use super::writers::WRITERS;
use super::{COLUMNS, has_rows, inspected, rows};
use crate::containers::{gzip, tar, zstd};
use pghaul_test_support::{Dump, Ingest, descriptor, ingest, pghaul, says};

/// How a dump is packed: what it is called, and how it is written.
type Container = (&'static str, fn(&Ingest, &str, &[u8]));

fn folder(ingest: &Ingest, data_name: &str, data: &[u8], descriptor: &str) {
    ingest.work.write("dumps/crm_v1/t.json", descriptor);
    ingest.work.write(format!("dumps/crm_v1/{data_name}"), data);
}

fn packed_tar(descriptor: &str, data: &[u8]) -> Vec<u8> {
    tar(&[("a/t.json", descriptor.as_bytes()), ("a/t.dat", data)])
}

const CONTAINERS: [Container; 9] = [
    ("dumps/crm_v1.zip", |ingest, descriptor, data| {
        ingest.dump("crm_v1.zip", &Dump::new().member("t.json", descriptor).member("t.dat", data));
    }),
    ("dumps/crm_v1.zip", |ingest, descriptor, data| {
        ingest.dump("crm_v1.zip", &Dump::new().member("t.json", descriptor).member("t.dat.gz", gzip(data)));
    }),
    ("dumps/crm_v1.tar", |ingest, descriptor, data| {
        ingest.work.write("dumps/crm_v1.tar", packed_tar(descriptor, data));
    }),
    ("dumps/crm_v1.tar.gz", |ingest, descriptor, data| {
        ingest.work.write("dumps/crm_v1.tar.gz", gzip(&packed_tar(descriptor, data)));
    }),
    ("dumps/crm_v1.tar.zst", |ingest, descriptor, data| {
        ingest.work.write("dumps/crm_v1.tar.zst", zstd(&packed_tar(descriptor, data)));
    }),
    ("dumps/crm_v1", |ingest, descriptor, data| folder(ingest, "t.dat", data, descriptor)),
    ("dumps/crm_v1/", |ingest, descriptor, data| folder(ingest, "t.dat.gz", &gzip(data), descriptor)),
    ("dumps", |ingest, descriptor, data| folder(ingest, "sub/T.DAT.ZST", &zstd(data), descriptor)),
    ("dumps", |ingest, descriptor, data| {
        folder(ingest, "t.csv", data, descriptor);
        ingest.work.write("dumps/crm_v1/readme.md", "no data");
    }),
];

#[test]
fn the_configuration_loads_every_format_from_every_container() {
    for (writer, special) in WRITERS {
        let rows = rows(special);
        let (descriptor, data) = (descriptor(&COLUMNS), writer.write(&rows));
        for (number, (path, pack)) in CONTAINERS.into_iter().enumerate() {
            println!("{} in {path} ({number})", writer.name);
            let ingest = ingest!();
            pack(&ingest, &descriptor, &data);
            let config = inspected(&ingest, &[path]);
            says(&config, writer.says);
            assert!(!config.contains("put the data files"), "a dump is no folder that is to become one");
            has_rows(&ingest, "v1_t", &rows);
        }
    }
}

#[test]
fn a_compressed_data_file_alone_is_looked_at() {
    let (writer, special) = &WRITERS[0];
    let rows = rows(special);
    let data = writer.write(&rows);
    for (name, bytes) in [("t.dat.gz", gzip(&data)), ("T.dat.zst", zstd(&data)), ("t.csv.GZ", gzip(&data))] {
        let ingest = ingest!();
        ingest.work.write(name, &bytes);
        let run = pghaul!(ingest.work).args(["inspect", name, "--descriptors", "."]).run();
        run.assert_code(0).assert_stdout_has("put the data files and their descriptors into a dump");
        ingest.config(&run.stdout);
        let descriptor = ingest.work.read("t.json");
        ingest.dump("crm_v1.zip", &Dump::new().member("t.json", descriptor).member(name, bytes));
        ingest.command().args(["--verify"]).run().assert_code(0);
        has_rows(&ingest, "(SELECT column_1 AS id, column_2 AS txt, column_3 AS born FROM v1_t) t", &rows);
    }
    let ingest = ingest!();
    ingest.work.write("t.dat.gz", &gzip(&data)[..30]);
    let run = pghaul!(ingest.work).args(["inspect", "t.dat.gz"]).run();
    run.assert_code(1).assert_stderr_has("t.dat.gz: the data file cannot be read");
}

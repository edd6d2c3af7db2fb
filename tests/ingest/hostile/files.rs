//! Files that are no dumps, or more than one.

use super::forged::Zip;
use super::{Hostile, described, whole};

/// What helps with most of them.
const AGAIN: &str = "transfer or export the dump again, or move it out of this folder";

fn no_zip(reason: &str) -> String {
    format!("dumps/app_v1.zip: is no zip file, or is cut off: {reason}; {AGAIN}")
}

pub fn list() -> Vec<Hostile> {
    let whole_bytes = whole().bytes();
    let half = whole_bytes[..whole_bytes.len() / 2].to_vec();
    let all_but_one = whole_bytes[..whole_bytes.len() - 1].to_vec();
    // A reader that searches backwards meets the comment first.
    let empty_end = Zip::default().end(0, 0);
    let two = [described().member("t.dat", "id|name\n9|nine\n").bytes(), whole().bytes()].concat();
    let nameless = |file| {
        let message = format!(
            "dumps/{file}: the file name does not say which version this is; \
             name the dump <app>_<version>.zip, for example lms_v1.zip"
        );
        Hostile::refused("", whole().bytes(), message).called(file)
    };
    vec![
        Hostile::refused("a file of no bytes", Vec::new(), no_zip("invalid Zip archive: Could not find EOCD")),
        Hostile::refused("a file that is no zip", b"id|name\n1|one\n".to_vec(), no_zip("invalid Zip archive: Could not find EOCD")),
        Hostile::refused("four bytes of a zip", b"PK\x05\x06".to_vec(), no_zip("invalid Zip archive: Unexpected end of zip::format::blocks::Zip32CDEBlock")),
        Hostile::refused("half a zip", half, no_zip("invalid Zip archive: Could not find EOCD")),
        Hostile::refused("a zip without its last byte", all_but_one, no_zip("invalid Zip archive: Unexpected end of zip::format::blocks::Zip32CDEBlock")),
        Hostile::refused("a part of several disks", whole().but(|zip| zip.disk = 1).bytes(), no_zip("invalid Zip archive: Multi-disk ZIP files are not supported")),
        Hostile::refused("more members stated than there are", whole().but(|zip| zip.count = Some(5)).bytes(), no_zip("invalid Zip archive: Unexpected end of zip::format::blocks::ZipCentralEntryBlock")),
        Hostile::refused(
            "fewer members stated than there are",
            whole().but(|zip| zip.count = Some(3)).bytes(),
            "app_v1.zip/t.json: there is no t.dat beside it; \
             every table needs a descriptor and a data file in the same dump",
        ),
        Hostile::refused("an empty directory in the comment", whole().but(|zip| zip.comment = empty_end).bytes(), "dumps/app_v1.zip: the zip lists no members, though the file holds more than an empty zip; transfer or export the dump again, or move it out of this folder"),
        Hostile::loads("a text in the comment", whole().but(|zip| zip.comment = b"PK\x05\x06 DROP".to_vec()).bytes()),
        Hostile::loads("a program before the zip", whole().but(|zip| zip.prefix = b"MZ".repeat(5000)).bytes()),
        Hostile::loads("a zip behind another", two),
        Hostile { name: "no version in the name", ..nameless("app.zip") },
        Hostile { name: "no application in the name", ..nameless("_v1.zip") },
        Hostile { name: "an empty version in the name", ..nameless("app_.zip") },
        Hostile::refused(
            "two dumps of one version table",
            whole().bytes(),
            "dumps/app_v1.zip and dumps/crm_v1.zip both map to the version table v1_good; set xport_cfg.child_name, \
             for example to '{app}_{version}_{table}', or rename a dump",
        )
        .and("crm_v1.zip", whole().bytes())
        .and_says(
            "dumps/app_v1.zip and dumps/crm_v1.zip both map to the version table v1_t; set xport_cfg.child_name, \
             for example to '{app}_{version}_{table}', or rename a dump",
        ),
        Hostile::refused(
            "two dumps whose names differ in case",
            whole().bytes(),
            "dumps/APP_V1.zip and dumps/app_v1.zip are the same version of app; remove or rename one of them",
        )
        .and("APP_V1.zip", whole().bytes()),
    ]
}

//! Lists the members of a zip that are named for tables.

use super::directory::{self, Extents};
use super::member::Member;
use crate::ingest::settings::Settings;
use crate::ingest::source::bytes::DumpBytes;
use crate::ingest::source::content::Content;
use crate::ingest::source::listing::Listing;
use crate::ingest::source::member;
use crate::{Error, Result};
use std::borrow::Cow;
use std::sync::Arc;

/// Lists the members; what is wrong with one of them goes to the listing.
///
/// # Errors
/// A file that is no zip or only the start of one; a directory that asks for more than the limits allow.
pub fn list(
    dump: &Arc<DumpBytes>,
    content: &Content,
    settings: &Settings,
    listing: &mut Listing,
) -> Result<()> {
    let Settings { limits, secrets, .. } = settings;
    let mut archive = directory::open(content.again(), limits)?;
    let mut extents = Extents::default();
    let mut lacks_password = false;
    if archive.has_duplicate_names() {
        listing.faults.push(Error::refused("the zip lists a member twice").remedy("export the dump again"));
    }
    for index in 0..archive.len() {
        let file = match archive.by_index_raw(index) {
            Ok(file) => file,
            Err(error) => {
                listing.faults.push(
                    Error::refused(format!("member {} of the zip is damaged: {error}", index + 1))
                        .remedy("transfer or export the dump again"),
                );
                continue;
            }
        };
        // Names that are not UTF-8 are in code page 437 (APPNOTE.TXT, appendix D).
        let name =
            file.name().map_or_else(|_| String::from_utf8_lossy(file.name_raw()).into(), Cow::into_owned);
        if let Some(data_start) = file.data_start() {
            extents.push(file.header_start(), data_start.saturating_add(file.compressed_size()), &name);
        }
        // A folder's name is checked like any other.
        let Some(role) = (match file.is_dir() {
            true => listing.folder(&name),
            false => listing.role(&name, settings),
        }) else {
            continue;
        };
        let found = Member::new(&name, &file, content, limits, secrets);
        let lacks = found.is_err() && file.encrypted() && !matches!(secrets.zip_password.find(), Ok(Some(_)));
        // All members of a dump have one password: one message says that it is missing.
        if lacks && std::mem::replace(&mut lacks_password, true) {
            continue;
        }
        let member = found.and_then(|found| member::Member::in_zip(Arc::clone(dump), found, limits));
        listing.add(role, &name, member);
    }
    listing.faults.extend(extents.check(archive.central_directory_start()).err());
    Ok(())
}

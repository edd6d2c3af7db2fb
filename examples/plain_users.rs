//! The users of `pghaul generate users` as they are made without it: a plain loop in one thread, which calls the crate `fake` for
//! each field of the record and gives the record to serde_json. `scripts/profile old` profiles it.
//!
//! Usage: `plain_users COUNT FILE REPORT`. The report has what the script reads of pghaul's.

use fake::Fake;
use fake::faker::address::raw::{BuildingNumber, PostCode, StreetName};
use fake::faker::internet::raw::{IPv4, IPv6, MACAddress, SafeEmail, Username};
use fake::faker::name::raw::{FirstName, LastName};
use fake::faker::phone_number::raw::PhoneNumber;
use fake::locales::EN;
use fake::rand::rngs::StdRng;
use fake::rand::seq::IndexedRandom;
use fake::rand::{RngExt, SeedableRng};
use pghaul::generate::users::countries::COUNTRIES;
use pghaul::generate::users::words::SYSTEM_TRIPLETS;
use serde_json::{Value, json};
use std::error::Error;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [count, file, report] = &args[..] else {
        return Err("usage: plain_users COUNT FILE REPORT".into());
    };
    let count: u64 = count.parse()?;
    let started = Instant::now();
    let mut out = BufWriter::new(File::create(file)?);
    let mut random = StdRng::seed_from_u64(0);
    for _ in 0..count {
        serde_json::to_writer(&mut out, &user(&mut random)?)?;
        out.write_all(b"\n")?;
    }
    out.flush()?;
    let report_of_run = json!({"totals": {"rows_loaded": count}, "seconds": started.elapsed().as_secs_f64()});
    fs::write(report, report_of_run.to_string())?;
    Ok(())
}

fn user(random: &mut StdRng) -> Result<Value, Box<dyn Error>> {
    let country = COUNTRIES.choose(random).ok_or("there is no country")?;
    let city = country.cities.choose(random).ok_or("there is no city")?;
    Ok(json!({
        "user_id": uuid(random),
        "user_name": Username(EN).fake_with_rng::<String, _>(random),
        "first_name": FirstName(EN).fake_with_rng::<String, _>(random),
        "last_name": LastName(EN).fake_with_rng::<String, _>(random),
        "age": (18..=100).fake_with_rng::<u8, _>(random),
        "address": {
            "house_number": BuildingNumber(EN).fake_with_rng::<String, _>(random),
            "street_name": StreetName(EN).fake_with_rng::<String, _>(random),
            "city": city.name,
            "country": country.name,
            "post_code": PostCode(EN).fake_with_rng::<String, _>(random),
        },
        "email_address": SafeEmail(EN).fake_with_rng::<String, _>(random),
        "phone_number": PhoneNumber(EN).fake_with_rng::<String, _>(random),
        "device": {
            "ipv4_address": IPv4(EN).fake_with_rng::<String, _>(random),
            "ipv6_address": IPv6(EN).fake_with_rng::<String, _>(random),
            "mac_address": MACAddress(EN).fake_with_rng::<String, _>(random),
            "UUID": uuid(random),
            "system_triplet": SYSTEM_TRIPLETS.choose(random),
        },
    }))
}

/// A random UUID (RFC 9562, section 5.4).
fn uuid(random: &mut StdRng) -> String {
    let mut bytes: [u8; 16] = random.random();
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

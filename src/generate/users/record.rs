//! The record: one user, made of its seed and index.

use super::fields::{Filled, ipv4, ipv6, mac, uuid};
use super::words::{
    COUNTRIES, Country, DOMAINS, FIRST_NAMES, LAST_NAMES, Name, STREET_SUFFIXES, SYSTEM_TRIPLETS,
};
use crate::generate::random::Seed;
use crate::generate::text::push_number;

/// One user. The `push_…` functions write the texts that are put together of words.
#[derive(Debug)]
pub struct User {
    /// A version 4 UUID.
    pub user_id: [u8; 16],
    /// The first name.
    pub first_name: &'static str,
    /// The last name.
    pub last_name: &'static str,
    /// Years, from 18 to 100.
    pub age: u8,
    /// From 1 to 199.
    pub house_number: u8,
    /// One of the country's cities.
    pub city: &'static str,
    /// The country's name.
    pub country: &'static str,
    /// An IPv4 address of a host.
    pub ipv4_address: [u8; 4],
    /// An IPv6 address, unicast.
    pub ipv6_address: [u8; 16],
    /// A MAC address, locally administered and unicast.
    pub mac_address: [u8; 6],
    /// The device's UUID.
    pub device_uuid: [u8; 16],
    /// One of [`SYSTEM_TRIPLETS`].
    pub system_triplet: &'static str,
    account: (&'static str, &'static str, u32),
    street: (&'static str, &'static str),
    domain: &'static str,
    post_code: Filled,
    phone: Filled,
}

/// All users of a seed.
#[derive(Debug, Clone, Copy)]
pub struct Users {
    seed: Seed,
    first_names: &'static [Name],
    last_names: &'static [Name],
}

impl Users {
    /// The users of `seed`.
    pub fn new(seed: u64) -> Users {
        Users { seed: Seed::new(seed), first_names: &FIRST_NAMES, last_names: &LAST_NAMES }
    }

    /// User `index`; always the same one.
    #[inline]
    pub fn user(&self, index: u64) -> User {
        let random = &mut self.seed.record(index);
        let first = random.pick(self.first_names);
        let last = random.pick(self.last_names);
        let country: Country = random.pick(&COUNTRIES);
        let [house_number, age] = [random.between(1, 199), random.between(18, 100)];
        User {
            user_id: uuid(random),
            first_name: first.text,
            last_name: last.text,
            // Both fit, by the limits above.
            age: age as u8,
            house_number: house_number as u8,
            city: random.pick(&country.cities),
            country: country.name,
            ipv4_address: ipv4(random),
            ipv6_address: ipv6(random),
            mac_address: mac(random),
            device_uuid: uuid(random),
            system_triplet: random.pick(&SYSTEM_TRIPLETS),
            account: (first.account, last.account, random.between(1, 9999)),
            street: (random.pick(self.last_names).text, random.pick(STREET_SUFFIXES)),
            domain: random.pick(&DOMAINS),
            post_code: Filled::new(country.post_code, random),
            phone: Filled::new(country.phone, random),
        }
    }
}

impl User {
    /// Appends the account's name, of both names and a number: `ann.hill42`.
    #[inline]
    pub fn push_user_name(&self, out: &mut Vec<u8>) {
        let (first, last, number) = self.account;
        out.extend_from_slice(first.as_bytes());
        out.push(b'.');
        out.extend_from_slice(last.as_bytes());
        push_number(out, number);
    }

    /// Appends the account at a domain that receives no mail.
    #[inline]
    pub fn push_email_address(&self, out: &mut Vec<u8>) {
        self.push_user_name(out);
        out.push(b'@');
        out.extend_from_slice(self.domain.as_bytes());
    }

    /// Appends the name of an invented street: `Hill Crossing`.
    #[inline]
    pub fn push_street_name(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.street.0.as_bytes());
        out.push(b' ');
        out.extend_from_slice(self.street.1.as_bytes());
    }

    /// Appends a post code in the country's form.
    #[inline]
    pub fn push_post_code(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.post_code.bytes());
    }

    /// Appends a telephone number in the country's form.
    #[inline]
    pub fn push_phone_number(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.phone.bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::super::json;
    use super::*;
    use serde_json::Value;
    use std::collections::HashSet;
    use std::net::{Ipv4Addr, Ipv6Addr};

    fn records(seed: u64, count: u64) -> Vec<Value> {
        let users = Users::new(seed);
        let json = |index| {
            let mut text = Vec::new();
            json::push(&mut text, &users.user(index));
            serde_json::from_slice(&text).unwrap()
        };
        (0..count).map(json).collect()
    }

    fn keys(value: &Value) -> Vec<&str> {
        value.as_object().unwrap().keys().map(String::as_str).collect()
    }

    /// Every character in its place: `x` a hexadecimal digit, `#` a digit, `A` a letter, others themselves.
    fn has_form(text: &str, form: &str) -> bool {
        text.len() == form.len()
            && text.chars().zip(form.chars()).all(|(c, form)| match form {
                'x' => c.is_ascii_hexdigit() && !c.is_ascii_uppercase(),
                '#' => c.is_ascii_digit(),
                'N' => ('1'..='9').contains(&c),
                'A' => c.is_ascii_uppercase(),
                literal => c == literal,
            })
    }

    #[test]
    fn a_record_has_the_fields_of_the_seed_in_their_order() {
        for user in records(0, 10) {
            assert_eq!(
                keys(&user),
                [
                    "user_id",
                    "user_name",
                    "first_name",
                    "last_name",
                    "age",
                    "address",
                    "email_address",
                    "phone_number",
                    "device"
                ]
            );
            assert_eq!(
                keys(&user["address"]),
                ["house_number", "street_name", "city", "country", "post_code"]
            );
            assert_eq!(
                keys(&user["device"]),
                ["ipv4_address", "ipv6_address", "mac_address", "UUID", "system_triplet"]
            );
        }
    }

    #[test]
    fn every_field_has_its_type_and_form() {
        for user in records(0, 5000) {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            let (address, device) = (&user["address"], &user["device"]);
            for uuid in [&user["user_id"], &device["UUID"]] {
                let uuid = text(uuid);
                assert!(has_form(&uuid, "xxxxxxxx-xxxx-4xxx-xxxx-xxxxxxxxxxxx"), "{uuid}");
                assert!(matches!(&uuid[19..20], "8" | "9" | "a" | "b"), "{uuid}");
            }
            assert!((18..=100).contains(&user["age"].as_u64().unwrap()));
            assert!((1..=199).contains(&text(&address["house_number"]).parse().unwrap()));
            assert!(text(&address["street_name"]).contains(' '));
            let country = COUNTRIES.iter().find(|country| country.name == address["country"]).unwrap();
            assert!(country.cities.iter().any(|city| *city == address["city"]));
            assert!(has_form(&text(&address["post_code"]), country.post_code));
            assert!(has_form(&text(&user["phone_number"]), country.phone));
            let (account, domain) = (text(&user["user_name"]), text(&user["email_address"]));
            assert!(DOMAINS.iter().any(|known| domain == format!("{account}@{known}")), "{account} {domain}");
            assert!(!text(&user["first_name"]).is_empty() && !text(&user["last_name"]).is_empty());
            let ipv4: Ipv4Addr = text(&device["ipv4_address"]).parse().unwrap();
            assert!((1..=223).contains(&ipv4.octets()[0]));
            let ipv6 = text(&device["ipv6_address"]);
            assert_eq!(ipv6.parse::<Ipv6Addr>().unwrap().to_string(), ipv6);
            assert!(has_form(&text(&device["mac_address"]), "xx:xx:xx:xx:xx:xx"));
            assert!(SYSTEM_TRIPLETS.iter().any(|triplet| *triplet == device["system_triplet"]));
        }
    }

    #[test]
    fn everything_there_is_to_choose_from_is_chosen() {
        let users = records(0, 5000);
        let seen = |pick: fn(&Value) -> &Value| {
            users.iter().map(pick).map(Value::to_string).collect::<HashSet<_>>().len()
        };
        assert_eq!(seen(|user| &user["age"]), 83);
        assert_eq!(seen(|user| &user["address"]["city"]), 15);
        assert_eq!(seen(|user| &user["device"]["system_triplet"]), 10);
        assert_eq!(seen(|user| &user["user_id"]), 5000);
        assert!(seen(|user| &user["first_name"]) > 1000);
    }

    #[test]
    fn a_user_depends_on_seed_and_index_alone() {
        assert_eq!(records(7, 20), records(7, 20));
        assert_eq!(records(7, 20)[..10], records(7, 10));
        assert!(records(7, 20).iter().zip(records(8, 20)).all(|(one, other)| *one != other));
    }

    /// A seed gives the same users for ever; other words or another order of drawing would show here.
    #[test]
    fn the_same_seed_gives_the_same_bytes_in_every_version() {
        let mut text = Vec::new();
        for index in 0..1000 {
            json::push(&mut text, &Users::new(42).user(index));
        }
        assert_eq!(crc32fast::hash(&text), 0x251d_0b7e);
    }
}

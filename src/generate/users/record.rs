//! The record: one user, made of its seed and index.

use super::countries::{COUNTRIES, Country};
use super::fields::{Filled, ipv4, ipv6, mac, uuid};
use super::words::{DOMAINS, Name, SYSTEM_TRIPLETS};
use crate::generate::random::Seed;
use crate::generate::text::push_long_number;

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
    account: (&'static str, &'static str, u64),
    street: (&'static str, &'static str),
    domain: &'static str,
    post_code: Filled,
    phone: Filled,
}

/// All users of a seed.
#[derive(Debug, Clone, Copy)]
pub struct Users {
    seed: Seed,
    /// Whether no two users have the same account.
    unique_accounts: bool,
    people: [People; COUNTRIES.len()],
}

/// The people of a country.
#[derive(Debug, Clone, Copy)]
struct People {
    country: &'static Country,
    first_names: &'static [Name],
    last_names: &'static [Name],
    streets: &'static [&'static str],
}

/// Numbers of accounts that are not unique, from 1 on.
const ACCOUNT_NUMBERS: u32 = 9999;

impl Users {
    /// The users of `seed`. With `unique_accounts`, no two of them have the same user name, and so no two the same mail
    /// address.
    pub fn new(seed: u64, unique_accounts: bool) -> Users {
        let people = COUNTRIES.each_ref().map(|country| People {
            country,
            first_names: country.first_names,
            last_names: country.last_names,
            streets: country.streets,
        });
        Users { seed: Seed::new(seed), unique_accounts, people }
    }

    /// User `index`; always the same one.
    #[inline]
    pub fn user(&self, index: u64) -> User {
        let random = &mut self.seed.record(index);
        let People { country, first_names, last_names, streets } = random.choose(&self.people);
        let [first, last] = [random.pick(first_names), random.pick(last_names)];
        let city = random.choose(&country.cities);
        // Most people have only a mobile number.
        let phone = if random.once_in(4) { city.phone } else { random.pick(country.mobiles) };
        let [house_number, age] = [random.between(1, 199), random.between(18, 100)];
        let number = u64::from(random.between(1, ACCOUNT_NUMBERS));
        User {
            user_id: uuid(random),
            first_name: first.text,
            last_name: last.text,
            // Both fit, by the limits above.
            age: age as u8,
            house_number: house_number as u8,
            city: city.name,
            country: country.name,
            ipv4_address: ipv4(random),
            ipv6_address: ipv6(random),
            mac_address: mac(random),
            device_uuid: uuid(random),
            system_triplet: random.pick(&SYSTEM_TRIPLETS),
            // Names end with a letter, so accounts with different numbers differ. No record has the last of all indexes.
            account: (first.account, last.account, if self.unique_accounts { index + 1 } else { number }),
            street: (random.pick(streets), random.pick(country.street_ends)),
            domain: random.pick(&DOMAINS),
            post_code: Filled::new(random.pick(city.post_codes), country.post_code_end, random),
            phone: Filled::new(phone, "", random),
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
        push_long_number(out, number);
    }

    /// Appends the account at a domain that receives no mail.
    #[inline]
    pub fn push_email_address(&self, out: &mut Vec<u8>) {
        self.push_user_name(out);
        out.push(b'@');
        out.extend_from_slice(self.domain.as_bytes());
    }

    /// Appends the name of an invented street: `Hill Road`, `Müllerstraße`.
    #[inline]
    pub fn push_street_name(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.street.0.as_bytes());
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
        let users = Users::new(seed, false);
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

    /// Every character in its place: `x` a hexadecimal digit, others as in [`Filled::new`].
    fn has_form(text: &str, form: &str) -> bool {
        text.len() == form.len()
            && text.chars().zip(form.chars()).all(|(c, form)| match form {
                'x' => c.is_ascii_hexdigit() && !c.is_ascii_uppercase(),
                '#' => c.is_ascii_digit(),
                'n' => ('2'..='9').contains(&c),
                'u' => "ABDEFGHJLNPQRSTUWXYZ".contains(c),
                'd' => "ABCDEGHJKLMNPRTVWXZ".contains(c),
                'e' => "ABCDEGHJKLMNPRSTVWXZ".contains(c),
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
            let country = COUNTRIES.iter().find(|country| country.name == address["country"]).unwrap();
            let street = text(&address["street_name"]);
            assert!(country.street_ends.iter().any(|end| street.len() > end.len() && street.ends_with(end)));
            let city = country.cities.iter().find(|city| city.name == address["city"]).unwrap();
            let post_code = text(&address["post_code"]);
            let codes = city.post_codes.iter().map(|code| code.to_string() + country.post_code_end);
            assert!(codes.into_iter().any(|form| has_form(&post_code, &form)), "{post_code}");
            let mut phones = country.mobiles.iter().chain([&city.phone]);
            assert!(phones.any(|form| has_form(&text(&user["phone_number"]), form)));
            let known = |names: &[Name], field: &str| names.iter().any(|name| name.text == user[field]);
            assert!(known(country.first_names, "first_name") && known(country.last_names, "last_name"));
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
    fn unique_accounts_differ_and_all_else_is_the_same() {
        let [plain, unique] = [Users::new(3, false), Users::new(3, true)];
        let text = |user: &User| {
            let mut text = Vec::new();
            user.push_email_address(&mut text);
            String::from_utf8(text).unwrap()
        };
        let accounts = |users: Users| -> HashSet<String> {
            let user_name = |index| text(&users.user(index)).split('@').next().unwrap().to_owned();
            (0..300_000).map(user_name).collect()
        };
        assert!(accounts(plain).len() < 300_000);
        assert_eq!(accounts(unique).len(), 300_000);
        let last = unique.user(u64::MAX - 1);
        assert!(text(&last).contains(&u64::MAX.to_string()));
        let [one, other] = [plain.user(7), unique.user(7)];
        assert_eq!((one.user_id, one.phone.bytes()), (other.user_id, other.phone.bytes()));
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
            json::push(&mut text, &Users::new(42, false).user(index));
        }
        assert_eq!(crc32fast::hash(&text), 0xa231_2500);
    }
}

//! Fake users: the record, and the forms that it is written in.

pub mod csv;
pub mod json;
pub mod words;

use super::random::{Random, Seed};
use super::text::push_number;
use words::{COUNTRIES, Country, DOMAINS, FIRST_NAMES, LAST_NAMES, Name, STREET_SUFFIXES, SYSTEM_TRIPLETS};

/// One user. Texts that are put together from words are written by the `push_…` functions.
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
    /// One of the country's.
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

/// A form such as `N###`, filled in.
#[derive(Debug)]
struct Filled {
    text: [u8; Filled::LONGEST],
    length: usize,
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

    /// User `index`; the same one every time.
    #[inline]
    pub fn user(&self, index: u64) -> User {
        let random = &mut self.seed.record(index);
        let first = random.pick(self.first_names);
        let last = random.pick(self.last_names);
        let country: &Country = random.pick(&COUNTRIES);
        let [house_number, age] = [random.between(1, 199), random.between(18, 100)];
        User {
            user_id: uuid(random),
            first_name: first.text,
            last_name: last.text,
            // Both fit, see above.
            age: age as u8,
            house_number: house_number as u8,
            city: *random.pick(&country.cities),
            country: country.name,
            ipv4_address: ipv4(random),
            ipv6_address: ipv6(random),
            mac_address: mac(random),
            device_uuid: uuid(random),
            system_triplet: *random.pick(&SYSTEM_TRIPLETS),
            account: (&first.account, &last.account, random.between(1, 9999)),
            street: (random.pick(self.last_names).text, *random.pick(STREET_SUFFIXES)),
            domain: *random.pick(&DOMAINS),
            post_code: Filled::new(country.post_code, random),
            phone: Filled::new(country.phone, random),
        }
    }
}

impl User {
    /// The account's name, from both names and a number: `ann.hill42`.
    #[inline]
    pub fn push_user_name(&self, out: &mut Vec<u8>) {
        let (first, last, number) = self.account;
        out.extend_from_slice(first.as_bytes());
        out.push(b'.');
        out.extend_from_slice(last.as_bytes());
        push_number(out, number);
    }

    /// The account at a domain that receives no mail.
    #[inline]
    pub fn push_email_address(&self, out: &mut Vec<u8>) {
        self.push_user_name(out);
        out.push(b'@');
        out.extend_from_slice(self.domain.as_bytes());
    }

    /// A street that nobody lives in: `Hill Crossing`.
    #[inline]
    pub fn push_street_name(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.street.0.as_bytes());
        out.push(b' ');
        out.extend_from_slice(self.street.1.as_bytes());
    }

    /// A post code in the country's form.
    #[inline]
    pub fn push_post_code(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.post_code.bytes());
    }

    /// A telephone number in the country's form.
    #[inline]
    pub fn push_phone_number(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.phone.bytes());
    }
}

impl Filled {
    /// Bytes of the longest form.
    const LONGEST: usize = 16;

    /// Fills in a form of [`words::Country`].
    #[inline]
    fn new(form: &'static str, random: &mut Random) -> Filled {
        // One number is enough for all places: what a place does not use of it is left for the next one.
        let mut rest = random.bits();
        let mut below = |limit: u64| {
            let product = u128::from(rest) * u128::from(limit);
            rest = product as u64;
            (product >> 64) as u8
        };
        let mut text = [0; Filled::LONGEST];
        for (place, form) in text.iter_mut().zip(form.bytes()) {
            *place = match form {
                b'#' => b'0' + below(10),
                b'N' => b'1' + below(9),
                b'A' => b'A' + below(26),
                literal => literal,
            };
        }
        Filled { text, length: form.len() }
    }

    fn bytes(&self) -> &[u8] {
        &self.text[..self.length]
    }
}

/// A random UUID (RFC 9562, section 5.4).
fn uuid(random: &mut Random) -> [u8; 16] {
    let mut uuid = random.bytes();
    uuid[6] = uuid[6] & 0x0f | 0x40;
    uuid[8] = uuid[8] & 0x3f | 0x80;
    uuid
}

/// An address of class A to C, neither the network's own nor its broadcast address.
fn ipv4(random: &mut Random) -> [u8; 4] {
    let [a, b, c, d, ..] = random.bits().to_be_bytes();
    [1 + a % 223, b, c, 1 + d % 254]
}

/// A global unicast address (2000::/3; RFC 4291, section 2.4) whose groups all have four digits.
fn ipv6(random: &mut Random) -> [u8; 16] {
    let mut address = random.bytes();
    for group in address.chunks_exact_mut(2) {
        if group[0] < 0x10 {
            group[0] |= 0x10;
        }
    }
    address[0] = address[0] & 0x1f | 0x20;
    address
}

/// A locally administered unicast address (RFC 9542, section 2.1).
fn mac(random: &mut Random) -> [u8; 6] {
    let [a, b, c, d, e, f, ..] = random.bits().to_be_bytes();
    [a & 0xfc | 0x02, b, c, d, e, f]
}

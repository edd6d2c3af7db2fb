//! Fields that are random numbers, not words of a list.

use crate::generate::random::Random;

/// A form such as `+49 30 n#######`, filled in.
#[derive(Debug)]
pub struct Filled {
    text: [u8; Filled::LONGEST],
    length: usize,
}

/// Letters of the second half of a British post code.
const BRITISH: &[u8] = b"ABDEFGHJLNPQRSTUWXYZ";
/// Letters of a Dutch post code. The first one is not the S at the end, since SA, SD and SS do not exist.
const DUTCH: &[u8] = b"ABCDEGHJKLMNPRTVWXZS";

impl Filled {
    /// Bytes of the longest form.
    pub const LONGEST: usize = 16;

    /// Fills in a form, which `end` follows: `#` is any digit, `n` a digit from 2 to 9, `u` a letter of British post codes, `d` and
    /// `e` the first and the second letter of Dutch ones. Other characters are themselves.
    #[inline]
    pub fn new(form: &'static str, end: &'static str, random: &mut Random) -> Filled {
        // One random number is enough for all places: each uses a part of it, and leaves the rest.
        let mut rest = random.bits();
        let mut below = |limit: u64| {
            let product = u128::from(rest) * u128::from(limit);
            rest = product as u64;
            (product >> 64) as u8
        };
        let mut text = [0; Filled::LONGEST];
        for (place, form) in text.iter_mut().zip(form.bytes().chain(end.bytes())) {
            *place = match form {
                b'#' => b'0' + below(10),
                b'n' => b'2' + below(8),
                b'u' => BRITISH[usize::from(below(BRITISH.len() as u64))],
                b'd' => DUTCH[usize::from(below(DUTCH.len() as u64 - 1))],
                b'e' => DUTCH[usize::from(below(DUTCH.len() as u64))],
                literal => literal,
            };
        }
        Filled { text, length: form.len() + end.len() }
    }

    /// The text, in ASCII.
    pub fn bytes(&self) -> &[u8] {
        &self.text[..self.length]
    }
}

/// A random UUID (RFC 9562, section 5.4).
pub fn uuid(random: &mut Random) -> [u8; 16] {
    let mut uuid = random.bytes();
    uuid[6] = uuid[6] & 0x0f | 0x40;
    uuid[8] = uuid[8] & 0x3f | 0x80;
    uuid
}

/// An address of class A to C, neither the network's own nor its broadcast address.
pub fn ipv4(random: &mut Random) -> [u8; 4] {
    let [a, b, c, d, ..] = random.bits().to_be_bytes();
    [1 + a % 223, b, c, 1 + d % 254]
}

/// A global unicast address (2000::/3; RFC 4291, section 2.4) whose groups all have four digits.
pub fn ipv6(random: &mut Random) -> [u8; 16] {
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
pub fn mac(random: &mut Random) -> [u8; 6] {
    let [a, b, c, d, e, f, ..] = random.bits().to_be_bytes();
    [a & 0xfc | 0x02, b, c, d, e, f]
}

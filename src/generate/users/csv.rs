//! A user as a row of CSV (RFC 4180). No value needs quotes (`words.rs` has a test for that).

use super::record::User;
use crate::generate::text::{push_ipv4, push_ipv6, push_mac, push_number, push_uuid};

/// The header line, with its line end.
pub const HEADER: &str = "user_id,user_name,first_name,last_name,age,\
    address_house_number,address_street_name,address_city,address_country,address_post_code,\
    email_address,phone_number,\
    device_ipv4_address,device_ipv6_address,device_mac_address,device_uuid,device_system_triplet\n";

/// Appends a user, with the line end.
#[inline]
pub fn push(out: &mut Vec<u8>, user: &User) {
    push_uuid(out, &user.user_id);
    out.push(b',');
    user.push_user_name(out);
    out.push(b',');
    out.extend_from_slice(user.first_name.as_bytes());
    out.push(b',');
    out.extend_from_slice(user.last_name.as_bytes());
    out.push(b',');
    push_number(out, u32::from(user.age));
    out.push(b',');
    push_number(out, u32::from(user.house_number));
    out.push(b',');
    user.push_street_name(out);
    out.push(b',');
    out.extend_from_slice(user.city.as_bytes());
    out.push(b',');
    out.extend_from_slice(user.country.as_bytes());
    out.push(b',');
    user.push_post_code(out);
    out.push(b',');
    user.push_email_address(out);
    out.push(b',');
    user.push_phone_number(out);
    out.push(b',');
    push_ipv4(out, user.ipv4_address);
    out.push(b',');
    push_ipv6(out, &user.ipv6_address);
    out.push(b',');
    push_mac(out, user.mac_address);
    out.push(b',');
    push_uuid(out, &user.device_uuid);
    out.push(b',');
    out.extend_from_slice(user.system_triplet.as_bytes());
    out.push(b'\n');
}

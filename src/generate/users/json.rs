//! A user as a JSON object on one line. No word needs an escape (`words.rs` has a test for that).

use super::record::User;
use crate::generate::text::{push_ipv4, push_ipv6, push_mac, push_number, push_uuid};

/// Appends a user, without a line end.
#[inline]
pub fn push(out: &mut Vec<u8>, user: &User) {
    out.extend_from_slice(br#"{"user_id":""#);
    push_uuid(out, &user.user_id);
    out.extend_from_slice(br#"","user_name":""#);
    user.push_user_name(out);
    out.extend_from_slice(br#"","first_name":""#);
    out.extend_from_slice(user.first_name.as_bytes());
    out.extend_from_slice(br#"","last_name":""#);
    out.extend_from_slice(user.last_name.as_bytes());
    out.extend_from_slice(br#"","age":"#);
    push_number(out, u32::from(user.age));
    out.extend_from_slice(br#","address":"#);
    push_address(out, user);
    out.extend_from_slice(br#","email_address":""#);
    user.push_email_address(out);
    out.extend_from_slice(br#"","phone_number":""#);
    user.push_phone_number(out);
    out.extend_from_slice(br#"","device":"#);
    push_device(out, user);
    out.push(b'}');
}

/// Appends the object under `address`.
#[inline]
pub fn push_address(out: &mut Vec<u8>, user: &User) {
    out.extend_from_slice(br#"{"house_number":""#);
    push_number(out, u32::from(user.house_number));
    out.extend_from_slice(br#"","street_name":""#);
    user.push_street_name(out);
    out.extend_from_slice(br#"","city":""#);
    out.extend_from_slice(user.city.as_bytes());
    out.extend_from_slice(br#"","country":""#);
    out.extend_from_slice(user.country.as_bytes());
    out.extend_from_slice(br#"","post_code":""#);
    user.push_post_code(out);
    out.extend_from_slice(br#""}"#);
}

/// Appends the object under `device`.
#[inline]
pub fn push_device(out: &mut Vec<u8>, user: &User) {
    out.extend_from_slice(br#"{"ipv4_address":""#);
    push_ipv4(out, user.ipv4_address);
    out.extend_from_slice(br#"","ipv6_address":""#);
    push_ipv6(out, &user.ipv6_address);
    out.extend_from_slice(br#"","mac_address":""#);
    push_mac(out, user.mac_address);
    out.extend_from_slice(br#"","UUID":""#);
    push_uuid(out, &user.device_uuid);
    out.extend_from_slice(br#"","system_triplet":""#);
    out.extend_from_slice(user.system_triplet.as_bytes());
    out.extend_from_slice(br#""}"#);
}

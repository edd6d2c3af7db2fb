//! The answers of the endpoint GetAggregateActivityStats: activities of a character, with the values of each.

use std::fmt::Write;

/// Characters that the demo asks for.
pub const CHARACTERS: u64 = 551;
/// Values of all their activities, of which each becomes a row.
pub const ROWS: u64 = 672_768;
/// Values of an activity.
const VALUES: u64 = 33;
/// The first character's identifier: no `double` can hold those that follow.
const FIRST_ID: u64 = 2_305_843_009_264_369_701;

/// The identifier of the character of a number, counted from 0.
pub fn character_id(number: u64) -> u64 {
    FIRST_ID + number
}

/// The request object for a character, as the original's query gave it.
pub fn request_line(number: u64) -> String {
    format!(
        r#"{{"clan_id": 2373515, "group_id": 1, "member_id": {}, "class_hash": 3655393761, "destiny_id": {}, "character_id": {}, "destiny_membership_type": 2}}"#,
        174 + number / 3,
        4_611_686_018_438_308_034 + number / 3,
        character_id(number)
    )
}

/// How many values a character has: all together have [`ROWS`].
fn values_of(number: u64) -> u64 {
    ROWS / CHARACTERS + u64::from(number % CHARACTERS < ROWS % CHARACTERS)
}

/// The answer for a character.
pub fn answer(id: u64) -> String {
    let number = id.wrapping_sub(FIRST_ID) % CHARACTERS;
    let mut out = String::with_capacity(256 << 10);
    out.push_str(r#"{"Response":{"activities":["#);
    let mut left = values_of(number);
    let mut activity = 0;
    while left > 0 {
        if activity > 0 {
            out.push(',');
        }
        let hash = 1 + (number * 2_654_435_761 + activity * 97_003) % 4_294_967_291;
        // Writing into a string never fails.
        let _ = write!(out, r#"{{"activityHash":{hash},"values":{{"#);
        for value in 0..left.min(VALUES) {
            if value > 0 {
                out.push(',');
            }
            push_value(&mut out, number, activity, value);
        }
        out.push_str("}}");
        left -= left.min(VALUES);
        activity += 1;
    }
    out.push_str(
        r#"]},"ErrorCode":1,"ThrottleSeconds":0,"ErrorStatus":"Success","Message":"Ok","MessageData":{}}"#,
    );
    out
}

fn push_value(out: &mut String, number: u64, activity: u64, value: u64) {
    const STATS: [&str; 11] = [
        "fastestCompletionMsForActivity",
        "activityCompletions",
        "activityKills",
        "activitySecondsPlayed",
        "activityWins",
        "activityGatesHit",
        "activityDeaths",
        "activityAssists",
        "activityPrecisionKills",
        "activityBestGoalsHit",
        "activitySpecialScore",
    ];
    let (stat, kind) = (STATS[value as usize % STATS.len()], value / STATS.len() as u64);
    let amount = (number * 31 + activity * 7 + value) * 13 % 100_000;
    let _ = write!(
        out,
        r#""{stat}{kind}":{{"statId":"{stat}{kind}","basic":{{"value":{amount}.0,"displayValue":"{amount}"}},"activityId":"{}"}}"#,
        316_045_713 + activity
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_characters_together_have_as_many_values_as_the_original_had() {
        assert_eq!((0..CHARACTERS).map(values_of).sum::<u64>(), ROWS);
        for number in [0, 550] {
            let answer = answer(character_id(number));
            assert_eq!(answer.matches("\"statId\"").count() as u64, values_of(number));
        }
    }
}

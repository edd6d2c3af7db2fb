//! What `pghaul generate` makes is what there could be: post codes, telephone numbers, names that fit, rows that refer to each
//! other, times in their order. PostgreSQL judges the rows.

use crate::into::into;
use pghaul_test_support::{Case, case, pghaul};

/// The SQL condition that `phone` is a telephone number by libphonenumber's rules; `phone_numbers.json` has its patterns for the
/// countries of generated people. PostgreSQL's regular expressions understand them, so no Python has to be at hand.
fn is_phone_number(phone: &str) -> String {
    let rules: serde_json::Value = serde_json::from_str(include_str!("phone_numbers.json")).unwrap();
    let rules = rules.as_object().unwrap().iter().filter(|(code, _)| *code != "source");
    let patterns = rules.map(|(code, patterns)| {
        let [fixed, mobile] = [0, 1].map(|number| patterns[number].as_str().unwrap());
        assert!(!fixed.is_empty() && !mobile.is_empty());
        format!("replace({phone}, ' ', '') ~ '^\\+{code}(?:{fixed}|{mobile})$'")
    });
    format!("({})", patterns.collect::<Vec<_>>().join(" OR "))
}

/// No row of `from` breaks the rule, and there are some.
#[track_caller]
fn all(case: &Case, from: &str, rule: &str) {
    let counted =
        case.db.rows(&format!("SELECT count(*) FILTER (WHERE NOT ({rule})), count(*) > 0 FROM {from}"));
    let some = || {
        case.db.rows(&format!("SELECT to_jsonb(t) FROM (SELECT * FROM {from}) t WHERE NOT ({rule}) LIMIT 5"))
    };
    assert_eq!(counted, [[Some("0".to_owned()), Some("t".to_owned())]], "{rule}: {:?}", some());
}

#[test]
fn the_judge_of_telephone_numbers_knows_right_from_wrong() {
    let case = case!();
    for (phone, right) in [
        ("+49 30 23125 081", "t"),
        ("+44 20 7946 0123", "t"),
        ("+31 6 12345678", "t"),
        ("+44 1632 960123", "f"),
        ("+31 98 1550101", "f"),
        ("+49 464 2970362 1234567", "f"),
        ("+44 7012 345678", "f"),
        ("030 23125081", "f"),
    ] {
        assert_eq!(
            case.db.one(&format!("SELECT {}", is_phone_number(&format!("'{phone}'")))),
            right,
            "{phone}"
        );
    }
}

#[test]
fn users_have_post_codes_and_telephone_numbers_of_their_cities() {
    let case = case!();
    into(&case, "people --flat --count 60000").run().assert_code(0);
    all(&case, "people", &is_phone_number("phone_number"));
    for (country, code, post_code) in [
        ("Germany", "+49", "^(?!00|05|43|62)[0-9]{5}$"),
        ("Netherlands", "+31", "^[1-9][0-9]{3} (?!SA|SD|SS)[A-EGHJ-NPR-TVWXZ]{2}$"),
        ("UK", "+44", "^[A-Z]{1,2}[0-9][A-Z0-9]? [0-9][ABD-HJLNP-UW-Z]{2}$"),
    ] {
        let from = format!("people WHERE address_country = '{country}'");
        all(&case, &from, &format!("address_post_code ~ '{post_code}'"));
        all(&case, &from, &format!("phone_number LIKE '{code} %'"));
    }
    for (city, post_codes, area) in [
        ("Göttingen", "^370", "+49 551 "),
        ("Berlin", "^1[0-4]", "+49 30 "),
        ("The Hague", "^25", "+31 70 "),
        ("London", "^(E|EC|N|NW|SE|SW|W|WC)[0-9]", "+44 20 "),
        ("Edinburgh", "^EH", "+44 131 "),
    ] {
        let from = format!("people WHERE address_city = '{city}'");
        all(&case, &from, &format!("address_post_code ~ '{post_codes}'"));
        let landlines = format!("SELECT count(*) > 500 FROM {from} AND phone_number LIKE '{area}%'");
        assert_eq!(case.db.one(&landlines), "t", "{city}");
    }
    // Names of one country are not those of another one.
    let countries = |name: &str| {
        let of = format!("FROM people WHERE last_name = '{name}'");
        case.db.one(&format!("SELECT string_agg(DISTINCT address_country, ' ') {of}"))
    };
    assert_eq!(["Schröder", "van den Berg", "O''Hara"].map(countries), ["Germany", "Netherlands", "UK"]);
    assert_eq!(
        case.db.one("SELECT min(split_part(user_name, '.', 1)) FROM people WHERE first_name = 'Jürgen'"),
        "juergen"
    );
    all(
        &case,
        "people WHERE address_country = 'Germany'",
        "address_street_name ~ '(straße|weg|allee|ring|gasse|platz)$'",
    );
}

#[test]
fn user_names_and_mail_addresses_are_unique_on_request() {
    let case = case!();
    for field in ["user_name", "email_address", "user_name,email_address"] {
        into(&case, &format!("people --flat --count 120000 --unique {field}")).run().assert_code(0);
        case.db.execute("ALTER TABLE people ADD UNIQUE (user_name), ADD UNIQUE (email_address)");
        into(&case, &format!("people --flat --append --start 120000 --count 500 --unique {field}"))
            .run()
            .assert_code(0);
        case.db.execute("DROP TABLE people");
    }
    into(&case, "people --flat --count 120000").run().assert_code(0);
    assert_eq!(case.db.one("SELECT count(DISTINCT user_name) < count(*) FROM people"), "t");
    let run = into(&case, "people --flat --count 1 --unique first_name").run();
    run.assert_code(2).assert_stderr_has("[possible values: user_name, email_address]");

    // A file is continued only by users of its kind.
    let users = |args: &str| pghaul!(case.work).args(["generate", "users"]).args(args.split(' ')).run();
    users("--count 5 --unique user_name --out u.csv").assert_code(0);
    users("--count 5 --start 5 --out u.csv").assert_code(2).assert_stderr_has("--unique too");
    users("--count 5 --start 5 --unique email_address --out u.csv").assert_code(0);
}

#[test]
fn rows_of_a_dump_refer_to_each_other_and_times_are_in_order() {
    for rows in [3000, 1, 7] {
        let case = case!();
        let args = format!("generate dump --out dumps --versions v1,v2,v3,v4 --rows {rows}");
        pghaul!(case.work).args(args.split(' ')).run().assert_code(0);
        case.load("");
        for version in ["v1", "v2", "v3", "v4"] {
            let [users, courses, assigned] =
                ["users", "courses", "user_assigned_courses"].map(|table| format!("{version}_{table}"));
            case.db.execute(&format!(
                "ALTER TABLE {users} ADD PRIMARY KEY (user_id); ALTER TABLE {courses} ADD PRIMARY KEY (course_id); \
                 ALTER TABLE {assigned} ADD PRIMARY KEY (assignment_id), ADD UNIQUE (user_id, course_id), \
                 ADD FOREIGN KEY (user_id) REFERENCES {users}, ADD FOREIGN KEY (course_id) REFERENCES {courses}"
            ));
            let assignments = format!("(SELECT * FROM {assigned}) t");
            if !["v3"].contains(&version) {
                all(
                    &case,
                    &assignments,
                    "(assigned_at < started_at AND started_at < completed_at) IS NOT false",
                );
                all(&case, &assignments, "status <> 'not started' OR started_at IS NULL");
            }
            all(&case, &assignments, "(assigned_at < due_at AND assigned_at < completed_at) IS NOT false");
            all(&case, &assignments, "completed_at IS NULL OR status IS NULL OR status = 'completed'");
            let last = format!("(SELECT max(created) FROM {users})");
            all(&case, &assignments, &format!("({last} < assigned_at) IS NOT false"));
            all(&case, &users, &format!("phone IS NULL OR {}", is_phone_number("phone")));
        }
        all(&case, "v3_users", "(created < last_login) IS NOT false");
        let fits = "country IS NULL OR phone IS NULL OR phone LIKE CASE country WHEN 'DE' THEN '+49 %' \
                    WHEN 'FR' THEN '+33 %' WHEN 'GB' THEN '+44 %' WHEN 'SE' THEN '+46 %' END";
        all(&case, "v2_users", fits);
        all(&case, "v2_users", "country IS NULL OR instancecode IS NULL OR left(instancecode, 2) = country");
    }
}

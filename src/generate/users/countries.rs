//! The countries of users: their cities with post codes and telephone numbers, and the names of their people and streets.

use super::words::{Name, letters, names};
use fake::locales::{DE_DE, Data, EN, NL_NL};
use std::sync::LazyLock;

/// A country. Its forms of post codes and telephone numbers are those of [`super::fields::Filled`].
#[derive(Debug)]
pub struct Country {
    /// Its name.
    pub name: &'static str,
    /// Five of its cities; those of the generator that this one replaces.
    pub cities: [City; 5],
    /// What follows a city's part of a post code.
    pub post_code_end: &'static str,
    /// The forms of mobile numbers; each has blocks that the authority has given to network operators.
    pub mobiles: &'static [&'static str],
    /// Common first names.
    pub first_names: &'static LazyLock<Vec<Name>>,
    /// Common last names.
    pub last_names: &'static LazyLock<Vec<Name>>,
    /// The beginnings of streets' names; streets are called after people.
    pub streets: &'static LazyLock<Vec<&'static str>>,
    /// The ends of streets' names.
    pub street_ends: &'static [&'static str],
}

/// A city.
#[derive(Debug)]
pub struct City {
    /// Its name.
    pub name: &'static str,
    /// Its post codes: whole ones in Germany, the four digits in the Netherlands, the first half in the UK.
    pub post_codes: &'static [&'static str],
    /// The form of its telephone numbers, with the area code.
    pub phone: &'static str,
}

/// All countries; those of the generator that this one replaces.
///
/// Sources: the post codes in use of these cities (Deutsche Post, PostNL, Royal Mail); for the letters, PostNL (no F, I, O, Q,
/// U, Y, and neither SA, SD nor SS) and Royal Mail's "Programmers' guide to the PAF" (no C, I, K, M, O, V in the second half);
/// for telephone numbers, the plans of Bundesnetzagentur, ACM and Ofcom as libphonenumber has them.
pub static COUNTRIES: [Country; 3] = [
    Country {
        name: "Germany",
        cities: [
            City { name: "Göttingen", post_codes: &GÖTTINGEN, phone: "+49 551 n#####" },
            City { name: "Berlin", post_codes: &BERLIN, phone: "+49 30 n#######" },
            City { name: "Munich", post_codes: &MUNICH, phone: "+49 89 n#######" },
            City { name: "Hamburg", post_codes: &HAMBURG, phone: "+49 40 n#######" },
            City { name: "Cologne", post_codes: &COLOGNE, phone: "+49 221 n######" },
        ],
        post_code_end: "",
        mobiles: &[
            "+49 151 ########",
            "+49 157 ########",
            "+49 160 n######",
            "+49 170 n######",
            "+49 171 n######",
            "+49 172 n######",
            "+49 176 ########",
            "+49 179 n######",
        ],
        first_names: &GERMAN_FIRST_NAMES,
        last_names: &GERMAN_LAST_NAMES,
        streets: &GERMAN_STREETS,
        street_ends: &["straße", "straße", "straße", "weg", "allee", "ring", "gasse", "platz"],
    },
    Country {
        name: "Netherlands",
        cities: [
            City { name: "Amsterdam", post_codes: &AMSTERDAM, phone: "+31 20 n######" },
            City { name: "Rotterdam", post_codes: &ROTTERDAM, phone: "+31 10 n######" },
            City { name: "The Hague", post_codes: &THE_HAGUE, phone: "+31 70 n######" },
            City { name: "Utrecht", post_codes: &UTRECHT, phone: "+31 30 n######" },
            City { name: "Eindhoven", post_codes: &EINDHOVEN, phone: "+31 40 n######" },
        ],
        post_code_end: " de",
        mobiles: &[
            "+31 6 1#######",
            "+31 6 2#######",
            "+31 6 3#######",
            "+31 6 4#######",
            "+31 6 5#######",
            "+31 6 8#######",
        ],
        first_names: &DUTCH_FIRST_NAMES,
        last_names: &DUTCH_LAST_NAMES,
        streets: &DUTCH_STREETS,
        street_ends: &["straat", "straat", "straat", "laan", "weg", "plein", "hof", "kade"],
    },
    Country {
        name: "UK",
        cities: [
            City { name: "London", post_codes: &LONDON, phone: "+44 20 7### ####" },
            City { name: "Manchester", post_codes: &MANCHESTER, phone: "+44 161 n## ####" },
            City { name: "Nottingham", post_codes: &NOTTINGHAM, phone: "+44 115 9## ####" },
            City { name: "Liverpool", post_codes: &LIVERPOOL, phone: "+44 151 n## ####" },
            City { name: "Edinburgh", post_codes: &EDINBURGH, phone: "+44 131 5## ####" },
        ],
        post_code_end: " #uu",
        mobiles: &[
            "+44 73## ######",
            "+44 757# ######",
            "+44 771# ######",
            "+44 777# ######",
            "+44 780# ######",
            "+44 785# ######",
            "+44 790# ######",
            "+44 798# ######",
        ],
        first_names: &ENGLISH_FIRST_NAMES,
        last_names: &ENGLISH_LAST_NAMES,
        streets: &ENGLISH_STREETS,
        street_ends: &[" Street", " Road", " Road", " Lane", " Avenue", " Close", " Drive", " Gardens"],
    },
];

static GERMAN_FIRST_NAMES: LazyLock<Vec<Name>> = LazyLock::new(|| names(DE_DE::NAME_FIRST_NAME));
static GERMAN_LAST_NAMES: LazyLock<Vec<Name>> = LazyLock::new(|| names(DE_DE::NAME_LAST_NAME));
static DUTCH_FIRST_NAMES: LazyLock<Vec<Name>> = LazyLock::new(|| names(NL_NL::NAME_FIRST_NAME));
static DUTCH_LAST_NAMES: LazyLock<Vec<Name>> = LazyLock::new(|| names(NL_NL::NAME_LAST_NAME));
static ENGLISH_FIRST_NAMES: LazyLock<Vec<Name>> = LazyLock::new(|| names(EN::NAME_FIRST_NAME));
static ENGLISH_LAST_NAMES: LazyLock<Vec<Name>> = LazyLock::new(|| names(EN::NAME_LAST_NAME));

static GERMAN_STREETS: LazyLock<Vec<&str>> = LazyLock::new(|| streets(&GERMAN_LAST_NAMES));
static DUTCH_STREETS: LazyLock<Vec<&str>> = LazyLock::new(|| streets(&DUTCH_LAST_NAMES));
static ENGLISH_STREETS: LazyLock<Vec<&str>> = LazyLock::new(|| streets(&ENGLISH_LAST_NAMES));

/// The names of one word, which can begin a street's name.
fn streets(names: &[Name]) -> Vec<&'static str> {
    names.iter().map(|name| name.text).filter(|name| name.chars().all(|c| letters(c).is_some())).collect()
}

static GÖTTINGEN: [&str; 7] = ["37073", "37075", "37077", "37079", "37081", "37083", "37085"];
static BERLIN: [&str; 40] = [
    "10115", "10117", "10119", "10178", "10179", "10243", "10245", "10247", "10249", "10315", "10317",
    "10365", "10405", "10407", "10409", "10435", "10437", "10439", "10551", "10553", "10555", "10557",
    "10585", "10623", "10625", "10707", "10711", "10777", "10823", "10825", "10827", "10829", "10961",
    "10965", "10967", "10997", "10999", "12043", "12045", "12047",
];
static MUNICH: [&str; 32] = [
    "80331", "80333", "80335", "80336", "80337", "80339", "80469", "80538", "80539", "80634", "80636",
    "80637", "80638", "80639", "80686", "80687", "80689", "80796", "80797", "80798", "80799", "80801",
    "80802", "80803", "81369", "81371", "81373", "81541", "81543", "81667", "81669", "81675",
];
static HAMBURG: [&str; 32] = [
    "20095", "20097", "20099", "20144", "20146", "20148", "20149", "20249", "20251", "20253", "20255",
    "20257", "20259", "20354", "20355", "20357", "20359", "20457", "20459", "20535", "20537", "22041",
    "22081", "22083", "22085", "22087", "22089", "22299", "22301", "22303", "22765", "22767",
];
static COLOGNE: [&str; 28] = [
    "50667", "50668", "50670", "50672", "50674", "50676", "50677", "50678", "50679", "50733", "50735",
    "50737", "50739", "50823", "50825", "50827", "50829", "50931", "50933", "50935", "50937", "50939",
    "50968", "50969", "51063", "51065", "51103", "51105",
];
static AMSTERDAM: [&str; 32] = [
    "1011", "1012", "1013", "1014", "1015", "1016", "1017", "1018", "1019", "1031", "1032", "1033", "1051",
    "1052", "1053", "1054", "1055", "1056", "1057", "1058", "1059", "1061", "1071", "1072", "1073", "1074",
    "1075", "1076", "1091", "1092", "1093", "1094",
];
static ROTTERDAM: [&str; 28] = [
    "3011", "3012", "3013", "3014", "3015", "3016", "3021", "3022", "3023", "3024", "3025", "3026", "3027",
    "3028", "3031", "3032", "3033", "3034", "3035", "3036", "3037", "3038", "3039", "3051", "3061", "3062",
    "3071", "3072",
];
static THE_HAGUE: [&str; 26] = [
    "2511", "2512", "2513", "2514", "2515", "2516", "2517", "2518", "2521", "2522", "2523", "2524", "2525",
    "2526", "2531", "2532", "2533", "2541", "2542", "2561", "2562", "2563", "2564", "2565", "2566", "2571",
];
static UTRECHT: [&str; 26] = [
    "3511", "3512", "3513", "3514", "3515", "3521", "3522", "3523", "3524", "3525", "3526", "3527", "3528",
    "3531", "3532", "3533", "3534", "3551", "3552", "3553", "3554", "3555", "3561", "3562", "3571", "3572",
];
static EINDHOVEN: [&str; 24] = [
    "5611", "5612", "5613", "5614", "5615", "5616", "5617", "5621", "5622", "5623", "5624", "5625", "5626",
    "5627", "5628", "5629", "5631", "5632", "5641", "5642", "5651", "5652", "5653", "5654",
];
static LONDON: [&str; 40] = [
    "E1", "E2", "E3", "E8", "E14", "E17", "EC1A", "EC1V", "EC2A", "N1", "N4", "N7", "N16", "N22", "NW1",
    "NW3", "NW5", "NW10", "SE1", "SE5", "SE10", "SE15", "SE22", "SW1A", "SW1V", "SW2", "SW4", "SW9", "SW11",
    "SW18", "W1F", "W1T", "W2", "W4", "W6", "W11", "W14", "WC1B", "WC1N", "WC2H",
];
static MANCHESTER: [&str; 20] = [
    "M1", "M2", "M3", "M4", "M8", "M9", "M11", "M12", "M13", "M14", "M15", "M16", "M18", "M19", "M20", "M21",
    "M22", "M23", "M25", "M40",
];
static NOTTINGHAM: [&str; 10] = ["NG1", "NG2", "NG3", "NG4", "NG5", "NG6", "NG7", "NG8", "NG9", "NG11"];
static LIVERPOOL: [&str; 20] = [
    "L1", "L2", "L3", "L4", "L5", "L6", "L7", "L8", "L9", "L11", "L12", "L13", "L14", "L15", "L16", "L17",
    "L18", "L19", "L24", "L25",
];
static EDINBURGH: [&str; 17] = [
    "EH1", "EH2", "EH3", "EH4", "EH5", "EH6", "EH7", "EH8", "EH9", "EH10", "EH11", "EH12", "EH13", "EH14",
    "EH15", "EH16", "EH17",
];

#[cfg(test)]
mod tests {
    use super::*;

    /// The writers rely on it: they neither quote nor escape.
    #[test]
    fn no_word_needs_quotes_or_escapes_in_json_or_csv() {
        let plain =
            |word: &str| !word.is_empty() && !word.contains(|c: char| c.is_control() || "\"\\,".contains(c));
        for country in &COUNTRIES {
            let names = country.first_names.iter().chain(country.last_names.iter()).map(|name| name.text);
            let cities = country.cities.iter().map(|city| city.name);
            let words = names.chain(cities).chain(country.streets.iter().copied());
            for word in words.chain(country.street_ends.iter().copied()).chain([country.name]) {
                assert!(plain(word), "{word:?}");
            }
        }
    }

    #[test]
    fn there_are_names_enough_and_the_forms_are_short_enough() {
        for country in &COUNTRIES {
            assert!(country.first_names.len() > 75 && country.last_names.len() > 90, "{}", country.name);
            assert!(country.streets.len() > 40, "{}", country.streets.len());
            for city in &country.cities {
                let forms = country.mobiles.iter().chain([&city.phone]).map(|form| form.len());
                let codes = city.post_codes.iter().map(|code| code.len() + country.post_code_end.len());
                assert!(forms.chain(codes).all(|length| length <= super::super::fields::Filled::LONGEST));
            }
        }
    }
}

//! The people of generated dumps: names, cities and telephone numbers that fit their countries, in Latin-1.

use super::words::latin1;
use crate::generate::users::countries::COUNTRIES;
use crate::generate::users::words::names;
use fake::locales::{DE_DE, Data, EN, FR_FR};
use std::sync::LazyLock;

/// A country.
#[derive(Debug)]
pub struct Country {
    /// Its code (ISO 3166-1).
    pub code: &'static str,
    /// First names; the first ones are the most common.
    pub first_names: Vec<Name>,
    /// Last names.
    pub last_names: Vec<Name>,
    /// Cities.
    pub cities: Vec<Vec<u8>>,
    /// Forms of telephone numbers ([`crate::generate::users::fields::Filled`]); none where the authority keeps no block for
    /// films and the like, since a number may not be a real person's.
    pub phones: &'static [&'static str],
    /// So many of 32 people live there.
    share: usize,
}

/// A name in Latin-1, and in an account's name.
#[derive(Debug)]
pub struct Name {
    /// As it is written.
    pub text: Vec<u8>,
    /// In ASCII and lower case.
    pub account: &'static str,
}

/// A country for each share of the people.
pub static PEOPLE: LazyLock<Vec<&'static Country>> = LazyLock::new(|| {
    // Made once and needed until the end.
    let all = countries().into_iter().map(|country| &*Box::leak(Box::new(country)));
    all.flat_map(|country| std::iter::repeat_n(country, country.share)).collect()
});

/// The blocks that Bundesnetzagentur, ARCEP, Ofcom and PTS keep for films and the like.
const GERMAN_PHONES: &[&str] =
    &["+49 30 23125 ###", "+49 40 66969 ###", "+49 221 4710 ###", "+49 89 99998 ###"];
const FRENCH_PHONES: &[&str] =
    &["+33 1 99 00 0###", "+33 2 61 91 0###", "+33 3 53 01 0###", "+33 5 36 49 0###"];
const BRITISH_PHONES: &[&str] =
    &["+44 20 7946 0###", "+44 131 496 0###", "+44 161 496 0###", "+44 151 496 0###"];
const SWEDISH_PHONES: &[&str] = &["+46 31 390 06##", "+46 8 465 004##", "+46 40 628 04##"];

fn countries() -> Vec<Country> {
    let cities_of = |name: &str| -> Vec<&str> {
        let found = COUNTRIES.iter().find(|country| country.name == name);
        found.map(|country| country.cities.each_ref().map(|city| city.name).to_vec()).unwrap_or_default()
    };
    let german = [cities_of("Germany"), vec!["Lübeck", "Würzburg", "Gießen"]].concat();
    let british = [cities_of("UK"), vec!["Bristol", "Leeds", "Glasgow"]].concat();
    let french = ["Paris", "Lyon", "Besançon", "Nîmes", "Orléans", "Île-de-Bréhat"];
    vec![
        country(("DE", 12), [DE_DE::NAME_FIRST_NAME, DE_DE::NAME_LAST_NAME, &german], GERMAN_PHONES),
        country(("FR", 8), [FR_FR::NAME_FIRST_NAME, FR_FR::NAME_LAST_NAME, &french], FRENCH_PHONES),
        country(("GB", 4), [EN::NAME_FIRST_NAME, EN::NAME_LAST_NAME, &british], BRITISH_PHONES),
        country(
            ("SE", 4),
            [
                &["Åsa", "Björn", "Göran", "Maja", "Sören", "Märta", "Lars", "Åke", "Kerstin", "Nils"],
                &["Ångström", "Sjöberg", "Lindqvist", "Åkesson", "Öberg", "Nyström", "Andersson", "Hägg"],
                &["Stockholm", "Göteborg", "Malmö", "Umeå", "Örebro"],
            ],
            SWEDISH_PHONES,
        ),
        country(
            ("ES", 1),
            [
                &["José", "Begoña", "Iñaki", "María", "Jesús", "Núria"],
                &["Núñez", "Muñoz", "García", "Ibáñez", "Peña"],
                &["Málaga", "A Coruña", "Cádiz", "León"],
            ],
            &[],
        ),
        country(
            ("PT", 1),
            [
                &["João", "Inês", "Luís", "Conceição", "Simão"],
                &["Simões", "Conceição", "Magalhães", "Gonçalves"],
                &["Lisboa", "Évora", "Guimarães", "São João da Madeira"],
            ],
            &[],
        ),
        country(
            ("DK", 1),
            [
                &["Søren", "Jørgen", "Åse", "Bjørk", "Mette"],
                &["Østergård", "Sørensen", "Kjær", "Nørgaard"],
                &["København", "Århus", "Sønderborg", "Helsingør"],
            ],
            &[],
        ),
        country(
            ("IS", 1),
            [
                &["Þóra", "Ýrr", "Sigurður", "Guðrún", "Ægir"],
                &["Guðmundsdóttir", "Þórsson", "Jónsdóttir", "Sigurðsson"],
                &["Reykjavík", "Ísafjörður", "Akureyri", "Höfn"],
            ],
            &[],
        ),
    ]
}

fn country(
    (code, share): (&'static str, usize),
    [first_names, last_names, cities]: [&[&'static str]; 3],
    phones: &'static [&'static str],
) -> Country {
    let named = |words: &[&'static str]| -> Vec<Name> {
        let name = |name: crate::generate::users::words::Name| {
            latin1(name.text).map(|text| Name { text, account: name.account })
        };
        names(words).into_iter().filter_map(name).collect()
    };
    Country {
        code,
        first_names: named(first_names),
        last_names: named(last_names),
        cities: cities.iter().filter_map(|city| latin1(city)).collect(),
        phones,
        share,
    }
}

/// The longest words of all countries (bytes).
#[derive(Debug)]
pub struct Longest {
    /// A first name.
    pub first_name: usize,
    /// A first name in an account's name.
    pub account: usize,
    /// A last name.
    pub last_name: usize,
    /// A city.
    pub city: usize,
}

/// The longest words.
pub static LONGEST: LazyLock<Longest> = LazyLock::new(|| {
    let of_names = |names: fn(&Country) -> &[Name], length: fn(&Name) -> usize| {
        PEOPLE.iter().flat_map(|country| names(country)).map(length).max().unwrap_or(0)
    };
    Longest {
        first_name: of_names(|country| &country.first_names, |name| name.text.len()),
        account: of_names(|country| &country.first_names, |name| name.account.len()),
        last_name: of_names(|country| &country.last_names, |name| name.text.len()),
        city: PEOPLE.iter().flat_map(|country| &country.cities).map(Vec::len).max().unwrap_or(0),
    }
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_share_has_a_country_with_names_and_cities() {
        assert_eq!(PEOPLE.len(), 32);
        for country in PEOPLE.iter() {
            assert!(country.first_names.len() >= 5 && country.last_names.len() >= 4, "{}", country.code);
            assert!(country.cities.len() >= 4, "{}", country.code);
        }
        let names: usize = countries().iter().map(|country| country.first_names.len()).sum();
        assert!(names > 4000, "{names}");
    }

    #[test]
    fn no_name_needs_quotes_in_a_data_file() {
        for country in PEOPLE.iter() {
            let names = country.first_names.iter().chain(&country.last_names).map(|name| &name.text);
            for text in names.chain(&country.cities) {
                assert!(!text.is_empty() && !text.iter().any(|byte| b"|`\r\n\0".contains(byte)), "{text:?}");
            }
        }
    }

    #[test]
    fn letters_beyond_ascii_are_among_them() {
        let texts = |country: &&Country| -> Vec<u8> {
            let names = country.first_names.iter().chain(&country.last_names).map(|name| &name.text);
            names.chain(&country.cities).flatten().copied().collect()
        };
        let bytes: Vec<u8> = PEOPLE.iter().flat_map(texts).collect();
        for byte in latin1("éüßñÅøçÞ").unwrap() {
            assert!(bytes.contains(&byte), "{byte:#x}");
        }
    }
}

//! The tables of the generated application: their columns in the first version, and those that later versions add.

use super::column::{Column, SourceType};
use super::fields::facts::{COURSES_PER_USER, Step};
use super::fields::values::Values;
use SourceType::{
    BigInt, Bit, Date, DateTime, Decimal, Float, Int, NVarChar, NVarCharMax, SmallInt, UniqueIdentifier,
    VarChar,
};

/// A table.
#[derive(Debug)]
pub struct Table {
    /// Its name, which its files and its mother have.
    pub name: &'static str,
    /// The columns of the first version.
    pub columns: &'static [Column],
    /// The column that every third version lacks.
    pub lost: &'static str,
    /// The columns that later versions add, one each, again and again.
    pub additions: &'static [Column; ADDITIONS],
}

/// The number of added columns before names repeat, with a number at their end.
pub const ADDITIONS: usize = 8;

/// All tables.
pub static TABLES: [Table; 3] = [
    Table { name: "users", columns: &USERS, lost: "city", additions: &USERS_ADDITIONS },
    Table { name: "courses", columns: &COURSES, lost: "seats", additions: &COURSES_ADDITIONS },
    Table {
        name: "user_assigned_courses",
        columns: &USER_ASSIGNED_COURSES,
        lost: "started_at",
        additions: &USER_ASSIGNED_COURSES_ADDITIONS,
    },
];

const LANGUAGES: &[&str] = &["de", "fr", "es", "sv", "en", "hi", "pl", "is", "da", "pt", "nl"];
const CATEGORIES: &[&str] = &["Compliance", "Languages", "Leadership", "Safety", "Sales", "Software"];

const fn column(name: &'static str, types: &'static [SourceType], values: Values, nulls: u32) -> Column {
    Column { name, types, values, nulls }
}

/// One int, one bit, one datetime and seven texts: table B of the benchmarks.
static USERS: [Column; 10] = [
    column("user_id", &[Int], Values::Key, 0),
    column("instancecode", &[VarChar(50)], Values::InstanceCode, 2),
    column("first_name", &[VarChar(50), NVarChar(80)], Values::FirstName, 8),
    column("last_name", &[NVarChar(50), NVarChar(50), NVarChar(80)], Values::LastName, 4),
    column("email", &[VarChar(100), NVarChar(160)], Values::Email, 8),
    column("city", &[NVarChar(60)], Values::City, 16),
    column("phone", &[VarChar(30)], Values::Phone, 48),
    column("active", &[Bit], Values::Flag, 4),
    column("created", &[DateTime], Values::Moment(Step::Created), 8),
    column("notes", &[NVarCharMax], Values::Notes, 64),
];

static USERS_ADDITIONS: [Column; ADDITIONS] = [
    column("country", &[VarChar(2)], Values::CountryCode, 16),
    column("last_login", &[DateTime], Values::Moment(Step::Later), 32),
    column("logins", &[BigInt], Values::Number(100_000), 8),
    column("balance", &[Decimal(12, 2)], Values::Amount(100_000), 32),
    column("external_id", &[UniqueIdentifier], Values::Uuid, 8),
    column("verified", &[Bit], Values::Flag, 64),
    column("rating", &[Float], Values::Rating, 64),
    column("nickname", &[NVarChar(40)], Values::FirstName, 128),
];

static COURSES: [Column; 7] = [
    column("course_id", &[Int], Values::Key, 0),
    column("title", &[NVarChar(200)], Values::Title, 2),
    column("price", &[Decimal(10, 2), Decimal(12, 2)], Values::Amount(2000), 8),
    column("starts_on", &[Date], Values::Day, 16),
    column("rating", &[Float], Values::Rating, 16),
    column("seats", &[SmallInt, Int], Values::Number(500), 16),
    column("online", &[Bit], Values::Flag, 4),
];

static COURSES_ADDITIONS: [Column; ADDITIONS] = [
    column("category", &[VarChar(40)], Values::OneOf(CATEGORIES), 16),
    column("minutes", &[SmallInt], Values::Number(480), 16),
    column("updated", &[DateTime], Values::Moment(Step::Later), 8),
    column("teacher", &[NVarChar(100)], Values::LastName, 32),
    column("language", &[VarChar(2)], Values::OneOf(LANGUAGES), 8),
    column("budget", &[Decimal(14, 4)], Values::Amount(1_000_000), 64),
    column("code", &[UniqueIdentifier], Values::Uuid, 0),
    column("archived", &[Bit], Values::Flag, 4),
];

/// Five ints, four datetimes and one text: table A of the benchmarks.
static USER_ASSIGNED_COURSES: [Column; 10] = [
    column("assignment_id", &[Int], Values::Key, 0),
    column("user_id", &[Int], Values::KeyOfMany(COURSES_PER_USER), 0),
    column("course_id", &[Int], Values::Course, 0),
    column("assigned_at", &[DateTime], Values::Moment(Step::Later), 1),
    column("started_at", &[DateTime], Values::Moment(Step::Started), 16),
    column("due_at", &[DateTime], Values::Moment(Step::Due), 8),
    column("completed_at", &[DateTime], Values::Moment(Step::Completed), 16),
    column("attempts", &[Int], Values::Number(12), 8),
    column("score", &[Int, BigInt], Values::Number(1000), 16),
    column("status", &[VarChar(20)], Values::Status, 2),
];

static USER_ASSIGNED_COURSES_ADDITIONS: [Column; ADDITIONS] = [
    column("assigned_by", &[NVarChar(100)], Values::LastName, 32),
    column("grade", &[Decimal(5, 2)], Values::Amount(99), 64),
    column("certificate", &[UniqueIdentifier], Values::Uuid, 32),
    column("mandatory", &[Bit], Values::Flag, 8),
    column("minutes", &[SmallInt], Values::Number(480), 16),
    column("remark", &[NVarChar(200)], Values::Notes, 64),
    column("viewed_on", &[Date], Values::DayOf(Step::Viewed), 32),
    column("weight", &[Float], Values::Rating, 32),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// The benchmarks compare with measurements on tables of these widths.
    #[test]
    fn the_tables_of_the_benchmarks_have_their_widths() {
        let count = |columns: &[Column], wanted: fn(SourceType) -> bool| {
            columns.iter().filter(|column| wanted(column.types[0])).count()
        };
        let texts = |kind| matches!(kind, VarChar(_) | NVarChar(_) | NVarCharMax);
        let widths = |columns: &[Column]| {
            (
                count(columns, |kind| kind == Int),
                count(columns, |kind| kind == Bit),
                count(columns, |kind| kind == DateTime),
                count(columns, texts),
            )
        };
        assert_eq!(widths(&USER_ASSIGNED_COURSES), (5, 0, 4, 1));
        assert_eq!(widths(&USERS), (1, 1, 1, 7));
    }

    #[test]
    fn what_is_written_fits_the_narrowest_type() {
        for table in &TABLES {
            assert!(table.columns.iter().any(|column| column.name == table.lost), "{}", table.name);
            for column in table.columns.iter().chain(table.additions) {
                for length in column.types.iter().filter_map(|kind| kind.longest_text()) {
                    let longest = column.values.longest_bytes();
                    assert!(longest <= length as usize, "{}.{}: {longest}", table.name, column.name);
                }
            }
        }
    }
}

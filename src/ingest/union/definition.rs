//! Which tables a union view reads, and which columns it has.

use crate::ingest::catalogue::names::match_names;
use crate::ingest::source::name::numbered;
use crate::ingest::types::common_type::{cast, common_type, without_limit};
use crate::pg::catalog::Column;
use crate::pg::ident::{Qualified, literal, quote};
use crate::pg::type_name::TypeName;
use crate::report::thousands;
use std::iter::once;

/// The first column: the name of the table that holds the row. A view has no `tableoid` of its own, and no table that is made
/// of the view could have a column of that name.
const ORIGIN: &str = "version_table";

/// The type of texts, which holds all types.
const TEXT: &str = "text";

/// How many columns a query may have (PostgreSQL documentation, "PostgreSQL Limits").
const MOST_COLUMNS: usize = 1664;

/// What follows a type that has another collation than its own.
const COLLATE: &str = " COLLATE ";

/// A table that the view reads, without the tables that inherit from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its name once the unit is published.
    pub name: Qualified,
    /// Its name now.
    pub table: Qualified,
    /// Its `pg_class.oid`; 0 where it does not exist yet.
    pub oid: u32,
    /// Its columns, in order.
    pub columns: Vec<Typed>,
}

impl Part {
    /// A table of this run, which will be called `name`. Until then, `table` has its rows.
    pub fn new<'c>(
        name: &Qualified,
        table: &Qualified,
        columns: impl IntoIterator<Item = &'c Column>,
    ) -> Part {
        let columns = columns.into_iter().map(|column| (column.name.clone(), column.sql_type()));
        Part { name: name.clone(), table: table.clone(), oid: 0, columns: columns.collect() }
    }
}

/// A column's name and its type as SQL, with the collation where that is not the type's own.
pub type Typed = (String, String);

/// The columns of the view, and where each part has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    parts: Vec<Part>,
    columns: Vec<UnionColumn>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct UnionColumn {
    name: String,
    sql_type: String,
    /// Its value in each part, as SQL.
    values: Vec<String>,
}

/// A column that is being put together: for each part, its name and type there.
struct Gathered<'p> {
    name: &'p str,
    sources: Vec<Option<&'p Typed>>,
}

impl Definition {
    /// The view of the mother and of the tables that inherit from it. The mother's columns come first, then each other column
    /// where it first occurs. Columns are matched by name as between a dump and its mother.
    pub fn new(mother: Part, mut children: Vec<Part>) -> Definition {
        children.sort_by_cached_key(|part| (numbered(part.name.name()), part.name.clone()));
        let parts: Vec<Part> = once(mother).chain(children).collect();
        let mut gathered: Vec<Gathered<'_>> = Vec::new();
        for (number, part) in parts.iter().enumerate() {
            let known: Vec<&str> = gathered.iter().map(|column| column.name).collect();
            let names: Vec<&str> = part.columns.iter().map(|(name, _)| name.as_str()).collect();
            for (source, place) in part.columns.iter().zip(match_names(&names, &known)) {
                let place = place.unwrap_or_else(|| {
                    gathered.push(Gathered { name: &source.0, sources: vec![None; parts.len()] });
                    gathered.len() - 1
                });
                gathered[place].sources[number] = Some(source);
            }
        }
        let mut origin = ORIGIN.to_owned();
        while gathered.iter().any(|column| column.name.eq_ignore_ascii_case(&origin)) {
            origin.push('_');
        }
        let origin = UnionColumn {
            name: origin,
            sql_type: "text".to_owned(),
            values: parts.iter().map(|part| format!("{}::text", literal(&label(part, &parts[0])))).collect(),
        };
        let columns = once(origin).chain(gathered.iter().map(Gathered::column)).collect();
        Definition { parts, columns }
    }

    /// The same columns, with those of an existing view first and in its order, as `CREATE OR REPLACE VIEW` asks for
    /// (PostgreSQL documentation, CREATE VIEW). `None` where one of them is gone, or has another type.
    pub fn in_order_of(&self, there: &[Typed]) -> Option<Definition> {
        let is_there = |column: &UnionColumn| there.iter().any(|(name, _)| *name == column.name);
        let find = |(name, sql_type): &Typed| {
            self.columns.iter().find(|column| column.name == *name && column.sql_type == *sql_type).cloned()
        };
        let mut columns: Vec<UnionColumn> = there.iter().map(find).collect::<Option<_>>()?;
        columns.extend(self.columns.iter().filter(|column| !is_there(column)).cloned());
        Some(Definition { parts: self.parts.clone(), columns })
    }

    /// Names and types of the columns, in order.
    pub fn columns(&self) -> Vec<Typed> {
        self.columns.iter().map(|column| (column.name.clone(), column.sql_type.clone())).collect()
    }

    /// Why PostgreSQL makes no such view; `None` where it does.
    pub fn obstacle(&self) -> Option<String> {
        let columns = self.columns.len();
        (columns > MOST_COLUMNS).then(|| {
            format!(
                "would have {} columns, and PostgreSQL allows {}",
                thousands(columns as u64),
                thousands(MOST_COLUMNS as u64)
            )
        })
    }

    /// The oids of all parts, in ascending order.
    pub fn oids(&self) -> Vec<u32> {
        let mut oids: Vec<u32> = self.parts.iter().map(|part| part.oid).collect();
        oids.sort_unstable();
        oids
    }

    /// The query.
    pub fn select(&self) -> String {
        let of_part = |(number, part): (usize, &Part)| {
            let value =
                |column: &UnionColumn| format!("{} AS {}", column.values[number], quote(&column.name));
            let values: Vec<String> = self.columns.iter().map(value).collect();
            let alias = quote(part.name.name());
            format!("SELECT {} FROM ONLY {} AS {alias}", values.join(", "), part.table)
        };
        let selects: Vec<String> = self.parts.iter().enumerate().map(of_part).collect();
        selects.join("\nUNION ALL ")
    }

    /// A query with the same columns that reads no table and has no row.
    pub fn select_nothing(&self) -> String {
        let value = |column: &UnionColumn| format!("NULL::{} AS {}", column.sql_type, quote(&column.name));
        let values: Vec<String> = self.columns.iter().map(value).collect();
        format!("SELECT {} WHERE false", values.join(", "))
    }
}

impl Gathered<'_> {
    fn column(&self) -> UnionColumn {
        let mut types = self.sources.iter().flatten().map(|(_, sql_type)| sql_type.as_str());
        let first = types.next().unwrap_or(TEXT);
        let sql_type = if types.all(|other| other == first) { first.to_owned() } else { self.common_type() };
        let value = |source: &Option<&Typed>| match source {
            Some((name, own)) if *own == sql_type => quote(name),
            // Two types that differ in collation alone have no common one.
            Some((name, _)) if sql_type == TEXT => {
                format!("{}::text COLLATE pg_catalog.\"default\"", quote(name))
            }
            Some((name, own)) => cast(
                &quote(name),
                &TypeName::from_server(own.clone()),
                &TypeName::from_server(sql_type.clone()),
            ),
            None => format!("NULL::{sql_type}"),
        };
        UnionColumn { name: self.name.to_owned(), values: self.sources.iter().map(value).collect(), sql_type }
    }

    /// The type that holds all types, without a length, so that a version with a longer one leaves the view as it is: users'
    /// views on it would be in the way.
    fn common_type(&self) -> String {
        let types = self.sources.iter().flatten().map(|(_, sql_type)| sql_type.clone());
        if types.clone().any(|sql_type| sql_type.contains(COLLATE)) {
            return TEXT.to_owned();
        }
        let types = types.map(TypeName::from_server);
        let common =
            types.reduce(|wide, next| common_type(&wide, &next)).map(|common| without_limit(&common));
        common.map_or_else(|| TEXT.to_owned(), |common| common.to_string())
    }
}

/// The first column's value in a part.
fn label(part: &Part, mother: &Part) -> String {
    let (schema, name) = (part.name.schema(), part.name.name());
    if schema == mother.name.schema() { name.to_owned() } else { format!("{schema}.{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(name: &str, columns: &str) -> Part {
        let table = Qualified::new("public", name);
        let typed = |column: &str| {
            let (name, sql_type) = column.split_once(':').unwrap();
            (name.to_owned(), sql_type.to_owned())
        };
        Part { name: table.clone(), table, oid: 0, columns: columns.split_whitespace().map(typed).collect() }
    }

    fn define(mother: &str, versions: &[(&str, &str)]) -> Definition {
        let children = versions.iter().map(|(name, columns)| part(name, columns)).collect();
        Definition::new(part("users", mother), children)
    }

    fn columns(definition: &Definition) -> String {
        let columns = definition.columns();
        columns.iter().map(|(name, sql_type)| format!("{name}:{sql_type}")).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_mothers_columns_come_first_then_each_where_it_appears() {
        let definition = define("id:int", &[("v10_users", "id:int c:int"), ("v2_users", "id:int b:date")]);
        assert_eq!(columns(&definition), "version_table:text id:int b:date c:int");
        assert_eq!(
            definition.select(),
            "SELECT 'users'::text AS \"version_table\", \"id\" AS \"id\", NULL::date AS \"b\", NULL::int AS \"c\" \
             FROM ONLY \"public\".\"users\" AS \"users\"\n\
             UNION ALL SELECT 'v2_users'::text AS \"version_table\", \"id\" AS \"id\", \"b\" AS \"b\", NULL::int AS \"c\" \
             FROM ONLY \"public\".\"v2_users\" AS \"v2_users\"\n\
             UNION ALL SELECT 'v10_users'::text AS \"version_table\", \"id\" AS \"id\", NULL::date AS \"b\", \"c\" AS \"c\" \
             FROM ONLY \"public\".\"v10_users\" AS \"v10_users\""
        );
    }

    #[test]
    fn types_that_differ_become_text_and_names_match_as_in_dumps() {
        let versions = [("v1_users", "id:int Email:text a:int"), ("v2_users", "id:int email:text a:date")];
        let definition = define("id:int", &versions);
        assert_eq!(columns(&definition), "version_table:text id:int Email:text a:text");
        assert!(
            definition.select().contains("\"email\" AS \"Email\", \"a\"::text COLLATE"),
            "{definition:?}"
        );
        let both = define("id:int", &[("v1_users", "id:int A:int"), ("v2_users", "id:int a:int A:int")]);
        assert_eq!(columns(&both), "version_table:text id:int A:int a:int");
    }

    #[test]
    fn types_that_differ_become_the_least_that_holds_them_without_a_length() {
        let versions = [
            ("v1_users", "a:integer b:real c:numeric(10,2) d:character(3)"),
            ("v2_users", "a:bigint b:double_precision c:numeric(12,2) d:character_varying(9)"),
        ];
        let spelled = |(name, columns): &(&str, &str)| {
            let mut part = part(name, columns);
            part.columns.iter_mut().for_each(|column| column.1 = column.1.replace('_', " "));
            part
        };
        let definition = Definition::new(part("users", ""), versions.iter().map(spelled).collect());
        let expected = "version_table:text a:bigint b:double precision c:numeric d:text";
        assert_eq!(columns(&definition), expected);
        let select = definition.select();
        for value in [
            "\"a\"::bigint AS \"a\", \"b\"::text::double precision AS \"b\", \"c\"::numeric AS \"c\"",
            "\"a\" AS \"a\", \"b\" AS \"b\"",
            "\"d\"::text COLLATE pg_catalog.\"default\" AS \"d\"",
        ] {
            assert!(select.contains(value), "{value}: {select}");
        }
    }

    #[test]
    fn the_column_that_tells_the_table_makes_way() {
        let definition = define("Version_Table:int", &[("v1_users", "version_table_:int")]);
        assert_eq!(columns(&definition), "version_table__:text Version_Table:int version_table_:int");
    }

    #[test]
    fn columns_of_a_view_that_is_there_stay_where_they_are() {
        let before = define("id:int", &[("v2_users", "id:int b:int")]);
        let more = define("id:int", &[("v1_users", "id:int a:int"), ("v2_users", "id:int b:int")]);
        let ordered = more.in_order_of(&before.columns()).unwrap();
        assert_eq!(columns(&ordered), "version_table:text id:int b:int a:int");
        assert_eq!(before.in_order_of(&more.columns()), None, "a column is gone");
        let other = define("id:int", &[("v2_users", "id:int b:date")]);
        assert_eq!(other.in_order_of(&before.columns()), None, "a column has another type");
    }
}

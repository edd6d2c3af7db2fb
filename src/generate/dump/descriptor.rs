//! The descriptors of generated tables.

use super::column::Dialect;
use super::drift::{DescriptorForm, Layout};

/// The descriptor of a table in one version: ASCII only.
pub fn text(layout: &Layout, form: DescriptorForm, dialect: Dialect) -> String {
    let mut columns: Vec<(&str, String)> =
        layout.columns.iter().map(|column| (&*column.name, column.source_type.spelled(dialect))).collect();
    if form == DescriptorForm::Sorted {
        columns.sort();
    }
    let entries = columns.iter().map(|(name, kind)| match form {
        DescriptorForm::Strict => {
            format!("  {{\"column_name\": \"{name}\", \"column_type\": \"{}\"}}", kind.to_lowercase())
        }
        DescriptorForm::Sorted => format!("{{\"column_name\":\"{name}\",\"column_type\":\"{kind}\"}}"),
        DescriptorForm::Sloppy => {
            format!("\t{{\"column_name\": \"{name}\",\t\"column_type\": \"{}\",}}", kind.to_uppercase())
        }
    });
    let entries: Vec<String> = entries.collect();
    match form {
        DescriptorForm::Strict => format!("[\n{}\n]\n", entries.join(",\n")),
        DescriptorForm::Sorted => format!("[{}]", entries.join(",")),
        DescriptorForm::Sloppy => format!("[\n{},\n]\n", entries.join(",\n")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tables::TABLES;
    use super::*;

    #[test]
    fn the_three_forms() {
        let of = |position, form| text(&Layout::new(&TABLES[1], position), form, Dialect::Mssql);
        assert!(of(0, DescriptorForm::Strict).starts_with(
            "[\n  {\"column_name\": \"course_id\", \"column_type\": \"int\"},\n  {\"column_name\": \"title\""
        ));
        assert!(of(1, DescriptorForm::Sorted).starts_with(
            r#"[{"column_name":"category","column_type":"VarChar(40)"},{"column_name":"course_id","#
        ));
        let sloppy = of(2, DescriptorForm::Sloppy);
        assert!(
            sloppy.starts_with(
                "[\n\t{\"column_name\": \"category\",\t\"column_type\": \"VARCHAR(40)\",},\n\t{"
            ),
            "{sloppy}"
        );
        assert!(sloppy.ends_with(",},\n]\n"), "{sloppy}");
    }
}

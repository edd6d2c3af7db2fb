//! Types as databases, drivers and people write them.

use super::{MSSQL, MYSQL, assert_types, dump_of, types_of_t};
use pghaul_test_support::ingest;

#[test]
fn sql_server_s_types_as_its_tools_write_them() {
    assert_types(
        MSSQL,
        &[
            ("int identity", "integer"),
            ("int identity(1,1)", "integer"),
            ("int IDENTITY(1,1) NOT FOR REPLICATION NOT NULL", "integer"),
            ("bigint identity", "bigint"),
            ("numeric(18,0) identity", "numeric(18,0)"),
            ("numeric() identity", "numeric"),
            ("[int]", "integer"),
            ("[nvarchar](50)", "character varying(50)"),
            ("[nvarchar](max) NULL", "text"),
            ("[sys].[geography]", "text"),
            ("nvarchar (50)", "character varying(50)"),
            ("nvarchar(50) COLLATE SQL_Latin1_General_CP1_CI_AS", "character varying(50)"),
            ("national char(10)", "character(10)"),
            ("char varying(20)", "character varying(20)"),
            ("varchar(2147483647)", "text"),
            ("varchar(0)", "text"),
            ("varchar", "text"),
            ("char", "text"),
            ("bool", "boolean"),
            ("decimal", "numeric"),
            ("datetime(3)", "timestamp(3) without time zone"),
            ("uniqueidentifier(16)", "uuid"),
            ("ntext(16)", "text"),
            ("money(8)", "numeric(19,4)"),
            ("datetime(8)", "timestamp without time zone"),
            ("tinyint(1)", "smallint"),
            ("timestamp", "bytea"),
            ("xml(CONTENT dbo.schema_1)", "xml"),
            ("varchar(50) SPARSE", "character varying(50)"),
        ],
    );
}

#[test]
fn mysql_s_types_with_the_attributes_of_a_column() {
    assert_types(
        MYSQL,
        &[
            ("int(11) unsigned zerofill", "bigint"),
            ("int(10) unsigned NOT NULL AUTO_INCREMENT", "bigint"),
            ("bigint unsigned", "numeric(20,0)"),
            ("decimal(10,2) unsigned zerofill", "numeric(10,2)"),
            ("varchar(20) character set utf8mb4 collate utf8mb4_bin not null", "character varying(20)"),
            ("varchar(20) CHARSET latin1 DEFAULT 'a (b' COMMENT 'it''s'", "character varying(20)"),
            ("varchar(10) GENERATED ALWAYS AS (concat(a,'x')) VIRTUAL", "character varying(10)"),
            (
                "timestamp(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3)",
                "timestamp(3) without time zone",
            ),
            ("datetime /* mariadb-5.3 */", "timestamp without time zone"),
            ("`varchar`(20)", "character varying(20)"),
            ("enum('a)','b') CHARACTER SET ascii", "text"),
            ("enum", "text"),
            ("varchar", "text"),
            ("nvarchar", "text"),
            ("national varchar(20)", "character varying(20)"),
            ("int4", "integer"),
            ("middleint(9)", "integer"),
            ("float4", "real"),
            ("long varchar", "text"),
            ("inet6", "inet"),
            ("uuid", "uuid"),
            ("point srid 4326", "text"),
            ("bit(8)", "bit(8)"),
        ],
    );
}

#[test]
fn what_the_dump_s_map_lacks_is_taken_from_the_other_or_from_oracle_s_names() {
    assert_types(
        MYSQL,
        &[
            ("uniqueidentifier", "uuid"),
            ("datetime2(7)", "timestamp without time zone"),
            ("nvarchar(max)", "text"),
            ("NUMBER", "numeric"),
            ("NUMBER(10)", "numeric(10,0)"),
            ("NUMBER(10,2)", "numeric(10,2)"),
            ("NUMBER(*,0)", "numeric"),
            ("VARCHAR2(200 CHAR)", "character varying(200)"),
            ("FLOAT(126)", "numeric"),
            ("TIMESTAMP(9) WITH LOCAL TIME ZONE", "timestamp with time zone"),
            ("INTERVAL DAY(2) TO SECOND(6)", "interval"),
            ("LONG RAW", "bytea"),
            ("LONGNVARCHAR", "text"),
            ("CHAR () FOR BIT DATA", "bytea"),
            ("VARCHAR(16) FOR BIT DATA", "bytea"),
            ("CLOB(1M)", "text"),
            ("DECFLOAT(34)", "numeric"),
            ("geometry(POINT, 3857)", "text"),
        ],
    );
    assert_types(
        MSSQL,
        &[("int(11)", "integer"), ("mediumtext", "text"), ("json", "jsonb"), ("CLOB", "text")],
    );
}

/// The original job passed such names through.
#[test]
fn postgresql_s_own_names_and_those_of_the_database() {
    let ingest = ingest!();
    ingest.db.execute(
        "CREATE TYPE mood AS ENUM ('ok'); CREATE SCHEMA shop; CREATE DOMAIN shop.amount AS numeric(8,2)",
    );
    let types = [
        "mood",
        "shop.amount",
        "timestamptz",
        "integer[]",
        "timestamp(3) without time zone",
        "int4range",
        "jsonb",
    ];
    ingest.dump(MSSQL, &dump_of(&types));
    ingest.loads();
    let expected = [
        "mood",
        "shop.amount",
        "timestamp with time zone",
        "integer[]",
        "timestamp(3) without time zone",
        "int4range",
        "jsonb",
    ];
    assert_eq!(types_of_t(&ingest), expected);
}

#[test]
fn a_name_that_both_maps_lacked_needs_no_choice_between_them() {
    for dump in [MSSQL, MYSQL] {
        assert_types(dump, &[("int", "integer"), ("varchar", "text"), ("bool", "boolean")]);
    }
}

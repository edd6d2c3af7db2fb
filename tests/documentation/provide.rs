//! What has to be there before a block can be run: dumps, tables, an API, a cache, another database.

use crate::shop_api;
use crate::story::Story;
use pghaul_mock_api::{MockApi, Options, Script};
use pghaul_test_support::{Dump, RedisServer, descriptor, repository, server};
use redis::cmd;
use std::fs;

/// The cache of the documentation.
const CACHE: &str = "redis://127.0.0.1:6379/0";

/// Provides what a comment names.
#[track_caller]
pub fn provide(story: &mut Story, name: &str, place: &str) {
    match name.split_once(' ').unwrap_or((name, "lms_v1")) {
        ("dump", dump) => zip(story, dump),
        ("export", _) => export(story),
        ("dumps", _) => copy_dumps(story),
        ("rejects", _) => rejects(story),
        ("versions", _) => versions(story),
        ("renamed", _) => renamed(story),
        ("view", _) => view(story),
        ("fixtures", _) => fixtures(story),
        ("original", _) => copy_original(story),
        ("accounts", _) => story.sql("CREATE TABLE accounts AS SELECT generate_series(1, 20) AS id"),
        ("api", _) => api(story),
        ("shop-api", _) => shop_api(story),
        ("cache", _) => cache(story),
        ("shop", _) => shop(story),
        ("served", _) => served(story),
        ("encryption", _) => encryption(story),
        _ => panic!("{place}: nothing here provides {name:?}"),
    }
}

/// The page's `users.json` and `users.dat` as the one dump in `dumps`.
fn zip(story: &Story, name: &str) {
    let dump = Dump::new()
        .member("users.json", story.work.read("users.json"))
        .member("users.dat", story.work.read("users.dat"));
    story.work.write(format!("dumps/{name}.zip"), dump.bytes());
}

/// A dump of files that `bcp -w` wrote.
fn export(story: &Story) {
    let utf16 =
        |text: &str| format!("\u{FEFF}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let columns = descriptor(&[("user_id", "int"), ("email", "nvarchar")]);
    let data = "1\tann@example.com\r\n2\t\r\n3\t\0\r\n";
    let dump = Dump::new().member("users.json", utf16(&columns)).member("users.dat", utf16(data));
    story.work.write("dumps/lms_v1.zip", dump.bytes());
}

/// The fixtures as `dumps`.
fn copy_dumps(story: &Story) {
    for entry in fs::read_dir(repository().join("fixtures/dumps")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        story.work.write(format!("dumps/{name}"), fs::read(&path).unwrap());
    }
}

/// The dumps and the configuration that are like those of the original job, where the repository has them.
fn copy_original(story: &Story) {
    let folder = "fixtures/original";
    for entry in fs::read_dir(repository().join(folder).join("dumps")).unwrap() {
        let name = entry.unwrap().file_name();
        let file = format!("{folder}/dumps/{}", name.to_str().unwrap());
        story.work.write(&file, fs::read(repository().join(&file)).unwrap());
    }
    let config = format!("{folder}/config.yml");
    story.work.write(&config, fs::read(repository().join(&config)).unwrap());
}

/// A dump with a row that has a bad date, and one that is too short.
fn rejects(story: &Story) {
    let columns = [
        ("user_id", "int"),
        ("email", "nvarchar(200)"),
        ("first_name", "nvarchar(50)"),
        ("last_name", "nvarchar(50)"),
        ("age", "int"),
        ("city", "nvarchar(50)"),
        ("active", "bit"),
        ("created", "datetime"),
    ];
    let header: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let mut data = header.join("|") + "\n";
    for line in 2..=12 {
        data += &match line {
            6 => format!("{line}|e@x|F|L|33|Bern|1|Feb 30 2019 12:00AM\n"),
            10 => format!("{line}|e@x|F\n"),
            _ => format!("{line}|e@x|F|L|33|Bern|1|Feb 27 2019 12:00AM\n"),
        };
    }
    let dump = Dump::new().table("users", &columns, data);
    story.work.write("dumps/lms_v1.zip", dump.bytes());
}

/// Two versions, of which one column has two types.
fn versions(story: &Story) {
    let columns = |age| [("id", "int"), ("email", "nvarchar(50)"), ("age", age)];
    let v1 = Dump::new().table("users", &columns("int"), "id|email|age\n1|a@x|30\n2|b@x|40\n");
    let v2 = Dump::new().table("users", &columns("date"), "id|email|age\n3|c@x|2001-02-03\n");
    story.work.write("dumps/lms_v1.zip", v1.bytes());
    story.work.write("dumps/lms_v2.zip", v2.bytes());
}

/// Two versions of a table, of which the second calls a column otherwise and has one more.
fn renamed(story: &Story) {
    let v1 = Dump::new().table("users", &[("id", "int"), ("email", "nvarchar(50)")], "id|email\n1|a@x\n");
    let columns = [("id", "int"), ("email_address", "nvarchar(50)"), ("secret", "text")];
    let v2 = Dump::new().table("users", &columns, "id|email_address|secret\n2|b@x|hidden\n");
    story.work.write("dumps/lms_v1.zip", v1.bytes());
    story.work.write("dumps/lms_v2.zip", v2.bytes());
}

/// A mother that is loaded, a materialized view on her, and a dump that has changed since.
#[track_caller]
fn view(story: &Story) {
    let columns = [("user_id", "int"), ("email", "nvarchar(50)"), ("lastaccess", "datetime")];
    let data = "user_id|email|lastaccess\n1|a@x|Feb 27 2019 12:00AM\n";
    let dump = |data: &str| Dump::new().table("users", &columns, data).bytes();
    story.work.write("dumps/lms_v1.zip", dump(data));
    ingest(story);
    story.sql("CREATE MATERIALIZED VIEW active_users AS SELECT * FROM users");
    story.work.write("dumps/lms_v1.zip", dump(&format!("{data}2|b@x|NULL\n")));
}

/// The fixtures, loaded as by `scripts/demo`.
#[track_caller]
fn fixtures(story: &Story) {
    let config = repository().join("config.yml");
    story.bash(&format!("pghaul ingest --config {}", config.display())).run().assert_code(0);
}

/// The API that the examples follow.
fn api(story: &mut Story) {
    let api = MockApi::start(0, Options::default()).unwrap();
    story.instead.push(("https://api.example.com".to_owned(), api.base().to_owned()));
    story.servers.push(Box::new(api));
}

/// The API of the recipes.
fn shop_api(story: &mut Story) {
    let options = Options { script: Some(Script::new(shop_api::answer)), ..Options::default() };
    let api = MockApi::start(0, options).unwrap();
    story.instead.push(("https://shop.example".to_owned(), api.base().to_owned()));
    story.servers.push(Box::new(api));
}

/// A cache with users.
#[track_caller]
fn cache(story: &mut Story) {
    let cache = RedisServer::start(&[]);
    let script = fs::read_to_string(repository().join("fixtures/drain/users.lua")).unwrap();
    let mut fill = cmd("EVAL");
    let users: u64 =
        fill.arg(script).arg(1).arg("sample_us_users").arg(5000).query(&mut cache.client()).unwrap();
    assert_eq!(users, 5000);
    let keys: u64 = cmd("DBSIZE").query(&mut cache.client()).unwrap();
    assert_eq!(keys, 3, "the hash, its columns, and the list");
    story.instead.push((CACHE.to_owned(), cache.url()));
    story.servers.push(Box::new(cache));
}

/// A database with transactions, and one without.
#[track_caller]
fn shop(story: &mut Story) {
    let transactions = fs::read_to_string(repository().join("fixtures/sql/transactions.sql")).unwrap();
    let (shop, copy) = (server().database(), server().database());
    shop.execute(&transactions.replace("generate_series(1, 100000)", "generate_series(1, 2000)"));
    let create =
        format!("GRANT CREATE ON DATABASE {} TO ROLE; GRANT ALL ON SCHEMA public TO ROLE", copy.name());
    for (shown, database, rights) in [
        ("postgresql://a/shop", shop, "GRANT SELECT ON ALL TABLES IN SCHEMA public TO ROLE"),
        ("postgresql://b/copy", copy, &create),
    ] {
        let role = database.role("secret");
        database.execute(&rights.replace("ROLE", &role));
        story.instead.push((shown.to_owned(), database.tcp_url(&role, "secret")));
        story.servers.push(Box::new(database));
    }
}

/// Loads `dumps` without the page's configuration.
#[track_caller]
fn ingest(story: &Story) {
    story.work.write("plain.yml", "{}\n");
    story.bash("pghaul ingest dumps --config plain.yml").run().assert_code(0);
}

/// What the service's page serves.
#[track_caller]
fn served(story: &Story) {
    let columns = [("user_id", "nvarchar(9)"), ("instancecode", "nvarchar(9)"), ("email", "nvarchar(50)")];
    let dump = Dump::new().table("users", &columns, "user_id|instancecode|email\n1|a|ann@example.com\n");
    story.work.write("dumps/lms_v1.zip", dump.bytes());
    ingest(story);
    story.sql(
        "CREATE TABLE us_users (id bigint PRIMARY KEY, address text, inserted_at timestamp);
         INSERT INTO us_users VALUES (17, 'Elm St 2', '2026-11-20 08:15:00');
         CREATE SCHEMA stats;
         CREATE TABLE stats.activity (group_id int, stat_id text, stat numeric, PRIMARY KEY (group_id, stat_id))",
    );
}

/// A dump to encrypt, and the passphrase that nobody types here.
fn encryption(story: &mut Story) {
    let columns = [("user_id", "int")];
    let dump = Dump::new().member("users.json", descriptor(&columns)).member("users.dat", "user_id\n1\n");
    story.work.write("lms_v1.zip", dump.bytes());
    let asked =
        "gpg --batch --quiet --pinentry-mode loopback --passphrase secret --s2k-count 1024 --symmetric";
    story.instead.push(("gpg --symmetric".to_owned(), asked.to_owned()));
    story.instead.push(("PGHAUL_PASSPHRASE=…".to_owned(), "PGHAUL_PASSPHRASE=secret".to_owned()));
}

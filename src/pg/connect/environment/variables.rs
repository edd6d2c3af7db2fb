//! Parameters that a connection leaves out: from the service file, and from libpq's variables (PostgreSQL documentation,
//! "Environment Variables").

use super::super::params::{Filled, Params};
use super::env::Env;
use super::service;
use crate::{Error, Place, Result};

/// The variables that name a database. The others only say how to get into one.
pub(in crate::pg::connect) const NAMING: [&str; 5] =
    ["PGSERVICE", "PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE"];

/// The variables and their parameters. `PGPASSWORD` and `PGPASSFILE` count when a connection is opened ([`super::password`]).
const VARIABLES: [(&str, &str); 14] = [
    ("PGHOST", "host"),
    ("PGHOSTADDR", "hostaddr"),
    ("PGPORT", "port"),
    ("PGDATABASE", "dbname"),
    ("PGUSER", "user"),
    ("PGOPTIONS", "options"),
    ("PGAPPNAME", "application_name"),
    ("PGSSLMODE", "sslmode"),
    ("PGSSLCERT", "sslcert"),
    ("PGSSLKEY", "sslkey"),
    ("PGSSLROOTCERT", "sslrootcert"),
    ("PGCONNECT_TIMEOUT", "connect_timeout"),
    ("PGTARGETSESSIONATTRS", "target_session_attrs"),
    ("PGCHANNELBINDING", "channel_binding"),
];

/// Variables that ask for more security than pghaul has, and the values that ask for nothing.
const UNMET: [(&str, &[&str]); 8] = [
    ("PGREQUIREPEER", &[]),
    ("PGREQUIREAUTH", &[]),
    ("PGSSLCRL", &[]),
    ("PGSSLCRLDIR", &[]),
    ("PGSSLCERTMODE", &["allow", "disable"]),
    ("PGSSLNEGOTIATION", &["postgres"]),
    // rustls knows no older version.
    ("PGSSLMINPROTOCOLVERSION", &["TLSv1", "TLSv1.1", "TLSv1.2"]),
    ("PGGSSENCMODE", &["disable", "prefer"]),
];

/// Fills in what the parameters leave out: what the service says, then what the variables say.
///
/// # Errors
/// A service that there is not; a value that is none of its parameter; a variable that asks for what pghaul cannot do.
pub(in crate::pg::connect) fn complete(params: &mut Params, env: Env<'_>) -> Result<()> {
    let not_empty = |name: &str| env(name).filter(|value| !value.is_empty());
    if let Some(name) = params.service.clone().or_else(|| not_empty("PGSERVICE")) {
        for setting in service::settings(&name, params.servicefile.as_deref(), env)? {
            fill(params, &setting.key, &setting.value, setting.place, false)?;
        }
    }
    for (variable, key) in VARIABLES {
        if let Some(value) = not_empty(variable) {
            fill(params, key, &value, Place::file(variable), true)?;
        }
    }
    for (variable, idle) in UNMET {
        if not_empty(variable).is_some_and(|value| !idle.contains(&value.as_str())) {
            return Err(Error::refused(format!("{variable} asks for what pghaul cannot do"))
                .remedy("unset it for pghaul, if the connection is safe without it"));
        }
    }
    Ok(())
}

fn fill(params: &mut Params, key: &str, value: &str, place: Place, is_variable: bool) -> Result<()> {
    if params.is_given(key) {
        return Ok(());
    }
    let source = place.to_string();
    params.set(key, value).map_err(|error| error.at(place))?;
    // Options may set a secret of the server's.
    let value = if ["password", "options"].contains(&key) { "***" } else { value };
    params.filled.push(Filled { key: key.to_owned(), value: value.to_owned(), source, is_variable });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::super::choices::ServerKind;
    use super::super::super::parse::parse_unchecked;
    use super::*;

    fn completed(text: &str, variables: &[(&str, &str)]) -> Result<Params> {
        let mut params = parse_unchecked(text)?;
        let find = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        complete(&mut params, &find)?;
        Ok(params)
    }

    #[test]
    fn variables_fill_in_what_is_left_out_and_nothing_else() {
        let variables = [
            ("PGHOST", "h"),
            ("PGPORT", "7"),
            ("PGDATABASE", "d"),
            ("PGUSER", ""),
            ("PGTARGETSESSIONATTRS", "standby"),
        ];
        let params = completed("postgresql://u@/own?target_session_attrs=any", &variables).unwrap();
        assert_eq!((params.host.join(","), params.dbname.as_deref()), ("h".into(), Some("own")));
        assert_eq!((params.port[0], params.user.as_deref()), (Some(7), Some("u")));
        assert_eq!(params.server_kind, ServerKind::Any);
        let sources: Vec<&str> = params.filled.iter().map(|filled| filled.source.as_str()).collect();
        assert_eq!(sources, ["PGHOST", "PGPORT"]);
    }

    #[test]
    fn every_variable_sets_its_parameter() {
        for (variable, key) in VARIABLES {
            let value = match key {
                "hostaddr" => "::1",
                "sslmode" => "require",
                "target_session_attrs" => "any",
                "channel_binding" => "prefer",
                _ => "1",
            };
            let params = completed("postgresql://", &[(variable, value)]).unwrap();
            assert!(params.is_given(key), "{variable}");
        }
    }

    #[test]
    fn faults_name_the_variable() {
        let error = completed("postgresql://", &[("PGPORT", "x")]).unwrap_err().to_string();
        assert_eq!(error, "PGPORT: the connection's port must be a number from 1 to 65535");
        for (variable, idle) in UNMET {
            let error = completed("postgresql://", &[(variable, "something")]).unwrap_err().to_string();
            assert!(error.contains(variable), "{error}");
            for value in idle {
                completed("postgresql://", &[(variable, value)]).unwrap();
            }
        }
    }

    #[test]
    fn a_service_comes_before_variables_and_behind_the_connection() {
        let temp = tempfile::tempdir().unwrap();
        let file = temp.path().join("services");
        std::fs::write(&file, "[s]\nhost=service\nport=1\nuser=su\n").unwrap();
        let file = file.display().to_string();
        let variables = [("PGSERVICEFILE", file.as_str()), ("PGHOST", "variable"), ("PGDATABASE", "d")];
        let params = completed("postgresql://own@?service=s", &variables).unwrap();
        assert_eq!((params.host.join(","), params.port[0]), ("service".into(), Some(1)));
        assert_eq!((params.user.as_deref(), params.dbname.as_deref()), (Some("own"), Some("d")));
        let named = [&variables[..], &[("PGSERVICE", "none")]].concat();
        assert!(completed("postgresql://", &named).is_err());
    }
}

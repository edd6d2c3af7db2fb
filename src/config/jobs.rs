//! The jobs of a section, by name.

use super::nearest::nearest;
use super::read::Config;
use super::values::OrderedMap;
use crate::{Error, Result};

/// The job of this name below `section`.
///
/// # Errors
/// There is none: with the nearest name, and all others.
pub fn find_job<'c, J>(jobs: &'c OrderedMap<J>, section: &str, name: &str, config: &Config) -> Result<&'c J> {
    if let Some((_, job)) = jobs.0.iter().find(|(known, _)| known == name) {
        return Ok(job);
    }
    let known: Vec<&str> = jobs.0.iter().map(|(name, _)| name.as_str()).collect();
    let error = Error::refused(format!("there is no job {name:?} under {section}")).at(config.place());
    Err(match (nearest(name, known.iter().copied()), &known[..]) {
        (_, []) => error.remedy(format!(
            "describe one under {section}: in config.yml, or name another file with --config"
        )),
        (Some(meant), [_]) => error.remedy(format!("did you mean {meant:?}?")),
        (Some(meant), known) => {
            error.remedy(format!("did you mean {meant:?}? The jobs are: {}", known.join(", ")))
        }
        (None, known) => error.remedy(format!("the jobs are: {}", known.join(", "))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_job_is_refused_with_those_that_there_are() {
        let said = |names: &[&str]| {
            let jobs = OrderedMap(names.iter().map(|name| ((*name).to_owned(), ())).collect());
            find_job(&jobs, "sync", "order", &Config::default()).unwrap_err().to_string()
        };
        assert!(
            said(&[])
                .ends_with("; describe one under sync: in config.yml, or name another file with --config")
        );
        assert_eq!(said(&["orders"]), "there is no job \"order\" under sync; did you mean \"orders\"?");
        assert!(said(&["orders", "users"]).ends_with("did you mean \"orders\"? The jobs are: orders, users"));
        assert!(said(&["users"]).ends_with("; the jobs are: users"));
    }
}

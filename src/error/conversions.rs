//! Errors of PostgreSQL and of input and output, as errors of pghaul.

use super::Error;

impl From<&postgres::Error> for Error {
    fn from(error: &postgres::Error) -> Self {
        Error::from_server(error, None)
    }
}

impl From<postgres::Error> for Error {
    fn from(error: postgres::Error) -> Self {
        Error::from_server(&error, None)
    }
}

impl From<std::io::Error> for Error {
    /// Unpacks the error that one of pghaul's readers, or the COPY stream, has sent through an `io` interface.
    fn from(error: std::io::Error) -> Self {
        match error.downcast::<Error>() {
            Ok(ours) => ours,
            Err(error) => match error.downcast::<postgres::Error>() {
                Ok(from_server) => from_server.into(),
                Err(error) => Error::failed(error),
            },
        }
    }
}

//! What `ingest` calls the things that errors of the engine are about: its configuration keys and flags.

use crate::Error;
use crate::copy::encode::batch_encoder::CORRECT_THE_ROW;
use crate::copy::input::format::FormatFault;
use crate::error::{Advice, Hint};
use crate::run::reject_flags;

/// What a unit's error ends with.
pub const UNDONE: &str = "nothing of this unit was loaded";

/// The words for a hint.
pub fn of(hint: &Hint) -> Advice {
    match hint {
        Hint::HeaderLine => {
            Advice::remedy("check xport_cfg.dat_quote and that the first line names the columns")
        }
        Hint::Quote => Advice::remedy("correct it, or check xport_cfg.dat_quote"),
        Hint::MaxColumns(most) => Advice {
            detail: format!(", and limits.max_columns allows {most}"),
            remedy: "remove columns, or check xport_cfg.field_separator".to_owned(),
        },
        Hint::Encoding => Advice::remedy("set xport_cfg.encoding to the encoding of the data files"),
        Hint::Utf16 => {
            Advice::remedy("set xport_cfg.encoding to the encoding of the data files, for example utf-16le")
        }
        Hint::ValueEncoding => Advice {
            detail: ", the encoding that xport_cfg.encoding names".to_owned(),
            remedy: UNDONE.to_owned(),
        },
        Hint::ColumnType(_) => Advice::remedy(format!("give the column a type that holds it; {UNDONE}")),
        Hint::Value(_) => Advice::remedy(format!("{CORRECT_THE_ROW}; {UNDONE}")),
        Hint::NullMarker => Advice::remedy(format!(
            "an empty field is NULL only if it is not quoted and xport_cfg.null_pattern is ''; {UNDONE}"
        )),
        Hint::DateOrder(order) => Advice::remedy(format!(
            "if all dates of these dumps are written in this order, write date_order: {order} beside match and types \
             in xport_cfg.dialects; {UNDONE}"
        )),
        Hint::MaxRow => Advice::remedy("look for a quote that is never closed, or raise limits.max_row"),
        Hint::RejectLimit(_) => Advice { remedy: UNDONE.to_owned(), ..reject_flags::advice(hint) },
        Hint::RejectFolder => Advice::remedy(format!("{}; {UNDONE}", reject_flags::advice(hint).remedy)),
        // The words for a zero date are those of its column.
        Hint::ZeroDate | Hint::Undone => Advice::remedy(UNDONE),
    }
}

/// The error of settings that contradict each other.
pub fn of_format(fault: FormatFault, separator: &str, quote: &str, null: &str, encoding: &str) -> Error {
    let not_one_byte = |key: &str, text: &str| {
        Error::refused(format!("xport_cfg.{key}: {text:?} is not a single-byte character of {encoding}"))
            .remedy("use one character that is no line end, for example '|'")
    };
    match fault {
        FormatFault::Encoding => {
            Error::refused(format!("xport_cfg.encoding: {encoding:?} is not a known encoding"))
                .remedy("use for example latin_1, utf-8 or windows-1252")
        }
        FormatFault::Separator => not_one_byte("field_separator", separator),
        FormatFault::Quote => not_one_byte("dat_quote", quote),
        FormatFault::Same => {
            Error::refused(format!("xport_cfg: field_separator and dat_quote are both {separator:?}"))
                .remedy("they must differ")
        }
        FormatFault::NullNotEncodable => {
            Error::refused(format!("xport_cfg.null_pattern: {null:?} cannot be written in {encoding}"))
                .remedy("choose another text, or change xport_cfg.encoding")
        }
        FormatFault::NullHoldsAnother => Error::refused(format!(
            "xport_cfg.null_pattern: {null:?} holds the separator, the quote or a line end"
        ))
        .remedy("choose another text"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loads_error_says_what_is_left_of_the_unit() {
        let text = |error: Error| error.advised(of).to_string();
        assert_eq!(
            text(Error::failed("cannot write").hint(Hint::RejectFolder)),
            "cannot write; name another folder with --rejects; nothing of this unit was loaded"
        );
        let too_many = Error::failed("3 rows cannot be loaded").hint(Hint::RejectLimit("2".into()));
        assert_eq!(
            text(too_many.remedy("see t.jsonl")),
            "3 rows cannot be loaded, and --max-rejects allows 2; see t.jsonl; nothing of this unit was loaded"
        );
        let not_valid = Error::failed("value is not valid UTF-8").hint(Hint::ValueEncoding);
        assert_eq!(
            text(not_valid.remedy("correct the row in the data file")),
            "value is not valid UTF-8, the encoding that xport_cfg.encoding names; correct the row in the data \
             file; nothing of this unit was loaded"
        );
    }
}

//! What `ingest` calls the things that errors of the engine are about: its configuration keys and flags.

use crate::Error;
use crate::copy::encode::batch_encoder::CORRECT_THE_ROW;
use crate::copy::input::format::{FormatFault, Spelling};
use crate::copy::input::token::MAX_TOKEN_BYTES;
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
        Hint::TrailingSeparator => Advice::remedy(format!(
            "if lines may end with a separator, set xport_cfg.trailing_separator: true; {UNDONE}"
        )),
        Hint::MaxRow => Advice::remedy("look for a quote that is never closed, or raise limits.max_row"),
        Hint::RejectLimit(_) => Advice { remedy: UNDONE.to_owned(), ..reject_flags::advice(hint) },
        Hint::BadValueLimit(most) => Advice {
            detail: format!(", and its max_bad allows {most}"),
            remedy: format!("correct the data, or raise max_bad of the column; {UNDONE}"),
        },
        Hint::RejectFolder => Advice::remedy(format!("{}; {UNDONE}", reject_flags::advice(hint).remedy)),
        // The words for a zero date are those of its column.
        Hint::ZeroDate | Hint::Undone => Advice::remedy(UNDONE),
    }
}

/// The error of settings that contradict each other. `path` has the path of each key, where it is written.
pub fn of_format(fault: FormatFault, spelling: &Spelling<'_>, path: &dyn Fn(&str) -> String) -> Error {
    let Spelling { separator, quote, escape, encoding, line_end, .. } = spelling;
    let [of_separator, of_quote, of_escape, of_null, of_line_end] =
        ["field_separator", "dat_quote", "escape", "null_pattern", "line_end"].map(path);
    let not_one_byte = |path: &str, text: &str, remedy: &str| {
        Error::refused(format!("{path}: {text:?} is not a single-byte character of {encoding}"))
            .remedy(remedy.to_owned())
    };
    let holds = |path: &str, text: &str, what: &str, other: &str, value: &str| {
        Error::refused(format!("{path}: {text:?} holds the {what} ({other}: {value:?}), or is held by it"))
            .remedy("they must differ")
    };
    let null = |number: usize| spelling.nulls.get(number).copied().unwrap_or_default();
    let of_quotes = path("quotes");
    match fault {
        FormatFault::Encoding => {
            Error::refused(format!("{}: {encoding:?} is not a known encoding", path("encoding")))
                .remedy("use for example latin_1, utf-8, windows-1252 or cp850")
        }
        FormatFault::Separator => Error::refused(format!(
            "{of_separator}: {separator:?} is no separator of 1 to {MAX_TOKEN_BYTES} bytes of {encoding} without a line end"
        ))
        .remedy("use for example '|', or \"\\t\" in double quotes for a tab"),
        FormatFault::LineEnd => Error::refused(format!(
            "{of_line_end}: {line_end:?} is no line end of 1 to {MAX_TOKEN_BYTES} bytes of {encoding}"
        ))
        .remedy("use for example \"\\r\\n\" in double quotes, or auto"),
        FormatFault::Quote => not_one_byte(
            &of_quote,
            quote,
            "use one character that is no line end, for example '\"', or none where values are not quoted",
        ),
        FormatFault::Escape => {
            not_one_byte(&of_escape, escape, "use one character that is no line end, for example '\\', or none")
        }
        FormatFault::Same if separator == quote => {
            Error::refused(format!("{of_separator} and {of_quote}: field_separator and dat_quote are both {separator:?}"))
                .remedy("they must differ")
        }
        FormatFault::Same => holds(&of_separator, separator, "quote", &of_quote, quote),
        FormatFault::EscapeInSeparator => holds(&of_separator, separator, "escape", &of_escape, escape),
        FormatFault::QuoteInLineEnd => holds(&of_line_end, line_end, "quote", &of_quote, quote),
        FormatFault::EscapeInLineEnd => holds(&of_line_end, line_end, "escape", &of_escape, escape),
        FormatFault::SeparatorInLineEnd => holds(&of_line_end, line_end, "separator", &of_separator, separator),
        FormatFault::NullNotEncodable(number) => {
            Error::refused(format!("{of_null}: {:?} cannot be written in {encoding}", null(number)))
                .remedy(format!("choose another text, or change {}", path("encoding")))
        }
        FormatFault::NullHoldsAnother(number) => Error::refused(format!(
            "{of_null}: {:?} holds the separator, the quote or a line end",
            null(number)
        ))
        .remedy("choose another text"),
        FormatFault::NoNull => {
            Error::refused(format!("{of_null}: the list names no text")).remedy("write for example ['', NULL]")
        }
        FormatFault::CopyWithoutQuote => {
            Error::refused(format!("{of_quotes}: copy says what quotes do, but there is none (dat_quote: none)"))
                .remedy("set dat_quote, or leave out quotes")
        }
        FormatFault::CopyWithEscapes => {
            Error::refused(format!("{of_quotes}: copy has no place beside format: outfile, whose escapes are not COPY's"))
                .remedy("leave out quotes")
        }
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

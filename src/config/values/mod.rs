//! Values as the file writes them: texts with `${VAR}`, numbers, sizes, times, maps, secrets.

mod number;
mod ordered_map;
mod secret_source;
mod secret_text;
mod several;
mod size;
mod span;
mod text;
mod word_or_map;

pub use number::Number;
pub use ordered_map::OrderedMap;
pub use secret_source::SecretSource;
pub use secret_text::SecretText;
pub use several::Several;
pub use size::Size;
pub use span::Span;
pub use text::{Text, variables_of};
pub use word_or_map::word_or_map;

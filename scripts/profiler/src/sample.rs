//! Samples: which functions were on the stack of a thread, and how often.

use inferno::flamegraph::{Options, from_lines};
use pghaul::{Error, Result};

/// Samples of one stack.
#[derive(Debug, Clone)]
pub struct Sample {
    /// The thread's name.
    pub thread: String,
    /// The functions, from the outermost to the one that ran; those that were inlined are among them.
    pub stack: Vec<String>,
    /// How often it was seen.
    pub count: u64,
}

/// The profiler's samples. What every stack begins with, up to the first function of ours, tells nothing and is left
/// out.
pub fn all(report: &pprof::Report) -> Vec<Sample> {
    let sample = |(frames, count): (&pprof::Frames, &isize)| {
        // Both are in the order from the innermost out: frames, and what was inlined into the function of a frame.
        let names =
            frames.frames.iter().rev().flat_map(|inlined| inlined.iter().rev()).map(|symbol| symbol.name());
        let mut stack: Vec<String> = names.collect();
        let ours = stack.iter().position(|name| name.contains("pghaul::"));
        stack.drain(..ours.unwrap_or(0));
        Sample { thread: frames.thread_name_or_id(), stack, count: (*count).try_into().unwrap_or(0) }
    };
    report.data.iter().map(sample).filter(|sample| !sample.stack.is_empty()).collect()
}

/// The flame graph, as SVG.
///
/// # Errors
/// What the library for flame graphs says.
pub fn flame_graph(title: &str, samples: &[Sample]) -> Result<Vec<u8>> {
    let mut options = Options::default();
    options.title = title.to_owned();
    options.count_name = "samples".to_owned();
    let lines: Vec<String> = samples.iter().map(line).collect();
    let mut svg = Vec::new();
    from_lines(&mut options, lines.iter().map(String::as_str), &mut svg)
        .map_err(|error| Error::failed(format!("cannot draw the flame graph: {error}")))?;
    Ok(svg)
}

/// `thread;outermost;…;innermost count`. A semicolon in a name, as in `[u8; 4]`, would end it.
fn line(sample: &Sample) -> String {
    let mut line = sample.thread.replace(';', ",");
    for function in &sample.stack {
        line.push(';');
        line.push_str(&function.replace(';', ","));
    }
    format!("{line} {}", sample.count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flame_graph_has_every_function() {
        let stack = ["pghaul::cli::main", "<[u8; 4] as Push>::push"].map(str::to_owned).to_vec();
        let svg = flame_graph("pghaul", &[Sample { thread: "main".to_owned(), stack, count: 7 }]).unwrap();
        let svg = String::from_utf8(svg).unwrap();
        for text in ["pghaul::cli::main (7 samples", "&lt;[u8, 4] as Push&gt;::push (7 samples"] {
            assert!(svg.contains(text), "{text} in {svg}");
        }
    }
}

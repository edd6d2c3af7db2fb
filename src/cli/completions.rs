//! `pghaul completions`: what a shell needs to complete pghaul's commands and flags. For packages, and so hidden.

use crate::Result;
use crate::exit::Exit;
use crate::report::print;
use clap::{Args, Command, ValueEnum};
use clap_complete::generate;
use clap_complete::shells::{Bash, Fish, Zsh};

const EXAMPLES: &str = "\
Examples:
  pghaul completions bash > /etc/bash_completion.d/pghaul
  pghaul completions zsh > /usr/local/share/zsh/site-functions/_pghaul
  pghaul completions fish > ~/.config/fish/completions/pghaul.fish";

/// The arguments of `pghaul completions`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: ShellArg,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ShellArg {
    /// Of the package bash-completion, or by `source`
    Bash,
    /// A function of `compinit`
    Zsh,
    /// For a folder of completions
    Fish,
}

/// Runs `pghaul completions` for the commands of `root`.
///
/// # Errors
/// A standard output that cannot be written.
pub fn run(args: &CompletionsArgs, mut root: Command) -> Result<Exit> {
    let mut script = Vec::new();
    let name = root.get_name().to_owned();
    match args.shell {
        ShellArg::Bash => generate(Bash, &mut root, name, &mut script),
        ShellArg::Zsh => generate(Zsh, &mut root, name, &mut script),
        ShellArg::Fish => generate(Fish, &mut root, name, &mut script),
    }
    print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Loaded)
}

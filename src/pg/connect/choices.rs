//! The parameters whose value is one of a few words.

use std::path::PathBuf;

/// `sslmode`, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum SslMode {
    Disable,
    Allow,
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

/// `sslrootcert`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RootCert {
    System,
    File(PathBuf),
}

/// `target_session_attrs`: the kind of server to look for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum ServerKind {
    #[default]
    Any,
    ReadWrite,
    ReadOnly,
    Primary,
    Standby,
    PreferStandby,
}

/// `channel_binding`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum ChannelBinding {
    Disable,
    #[default]
    Prefer,
    Require,
}

/// The spellings of `sslmode`.
pub(super) const SSL_MODES: [(&str, SslMode); 6] = [
    ("disable", SslMode::Disable),
    ("allow", SslMode::Allow),
    ("prefer", SslMode::Prefer),
    ("require", SslMode::Require),
    ("verify-ca", SslMode::VerifyCa),
    ("verify-full", SslMode::VerifyFull),
];

/// The spellings of `target_session_attrs`.
pub(super) const SERVER_KINDS: [(&str, ServerKind); 6] = [
    ("any", ServerKind::Any),
    ("read-write", ServerKind::ReadWrite),
    ("read-only", ServerKind::ReadOnly),
    ("primary", ServerKind::Primary),
    ("standby", ServerKind::Standby),
    ("prefer-standby", ServerKind::PreferStandby),
];

/// The spellings of `channel_binding`.
pub(super) const CHANNEL_BINDINGS: [(&str, ChannelBinding); 3] = [
    ("disable", ChannelBinding::Disable),
    ("prefer", ChannelBinding::Prefer),
    ("require", ChannelBinding::Require),
];

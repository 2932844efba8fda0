//! Converters into event files.

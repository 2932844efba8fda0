//! Trained policies as plain data: a spec, weights, and the operations that turn an observation into an action.

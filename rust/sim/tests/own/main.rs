//! Own orders over history: hand cases, a slow walk of every queue, budgets, saved states.

mod answers;
mod budget;
mod ghost;
mod l2queue;
mod oracle;
mod saved;
mod script;
mod stepping;
mod walk;
mod wild;

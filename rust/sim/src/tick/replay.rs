//! A file from where a session stands to its end under a policy, natively.

use super::action::Actions;
use super::error::Error;
use super::policy::Policy;
use super::session::Session;
use super::venue::Venue;

/// Events between two calls of the watcher.
pub const WATCH_EVERY: usize = 1 << 20;

/// Run to the end. `watch` is told the events applied about every million; false stops.
///
/// # Errors
/// An order the policy should not have sent, a damaged file, or `Stopped`; the session stands where it happened.
pub fn replay<V: Venue, P: Policy>(
    session: &mut Session<V>,
    policy: &mut P,
    watch: &mut dyn FnMut(usize) -> bool,
) -> Result<(), Error> {
    let mut actions = Actions::with_capacity(64);
    let mut next = policy.first(session.now());
    let mut told = session.events();
    loop {
        let by = next.at.max(session.now());
        let pause = session.ts_of_event(told + WATCH_EVERY).filter(|&ts| ts < by);
        session.inbox.clear();
        let mut on = session.go(pause.unwrap_or(by), next.on_report)?;
        if session.events() >= told + WATCH_EVERY {
            told = session.events();
            if !watch(told) {
                return Err(Error::Stopped);
            }
        }
        if !on {
            return Ok(());
        }
        if pause.is_some() && session.inbox.is_empty() || session.now() < by && !next.on_report {
            continue;
        }
        on = session.now() > i64::MIN;
        debug_assert!(on);
        session.sync()?;
        actions.clear();
        next = policy.wake(&session.synced(), &mut actions);
        next.at = next.at.max(session.now() + 1);
        session.send(&actions)?;
    }
}

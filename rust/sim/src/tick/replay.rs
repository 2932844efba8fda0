//! A file from where a session stands to its end under a policy, natively.

use super::error::Error;
use super::policy::Policy;
use super::session::Session;
use super::venue::Venue;

/// Events between two calls of the watcher.
pub const WATCH_EVERY: usize = 1 << 20;
/// Wakes between two calls of the watcher, where they come first.
const WATCH_WAKES: usize = 1 << 16;

/// Run to the end. `watch` is told the events applied about every million, or 65,536 wakes; false stops.
///
/// # Errors
/// An order the policy should not have sent, a damaged file, or `Stopped`; the session stands where it happened.
pub fn replay<V: Venue, P: Policy>(
    session: &mut Session<V>,
    policy: &mut P,
    watch: &mut dyn FnMut(usize) -> bool,
) -> Result<(), Error> {
    replay_watched(session, policy, WATCH_EVERY, watch)
}

/// The same with `every` events between two calls of the watcher.
///
/// # Errors
/// As `replay`.
pub fn replay_watched<V: Venue, P: Policy>(
    session: &mut Session<V>,
    policy: &mut P,
    every: usize,
    watch: &mut dyn FnMut(usize) -> bool,
) -> Result<(), Error> {
    let mut actions = std::mem::take(&mut session.wishes);
    let mut next = policy.first(session.now());
    let mut pause = session.time_of(session.events() + every);
    let mut wakes = 0;
    loop {
        let stop = next.at.min(pause);
        let goes_on = session.go(stop, next.on_report)?;
        if session.now() >= pause || !goes_on || wakes == WATCH_WAKES {
            pause = session.time_of(session.events() + every);
            wakes = 0;
            if !watch(session.events()) {
                return Err(Error::Stopped);
            }
        }
        if !goes_on {
            session.wishes = actions;
            return Ok(());
        }
        if stop == next.at || next.on_report && session.has_heard() {
            wakes += 1;
            session.sync()?;
            actions.clear();
            next = policy.wake(&session.synced(), &mut actions);
            next.at = next.at.max(session.now() + 1);
            session.send(&actions)?;
            session.forget_heard();
        }
    }
}

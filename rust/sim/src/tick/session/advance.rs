//! From one stretch of an endless stream to the next.

use std::sync::Arc;

use super::Session;
use crate::tick::error::Error;
use crate::tick::plan::Plan;
use crate::tick::venue::Venue;

impl<V: Venue> Session<V> {
    /// Go on with the events of another plan: those of this one without the first `skipped`, and what comes behind them.
    /// Own orders, queues and messages stay as they are; events are counted from the new first one.
    ///
    /// # Errors
    /// Other settings or instruments; events skipped that one side has not seen yet; a damaged file. Nothing changes then.
    pub fn advance(&mut self, plan: &Arc<Plan>, skipped: usize) -> Result<(), Error> {
        if plan.config().sha256() != self.plan.config().sha256() || plan.is_shared() != self.plan.is_shared()
        {
            return Err(Error::config("config", "the session's own", "another"));
        }
        let symbols = |plan: &Plan| -> Vec<String> {
            plan.file().instruments().iter().map(|one| one.symbol.clone()).collect()
        };
        if symbols(plan) != symbols(&self.plan) {
            let expected = symbols(&self.plan).join(", ");
            return Err(Error::config("instruments", expected, symbols(plan).join(", ")));
        }
        self.sync()?;
        let seen = self.exch_at.min(self.local.at());
        if skipped > seen {
            return Err(Error::config("skipped", format_args!("at most {seen}, those received"), skipped));
        }
        let kept = &self.plan.events()[skipped..];
        if plan.events().get(..kept.len()) != Some(kept) {
            let expected = format_args!("the {} events that this one still has", kept.len());
            return Err(Error::config("events", expected, "others"));
        }
        let slots: Vec<u32> = plan.file().instruments().iter().map(|one| one.max_live).collect();
        self.venue.admit(&slots);
        self.local.admit(&slots);
        self.exch_at -= skipped;
        self.local.skip(skipped);
        self.plan = Arc::clone(plan);
        Ok(())
    }
}

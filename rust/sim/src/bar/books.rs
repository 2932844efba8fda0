//! One account, plain or under terms: what runs and sessions step.

use crate::bar::account::Account;
use crate::bar::brokerage::{Brokerage, Carry, Feed, Tape, Terms};
use crate::bar::lanes::{padded, values};
use crate::bar::targets::check_weights;
use crate::bar::{BarConfig, BarOut, Dropped, Error, FillRecord, SizeAt};

/// Settings and state of one account.
#[derive(Clone, Debug)]
pub struct Books {
    pub config: BarConfig,
    account: Kept,
}

#[derive(Clone, Debug)]
enum Kept {
    Plain(Box<Account>),
    Broker(Box<(Brokerage, Terms)>),
}

/// One bar of a market and the decision that is due on it, with the bar it was made on.
#[derive(Clone, Copy, Debug)]
pub struct Day<'a> {
    pub close: &'a [f64],
    pub price: &'a [f64],
    pub due: Option<(usize, &'a [f64])>,
    /// What comes with the prices, and the row of it; for an account under terms.
    pub told: Option<(&'a Feed<'a>, usize)>,
}

impl Books {
    /// A fresh account; `log` keeps fills and drops of a plain one.
    ///
    /// # Errors
    /// Settings and terms that do not go together.
    pub fn new(config: &BarConfig, terms: Option<&Terms>, log: bool) -> Result<Self, Error> {
        let account = match terms {
            Some(terms) => {
                terms.check(config)?;
                Kept::Broker(Box::new((Brokerage::new(config), terms.clone())))
            }
            None => {
                config.check_plain()?;
                Kept::Plain(Box::new(Account::new(config, log)))
            }
        };
        Ok(Self { config: config.clone(), account })
    }

    /// The terms, if there are any.
    pub fn terms(&self) -> Option<&Terms> {
        match &self.account {
            Kept::Plain(_) => None,
            Kept::Broker(broker) => Some(&broker.1),
        }
    }

    /// Refuse weights that the account cannot hold. True if the row decides anything.
    pub fn check_weights(&self, weights: &[f64]) -> Result<bool, Error> {
        self.terms().map_or_else(|| check_weights(weights), |terms| terms.check_weights(weights))
    }

    /// One bar; O(n) per step of the solver.
    #[inline]
    pub fn bar(&mut self, t: usize, day: &Day<'_>) -> (BarOut, Carry) {
        match &mut self.account {
            Kept::Plain(account) => {
                let due = day.due.map(|due| due.1);
                (account.bar(&self.config, day.close, day.price, due), Carry::default())
            }
            Kept::Broker(broker) => {
                let (account, terms) = &mut **broker;
                let (feed, at) = day.told.expect("an account under terms is told of its days");
                let row = feed.row(at, self.config.n());
                if let Some(slippage) = row.slippage(self.config.n()) {
                    self.config.costs.slip(slippage);
                }
                let tape = Tape { close: day.close, price: day.price, due: day.due };
                account.bar(&self.config, terms, t, tape, &row)
            }
        }
    }

    /// Fix the size of what was decided at the last mark, where sizes are fixed then.
    pub fn size(&mut self, weights: &[f64], equity: f64) {
        match &mut self.account {
            Kept::Plain(account) => account.size(&self.config, weights, equity),
            Kept::Broker(broker) => broker.0.size(&self.config, weights, equity),
        }
    }

    /// Units held.
    pub fn units(&self) -> &[f64] {
        match &self.account {
            Kept::Plain(account) => &values(&account.units)[..self.config.n()],
            Kept::Broker(broker) => &broker.0.units,
        }
    }

    /// Last known price of each name; 0 before the first one.
    pub fn last(&self) -> &[f64] {
        match &self.account {
            Kept::Plain(account) => &values(&account.last)[..self.config.n()],
            Kept::Broker(broker) => &broker.0.last,
        }
    }

    /// Currency not invested; negative where it is borrowed.
    pub fn cash(&self) -> f64 {
        match &self.account {
            Kept::Plain(account) => account.cash,
            Kept::Broker(broker) => broker.0.cash,
        }
    }

    /// Fills of the last bar.
    pub fn fills(&self) -> &[FillRecord] {
        match &self.account {
            Kept::Plain(account) => &account.fills,
            Kept::Broker(broker) => &broker.0.fills,
        }
    }

    /// What was dropped on it.
    pub fn drops(&self) -> &[Dropped] {
        match &self.account {
            Kept::Plain(account) => &account.drops,
            Kept::Broker(broker) => &broker.0.drops,
        }
    }

    /// Bar after whose close the fills of bar t were decided, where `due` says it of the decision.
    pub fn decided(&self, t: usize, due: Option<usize>) -> usize {
        match &self.account {
            Kept::Plain(_) => due.unwrap_or(t),
            Kept::Broker(broker) => broker.0.decided,
        }
    }

    /// Units to hold that a pending decision fixed; empty where sizes are fixed at the fill.
    pub fn sized(&self) -> &[f64] {
        match &self.account {
            Kept::Plain(account) => &account.orders.target,
            Kept::Broker(broker) => &broker.0.sized.target,
        }
    }

    /// Whole numbers that later bars depend on.
    pub fn flags(&self) -> Vec<u64> {
        match &self.account {
            Kept::Plain(_) => Vec::new(),
            Kept::Broker(broker) => broker.0.flags(),
        }
    }

    /// Numbers of `flags`.
    pub fn n_flags(&self) -> usize {
        match &self.account {
            Kept::Plain(_) => 0,
            Kept::Broker(_) => 2 + self.config.n(),
        }
    }

    /// Become what cash, units, marks, flags and sizes tell; `None` where that cannot be.
    pub fn resume(&mut self, cash: f64, rows: [&[f64]; 2], flags: &[u64], sized: &[f64]) -> Option<()> {
        let [units, last] = rows;
        match &mut self.account {
            Kept::Plain(account) => {
                account.cash = cash;
                account.units = padded(units, 0.0);
                account.last = padded(last, 0.0);
                account.orders.target.copy_from_slice(sized);
            }
            Kept::Broker(broker) => {
                let account = &mut broker.0;
                account.cash = cash;
                account.units.copy_from_slice(units);
                account.last.copy_from_slice(last);
                account.sized.target.copy_from_slice(sized);
                account.flag(flags)?;
            }
        }
        Some(())
    }

    /// Whether a pending decision has sizes.
    pub fn is_sized(&self) -> bool {
        self.config.size_at == SizeAt::Decision
    }
}

use quantrl_feed::{Books, Instrument};

use super::{OwnConfig, QueueModel};
use crate::tick::Error;

/// Own orders in queues of which only the sum is known: their place is estimated.
#[derive(Clone, Debug)]
pub struct L2Queue {
    books: Books,
    config: OwnConfig,
    model: QueueModel,
    /// Base units of a lot, by instrument.
    lots: Vec<f64>,
}

impl L2Queue {
    /// Over the books of a file of level 1 or 2 with these instruments.
    ///
    /// # Errors
    /// Books of orders, other instruments than books, no queue model, or a setting out of range.
    pub fn new(books: Books, instruments: &[Instrument], config: OwnConfig) -> Result<Self, Error> {
        if matches!(books, Books::Orders(_)) {
            return Err(Error::config("mode", "a file of level 1 or 2 for l2_queue", "level 3"));
        }
        if books.len() != instruments.len() {
            return Err(Error::config("instruments", books.len(), instruments.len()));
        }
        let Some(model) = config.queue else {
            return Err(Error::config("queue", "a queue model, as the file shows no queues", "none"));
        };
        let lots = instruments.iter().map(|row| row.lot_size.to_f64()).collect();
        Ok(Self { books, config: config.checked()?, model: model.checked()?, lots })
    }
}

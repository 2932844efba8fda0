use quantrl_feed::Books;

use super::OwnConfig;
use crate::tick::Error;

/// Own orders in queues of single orders.
#[derive(Clone, Debug)]
pub struct Ghost {
    books: Books,
    config: OwnConfig,
}

impl Ghost {
    /// Over the books of a file of level 3.
    ///
    /// # Errors
    /// Books of level sums, a queue model, or a setting out of range.
    pub fn new(books: Books, config: OwnConfig) -> Result<Self, Error> {
        if !matches!(books, Books::Orders(_)) {
            return Err(Error::config("mode", "a file of level 3 for ghost", "level sums"));
        }
        if let Some(model) = config.queue {
            return Err(Error::config("queue", "none on a file of level 3, where queues are known", model));
        }
        Ok(Self { books, config: config.checked()? })
    }
}

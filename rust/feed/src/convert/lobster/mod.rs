//! LOBSTER: a message file and an orderbook file of equal length, without header.
//!
//! The opening book stands in no message: it is row 0 with message 0 undone, one nameless order a level, and orders
//! that were never added are taken from the nameless ones. A file of L levels does not show what happens below them:
//! a level that enters the window is set to what the row shows. Everything else a row shows must follow from its
//! message, or it is a fault.

mod row;
mod window;

use serde_json::json;

use crate::convert::inflate::unpacked;
use crate::convert::rows::Lines;
use crate::convert::zip::{members, only};
use crate::convert::{Day, Options, Report, Source};
use crate::error::{Error, Place};
use crate::file::Target;
use row::Message;
use window::Window;

/// What the files do not say.
#[derive(Clone, Debug, PartialEq)]
pub struct Lobster {
    /// Trading day in New York.
    pub day: Day,
    /// Symbol.
    pub symbol: String,
    /// Ticks of 1e-4 USD between prices.
    pub step: u32,
    /// Common options.
    pub common: Options,
}

impl Lobster {
    /// Day and symbol from a name such as `AMZN_2012-06-21_34200000_57600000_message_5.csv`.
    ///
    /// # Errors
    /// A name of another form.
    pub fn of_name(name: &str, common: Options) -> Result<Self, Error> {
        let base = name.rsplit(['/', '\\']).next().unwrap_or(name);
        let mut parts = base.split('_').skip_while(|part| Day::parse(part).is_err());
        let day = parts.next().and_then(|part| Day::parse(part).ok());
        let symbol = day.and_then(|day| base.split(&format!("_{day}")).next());
        match (day, symbol.and_then(|text| text.rsplit('_').next()).filter(|s| !s.is_empty())) {
            (Some(day), Some(symbol)) => Ok(Self { day, symbol: symbol.to_owned(), step: 100, common }),
            _ => Err(Error::config("name", "SYMBOL_YYYY-MM-DD_...", name)),
        }
    }
}

/// Convert a pair of files.
///
/// # Errors
/// A malformed row, files of different length, or too many faults; nothing is written then.
pub fn convert(
    message: Source<'_>,
    orderbook: Source<'_>,
    target: Target<'_>,
    options: &Lobster,
) -> Result<Report, Error> {
    converted(message, orderbook, target, options, &[message, orderbook])
}

/// Convert a pair whose bytes came in `sources`.
fn converted(
    message: Source<'_>,
    orderbook: Source<'_>,
    target: Target<'_>,
    options: &Lobster,
    sources: &[Source<'_>],
) -> Result<Report, Error> {
    let limits = &options.common.limits;
    let messages = unpacked(message.bytes, limits).map_err(|e| e.in_file(message.name))?;
    let rows = unpacked(orderbook.bytes, limits).map_err(|e| e.in_file(orderbook.name))?;
    let mut messages = Lines::new(&messages, limits.max_line);
    let mut rows = Lines::new(&rows, limits.max_line);
    let mut window = Window::new(target, options)?;
    loop {
        let row = messages.row();
        if let Some(happened) = both(&mut messages, &mut rows, &mut window) {
            window.step(&happened, row).map_err(|e| e.in_file(message.name))?;
            continue;
        }
        let (line, shown) = match (messages.next(), rows.next()) {
            (None, None) => break,
            (Some(line), Some(shown)) => (line, shown),
            (line, _) => {
                let (longer, row) = if line.is_some() {
                    (message.name, messages.row())
                } else {
                    (orderbook.name, rows.row())
                };
                let place = Place::Row(row - 1);
                return Err(Error::data(place, "length", "as many rows as the other file", "one more")
                    .in_file(longer));
            }
        };
        let (row, line) = line.map_err(|e| e.in_file(message.name))?;
        let (_, shown) = shown.map_err(|e| e.in_file(orderbook.name))?;
        let happened = Message::parse(line, row).map_err(|e| e.in_file(message.name))?;
        window.parse(shown, row).map_err(|e| e.in_file(orderbook.name))?;
        window.step(&happened, row).map_err(|e| e.in_file(message.name))?;
    }
    let provenance = json!({
        "format": "lobster",
        "sources": sources.iter().map(Source::provenance).collect::<Vec<_>>(),
        "day": options.day.to_string(),
        "levels": window.room(),
    });
    window.finish(&provenance).map_err(|e| e.in_file(message.name))
}

/// The next line of each file where both have the usual form; else none is taken.
#[inline]
fn both(messages: &mut Lines<'_>, rows: &mut Lines<'_>, window: &mut Window) -> Option<Message> {
    let mut ahead = messages.clone();
    let message = ahead.read(Message::read)?;
    rows.read(|text| window.read(text))?;
    *messages = ahead;
    Some(message)
}

/// Convert the pair inside a zip archive, as LOBSTER delivers them.
///
/// # Errors
/// As `convert`, or an archive without exactly one pair.
pub fn convert_zip(archive: Source<'_>, target: Target<'_>, options: &Lobster) -> Result<Report, Error> {
    let limits = &options.common.limits;
    let named = |error: Error| error.in_file(archive.name);
    let all = members(archive.bytes).map_err(named)?;
    let message = only(&all, "message file", |name| name.contains("_message_")).map_err(named)?;
    let rows = only(&all, "orderbook file", |name| name.contains("_orderbook_")).map_err(named)?;
    let (text, shown) = (message.content(limits).map_err(named)?, rows.content(limits).map_err(named)?);
    converted(
        Source { name: &message.name, bytes: &text },
        Source { name: &rows.name, bytes: &shown },
        target,
        options,
        &[archive],
    )
}

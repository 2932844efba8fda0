use crate::convert::json::Json;
use crate::decimal::{Decimal, Misfit, whole};
use crate::error::{Error, Place, printable};

/// Price and size as written.
pub type Pair<'a> = (&'a [u8], &'a [u8]);

/// What one JSON object said, whatever its type: fields by the venue's one-letter names.
#[derive(Debug, Default)]
pub struct Message<'a> {
    /// `e`, event type.
    pub event: &'a [u8],
    /// `s`.
    pub symbol: &'a [u8],
    /// `E`, ms.
    pub event_ms: Option<i64>,
    /// `T`, ms.
    pub trade_ms: Option<i64>,
    /// `U`.
    pub first_id: Option<i64>,
    /// `u`.
    pub last_id: Option<i64>,
    /// `pu`.
    pub previous_id: Option<i64>,
    /// `lastUpdateId` of a snapshot.
    pub snapshot_id: Option<i64>,
    /// `b` or `bids` as levels.
    pub bids: Vec<Pair<'a>>,
    /// `a` or `asks` as levels.
    pub asks: Vec<Pair<'a>>,
    /// `b` and `B` of a quote.
    pub bid: Option<Pair<'a>>,
    /// `a` and `A` of a quote.
    pub ask: Option<Pair<'a>>,
    /// `p`.
    pub price: &'a [u8],
    /// `q`.
    pub size: &'a [u8],
    /// `X`, kind of trade on futures.
    pub execution: &'a [u8],
    /// `m`.
    pub buyer_is_maker: Option<bool>,
}

impl<'a> Message<'a> {
    fn clear(&mut self) {
        let (mut bids, mut asks) = (std::mem::take(&mut self.bids), std::mem::take(&mut self.asks));
        bids.clear();
        asks.clear();
        *self = Self { bids, asks, ..Self::default() };
    }

    /// Read `text`, a message alone or inside `{"stream", "data"}`.
    ///
    /// # Errors
    /// What is no JSON object, or a field of another type than the venue sends.
    pub fn read(&mut self, text: &'a [u8], row: u64, max_depth: u32) -> Result<(), Error> {
        self.clear();
        let mut json = Json::new(text, row, max_depth);
        json.object(|json, key| match key {
            b"data" if json.peek() == Some(b'{') => json.object(|json, key| self.field(json, key)),
            _ => self.field(json, key),
        })?;
        json.end()
    }

    fn field(&mut self, json: &mut Json<'a>, key: &'a [u8]) -> Result<(), Error> {
        match key {
            b"e" => self.event = json.string()?,
            b"s" => self.symbol = json.string()?,
            b"E" => self.event_ms = Some(integer(json, "E")?),
            b"T" => self.trade_ms = Some(integer(json, "T")?),
            b"U" => self.first_id = Some(integer(json, "U")?),
            b"u" => self.last_id = Some(integer(json, "u")?),
            b"pu" => self.previous_id = Some(integer(json, "pu")?),
            b"lastUpdateId" => self.snapshot_id = Some(integer(json, "lastUpdateId")?),
            b"b" | b"bids" if json.peek() == Some(b'[') => levels(json, &mut self.bids)?,
            b"a" | b"asks" if json.peek() == Some(b'[') => levels(json, &mut self.asks)?,
            b"b" if json.peek() == Some(b'"') => self.bid.get_or_insert_default().0 = json.string()?,
            b"B" => self.bid.get_or_insert_default().1 = json.string()?,
            b"a" if json.peek() == Some(b'"') => self.ask.get_or_insert_default().0 = json.string()?,
            b"A" => self.ask.get_or_insert_default().1 = json.string()?,
            b"p" => self.price = json.string()?,
            b"q" => self.size = json.string()?,
            b"X" => self.execution = json.string()?,
            b"m" => self.buyer_is_maker = Some(json.boolean()?),
            _ => json.skip()?,
        }
        Ok(())
    }
}

fn integer(json: &mut Json<'_>, field: &'static str) -> Result<i64, Error> {
    let text = json.number()?;
    whole(text).ok().filter(|n| *n >= 0).ok_or_else(|| {
        Error::data(Place::Row(json.row()), field, "a whole number, 0 or more", printable(text))
    })
}

fn levels<'a>(json: &mut Json<'a>, out: &mut Vec<Pair<'a>>) -> Result<(), Error> {
    json.array(|json| {
        let mut pair: Pair<'a> = (b"", b"");
        let mut entries = 0;
        json.array(|json| {
            match entries {
                0 => pair.0 = json.string()?,
                1 => pair.1 = json.string()?,
                _ => json.skip()?,
            }
            entries += 1;
            Ok(())
        })?;
        if entries < 2 {
            let expected = "price and size";
            return Err(Error::data(
                Place::Row(json.row()),
                "level",
                expected,
                format_args!("{entries} entries"),
            ));
        }
        out.push(pair);
        Ok(())
    })
}

/// How prices and sizes become integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    /// Price of a tick.
    pub tick: Decimal,
    /// Size of a lot.
    pub lot: Decimal,
}

impl Grid {
    /// Ticks and lots of a pair; None where it is off the grid.
    ///
    /// # Errors
    /// Text that is no decimal, a negative one, or one beyond 64 bits.
    #[inline]
    pub fn count(&self, pair: Pair<'_>, row: u64) -> Result<Option<(i64, u64)>, Error> {
        let one = |unit: Decimal, text: &[u8], field| match unit.count(text) {
            Ok(n) if n >= 0 => Ok(Some(n)),
            Err(Misfit::OffGrid) => Ok(None),
            _ => Err(Error::data(Place::Row(row), field, "a decimal, 0 or more", printable(text))),
        };
        let (tick, lots) = (one(self.tick, pair.0, "price")?, one(self.lot, pair.1, "size")?);
        Ok(tick.zip(lots.map(i64::cast_unsigned)))
    }
}

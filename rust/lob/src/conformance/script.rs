//! Reads the scripts:
//!
//! ```text
//! R05 title [requeue slide step=5 stp=CancelNewest collar=3 base=1000]
//! buy 1 10@100 [ioc|fok|day|post|gtd=9] [by=7] [at=3]   > reports | bids / asks
//! sell 2 5@mkt        sell 2 5@mkt:99        cancel 1 [at=3]        modify buy 1 5@101 [at=3]
//! close [at=3]        advance at=3
//! ```

use super::case::{Case, Message, Step};
use crate::orders::{Cancel, Config, Modify, ModifyRule, NewOrder, PostOnlyRule, Price, Stp, Tif};
use crate::types::{Lots, Nanos, Side, Ticks};

/// Cases of one script.
pub(super) fn parse(text: &'static str) -> Result<Vec<Case>, String> {
    let mut cases: Vec<Case> = Vec::new();
    let mut now = Nanos(0);
    for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
        if line.starts_with('R') {
            let (title, settings) = line.split_once('[').unwrap_or((line, "]"));
            let settings = settings.strip_suffix(']').ok_or_else(|| wrong("settings in brackets", line))?;
            cases.push(Case { title: title.trim(), config: config(settings)?, steps: Vec::new() });
            now = Nanos(0);
        } else {
            let case = cases.last_mut().ok_or_else(|| wrong("a title first", line))?;
            case.steps.push(step(line, &mut now)?);
        }
    }
    Ok(cases)
}

fn wrong(expected: &str, line: &str) -> String {
    format!("expected {expected}, got {line:?}")
}

fn number(text: &str) -> Result<i64, String> {
    text.parse().map_err(|_| wrong("a number", text))
}

fn config(settings: &str) -> Result<Config, String> {
    let mut config = Config::default();
    for word in settings.split_whitespace() {
        match word.split_once('=').unwrap_or((word, "")) {
            ("requeue", _) => config.modify = ModifyRule::AlwaysRequeue,
            ("slide", _) => config.post_only = PostOnlyRule::Slide,
            ("step", n) => config.step = number(n)? as u32,
            ("collar", n) => config.collar_ticks = Some(number(n)? as u32),
            ("base", n) => config.base_tick = Ticks(number(n)?),
            ("stp", "CancelNewest") => config.stp = Stp::CancelNewest,
            ("stp", "CancelOldest") => config.stp = Stp::CancelOldest,
            ("stp", "CancelBoth") => config.stp = Stp::CancelBoth,
            ("stp", "Decrement") => config.stp = Stp::Decrement,
            _ => return Err(wrong("a setting", word)),
        }
    }
    Ok(config)
}

fn step(line: &'static str, now: &mut Nanos) -> Result<Step, String> {
    let (message, rest) = line.split_once(" > ").ok_or_else(|| wrong("message > reports | depth", line))?;
    let (reports, depth) = rest.split_once('|').ok_or_else(|| wrong("reports | depth", line))?;
    let tidy = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut words: Vec<&str> = message.split_whitespace().collect();
    if let Some(at) = words.iter().position(|word| word.starts_with("at=")) {
        *now = Nanos(number(&words.remove(at)[3..])?);
    }
    let message = parse_message(&words, *now).map_err(|error| format!("{error} in {line:?}"))?;
    Ok(Step { line, message, reports: tidy(reports), depth: tidy(depth) })
}

fn parse_message(words: &[&str], ts: Nanos) -> Result<Message, String> {
    match *words {
        ["cancel", id] => Ok(Message::Cancel(Cancel { id: self::id(id)?, seq: 0, ts })),
        ["close"] => Ok(Message::Close(ts)),
        ["advance"] => Ok(Message::Advance(ts)),
        ["modify", side, id, amount] => {
            let (qty, price) = amount.split_once('@').ok_or_else(|| wrong("lots@price", amount))?;
            let (qty, price) = (Lots(number(qty)?), Ticks(number(price)?));
            Ok(Message::Modify(Modify { id: self::id(id)?, seq: 0, ts, price, qty, side: self::side(side)? }))
        }
        [side, id, amount, ref options @ ..] => {
            let (qty, price) = amount.split_once('@').ok_or_else(|| wrong("lots@price", amount))?;
            let (qty, price) = (Lots(number(qty)?), self::price(price)?);
            let order =
                NewOrder { ts, price, ..NewOrder::limit(self::id(id)?, 0, self::side(side)?, Ticks(0), qty) };
            options.iter().try_fold(order, with_option).map(Message::New)
        }
        _ => Err("expected a message".to_owned()),
    }
}

fn with_option(order: NewOrder, option: &&str) -> Result<NewOrder, String> {
    Ok(match option.split_once('=').unwrap_or((option, "")) {
        ("ioc", _) => NewOrder { tif: Tif::Ioc, ..order },
        ("fok", _) => NewOrder { tif: Tif::Fok, ..order },
        ("day", _) => NewOrder { tif: Tif::Day, ..order },
        ("gtd", at) => NewOrder { tif: Tif::Gtd(Nanos(number(at)?)), ..order },
        ("post", _) => NewOrder { post_only: true, ..order },
        ("by", owner) => NewOrder { owner: number(owner)? as u16, ..order },
        _ => return Err(wrong("an option", option)),
    })
}

fn price(text: &str) -> Result<Price, String> {
    match text.split_once(':') {
        Some(("mkt", limit)) => Ok(Price::Market(Some(Ticks(number(limit)?)))),
        None if text == "mkt" => Ok(Price::Market(None)),
        _ => Ok(Price::Limit(Ticks(number(text)?))),
    }
}

fn side(text: &str) -> Result<Side, String> {
    match text {
        "buy" => Ok(Side::Buy),
        "sell" => Ok(Side::Sell),
        _ => Err(wrong("buy or sell", text)),
    }
}

fn id(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| wrong("an id", text))
}

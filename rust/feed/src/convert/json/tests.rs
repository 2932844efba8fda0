use super::*;
use serde_json::Value;

fn accepts(text: &[u8]) -> bool {
    let mut json = Json::new(text, 0, 100);
    json.skip().and_then(|()| json.end()).is_ok()
}

#[test]
fn values_as_written() {
    let mut json =
        Json::new(br#" {"e":"x","b":[["1.50","0"],["2","3"]],"t":-1.5e3,"m":true,"z":null} "#, 0, 16);
    let (mut pairs, mut number, mut flag) = (Vec::new(), &b""[..], false);
    json.object(|json, key| match key {
        b"b" => json.array(|json| {
            let mut pair = Vec::new();
            json.array(|json| {
                pair.push(json.string()?);
                Ok(())
            })?;
            pairs.push(pair);
            Ok(())
        }),
        b"t" => {
            number = json.number()?;
            Ok(())
        }
        b"m" => {
            flag = json.boolean()?;
            Ok(())
        }
        _ => json.skip(),
    })
    .unwrap();
    json.end().unwrap();
    assert_eq!(pairs, [[&b"1.50"[..], b"0"], [b"2", b"3"]]);
    assert_eq!((number, flag), (&b"-1.5e3"[..], true));
}

#[test]
fn depth_is_bounded() {
    let deep = [vec![b'['; 17], vec![b']'; 17]].concat();
    assert!(matches!(Json::new(&deep, 3, 16).skip(), Err(Error::Limit { option: "max_depth", .. })));
    assert!(Json::new(&deep[1..33], 3, 16).skip().is_ok());
}

#[test]
fn accepts_what_serde_accepts() {
    let seed: &[u8] = br#"{"a":[1,-2.5e+7,0.1,"x\u00e9\n"],"b":{"c":null,"d":true,"e":[]},"f":{}}"#;
    let alphabet = b"{}[]\",:0123456789.-+eEtrufalsn\\ \x01x";
    let mut state = 9u64;
    let mut accepted = 0;
    for _ in 0..60_000 {
        let mut text = seed.to_vec();
        for _ in 0..=state % 3 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let (at, byte) = ((state >> 33) as usize % text.len(), (state >> 20) as usize % alphabet.len());
            match (state >> 60) % 3 {
                0 => text[at] = alphabet[byte],
                1 => text.insert(at, alphabet[byte]),
                _ => drop(text.remove(at)),
            }
        }
        let ours = accepts(&text);
        // Surrogates and numbers beyond f64 are the reader's business, not the walker's.
        let serde = serde_json::from_slice::<Value>(&text);
        let excused = serde.as_ref().is_err_and(|e| {
            let e = e.to_string();
            e.contains("surrogate") || e.contains("out of range") || e.contains("hex escape")
        });
        assert!(ours == serde.is_ok() || excused, "{}", String::from_utf8_lossy(&text));
        accepted += usize::from(ours);
    }
    assert!(accepted > 3_000);
}

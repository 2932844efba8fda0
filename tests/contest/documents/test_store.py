from __future__ import annotations

import gc
from dataclasses import replace
from types import BuiltinFunctionType, FunctionType, ModuleType

import numpy as np
import pytest

from counts import full_or
from quantrl.contest import Clock, Document, DocumentStore, Entities
from quantrl.contest.documents.clean import Record, document_id, make_document
from quantrl.contest.sources.planted import planted_world
from quantrl.errors import ConfigError, DataError, LookAheadError
from quantrl.units import NS_PER_DAY, NS_PER_SECOND

T = 1_600_000_000 * NS_PER_SECOND
HOUR = 3_600 * NS_PER_SECOND
SEEDS = full_or(20, 4)
CANARY = "zyzzogeton"


def document(hours: float, title: str, *symbols: str, source: str = "wire", text: str = "") -> Document:
    at = T + int(hours * HOUR)
    return make_document(Record(1, at, title, text, symbols=symbols), source, 0)


def some(store: DocumentStore, hours: float) -> list[str]:
    return [d.title for d in store.as_of(T + int(hours * HOUR))]


def test_a_view_holds_what_was_available_and_no_more() -> None:
    store = DocumentStore([document(3, "third"), document(1, "first"), document(2, "second")])
    assert some(store, 0.5) == []
    assert some(store, 1) == ["first"]
    assert some(store, 2.5) == ["first", "second"]
    view = store.as_of(T + 2 * HOUR)
    assert (len(view), view.now) == (2, T + 2 * HOUR)
    assert view.get(document(1, "first").id).title == "first"
    assert document(3, "third").id not in view


def test_windows_are_open_before_and_closed_after() -> None:
    store = DocumentStore(
        [document(h, f"at {h}", "A" if h % 2 else "B", source=f"s{h % 3}") for h in range(8)]
    )
    view = store.as_of(T + 6 * HOUR)
    assert [d.title for d in view.window(T + 2 * HOUR, T + 4 * HOUR)] == ["at 3", "at 4"]
    assert [d.title for d in view.window(T + 3 * HOUR)] == ["at 4", "at 5", "at 6"]
    assert [d.title for d in view.window(T, symbol="A")] == ["at 1", "at 3", "at 5"]
    assert [d.title for d in view.window(T, source="s1")] == ["at 1", "at 4"]


def test_reading_past_now_is_refused() -> None:
    view = DocumentStore([document(1, "first"), document(9, "later")]).as_of(T + 2 * HOUR)
    with pytest.raises(
        LookAheadError,
        match="until 2020-09-13T14:26:40.000000001Z are asked for; allowed is 2020-09-13T14:26:40Z",
    ):
        view.window(T, view.now + 1)
    with pytest.raises(LookAheadError, match="asked for; allowed is"):
        view.search("later", until=view.now + HOUR)
    with pytest.raises(
        LookAheadError, match="is not known at 2020-09-13T14:26:40Z: it appears later, or never"
    ):
        view.get(document(9, "later").id)
    assert view.search("later") == ()


def test_of_equal_texts_the_earliest_is_kept() -> None:
    repeats = [
        document(5, "Profit UP", source="b"),
        document(1, "profit up!", source="a"),
        document(2, "other"),
    ]
    store = DocumentStore(repeats)
    assert some(store, 9) == ["profit up!", "other"]
    assert (len(store), store.repeats, store.sources) == (2, 1, ("a", "b", "wire"))


def test_hints_of_a_repeat_are_seen_from_when_it_is_available() -> None:
    store = DocumentStore(
        [
            document(1, "joint venture", "A"),
            document(4, "Joint venture", "B"),
            document(6, "joint venture", "C"),
        ]
    )
    seen = {
        h: store.as_of(T + h * HOUR).get(document(1, "joint venture").id).symbols for h in (1, 3, 4, 5, 6)
    }
    assert seen == {1: ("A",), 3: ("A",), 4: ("A", "B"), 5: ("A", "B"), 6: ("A", "B", "C")}
    assert store.as_of(T + 5 * HOUR).search("venture", symbol="C", days=1) == ()


def test_a_repeat_known_at_the_same_time_counts_at_once() -> None:
    store = DocumentStore([document(1, "joint", "A", source="a"), document(1, "joint", "B", source="b")])
    assert set(store.as_of(T + HOUR).window(0)[0].symbols) == {"A", "B"}


def test_one_id_with_two_texts_is_refused() -> None:
    first = document(1, "title", text="one")
    with pytest.raises(DataError, match=f"document {first.id}: sources 'wire' and 'wire' give it two texts"):
        DocumentStore([first, replace(first, text="two")])
    records = [Record(4, T, "title", "one"), Record(9, T, "title", "two")]
    with pytest.raises(
        DataError, match="wire: row 9: has the url, title and time of row 4, but another text"
    ):
        DocumentStore.from_records(records, "wire")


def test_undated_rows_are_refused_or_dropped_and_counted() -> None:
    records = [Record(1, T, "dated"), Record(2, None, "undated"), Record(3, None, "undated too")]
    with pytest.raises(DataError, match="wire: row 2, published_at: expected a time, got none"):
        DocumentStore.from_records(records, "wire")
    store = DocumentStore.from_records(records, "wire", undated="drop")
    assert (len(store), store.undated) == (1, 2)
    assert DocumentStore.join(store, store).undated == 4


def test_settings_are_checked() -> None:
    with pytest.raises(ConfigError, match="undated: expected refuse or drop, got 'guess'"):
        DocumentStore.from_records([], "wire", undated="guess")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="delay: expected 0 ns or more, got -1"):
        DocumentStore.from_records([], "wire", delay_ns=-1)
    for name in ("", "a\nb", "x" * 65):
        with pytest.raises(DataError, match="source: expected a printable name"):
            DocumentStore.from_records([], name)
    for name, value in (("days", 0), ("days", 36_601), ("k", 0), ("k", 201)):
        with pytest.raises(DataError, match=f"search: expected {name} from 1 to .*, got {value}"):
            DocumentStore([]).as_of(T).search("a", **{name: value})  # type: ignore[arg-type]


def test_available_before_published_is_no_document() -> None:
    with pytest.raises(DataError, match="lies before published_at"):
        replace(document(1, "a"), available_at=T)


def test_names_in_the_text_become_hints() -> None:
    store = DocumentStore(
        [document(1, "Apple and MSFT agree")], entities=Entities.known(["AAPL", "MSFT", "KO"])
    )
    assert store.as_of(T + HOUR).window(0)[0].symbols == ("AAPL", "MSFT")


def test_an_empty_store() -> None:
    store = DocumentStore([])
    assert (len(store), len(store.as_of(T)), store.span, store.sources) == (0, 0, None, ())
    assert store.as_of(T).search("anything") == ()
    assert store.sha256 == DocumentStore([]).sha256


def altered(world_docs: DocumentStore, after: int, rng: np.random.Generator) -> list[Document]:
    """The documents of a store; those after a time with other times, texts and names, repeats of old ones among them."""
    everything = list(world_docs._everything)
    old = [d for d in everything if d.available_at <= after]
    new = [d for d in everything if d.available_at > after]
    times = rng.permutation([d.available_at for d in new]).tolist()
    changed: list[Document] = []
    for at, d in zip(times, new, strict=True):
        choice = rng.random()
        if choice < 0.1:
            continue
        title = f"{d.title} {CANARY}" if choice < 0.6 else d.title
        published = at - 60 * NS_PER_SECOND
        symbols: tuple[str, ...] = (CANARY,)
        if choice > 0.8 and old:
            twin = old[int(rng.integers(len(old)))]
            title, d, published = twin.title, twin, min(twin.published_at + 1, at)
        changed.append(
            replace(
                d, id=document_id(d.source, "", title, published), title=title, published_at=published,
                available_at=at, symbols=symbols,
            )
        )  # fmt: skip
    return old + changed


def reachable(root: object) -> str:
    """All text that can be reached from an object through data, not through code."""
    seen: set[int] = set()
    stack, found = [root], []
    while stack:
        one = stack.pop()
        if id(one) in seen or isinstance(one, (type, ModuleType, FunctionType, BuiltinFunctionType)):
            continue
        seen.add(id(one))
        if isinstance(one, str):
            found.append(one)
        stack += gc.get_referents(one)
    return "\n".join(found)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_altering_the_future_changes_no_view_of_the_past(seed: int) -> None:
    rng = np.random.default_rng(seed)
    world = planted_world(seed, n_days=40)
    clock = Clock.of_panel(world.panel)
    for t in rng.integers(1, 39, 5).tolist():
        other = DocumentStore(altered(world.docs, clock.d(t), rng), entities=world.docs.entities)
        assert other.sha256 != world.docs.sha256
        assert CANARY in reachable(other)
        for day in {1, t // 2, t}:
            mine, theirs = world.docs.as_of(clock.d(day)), other.as_of(clock.d(day))
            assert mine.sha256 == theirs.sha256
            assert mine.window(*clock.window(day)) == theirs.window(*clock.window(day))
            for query in ("profit growth orders", "delay", CANARY):
                assert mine.search(query, days=20) == theirs.search(query, days=20)
            assert CANARY not in reachable(theirs)


def test_a_view_made_early_does_not_grow() -> None:
    store = DocumentStore([document(1, "first", "A"), document(2, "second"), document(3, "First", "B")])
    early = store.as_of(T + HOUR)
    before = early.sha256
    store.as_of(T + 5 * HOUR)
    assert early.sha256 == before
    assert [d.symbols for d in early] == [("A",)]
    with pytest.raises(AttributeError):
        early.documents = ()  # type: ignore[attr-defined]


def test_the_order_in_which_documents_come_does_not_matter() -> None:
    world = planted_world(3, n_days=10)
    rng = np.random.default_rng(0)
    shuffled = [world.docs._everything[i] for i in rng.permutation(len(world.docs._everything))]
    assert DocumentStore(shuffled, entities=world.docs.entities).sha256 == world.docs.sha256


def test_joined_stores_are_one() -> None:
    a = DocumentStore([document(2, "news", source="a"), document(1, "old", source="a")])
    b = DocumentStore([document(1.5, "News", source="b")], entities=Entities(["X"]))
    both = DocumentStore.join(a, b)
    assert [(d.source, d.title) for d in both.as_of(T + NS_PER_DAY)] == [("a", "old"), ("b", "News")]
    assert both.entities is b.entities
    assert (len(both), both.repeats) == (2, 1)

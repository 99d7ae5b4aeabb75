"""The pictures: what is where, what is marked, and what the same says in words."""

from __future__ import annotations

import copy

import pytest
from rich_runs import EVENTS, OBJECTS, RIGHTS, SAMPLES, TRAFFIC, rich_run

from reports.exporters import html
from reports.exporters.html import topology as topologies
from reports.exporters.html.axis import axis
from reports.exporters.html.curve import DRAWN, curve
from reports.exporters.html.cut import middle, tail
from reports.exporters.html.matrix import matrix
from reports.exporters.html.summary import duration, when
from reports.exporters.html.timeline import clock, events, timeline
from reports.exporters.html.topology import topology
from reports.text import clip


def test_what_leads_somewhere_stands_to_the_left_of_it():
    made = topology(OBJECTS)
    x = {box.node.id: box.x for box in made.boxes}
    assert x["service/web"] == x["service/db"] < x["slice/web-7x2k9"] < x["pod/blue"] == x["pod/green"]
    assert max(box.x + box.width for box in made.boxes) <= topologies.WIDTH
    places = [(box.x, box.y) for box in made.boxes]
    assert len(set(places)) == len(places)


def test_what_is_broken_is_told_in_words():
    assert topology(OBJECTS).troubles == [
        "Service `db` is broken: selects no pod",
        "Pod `green-with-a-name-that-nobody-can-read-5b9c6d7f8-q7j8k` is broken: "
        "Ready, but no label tier=front",
        "Pod `red-7c9d5f6b4-m4m4m` is pending: ContainerCreating",
        "EndpointSlice `web-7x2k9` does not lead to "
        "Pod `green-with-a-name-that-nobody-can-read-5b9c6d7f8-q7j8k`: not selected",
    ]


def test_what_is_broken_has_a_shape_and_a_word_of_its_own():
    page = html.render(rich_run())
    broken = page.split('<g class="node broken"')[1].split("</g>")[0]
    sound = page.split('<g class="node ok"')[1].split("</g>")[0]
    assert '<path class="shape"' in broken
    assert "✗ broken" in broken
    assert '<rect class="shape"' in sound
    assert "✗" not in sound


def test_a_long_name_is_cut_in_the_middle_and_whole_in_the_title():
    page = html.render(rich_run())
    name = "green-with-a-name-that-nobody-can-read-5b9c6d7f8-q7j8k"
    assert f"<title>Pod {name}, broken: Ready, but no label tier=front</title>" in page
    [box] = [box for box in topology(OBJECTS).boxes if box.node.name == name]
    assert box.name.startswith("green-")
    assert box.name.endswith("-q7j8k")
    assert len(box.name) * 7.9 <= box.width


def test_an_object_to_which_two_lead_stands_below_both_and_a_circle_ends():
    data = copy.deepcopy(OBJECTS)
    data["links"] += [
        {"from": "service/db", "to": "pod/blue", "state": "ok", "text": ""},
        {"from": "pod/blue", "to": "service/web", "state": "ok", "text": ""},
        {"from": "pod/blue", "to": "pod/none", "state": "ok", "text": ""},
    ]
    outline = topology(data).outline
    assert [branch.node.id for branch in outline] == ["service/db"]
    [blue] = outline[0].below
    [web] = blue.below
    [part] = web.below
    again = [branch for branch in part.below if branch.node.id == "pod/blue"]
    assert [branch.below for branch in again] == [[]]


def test_too_many_objects_are_counted_and_not_drawn():
    nodes = [{**OBJECTS["nodes"][0], "id": str(number)} for number in range(topologies.MOST + 7)]
    made = topology({"nodes": nodes, "links": []})
    assert (len(made.boxes), made.left_out) == (topologies.MOST, 7)


def test_a_table_marks_what_differs_in_word_and_sign():
    made = matrix(TRAFFIC)
    assert [(row.name, cell.column, cell.expected, cell.found) for row, cell in made.differences] == [
        ("shop", "db:5432", "deny", "allow"),
        ("stranger", "db:5432", "deny", "allow"),
    ]
    page = html.render(rich_run())
    assert page.count('<td class="differs">') == 2
    cell = page.split('<td class="differs">')[1].split("</td>")[0]
    assert "✗" in cell
    assert "allow" in cell
    assert "expected deny" in cell
    assert "<strong>2 of 12 cells</strong> are not as asked for" in page


def test_a_table_that_is_as_asked_for_says_so_and_case_is_no_difference():
    assert (
        matrix(RIGHTS | {"found": [["YES", "no", "no", "no"], ["yes", "no", "yes", "No"]]}).differences == []
    )
    assert "All 8 cells are as asked for" in html.render(rich_run())


def test_rows_may_be_kept_by_name_and_what_was_not_read_is_no_difference():
    by_name = dict(zip(TRAFFIC["rows"], TRAFFIC["found"], strict=True))
    assert matrix(TRAFFIC | {"found": by_name}) == matrix(TRAFFIC)
    assert matrix(RIGHTS | {"found": [[None] * 4, [""] * 4]}).differences == []


def test_readings_lie_where_they_were_made():
    [observation] = rich_run().claims[1].observations
    made = timeline(observation)
    first, second, third = made.readings
    assert made.across.length == 30
    assert (made.start(first), made.width(first)) == (0, pytest.approx(13.67))
    assert (made.start(second), made.width(second)) == (15, pytest.approx(45.67))
    assert made.start(third) + made.width(third) == pytest.approx(100, abs=0.02)


def test_a_single_look_at_the_end_is_in_sight():
    readings = [{"at": 0, "ok": False}, {"at": 10, "until": 10, "ok": True}]
    made = timeline({"noun": "Pod `a`", "check": "runs", "readings": readings})
    last = made.readings[1]
    assert made.width(last) > 0
    assert made.start(last) + made.width(last) <= 100


def test_a_check_that_looked_once_is_told_in_words():
    run = rich_run()
    once = {"noun": "Answer `pods`", "check": "is_number", "verdict": "failed", "waited": "0 s, 1 reading"}
    once["readings"] = [{"at": 0, "until": 0, "times": 1, "ok": False, "text": "5 <b>pods</b>"}]
    run.claims[1].observations = [once]
    page = html.render(run)
    assert "Found: 5 &lt;b&gt;pods&lt;/b&gt;" in page
    assert page.count("Readings over") == html.render(rich_run()).count("Readings over") - 1
    assert timeline(once).once
    assert not timeline({**once, "readings": [{**once["readings"][0], "until": 3, "times": 4}]}).once


def test_events_lie_among_the_readings_when_it_is_known_when_these_began():
    [observation] = rich_run().claims[1].observations
    made = timeline(observation, events(EVENTS))
    assert [(mark.event.number, mark.place) for mark in made.marks] == [
        (1, 3.33), (2, 13.33), (3, 43.33), (4, 90)
    ]  # fmt: skip
    early = timeline({**observation, "began": "2026-03-01T10:00:30Z"}, events(EVENTS))
    assert [mark.event.number for mark in early.marks] == [3, 4]


def test_events_have_an_axis_of_their_own_when_it_is_not_known():
    run = rich_run()
    assert "It is not known when the checks began" not in html.render(run)
    del run.claims[1].observations[0]["began"]
    assert "It is not known when the checks began" in html.render(run)
    made = clock(events(EVENTS))
    assert made.across.length == 26
    assert [mark.place for mark in made.marks] == [0, 11.54, 46.15, 100]


def test_a_curve_tells_when_it_was_below_what_must_be_kept():
    made = curve(SAMPLES)
    spans = [(each.samples[0].at, each.samples[-1].at, each.lowest.value) for each in made.breaches]
    assert spans == [(9, 11, 38), (16.5, 16.5, 86)]
    page = html.render(rich_run())
    assert "<strong>Below 90</strong>" in page
    assert "at least 90 must be kept" in page
    assert curve(SAMPLES | {"least": None}).breaches == []
    assert curve(SAMPLES | {"least": 38}).breaches == []  # as low as it may be


def test_a_curve_of_many_samples_keeps_its_depths():
    points = [[second, 100] for second in range(5000)]
    points[1234] = [1234, 3]
    made = curve(SAMPLES | {"points": points})
    assert made.path.count("L") <= DRAWN
    assert f"{made.across.at(1234):g} {made.depth(3):g}" in made.path


def test_a_line_of_what_must_be_kept_lies_within_the_picture():
    made = curve(SAMPLES | {"points": [[0, 10], [1, 20]]})
    assert made.depth(90) == 0
    assert made.depth(20) > made.depth(90)


@pytest.mark.parametrize(
    ("longest", "values"),
    [
        (30, [0, 10, 20, 30]),
        (1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (0.3, [0, 0.1, 0.2, 0.3]),
        (7, [0, 2, 4, 6]),
        (0, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (86400, [0, 20000, 40000, 60000, 80000]),
    ],
)
def test_an_axis_has_round_numbers_from_0(longest, values):
    ticks = list(axis(longest).ticks())
    assert [value for _, value in ticks] == values
    assert all(0 <= place <= 100 for place, _ in ticks)


def test_what_is_cut_says_how_much_is_missing():
    assert clip("abcdef", 4) == "abcd … (2 characters more)"
    assert tail("abcdef", 4) == "(2 characters before) … cdef"
    assert clip("abcd", 4) == tail("abcd", 4) == "abcd"
    assert middle("abcdefghij", 5) == "ab…ij"
    assert middle("abcde", 5) == "abcde"


def test_times_are_written_for_people():
    assert when("2026-03-01T10:00:00.000Z").text == "1 March 2026, 10:00 UTC"
    assert when("2026-03-01T10:00:00+02:00").text == "1 March 2026, 08:00 UTC"
    assert when("some day") == when("some day")
    assert (when("some day").text, when("some day").machine) == ("some day", "")
    assert [duration(seconds) for seconds in (0.136, 59.9, 152, 7260)] == [
        "0.136 s", "59.9 s", "2 min 32 s", "2 h 1 min"
    ]  # fmt: skip

"""The parts of `dev.py chaos` with small numbers; docs/chaos.md has the large ones."""

import uuid

import pytest
from django.db import connection

from inventory.tests.factories import stocked
from orders.tests.factories import order
from tests.chaos import sections
from tests.chaos.crew import Report, documents_before, judge, judge_answers

pytestmark = [pytest.mark.race, pytest.mark.slow]


def clean(report):
    assert report.violations == [], report


@pytest.mark.parametrize("stocks", [20, 1])
def test_random_operations_of_many_workers_leave_the_stock_right(committed_shop, stocks):
    clean(sections.random_operations(operations=100, workers=4, stocks=stocks, seed=stocks))


def test_an_order_completed_by_everybody_at_once_is_sold_once(committed_shop):
    clean(sections.double_submit(orders=40, workers=8, seed=1))


def test_killed_workers_leave_nothing_half_done_and_no_lock(committed_shop):
    clean(sections.kills(kills=25, workers=4, stocks=6, seed=1))


def test_a_request_is_sent_again_by_the_next_worker_and_has_one_effect(committed_shop):
    clean(sections.deaths_after_commit(cases=24, workers=4, seed=1))


def test_a_request_whose_answer_was_lost_has_one_effect(committed_shop):
    clean(sections.lost_answers(cases=80, workers=4, seed=1))


def test_a_completion_cut_off_anywhere_is_whole_or_never_was(committed_shop):
    report = sections.cut_off_everywhere(seed=1)
    clean(report)
    assert report.figures["in one call, writes"] >= 12
    assert report.figures["step by step, statements"] >= 20
    assert report.figures["step by step, commit"] == 2


# --- Controls: what the judge must see ---------------------------------------------------------------------------------


def judged(lines=()):
    report = Report("control")
    judge(report, list(lines), dict.fromkeys(documents_before(), 0))
    return " ".join(report.violations)


def test_the_judge_misses_an_answered_request_that_left_no_trace(committed_shop):
    begun = {"line": "begin", "key": str(uuid.uuid4()), "name": "receipt", "facts": {}}
    end = {"line": "end", "key": begun["key"], "name": "receipt", "outcome": "done", "id": 1, "ms": 1}

    assert judged() == ""
    assert "1 acknowledged operations are missing" in judged([begun, end])


def test_the_judge_misses_a_step_that_was_taken_back(committed_shop):
    row = order((stocked("Red rose"), "2"))
    begun = {"line": "begin", "key": str(uuid.uuid4()), "name": "complete", "facts": {"order": row.pk}}
    end = {
        "line": "end",
        "key": begun["key"],
        "name": "complete",
        "outcome": "done",
        "id": row.pk,
        "version": 7,
        "ms": 1,
    }

    assert "1 acknowledged operations are missing" in judged([begun, end])


def test_the_judge_sees_a_document_too_many_and_goods_from_nowhere(committed_shop):
    stocked("Red rose", ("30", "10"))  # without a key: nobody sent it
    with connection.cursor() as cursor:
        cursor.execute("update inventory_receiptline set quantity = 29")

    said = judged()

    assert "inventory_receipt: 1 rows were made for 0 keys" in said
    assert "its documents say 29" in said


def test_answers_that_are_errors_or_late_are_violations():
    report = Report("control")
    end = {"line": "end", "key": "k", "name": "sale", "ms": 1.0}
    lines = [
        {**end, "outcome": "error", "why": "IntegrityError: x"},
        {**end, "outcome": "busy"},
        {"line": "repeat", "why": "40P01"},
        {"line": "lost", "why": "gone"},
    ]

    judge_answers(report, lines, seconds=1)

    assert [violation.partition(":")[0] for violation in report.violations] == [
        "1 × IntegrityError",
        "transactions had to be repeated",
        "1 sessions were lost",
        "1 requests found a lock held for too long",
    ]

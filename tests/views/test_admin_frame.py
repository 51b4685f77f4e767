"""The organisers' frame and dashboard: who gets in, where each role is led, what the pages show."""

from __future__ import annotations

import pytest
from flask import Flask

from app.services.ports import Ports
from tests.bed.accounts import in_play
from tests.views.organisers import enter


@pytest.fixture
def world(app: Flask) -> Ports:
    return in_play(app)


def test_an_admin_finds_every_page_in_the_navigation(app: Flask, world: Ports) -> None:
    admin = enter(app, "keeper", "admin")
    page = admin.get("/admin/")
    assert page.status_code == 200
    assert 'href="/admin/"' in page.text


@pytest.mark.parametrize("role", ["helper", "writer"])
def test_helpers_and_writers_are_led_from_the_dashboard_to_their_own_pages(app: Flask, world: Ports, role: str) -> None:
    staff = enter(app, "aide", role)
    assert staff.get("/admin/").status_code == 303

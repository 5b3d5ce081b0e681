"""What visitors of the journeys do: fill the forms as a person does, read their mail, answer."""

import re
import time
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from playwright.sync_api import Page, expect

from portal.foundation import clock
from portal.operations.second_factor import DRIFT, code_of, step_at

Answers = list[tuple[str, dict[str, Any]]]
PATIENCE_SECONDS = 60


def next_code(used: dict[str, int], mail: str, secret: str) -> str:
    """A code this account has not used yet, once its time has come. used: the latest step of each account."""
    step = max(step_at(clock.now()), used.get(mail, 0) + 1)
    while step > step_at(clock.now()) + DRIFT:
        time.sleep(0.3)
    used[mail] = step
    return code_of(secret, step)


def birth(age: int) -> dict[str, str]:
    """A birth date that makes somebody this old, whatever the day the test runs."""
    return {"day": "1", "month": "1", "year": str(clock.today().year - age)}


REFUGEE: Answers = [
    ("prenom", {"first_name": "Samira", "last_name": "Haddad"}),
    ("naissance", birth(20)),
    ("situation", {"situations": ["seeking_job"]}),
    ("niveau", {"level": "bac+2"}),
    ("besoins", {"needs": ["first_job", "job_search"], "words": "Je cherche mon premier emploi en logistique."}),
    ("lieu", {"postal_code": "59100"}),
    ("rencontre", {"meeting": "in_person"}),
    ("quartier", {"qpv": "unknown"}),
    ("parcours", {}),
    ("plus-personnel", {"personal": "yes"}),
    ("personnel", {"refugee": "yes", "immigrant": "yes"}),
    ("contact", {"mail": "samira.haddad@example.org", "telephone": "06 39 98 12 34"}),
]
VOLUNTEER: Answers = [
    ("prenom", {"first_name": "Bernard", "last_name": "Lefèvre"}),
    ("naissance", birth(64)),
    ("situation", {"situations": ["retired"]}),
    ("niveau", {"level": "bac+5"}),
    ("experience", {"business_background": "yes"}),
    ("besoins", {"needs": ["first_job", "guidance"]}),
    ("lieu", {"postal_code": "75011"}),
    ("rencontre", {"meeting": "either"}),
    ("engagement", {"months": "12", "hours": "8"}),
    ("contact", {"mail": "bernard.lefevre@example.org"}),
]
COUNSELLOR: Answers = [
    ("qui", {"filler": "professional"}),
    (
        "structure",
        {"referrer_type": "mission_locale", "establishment": "Mission locale de démonstration", "role": "Conseillère"},
    ),
    ("vous", {"name": "Karima Saïd", "mail": "karima.said@example.org"}),
    ("prenom", {"first_name": "Théo", "last_name": "Marchand"}),
    ("naissance", birth(16)),
    ("situation", {"situations": ["seeking_work_study"]}),
    ("niveau", {"level": "2de"}),
    ("besoins", {"needs": ["apprenticeship"]}),
    ("lieu", {"postal_code": "51300"}),
    ("commune", {"commune": "51649"}),
    ("rencontre", {"meeting": "either"}),
    ("quartier", {"rural": "no"}),
    ("parcours", {"dropout": "yes"}),
    ("plus-personnel", {"personal": "no"}),
    ("contact", {}),
    ("responsable", {"name": "Sophie Marchand", "mail": "sophie.marchand@example.org"}),
]


def fill(page: Page, values: dict[str, Any]) -> None:
    """Each field by its name: text typed, box ticked, option chosen."""
    for name, value in values.items():
        for one in value if isinstance(value, list) else [value]:
            chosen = page.locator(f'input:is([type="radio"], [type="checkbox"])[name="{name}"][value="{one}"]')
            if chosen.count():
                chosen.check(force=True)
            elif page.locator(f'select[name="{name}"]').count():
                page.locator(f'select[name="{name}"]').select_option(one)
            else:
                page.locator(f'[name="{name}"]').fill(one)


def send_form(page: Page, answers: Answers) -> str:
    """One question a page, then the review; returns the request's number from the confirmation page."""
    for step, values in answers:
        expect(page).to_have_url(re.compile(rf"/{step}$"))
        fill(page, values)
        page.get_by_role("button", name=re.compile("Continuer|Relire")).click()
    expect(page).to_have_url(re.compile("/relire$"))
    page.locator('input[name="agreed"]').check(force=True)
    page.get_by_role("button", name="Envoyer").click()
    expect(page).to_have_url(re.compile("/envoyee"))
    found = re.search(r"\d{4}-\d{5,}", page.inner_text("main"))
    assert found
    return found.group()


def tracking_link(page: Page) -> str:
    link = page.locator('a[href*="/suivi/"]').first.get_attribute("href")
    assert link
    return urljoin(page.url, link)


def mailed_link(folder: Path, to: str, path: str) -> str:
    """The address in the newest message to somebody that leads to this path."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        for file in sorted(folder.glob("*.eml"), reverse=True):
            message = message_from_bytes(file.read_bytes(), policy=policy.default)
            body = message.get_body(("plain",))
            found = re.search(rf"http\S+/{path}/\S+", str(body.get_content()) if body else "")
            if message["To"] == to and found:
                return found.group()
        time.sleep(0.2)
    raise AssertionError(f"no message to {to} with a link to /{path}")


def confirm(page: Page, link: str) -> None:
    page.goto(link)
    page.get_by_role("button", name=re.compile("Confirmer|confirme")).click()


def confirm_from_the_demos_mailbox(page: Page, address: str, number: str) -> None:
    """As a newcomer does: open /courrier, the message, its link, and confirm."""
    message = page.get_by_role("link", name=re.compile(f"{number}.*confirmer"))
    deadline = time.monotonic() + PATIENCE_SECONDS
    page.goto(f"{address}/courrier")
    while not message.count() and time.monotonic() < deadline:
        time.sleep(0.3)
        page.reload()
    message.click()
    confirm(page, page.locator('main a[href*="/confirmer/"]').first.inner_text())


def follow_until(page: Page, link: str, words: str | re.Pattern[str]) -> str:
    """The tracking page's text, once it says these words (somebody reloads it now and then)."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    pattern = re.compile(words) if isinstance(words, str) else words
    while time.monotonic() < deadline:
        page.goto(link)
        text = page.inner_text("main")
        if pattern.search(text):
            return text
        time.sleep(0.5)
    raise AssertionError(f"the tracking page never said {pattern.pattern}: {page.inner_text('main')}")

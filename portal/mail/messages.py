"""Every e-mail about a request: one pure function each, French typography, no name, no contact, no secret but its link."""

from collections.abc import Callable

from portal.mail import coming_in, news
from portal.mail.letter import Letter
from portal.mail.subject import Subject
from portal.models.outbox import Message

LETTERS: dict[Message, Callable[[Subject], Letter]] = {
    Message.REFERRAL_RECEIVED: coming_in.referral_received,
    Message.CONFIRM_ADDRESS: coming_in.confirm_address,
    Message.ADDRESS_REMINDER: coming_in.address_reminder,
    Message.GUARDIAN_CONSENT: coming_in.guardian_consent,
    Message.GUARDIAN_REMINDER: coming_in.guardian_reminder,
    Message.GUARDIAN_INFORMED: coming_in.guardian_informed,
    Message.REFERRAL_PLACED: news.referral_placed,
    Message.REFERRAL_WAITLISTED: news.referral_waitlisted,
    Message.REFERRAL_ACCEPTED: news.referral_accepted,
    Message.REFERRAL_PAIRED: news.referral_paired,
    Message.REFERRAL_CLOSED: news.referral_closed,
    Message.CLARIFICATION_ASKED: news.clarification_asked,
    Message.APPLICANT_AWAITED: news.applicant_awaited,
    Message.ERASURE_NOTICE: news.erasure_notice,
}

"""Who is who: which id of an office system is which person, the to-dos that are held because nobody knows, and proposals from its contacts."""

from engine.identities.holds import holds_of_case, holds_of_connection
from engine.identities.listing import Page, everybody, of_person
from engine.identities.mapping import forget, put, put_many
from engine.identities.proposing import Proposal, accept, proposals

__all__ = [
    "Page", "Proposal", "accept", "everybody", "forget", "holds_of_case", "holds_of_connection", "of_person", "proposals", "put", "put_many",
]  # fmt: skip

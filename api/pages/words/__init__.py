"""The words for what the tables hold as codes, a file for what they are about. One word for one thing, Chinese first; what has no word is shown as it is."""

from api.pages.words import cases, invoices, offices, people

__all__ = ["cases", "invoices", "offices", "people"]

"""Stand-ins for office systems, for tests, demos and rehearsals. They import nothing from engine, models or processes: independence is their point.

A folder is one vendor, written from the vendor's own contract. What they share, from the outside in: `gate` (what every call of a vendor passes:
faults, limits, token), `doors` and `pages` (what tests and people use), `desk` (what those need of a vendor), `presses` and `redelivery` (what is
told to the product), `people`, `tokens`, `codes`, `limits`, `faults`, `clock`, `calls`, and at the bottom `ledger`, the one SQLite file.
"""

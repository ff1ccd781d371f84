"""Stand-ins for office systems, for tests, demos and rehearsals. They import nothing from engine, models or processes: independence is their point."""

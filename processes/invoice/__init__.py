"""The invoice reading room: what a file says, whether its seal holds, and which rules it keeps. Pure functions, no database, no requests."""

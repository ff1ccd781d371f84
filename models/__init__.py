"""What is remembered: tables and migrations. No behaviour beyond a property."""

"""Invoices of our own making, in every format we read, for demonstrations and tests. Every one says that it is a sample (样票/仿真)."""

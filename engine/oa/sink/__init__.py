"""What the stores of to-dos have in common: Weaver's, Seeyon's, Landray's. We push a row a person, the office system opens our page, and nothing calls back.

`rows` says which rows an instance needs, `push` sends those that are new or differ, `local_time` writes times as these systems read them. What differs from one
vendor to the next is a `Profile`.
"""

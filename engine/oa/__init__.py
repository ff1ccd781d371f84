"""How office systems (OA) are reached: one contract, one folder a vendor.

`contract` says what a connector is given and what it gives back, `codec` writes it as JSON, `registry` opens connectors by the kind of a connection.
The engine is the truth about tasks; an OA is the truth only about who pressed which button.
"""

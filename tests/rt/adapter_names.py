"""What the adapter and the tests call things by."""

SECRET = "a-secret-between-us-and-the-adapter"
HOOK_SECRET = "a-secret-between-rt-and-its-adapter"
QUEUE = "Approvals"

"""What the business runs: a folder per business area with its drawings and the operations those drawings call."""

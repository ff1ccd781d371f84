"""How any approval runs: BPMN, people, office systems, evidence. Knows nothing of invoices and nothing of HTTP requests to us."""

"""The officers' door: server-rendered desks. Speaks to services and queries, never to tables."""

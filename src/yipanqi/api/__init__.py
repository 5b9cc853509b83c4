"""The partners' door: warnings in over HTTP, typed and documented (OpenAPI)."""

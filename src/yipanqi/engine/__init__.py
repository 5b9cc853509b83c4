"""Analysis as a library: fraud types of texts, the synthetic province. No Django, no network, no database."""

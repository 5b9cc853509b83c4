"""Papers (文书): their content is fixed at the act, Word and PDF are made of it once and kept sealed."""

"""The journal: every act as one entry, sealed into one dense, hash-chained feed that all readers follow."""

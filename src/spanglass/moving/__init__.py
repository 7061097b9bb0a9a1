"""Sessions on their way: out of a server or a store into files and other systems, and back."""

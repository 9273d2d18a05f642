"""syncd carries e-commerce orders into Paraşüt as invoices, as YAML rules say."""

__version__ = "0.1.0"

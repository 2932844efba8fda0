"""Language models behind one protocol: recorded, replayed, capped, and called in an order that never changes.

Nothing here is imported before it is used; the client library is imported by the adapter alone, at its first call.
"""

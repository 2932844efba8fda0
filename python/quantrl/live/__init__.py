"""The paper-trading daemon: a contest that decides live, in books that survive anything."""

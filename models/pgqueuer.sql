-- The tables of pgqueuer 1.6.0, as its own installer makes them, without its trigger: that one would NOTIFY
-- in every write transaction. tests/models/test_pgqueuer.py asks the library whether it agrees.


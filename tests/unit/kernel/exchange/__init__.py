"""Rules of the bar-level venue, one readable example each; no other room's rules."""

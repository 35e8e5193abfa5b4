"""Rules of the trader, one readable example each, driven through one entry point; no other room's rules."""

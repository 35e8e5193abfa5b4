"""Golden bytes of every record kind; nothing but them, their script and their test lives here."""

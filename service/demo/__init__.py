"""The Kazakhstan 2014 case file, and what `vigil demo` needs to play it."""

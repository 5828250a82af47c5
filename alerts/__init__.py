"""Pure rules, words and senders: given facts and `now`, say what is late, what to tell, and whether it arrived."""

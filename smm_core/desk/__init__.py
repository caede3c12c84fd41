"""The desk: where people look at reviews and answer them, whichever way they came."""

"""The bridge to mteb, in both directions; nothing here imports mteb before it is needed."""

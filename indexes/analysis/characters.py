"""The classes that characters fall into when text is cut into words."""

SEPARATOR, LETTER, DIGIT, MARK, BIGRAM, HYPHEN, SLASH, DOT, COMMA, APOSTROPHE = range(10)

"""Words that labels are made of, by the kind of task they betray. Knows nothing of how they are used."""

from __future__ import annotations

SENTIMENT = frozenset(
    (
        *("positive", "negative", "neutral", "pos", "neg", "neu", "mixed", "ambivalent", "very_positive"),
        *("very_negative", "favorable", "unfavorable"),
    )
)
EMOTION = frozenset(
    (
        *("joy", "anger", "sadness", "fear", "love", "surprise", "disgust", "happy", "sad", "angry", "optimism"),
        *("annoyance", "grief"),
    )
)
TOXICITY = frozenset(
    (
        *("toxic", "non_toxic", "not_toxic", "hate", "hateful", "offensive", "abusive", "normal", "not_hate"),
        *("non_hate", "not_offensive", "harassment"),
    )
)
QUESTION_KINDS = frozenset(
    (
        *("abbreviation", "abbr", "description", "desc", "entity", "enty", "human", "hum", "humans", "person"),
        *("location", "loc", "number", "numeric", "num", "date", "quantity", "organization", "event", "law"),
        *("facility", "product", "time", "money"),
    )
)
WORD_CLASSES = frozenset(
    (
        *("noun", "verb", "adj", "adjective", "adv", "adverb", "pronoun", "preposition", "conjunction", "det"),
        *("determiner"),
    )
)
INTENT_VERBS = frozenset(
    (
        *("add", "book", "cancel", "change", "check", "create", "find", "get", "give", "make", "open", "order", "pay"),
        *("play", "query", "rate", "remove", "request", "reset", "search", "send", "set", "show", "start", "stop"),
        *("transfer", "track", "turn", "update"),
    )
)
LANGUAGES = frozenset(
    (
        *("arabic", "bengali", "bulgarian", "catalan", "chinese", "croatian", "czech", "danish", "dutch", "english"),
        *("estonian", "finnish", "french", "german", "greek", "hebrew", "hindi", "hungarian", "indonesian", "italian"),
        *("japanese", "korean", "latvian", "lithuanian", "malay", "marathi", "norwegian", "oriya", "persian", "polish"),
        *("portuguese", "romanian", "russian", "serbian", "slovak", "slovene", "slovenian", "spanish", "swahili"),
        *("swedish", "tamil", "telugu", "thai", "traditional_chinese", "turkish", "ukrainian", "urdu", "vietnamese"),
        *("bangla", "ar", "bg", "bn", "ca", "cs", "da", "de", "el", "en", "es", "et", "fa", "fi", "fr", "he", "hi"),
        *("hr", "hu", "id", "it", "ja", "ko", "lt", "lv", "nl", "no", "pl", "pt", "ro", "ru", "sk", "sl", "sr", "sv"),
        *("sw", "ta", "te", "th", "tr", "uk", "ur", "vi", "zh"),
    )
)
PROGRAMMING_LANGUAGES = frozenset(
    (
        *("c", "c++", "c#", "java", "javascript", "ecmascript", "typescript", "python", "perl", "php", "ruby", "rust"),
        *("go", "golang", "haskell", "lisp", "ocaml", "scala", "scheme", "shell", "bash", "sql", "swift", "kotlin"),
        *("r", "tcl", "objc", "verilog", "xml", "html", "lua", "ada", "pascal", "fortran"),
    )
)

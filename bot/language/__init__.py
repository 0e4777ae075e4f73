"""The language packs: what people say in a language, as data. Nothing here knows what is made of it."""

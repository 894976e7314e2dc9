"""The nouns, one file each: frozen structs. The glossary is code."""

"""nginx's own lexer, as far as these tests need it (ngx_conf_read_token in src/core/ngx_conf_file.c)."""

from __future__ import annotations

_ESCAPES = {"t": "\t", "r": "\r", "n": "\n"}


def words(directive: str) -> list[str]:
    """The words of one directive, as nginx reads them."""
    found: list[str] = []
    rest = directive.strip()
    while rest:
        quote = rest[0] if rest[0] in "\"'" else ""
        word, rest = _word(rest[1:], quote) if quote else _word(rest, " ;{")
        found.append(word)
        rest = rest.lstrip()
    return found


def _word(text: str, ends: str) -> tuple[str, str]:
    word, index = "", 0
    while index < len(text):
        character = text[index]
        if character in ends:
            return word, text[index + 1 :]
        if character == "\\" and index + 1 < len(text):
            index += 1
            following = text[index]
            word += _ESCAPES.get(following) or (following if following in "\"'\\" else "\\" + following)
        else:
            word += character
        index += 1
    if ends in {'"', "'"}:
        raise ValueError(f"the quote is not closed: {text!r}")
    return word, ""

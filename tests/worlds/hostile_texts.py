"""Texts that somebody may type, of which a reader of Markdown or a browser would make more than text."""

HOSTILE = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<!-- hidden -->", "a <b>bold</b> word", "</p><h1>x",
    "&lt;script&gt; &#60;i&#62; &amp;amp;", "[x](javascript:alert(1))", "[x][y]", "[^1]: note",
    "[ref]: https://e.example", "![x](https://e.example/x.png)", "<https://e.example>", "<jan@example.org>",
    "https://e.example/a?b=c&d", "HTTP://E.example", "ftp://e.example", "www.e.example/x", "WWW.E.example",
    "mailto:a@b.example", "jan@example.org", "xmpp:a@b.example", "# head", "###### head #", "head ===", "=== x",
    "---", "***", "___", "- item", "+ item", "* item", "1. one", "2) two", "> quote", "`code`", "``a ` b``", "```sql",
    "~~~", "*a* **b** _c_ __d__", "~~struck~~", "a | b | c", "| --- | --- |", "\\<b\\>", "\\", "ends in \\",
    "a \\| b", "    indented", "two\nlines", "a  \nbreak", "- [ ] task", "Term\n: definition", ":smile: :x",
    "<details><summary>x", "<svg/onload=alert(1)>", "{{ 1 }} {% x %} ${y}", "'\"`$(x)",
)  # fmt: skip

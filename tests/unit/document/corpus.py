"""Markdown as people write it, by what it shows."""

from typing import Final

__all__ = ["CORPUS"]

CORPUS: Final[dict[str, str]] = {
    "empty": "",
    "everything": """# One

A **bold**, *italic*, ~~struck~~, `code`, <u>under</u> and <mark>marked</mark> line with
a [link](https://x.org/?a=1&b=2 "title").\\
A break, and ***both** of them*, **bold *inside* bold** and `` a`b ``.

## Two

- one
- two
  - inner
    - innermost
- [not a box]

1. first
2. second

   with more

   ``` python
   def f(x):
       return "```"
   ```

7. seventh

- [ ] open
- [x] done
  - [ ] nested

> quoted
>
> > twice
>
> - in a list

| Left | Center | Right |
|:-----|:------:|------:|
| a    |   b    |     c |
| a\\|b | **x**  |       |

***

Text[^1] with a note.

[^1]: The *note*, with `code`.
""",
    "languages": """# العربية

هذا نص **عريض** مع `code` و[رابط](https://example.org).

עברית: שלום **עולם**, mixed with English.

漢字かな交じり文。**太字**です。
次の行。

한국어 문장입니다. Ελληνικά. Русский *курсив*. हिन्दी में लिखा। ไทยไม่มีช่องว่าง

Emoji: 👩‍👩‍👧‍👦 🏳️‍🌈 e\u0301 🇩🇪 **👍🏽**

| עברית | العربية |
|-------|---------|
| שלום  | سلام    |
""",
    "blanks at the end of a line": "Line ending with two blanks  \nnext \\\nlast\n",
    "signs": r"""1\. not a list, \# not a heading, \> not a quote, \- no item, \+ nor this

a \* b \_ c \[d\] \<e\> \`f\` \| g & h &amp; \~ i $x$ \$y\$ snake_case_word 2 * 3 * 4 http://example.org/a_b_c

\[ \] no box \[x\]

a -- b --- c ... "quoted" 'single' (c) :smile: @ref #tag \\ end

+ plus
+ list
""",
    "code": """```
no language
```

``` c++
#include <vector>
template <typename T> auto f(T&& x) -> decltype(auto) { return x; } // </pre><script>
```

    indented code

~~~ sql
select * from "user" where name = 'Robert''); drop table students; --';
~~~

`` `ticks` `` and ` blanks ` and `|`
""",
    "nested": """1. one
   - two
     1. three
        - [ ] four

          > five
          >
          > - six

     2. again

   > quote in a list

   | a | b |
   |---|---|
   | 1 | 2 |

2. next
""",
    "lists beside each other": """- a
- b

<!-- -->

- c

1. x

<!-- -->

5. y

- loose

- items
""",
    "tables": """| a |
|---|

| a | b<br>c | `x|y` | [l](https://x.org) | |
|---|:-:|---|---|---|
| 1 |
| **b** | ~~s~~ | <u>u</u> | 漢字 | 🎉 |

<table><tr><th>h</th><td>cell <b>bold</b></td></tr><tr><td colspan="2">wide<ul><li>item</li></ul></td></tr></table>
""",
    "html": """<div align="center">

# Centred

</div>

<details>
<summary>Summary</summary>

Hidden *text*

</details>

Press <kbd>Ctrl</kbd>+<kbd>C</kbd>, H<sub>2</sub>O, <b>bold</b> <i>italic</i>
<span style="color:red">red</span> <br> next

<script>alert(1)</script>
<!-- comment -->
<p onclick="x">paragraph</p>
""",
    "pictures": """![alt](https://example.org/x.png) and ![local](x.png)
and [![in a link](https://example.org/y.png)](https://example.org)
""",
    "odd": """Setext
======

Second
---

* * *

#no heading

###### Six ######

[ref]: https://example.org
[ref] and <https://auto.link> and foo@example.org
""",
}
